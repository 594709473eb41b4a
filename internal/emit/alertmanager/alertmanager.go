// Package alertmanager writes the way of alerts to people as Alertmanager's
// configuration, and the table by which `amtool config routes test` judges it.
// It knows the file's shape and refuses to know who owns what.
package alertmanager

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"paddock.dev/internal/compile/observe"
	"paddock.dev/internal/emit/yaml"
)

// secrets is where Prometheus' operator mounts credentials: none of them is in the
// file. Beside it are the texts of messages.
const (
	secrets   = "/etc/alertmanager/secrets/alerts/"
	templates = "/etc/alertmanager/config/*.tmpl"
)

// Options are what the routing does not say.
type Options struct {
	Region string
	// Mail has the ARN of the topic of each mail list, by its address: mail goes by
	// Amazon SNS, which knows Alertmanager by its role. A relay would want a
	// password.
	Mail map[string]string
	// Heartbeat is the ARN of the topic that takes it. In it CLUSTER stands for the
	// name of the cluster.
	Heartbeat string
}

// Config is alertmanager.yml.
func Config(r observe.Routing, o Options) []byte {
	global := yaml.Map{{"resolve_timeout", "5m"}}
	if slices.ContainsFunc(r.Receivers, func(r observe.Receiver) bool { return r.Slack != "" }) {
		global = append(global, yaml.Pair{"slack_api_url_file", secrets + "slack-url"})
	}
	m := yaml.Map{
		{"global", global},
		{"templates", []string{templates}},
		{"route", root(r.Route)},
		{"receivers", receivers(r.Receivers, o)},
		{"inhibit_rules", inhibitions(r.Inhibition)},
	}
	if len(r.Quiet) > 0 {
		m = append(m, yaml.Pair{"time_intervals", quiet(r.Quiet)})
	}
	return yaml.Document("Rendered by paddock from the platform file: teams, alerts, environments.hours.", m)
}

func root(r observe.Route) yaml.Map {
	return yaml.Map{
		{"receiver", r.Receiver}, {"group_by", []string{"env", "cluster", "namespace", "service", "alertname"}},
		{"group_wait", "30s"}, {"group_interval", "5m"}, {"repeat_interval", "12h"}, {"routes", routes(r.Routes)},
	}
}

func routes(list []observe.Route) yaml.List {
	l := yaml.List{}
	for _, r := range list {
		m := yaml.Map{{"receiver", r.Receiver}, {"matchers", matchers(r.Match, "=")}}
		if r.Continue {
			m = append(m, yaml.Pair{"continue", true})
		}
		if r.Repeat == time.Minute { // the heartbeat waits for nothing
			m = append(m, yaml.Pair{"group_wait", "0s"}, yaml.Pair{"group_interval", "1m"})
		}
		if r.Repeat > 0 {
			m = append(m, yaml.Pair{"repeat_interval", observe.PromDuration(r.Repeat)})
		}
		if len(r.Mute) > 0 {
			m = append(m, yaml.Pair{"mute_time_intervals", r.Mute})
		}
		if len(r.Routes) > 0 {
			m = append(m, yaml.Pair{"routes", routes(r.Routes)})
		}
		l = append(l, m)
	}
	return l
}

func matchers(labels []observe.Label, op string) yaml.List {
	l := yaml.List{}
	for _, m := range labels {
		l = append(l, fmt.Sprintf("%s%s%q", m.Name, op, m.Value))
	}
	return l
}

func receivers(list []observe.Receiver, o Options) yaml.List {
	l := yaml.List{}
	for _, r := range list {
		m := yaml.Map{{"name", r.Name}}
		if r.Slack != "" {
			m = append(m, yaml.Pair{"slack_configs", yaml.List{yaml.Map{
				{"channel", r.Slack}, {"send_resolved", true}, {"title", `{{ template "paddock.title" . }}`}, {"text", `{{ template "paddock.text" . }}`},
				{"color", `{{ if eq .Status "resolved" }}good{{ else if eq .CommonLabels.severity "critical" }}danger{{ else }}warning{{ end }}`},
			}}})
		}
		if r.Mail != "" {
			m = append(m, yaml.Pair{"sns_configs", yaml.List{yaml.Map{
				{"topic_arn", o.Mail[r.Mail]}, {"sigv4", yaml.Map{{"region", o.Region}}}, {"send_resolved", true},
				{"subject", `{{ template "paddock.title" . }}`}, {"message", `{{ template "paddock.text" . }}`},
			}}})
		}
		if r.Page {
			m = append(m, yaml.Pair{"pagerduty_configs", yaml.List{yaml.Map{
				{"routing_key_file", secrets + "pagerduty"}, {"send_resolved", true},
				{"severity", `{{ .CommonLabels.severity }}`}, {"class", `{{ .CommonLabels.alertname }}`},
				{"component", `{{ or .CommonLabels.service .CommonLabels.store "platform" }}`}, {"group", `{{ .CommonLabels.env }}`},
				{"description", `{{ template "paddock.title" . }}`},
				// The orchestration at the other end routes by these.
				{"details", yaml.Map{
					{"env", `{{ .CommonLabels.env }}`}, {"service", `{{ .CommonLabels.service }}`}, {"store", `{{ .CommonLabels.store }}`},
					{"team", `{{ .CommonLabels.team }}`}, {"runbook", `{{ .CommonAnnotations.runbook_url }}`},
				}},
			}}})
		}
		if r.Beat {
			m = append(m, yaml.Pair{"sns_configs", yaml.List{yaml.Map{
				{"topic_arn", strings.ReplaceAll(o.Heartbeat, "CLUSTER", `{{ .CommonLabels.cluster }}`)}, {"sigv4", yaml.Map{{"region", o.Region}}}, {"send_resolved", false},
				{"subject", "Heartbeat"}, {"message", "Heartbeat"},
			}}})
		}
		l = append(l, m)
	}
	return l
}

func inhibitions(list []observe.Inhibition) yaml.List {
	l := yaml.List{}
	for _, i := range list {
		l = append(l, yaml.Map{{"source_matchers", matchers(i.Source, "=~")}, {"target_matchers", matchers(i.Target, "=~")}, {"equal", i.Equal}})
	}
	return l
}

// quiet writes the times in which an environment is stopped: the whole of the
// days on which it is not up, and what is before and after its hours on others.
func quiet(list []observe.Quiet) yaml.List {
	l := yaml.List{}
	for _, q := range list {
		var up, down []string
		for day := time.Sunday; day <= time.Saturday; day++ {
			name := strings.ToLower(day.String())
			if q.Up.Days[day] {
				up = append(up, name)
			} else {
				down = append(down, name)
			}
		}
		spans := yaml.List{}
		if len(down) > 0 {
			spans = append(spans, yaml.Map{{"weekdays", down}, {"location", q.Up.Zone.String()}})
		}
		times := yaml.List{}
		if q.Up.From > 0 {
			times = append(times, span(0, q.Up.From))
		}
		if q.Up.To < 1440 {
			times = append(times, span(q.Up.To, 1440))
		}
		if len(times) > 0 && len(up) > 0 {
			spans = append(spans, yaml.Map{{"weekdays", up}, {"times", times}, {"location", q.Up.Zone.String()}})
		}
		l = append(l, yaml.Map{{"name", q.Name}, {"time_intervals", spans}})
	}
	return l
}

func span(from, to int) yaml.Map {
	return yaml.Map{{"start_time", clock(from)}, {"end_time", clock(to)}}
}

func clock(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

// Table is one line for each set of labels: the receivers that it must reach,
// a tab, and the labels as amtool takes them.
func Table(cases []observe.Case) []byte {
	var lines []string
	for _, c := range cases {
		labels := make([]string, len(c.Labels))
		for i, l := range c.Labels {
			labels[i] = l.Name + "=" + l.Value
		}
		lines = append(lines, strings.Join(c.Receivers, ",")+"\t"+strings.Join(labels, " "))
	}
	slices.Sort(lines)
	return []byte(strings.Join(slices.Compact(lines), "\n") + "\n")
}

// Check is a script that asks amtool about every line of the table.
const Check = `#!/bin/sh
# Every alert reaches whom it must: amtool judges each line of routes.tsv.
set -eu
cd "$(dirname "$0")"
amtool check-config alertmanager.yml
tab="$(printf '\t')"
while IFS="$tab" read -r receivers labels; do
  # The labels of a line are words without spaces.
  # shellcheck disable=SC2086
  amtool config routes test --config.file=alertmanager.yml --verify.receivers="$receivers" $labels >/dev/null ||
    { echo "$labels does not reach $receivers" >&2; exit 1; }
done <routes.tsv
echo "$(wc -l <routes.tsv) label sets reach their receivers"
`

// Templates are the texts of messages.
const Templates = `{{ define "paddock.title" -}}
[{{ .Status | toUpper }}{{ if eq .Status "firing" }} {{ .Alerts.Firing | len }}{{ end }}] {{ .CommonLabels.alertname }} {{ .CommonLabels.service }}{{ .CommonLabels.store }} ({{ .CommonLabels.env }})
{{- end }}

{{ define "paddock.text" -}}
{{ range .Alerts -}}
{{ .Annotations.summary }}
{{ .Annotations.description }}
{{ if .Annotations.runbook_url }}Runbook: {{ .Annotations.runbook_url }}{{ end }}
{{ end }}
{{- end }}
`
