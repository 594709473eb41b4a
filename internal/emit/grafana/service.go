package grafana

import (
	"fmt"

	"paddock.dev/internal/compile/observe"
	"paddock.dev/internal/model"
)

// Service is the page of a service: what it promises, what it answers, what it
// stands on.
func Service(platform string, s model.Service, runbooks string) Dashboard {
	d := Dashboard{UID: UID(platform + "-service-" + s.Name), Title: s.Name, Tags: []string{"service", "team-" + s.Team}}
	for _, kind := range []string{"ServiceFailing", "ServiceSlow"} {
		d.Links = append(d.Links, Link{"Runbook: " + kind, runbooks + kind + ".md"})
	}
	var promises []Panel
	for _, o := range observe.Objectives(s) {
		promises = append(promises,
			Panel{Title: o.Name + ": budget left", Kind: Stat, Unit: "percentunit", Width: 6, Low: true, Bounds: []float64{0.01, 0.25}, Note: "What is left of the failures that thirty days may have",
				Queries: []Query{{Expr: fmt.Sprintf(`slo:budget_left:30d{slo="%s"}`, o.Name)}}},
			Panel{Title: o.Name + ": burn", Kind: Lines, Unit: "short", Width: 6, Bounds: []float64{1, 14.4}, Note: "How many times faster than it may the budget goes",
				Queries: []Query{{Expr: fmt.Sprintf(`slo:bad_share:1h{slo="%s"} / %s`, o.Name, o.Budget), Legend: "1h"}, {Expr: fmt.Sprintf(`slo:bad_share:6h{slo="%s"} / %s`, o.Name, o.Budget), Legend: "6h"}}},
		)
	}
	if len(promises) > 0 {
		d.Rows = append(d.Rows, Row{"Promises", promises})
	}
	q := func(expr, legend string) []Query { return []Query{{Expr: fmt.Sprintf(expr, s.Name), Legend: legend}} }
	if s.Port != 0 {
		latency := Panel{Title: "Latency", Kind: Lines, Unit: "s"}
		for _, p := range []string{"0.5", "0.95", "0.99"} {
			latency.Queries = append(latency.Queries, Query{Expr: fmt.Sprintf(`histogram_quantile(%s, sum by (le) (rate(http_server_request_duration_seconds_bucket{service="%s"}[$__rate_interval])))`, p, s.Name), Legend: "p" + p[2:]})
		}
		if s.Objective.LatencyP95 > 0 {
			latency.Bounds = []float64{s.Objective.LatencyP95.Seconds()}
		}
		d.Rows = append(d.Rows, Row{"What it answers", []Panel{
			{Title: "Requests", Kind: Lines, Unit: "reqps", Queries: q(`sum by (code) (rate(http_server_request_duration_seconds_count{service="%s"}[$__rate_interval]))`, "{{code}}")},
			{Title: "Errors", Kind: Lines, Unit: "percentunit", Queries: q(`sum(rate(http_server_request_duration_seconds_count{service="%[1]s", code=~"5.."}[$__rate_interval])) / sum(rate(http_server_request_duration_seconds_count{service="%[1]s"}[$__rate_interval]))`, "errors")},
			latency,
			{Title: "Errors by route", Kind: Lines, Unit: "reqps", Queries: q(`sum by (route) (rate(http_server_request_duration_seconds_count{service="%s", code=~"5.."}[$__rate_interval]))`, "{{route}}")},
			{Title: "Errors by pod", Kind: Lines, Unit: "reqps", Queries: q(`sum by (pod) (rate(http_server_request_duration_seconds_count{service="%s", code=~"5.."}[$__rate_interval]))`, "{{pod}}")},
			{Title: "Versions", Kind: Lines, Unit: "reqps", Note: "The share of each release: a canary shows here", Queries: q(`sum by (version) (rate(http_server_request_duration_seconds_count{service="%s"}[$__rate_interval]))`, "{{version}}")},
		}})
	}
	below := []Panel{
		{Title: "What it calls", Kind: Lines, Unit: "s", Queries: q(`histogram_quantile(0.95, sum by (le, target) (rate(http_client_request_duration_seconds_bucket{service="%s"}[$__rate_interval])))`, "{{target}}")},
		{Title: "Calls that fail", Kind: Lines, Unit: "reqps", Queries: q(`sum by (target) (rate(http_client_request_duration_seconds_count{service="%s", code=~"5..|0"}[$__rate_interval]))`, "{{target}}")},
	}
	if len(s.Consume) > 0 {
		below = append(below, Panel{Title: "Messages that wait", Kind: Lines, Unit: "short", Queries: q(`sum by (topic) (kafka_consumergroup_lag{consumergroup="%s"})`, "{{topic}}")})
	}
	if s.Objective.Freshness > 0 {
		below = append(below, Panel{Title: "Age of events", Kind: Lines, Unit: "s", Bounds: []float64{s.Objective.Freshness.Seconds()}, Queries: q(`histogram_quantile(0.99, sum by (le) (rate(event_age_seconds_bucket{service="%s"}[$__rate_interval])))`, "p99")})
	}
	d.Rows = append(d.Rows, Row{"What it stands on", below})
	if s.Runtime != model.EC2 {
		d.Rows = append(d.Rows, Row{"Replicas", []Panel{
			{Title: "Replicas", Kind: Lines, Unit: "short", Queries: []Query{
				{Expr: fmt.Sprintf(`sum(kube_deployment_status_replicas_available{deployment="%s"})`, s.Name), Legend: "ready"},
				{Expr: fmt.Sprintf(`max(kube_horizontalpodautoscaler_spec_max_replicas{horizontalpodautoscaler="%s"})`, s.Name), Legend: "most"},
			}},
			{Title: "Requests for each replica", Kind: Lines, Unit: "reqps", Queries: q(`sum(rate(http_server_request_duration_seconds_count{service="%[1]s"}[$__rate_interval])) / count(up{service="%[1]s"} == 1)`, "a replica")},
			{Title: "Processor", Kind: Lines, Unit: "short", Queries: q(`sum by (pod) (rate(container_cpu_usage_seconds_total{container="%s"}[$__rate_interval]))`, "{{pod}}")},
			{Title: "Memory", Kind: Lines, Unit: "bytes", Bounds: []float64{float64(s.Size.MemoryBytes)}, Queries: q(`max by (pod) (container_memory_working_set_bytes{container="%s"})`, "{{pod}}")},
			{Title: "Throttling", Kind: Lines, Unit: "percentunit", Queries: q(`sum(rate(container_cpu_cfs_throttled_periods_total{container="%[1]s"}[$__rate_interval])) / sum(rate(container_cpu_cfs_periods_total{container="%[1]s"}[$__rate_interval]))`, "throttled")},
			{Title: "Restarts", Kind: Lines, Unit: "short", Queries: q(`sum by (pod) (increase(kube_pod_container_status_restarts_total{container="%s"}[$__rate_interval]))`, "{{pod}}")},
		}})
	}
	return d
}
