package aws

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"paddock.dev/internal/compile/observe"
	"paddock.dev/internal/model"
)

// apm is what New Relic watches.
func (c *compiler) apm() Module {
	p := c.platform
	teams, services, routes, stopped, redact, links := Object{}, Object{}, Object{}, Object{}, Object{}, Object{}
	hosts := []string{}
	owners := map[string]bool{}
	for _, env := range p.Environments {
		links = append(links, Arg{env.Name, c.roleARN(env.Name, c.name("newrelic"))})
		for _, s := range env.Services {
			if s.Port == 0 {
				continue
			}
			team := cmp.Or(s.Team, observe.PlatformTeam(p))
			owners[team] = true
			services = append(services, Arg{env.Name + "/" + s.Name, c.apmService(env, s, team)})
			for _, r := range s.Routes {
				hosts = append(hosts, r.Host)
				routes = append(routes, Arg{env.Name + "/" + s.Name + " " + r.Host + trimSlash(r.Path), Object{{"url", String("https://" + r.Host + cmp.Or(s.Health.Ready, r.Path))}, {"environment", String(env.Name)}}})
			}
		}
		if env.Hours != nil && p.Alerts.Quiet {
			stopped = append(stopped, stoppedTimes(env)...)
		}
	}
	for name := range owners {
		t := Object{}
		if m := cmp.Or(c.teamMail(name), p.Alerts.Mail); m != "" {
			t = append(t, Arg{"mail", String(m)})
		}
		teams = append(teams, Arg{name, t})
	}
	for _, r := range observe.Redactions(p.Observe.Redact) {
		redact = append(redact, Arg{r.Name, String("(" + r.Regexp + ")")})
	}
	slices.Sort(hosts)
	for _, o := range []Object{teams, services, routes, stopped, redact, links} {
		sortArgs(o)
	}
	m := Module{
		Name: "apm", Source: "apm", From: of("observe.apm"),
		Args: Args{
			{"name", String(p.Name)}, {"runbooks", String("observability/runbooks/")}, {"teams", teams}, {"services", services}, {"routes", routes},
			{"hosts", Strings(slices.Compact(hosts))}, {"stopped", stopped}, {"redact", redact}, {"links", links},
			{"production", c.productionNames()}, {"regions", Strings(c.regions())}, {"page", Bool(p.Alerts.Page == "pagerduty")},
			{"slack_destination", Ref("var.newrelic_slack_destination")}, {"slack_channels", slackChannels}, {"maintenance", maintenance},
		},
	}
	if p.Alerts.Page == "pagerduty" {
		m.Args = append(m.Args, Arg{"pagerduty_key", Ref("module.on-call.newrelic_key")})
	}
	return m
}

// Values that two modules of the root are given.
const (
	slackChannels Ref = "var.slack_channels == null ? {} : { for team, channel in var.slack_channels : team => channel if channel != null }"
	maintenance   Ref = "var.maintenance == null ? {} : var.maintenance"
)

func (c *compiler) productionNames() List {
	var names List
	for _, env := range c.environmentsBy("prod") {
		names = append(names, String(env.Name))
	}
	return names
}

func (c *compiler) apmService(env model.Environment, s model.Service, team string) Object {
	o := Object{{"service", String(s.Name)}, {"environment", String(env.Name)}, {"team", String(team)}, {"tier", Number(s.Tier)}}
	// Fourteen times and six times as fast as the budget allows: the factors of
	// the rules in Prometheus.
	budget := 1.0
	if a := s.Objective.Availability; a != "" {
		if f, err := strconv.ParseFloat(a, 64); err == nil {
			budget = 100 - f
			o = append(o, Arg{"availability", Ref(a)})
		}
	}
	o = append(o, Arg{"warning_errors", decimal(min(50, 6*budget))}, Arg{"critical_errors", decimal(min(90, 14.4*budget))})
	for _, l := range []struct {
		within     time.Duration
		percentile int64
	}{{s.Objective.LatencyP95, 95}, {s.Objective.LatencyP99, 99}, {s.Objective.LatencyP50, 50}} {
		if l.within > 0 {
			return append(o, Arg{"latency_seconds", decimal(l.within.Seconds())}, Arg{"percentile", Number(l.percentile)})
		}
	}
	return o
}

// decimal is a number with a fraction; HCL reads it as it is written.
func decimal(f float64) Ref { return Ref(strconv.FormatFloat(f, 'f', -1, 64)) }

// stoppedTimes are the nights and the free days of an environment.
func stoppedTimes(env model.Environment) Object {
	h := env.Hours
	var nights, free []string
	for d := time.Sunday; d <= time.Saturday; d++ {
		name := strings.ToUpper(d.String())
		if h.Days[d] {
			nights = append(nights, name)
		} else {
			free = append(free, name)
		}
	}
	// A day on which every rule begins to count; which days they mean, they say.
	from := func(minute int) string {
		return epoch.Start(time.UTC).Add(time.Duration(minute) * time.Minute).Format("2006-01-02T15:04:05")
	}
	span := func(start, end int, days []string) Object {
		return Object{{"environment", String(env.Name)}, {"start", String(from(start))}, {"end", String(from(end))}, {"zone", String(h.Zone.String())}, {"days", Strings(days)}}
	}
	o := Object{}
	if h.To < 1440 && len(nights) > 0 {
		o = append(o, Arg{env.Name + " evening", span(h.To, 1440, nights)})
	}
	if h.From > 0 && len(nights) > 0 {
		o = append(o, Arg{env.Name + " morning", span(0, h.From, nights)})
	}
	if len(free) > 0 {
		o = append(o, Arg{env.Name + " free days", span(0, 1440, free)})
	}
	return o
}
