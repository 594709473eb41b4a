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

// onCall is people, rotations and escalations.
func (c *compiler) onCall() Module {
	p := c.platform
	env := c.last()
	people, teams, schedules, policies := map[string]string{}, Object{}, Object{}, Object{}
	first, quiet := List{}, List{}
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
		if s.Tier == 1 {
			first = append(first, String(s.Name))
		}
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
	all, phones := Object{}, Object{}
	for name, address := range people {
		all = append(all, Arg{name, String(address)})
		if who, ok := p.Person(name); ok && who.Phone != "" {
			code, number := splitPhone(who.Phone)
			phones = append(phones, Arg{name, Object{{"country_code", Number(code)}, {"number", String(number)}}})
		}
	}
	sortArgs(all)
	sortArgs(phones)
	for _, e := range p.Environments {
		if !production(e) {
			quiet = append(quiet, String(e.Name))
		}
	}
	args := Args{
		{"name", String(p.Name)}, {"people", all}, {"phones", phones}, {"teams", teams}, {"schedules", schedules}, {"policies", policies},
		{"services", services}, {"first_services", first}, {"quiet_environments", quiet}, {"fallback", String("team-" + fallback)}, {"journeys", journeys}, {"dependencies", dependencies},
		{"slack_workspace", Ref("var.slack_workspace")}, {"slack_channels", slackChannels}, {"maintenance", maintenance},
	}
	if p.Tickets.Provider == "jira" {
		args = append(args, Arg{"jira", Ref("var.jira")}, Arg{"jira_project", Object{{"key", String(p.Tickets.Project)}, {"name", String(p.Name)}}})
	}
	return Module{
		Name: "on-call", Source: "on-call", From: []Origin{{Key: "teams"}, {Key: "alerts.page"}},
		Args: args,
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

// responseVariables are what only people know who look into Slack and Jira: ids,
// and what they announce.
func (c *compiler) responseVariables() []Variable {
	var channels []string
	for _, t := range c.platform.Teams {
		channels = append(channels, t.Name+" = optional(string)")
	}
	slices.Sort(channels)
	v := []Variable{
		{Name: "slack_channels", Type: "object({ " + strings.Join(channels, ", ") + " })", Description: "Channel of each team in Slack, such as C0123456789; null for none."},
		{Name: "maintenance", Type: "map(object({ description = string, start = string, end = string, services = list(string) }))", Description: "Announced work by name: from and to in UTC, such as 2026-12-01T20:00:00Z, and the services that call nobody then."},
	}
	if c.platform.Alerts.Page == "pagerduty" {
		v = append(v, Variable{Name: "slack_workspace", Type: "string", Description: "Workspace in Slack that PagerDuty was let into, such as T0123456789; null for none. PAGERDUTY_USER_TOKEN of the environment makes the connections."})
		if c.platform.Tickets.Provider == "jira" {
			v = append(v, Variable{
				Name: "jira", Description: "Ids in Jira, for incidents that become issues; null for none. Whoever made the project reads them there.",
				Type: "object({ subdomain = string, project_id = string, issue_type_id = string, issue_type_name = string, open_status_id = string, open_status_name = string, done_status_id = string, done_status_name = string })",
			})
		}
	}
	if c.platform.Observe.APM == "newrelic" {
		v = append(v, Variable{Name: "newrelic_slack_destination", Type: "string", Description: "Id of the destination that was made when New Relic was let into Slack; null for none."})
	}
	return v
}

// callingCodes of one and two digits; all others have three (ITU-T E.164).
const callingCodes = " 1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 "

// splitPhone parts a number in the form of E.164 into country and the rest.
func splitPhone(phone string) (code int, number string) {
	digits := strings.TrimPrefix(phone, "+")
	n := min(3, len(digits))
	for _, short := range []int{1, 2} {
		if short < len(digits) && strings.Contains(callingCodes, " "+digits[:short]+" ") {
			n = short
			break
		}
	}
	code, _ = strconv.Atoi(digits[:n])
	return code, digits[n:]
}
