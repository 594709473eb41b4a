package aws

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"paddock.dev/internal/compile/observe"
	"paddock.dev/internal/model"
)

// thirdParties is the layer 85-thirdparty: who is called, what the monitoring
// service watches, and what stands at the edge. The edge is a root of its own:
// it is changed by other people, with other rights.
func (c *compiler) thirdParties() []Root {
	r := Root{Account: Shared, Region: c.platform.Cloud.Region, Layer: ThirdParties}
	if c.platform.Alerts.Page == "pagerduty" {
		r.Providers = append(r.Providers, Provider{Name: "pagerduty"})
		r.Modules = append(r.Modules, c.onCall())
	}
	if c.platform.Observe.APM == "newrelic" {
		r.Providers = append(r.Providers, Provider{Name: "newrelic", Args: Args{
			{"account_id", Ref("var.newrelic_account_id")}, {"api_key", Ref("var.newrelic_api_key")}, {"region", String(apmRegion(c.platform.Observe.APMRegion))},
		}})
		r.Variables = append(r.Variables,
			Variable{Name: "newrelic_account_id", Type: "number", Description: "Number of the account at New Relic; null takes NEW_RELIC_ACCOUNT_ID of the environment."},
			Variable{Name: "newrelic_api_key", Type: "string", Description: "Key of a user at New Relic; null takes NEW_RELIC_API_KEY of the environment.", Sensitive: true},
		)
		r.Modules = append(r.Modules, c.apm())
	}
	var roots []Root
	if len(r.Modules) > 0 {
		roots = append(roots, r)
	}
	if c.platform.Edge.Provider == "akamai" {
		if edge, ok := c.akamai(); ok {
			roots = append(roots, edge)
		}
	}
	return roots
}

func apmRegion(r string) string {
	if r == "eu" {
		return "EU"
	}
	return "US"
}

// last is the environment in which customers are served.
func (c *compiler) last() model.Environment {
	for _, e := range c.platform.Environments {
		if production(e) {
			return e
		}
	}
	if n := len(c.platform.Environments); n > 0 {
		return c.platform.Environments[n-1]
	}
	return model.Environment{}
}

// epoch is a Monday on which no rotation had begun: turns are counted from it,
// so that who is on call follows from the file and from nothing else.
var epoch = model.Date{Year: 2026, Month: time.January, Day: 5}

// firstHandover is the first handover on or after the epoch.
func firstHandover(m model.Moment) time.Time {
	zone := m.Zone
	if zone == nil {
		zone = time.UTC
	}
	day := epoch.Start(zone)
	for day.Weekday() != m.Day {
		day = day.AddDate(0, 0, 1)
	}
	return day.Add(time.Duration(m.Minute) * time.Minute)
}

// onCall is people, rotations and escalations.
func (c *compiler) onCall() Module {
	p := c.platform
	env := c.last()
	people, teams, schedules, policies := map[string]string{}, Object{}, Object{}, Object{}
	called := map[string]bool{}
	mail := func(name string) string {
		if who, ok := p.Person(name); ok && who.Mail != "" {
			return who.Mail
		}
		return name + "@" + p.Domain
	}
	for _, t := range p.Teams {
		for _, m := range t.Members {
			people[m] = mail(m)
		}
		team := Object{{"description", String("Owns what the platform file says")}, {"members", Strings(t.Members)}}
		if t.Manager != "" {
			people[t.Manager] = mail(t.Manager)
			team = append(team, Arg{"manager", String(t.Manager)})
		}
		teams = append(teams, Arg{t.Name, team})
		if t.OnCall == nil || len(t.OnCall.Members) == 0 {
			continue
		}
		called[t.Name] = true
		for _, m := range t.OnCall.Members {
			people[m] = mail(m)
		}
		layers, steps := c.layersOf(t)
		schedules = append(schedules, layers...)
		policy := Object{{"steps", steps}}
		if t.Manager != "" {
			policy = append(policy, Arg{"manager", String(t.Manager)})
		}
		policies = append(policies, Arg{t.Name, append(policy, Arg{"loops", Number(min(9, max(1, t.OnCall.Repeat)))})})
	}
	fallback := c.answering(observe.PlatformTeam(p), called)
	services, dependencies, journeys := Object{}, Object{}, Object{}
	technical := map[string]bool{}
	for _, s := range env.Services {
		if len(observe.Objectives(s)) == 0 {
			continue
		}
		technical[s.Name] = true
		policy := c.answering(s.Team, called)
		entry := Object{{"description", String(fmt.Sprintf("%s, tier %d, of %s", s.Name, s.Tier, s.Team))}, {"policy", String(policy)}, {"team_wide", Bool(false)}}
		if support := c.support(policy, s.Tier); support != nil {
			entry = append(entry, Arg{"support", support})
		}
		services = append(services, Arg{s.Name, entry})
	}
	for _, t := range p.Teams {
		if called[t.Name] {
			entry := Object{{"description", String("Stores, clusters and all else of " + t.Name)}, {"policy", String(t.Name)}, {"team_wide", Bool(true)}}
			if support := c.support(t.Name, 1); support != nil {
				entry = append(entry, Arg{"support", support})
			}
			services = append(services, Arg{"team-" + t.Name, entry})
		}
	}
	for _, s := range env.Services {
		if !technical[s.Name] {
			continue
		}
		for _, u := range s.Edges {
			if u.Kind == model.UsesService && technical[u.Name] {
				dependencies = append(dependencies, Arg{s.Name + " " + u.Name, Object{{"from", String(s.Name)}, {"to", String(u.Name)}}})
			}
		}
		for _, r := range s.Routes {
			journeys = append(journeys, Arg{r.Host + trimSlash(r.Path), Object{
				{"description", String("What customers reach at " + r.Host + r.Path)}, {"contact", String(cmp.Or(c.teamMail(s.Team), p.Alerts.Mail))}, {"team", String(c.answering(s.Team, called))}, {"service", String(s.Name)},
			}})
		}
	}
	for _, o := range []Object{services, dependencies, journeys, schedules, policies, teams} {
		sortArgs(o)
	}
	all := Object{}
	for name, address := range people {
		all = append(all, Arg{name, String(address)})
	}
	sortArgs(all)
	return Module{
		Name: "on-call", Source: "on-call", From: []Origin{{Key: "teams"}, {Key: "alerts.page"}},
		Args: Args{
			{"name", String(p.Name)}, {"people", all}, {"teams", teams}, {"schedules", schedules}, {"policies", policies},
			{"services", services}, {"fallback", String("team-" + fallback)}, {"journeys", journeys}, {"dependencies", dependencies},
		},
	}
}

func (c *compiler) teamMail(name string) string {
	t, _ := c.platform.Team(name)
	return t.Mail
}

// answering is the team that is called for another one: itself when it has a
// rotation, else that of the platform, else the first that has one.
func (c *compiler) answering(team string, called map[string]bool) string {
	if called[team] {
		return team
	}
	if p := observe.PlatformTeam(c.platform); called[p] {
		return p
	}
	for _, t := range c.platform.Teams {
		if called[t.Name] {
			return t.Name
		}
	}
	return team
}

// layersOf are the schedules of a team, one for each person on duty at once, and
// the steps of its escalation.
func (c *compiler) layersOf(t model.Team) (Object, List) {
	on := t.OnCall
	schedules, steps := Object{}, List{}
	zone := "UTC"
	if on.Handover.Zone != nil {
		zone = on.Handover.Zone.String()
	}
	names := []string{"primary", "secondary", "third", "fourth"}
	for i := range min(max(1, on.Layers), len(on.Members), len(names)) {
		users := slices.Concat(on.Members[i:], on.Members[:i])
		hours := List{}
		if on.Hours != nil {
			for day, works := range on.Hours.Days {
				if works {
					hours = append(hours, Object{
						{"day", Number(1 + (day+6)%7)}, // PagerDuty counts from Monday
						{"from", String(fmt.Sprintf("%02d:%02d:00", on.Hours.From/60, on.Hours.From%60))},
						{"seconds", Number(60 * (on.Hours.To - on.Hours.From))},
					})
				}
			}
		}
		key := t.Name + "-" + names[i]
		schedules = append(schedules, Arg{key, Object{
			{"team", String(t.Name)}, {"description", String("Who of " + t.Name + " is called " + []string{"first", "second", "third", "fourth"}[i])},
			{"zone", String(zone)}, {"start", String(firstHandover(on.Handover).Format(time.RFC3339))},
			{"turn_seconds", Number(cmp.Or(int64(on.Rotate/time.Second), 7*24*3600))}, {"users", Strings(users)}, {"hours", hours},
		}})
		wait := 10 * time.Minute
		if i < len(on.Escalate) {
			wait = on.Escalate[i]
		}
		steps = append(steps, Object{{"schedule", String(key)}, {"minutes", Number(max(1, int(wait/time.Minute)))}})
	}
	return schedules, steps
}

// support are the hours in which a service of the lower tiers calls anybody: the
// team's own, when it has some.
func (c *compiler) support(team string, serviceTier int) Value {
	t, ok := c.platform.Team(team)
	if !ok || t.OnCall == nil || t.OnCall.Hours == nil && serviceTier < 3 {
		return nil
	}
	h := t.OnCall.Hours
	if h == nil {
		h = &model.Hours{Days: [7]bool{false, true, true, true, true, true, false}, From: 540, To: 1080, Zone: t.OnCall.Handover.Zone}
	}
	zone := "UTC"
	if h.Zone != nil {
		zone = h.Zone.String()
	}
	days := List{}
	for _, d := range []int{1, 2, 3, 4, 5, 6, 0} {
		if h.Days[d] {
			days = append(days, Number(1+(d+6)%7))
		}
	}
	to := min(h.To, 1439) // the day ends at 23:59 there
	return Object{
		{"zone", String(zone)}, {"from", String(fmt.Sprintf("%02d:%02d:00", h.From/60, h.From%60))}, {"to", String(fmt.Sprintf("%02d:%02d:00", to/60, to%60))}, {"days", days},
	}
}

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
	return Module{
		Name: "apm", Source: "apm", From: of("observe.apm"),
		Args: Args{
			{"name", String(p.Name)}, {"runbooks", String("observability/runbooks/")}, {"teams", teams}, {"services", services}, {"routes", routes},
			{"hosts", Strings(slices.Compact(hosts))}, {"stopped", stopped}, {"redact", redact}, {"links", links},
		},
	}
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
