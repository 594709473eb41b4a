package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
)

// oncallRules are about people who are called.
var oncallRules = []*Rule{
	{
		ID: "oncall-missing", Severity: diag.Warning,
		Title:  "Teams that own services of tier 1 or 2 are on call",
		Why:    "At night an alert of a team without a rotation is read in the morning.",
		Fix:    "Write oncall on the team.",
		Source: "Google, Site Reliability Engineering, Being On-Call",
		check: func(f *Facts, report func(Finding)) {
			for i := range f.Teams {
				t := &f.Teams[i]
				if owned := f.owns(t.Name); t.OnCall == nil && len(owned) > 0 {
					report(Finding{
						Place:   Place{Key: key("teams", t.Name)},
						Summary: fmt.Sprintf("Nobody of the team %q is on call", t.Name),
						Detail:  fmt.Sprintf("It owns %s.", some(owned)),
						Fix:     "Write oncall: { rotate: weekly, handover: \"Mon 10:00\" } with your time zone.",
					})
				}
			}
		},
	},
	{
		ID: "oncall-gap", Severity: diag.Error,
		Title:  "Somebody answers in every minute of the next 90 days",
		Why:    "An alert in a gap wakes nobody. Gaps come from vacations that fall on one's own turn, and from hours of teams that own what never sleeps.",
		Fix:    "Swap turns, add people or a layer, or widen the hours.",
		Source: "Google, Site Reliability Engineering, Being On-Call",
		check: func(f *Facts, report func(Finding)) {
			from, to := f.Now, f.Now.Add(horizon)
			for i := range f.Teams {
				t := &f.Teams[i]
				if t.OnCall == nil || len(t.OnCall.Members) == 0 {
					continue
				}
				r, owned := f.rotation(t), f.owns(t.Name)
				// A team that owns nothing important owes its hours only.
				owed := func(at time.Time) bool { return len(owned) > 0 || r.Hours == nil || r.Hours.Covers(at) }
				gaps := sweep(from, to, r.edges(from, to), func(at time.Time) bool { return owed(at) && !r.answers(at) })
				if len(gaps) == 0 {
					continue
				}
				report(gapFinding(t, r, owned, gaps))
			}
		},
	},
	{
		ID: "oncall-away", Severity: diag.Warning,
		Title: "Nobody is away during a turn of their own",
		Why:   "When the first person does not answer, every alert waits until the next layer is called.",
		Fix:   "Swap turns with somebody who is there.",
		check: func(f *Facts, report func(Finding)) {
			from, to := f.Now, f.Now.Add(horizon)
			for i := range f.Teams {
				t := &f.Teams[i]
				if t.OnCall == nil || len(t.OnCall.Members) < 2 {
					continue
				}
				r := f.rotation(t)
				late := sweep(from, to, r.edges(from, to), func(at time.Time) bool {
					return (r.Hours == nil || r.Hours.Covers(at)) && r.isAway(r.duty(at)[0], at) && r.answers(at)
				})
				if len(late) == 0 {
					continue
				}
				first := late[0]
				person := r.duty(first.from)[0]
				wait := "the next layer is called"
				if len(t.OnCall.Escalate) > 0 {
					wait = fmt.Sprintf("every alert waits %s for %s", span(t.OnCall.Escalate[0]), r.duty(first.from)[1])
				}
				report(Finding{
					Place:   Place{Key: key("people", person, "away")},
					Summary: fmt.Sprintf("%q is away while first on call for %q", person, t.Name),
					Detail:  fmt.Sprintf("From %s to %s %s.", moment(first.from, r.zone), moment(first.to, r.zone), wait),
					Fix:     fmt.Sprintf("Swap turns under teams.%s.oncall.members.", t.Name),
					Related: []Note{{Place{Key: key("teams", t.Name, "oncall")}, "the rotation"}},
				})
			}
		},
	},
	{
		ID: "oncall-alone", Severity: diag.Warning,
		Title:  "A rotation has at least two people",
		Why:    "One person who is always on call has no vacation, no illness and no sleep.",
		Fix:    "Add members to the team, or give its services to a team that has some.",
		Source: "Google, Site Reliability Engineering, Being On-Call",
		check: func(f *Facts, report func(Finding)) {
			for _, t := range f.Teams {
				if t.OnCall == nil || len(t.OnCall.Members) != 1 {
					continue
				}
				report(Finding{
					Place:   Place{Key: key("teams", t.Name, "members")},
					Summary: fmt.Sprintf("%q alone is on call for %q, for ever", t.OnCall.Members[0], t.Name),
					Detail:  "The rotation has one member, who hands over to the same person every time.",
					Fix:     "Add a second member.",
				})
			}
		},
	},
	{
		ID: "oncall-double", Severity: diag.Warning,
		Title:  "Nobody is first on call for two teams at once",
		Why:    "Incidents come together, since the same zone or the same store is behind them. One person cannot work on two.",
		Fix:    "Move one of the rotations by a turn, or take the person out of one.",
		Source: "Google, Site Reliability Engineering, Being On-Call",
		check: func(f *Facts, report func(Finding)) {
			from, to := f.Now, f.Now.Add(horizon)
			teams := map[string][]*model.Team{}
			var people []string
			for i := range f.Teams {
				if t := &f.Teams[i]; t.OnCall != nil {
					for _, m := range t.OnCall.Members {
						if teams[m] == nil {
							people = append(people, m)
						}
						teams[m] = append(teams[m], t)
					}
				}
			}
			slices.Sort(people)
			for _, person := range people {
				for i, a := range teams[person] {
					for _, b := range teams[person][i+1:] {
						ra, rb := f.rotation(a), f.rotation(b)
						both := sweep(from, to, append(ra.edges(from, to), rb.edges(from, to)...), func(at time.Time) bool {
							return first(ra, at) == person && first(rb, at) == person
						})
						if len(both) == 0 {
							continue
						}
						report(Finding{
							Place:   Place{Key: key("teams", b.Name, "oncall")},
							Summary: fmt.Sprintf("%q is first on call for %q and %q at once", person, a.Name, b.Name),
							Detail:  fmt.Sprintf("First from %s to %s, %s of the next 90 days in all.", moment(both[0].from, ra.zone), moment(both[0].to, ra.zone), count(int(total(both).Hours()), "hour")),
							Fix:     "Reorder members of one rotation, or hand over on another day.",
							Related: []Note{{Place{Key: key("teams", a.Name, "oncall")}, "the other rotation"}},
						})
					}
				}
			}
		},
	},
	{
		ID: "escalation-ends", Severity: diag.Warning,
		Title:  "Every step of an escalation ends at somebody",
		Why:    "The last step is for the night on which nobody else woke up. When it names nobody, the alert ends there.",
		Fix:    "Write manager on the team, or fewer waits under escalate.",
		Source: "PagerDuty, Escalation Policy Basics",
		check: func(f *Facts, report func(Finding)) {
			for _, t := range f.Teams {
				if t.OnCall == nil {
					continue
				}
				layers := min(max(1, t.OnCall.Layers), max(1, len(t.OnCall.Members)))
				ends := layers // the person of the first layer is called at once
				if t.Manager != "" {
					ends++
				}
				if len(t.OnCall.Escalate)+1 <= ends {
					continue
				}
				var waited time.Duration
				for _, d := range t.OnCall.Escalate[:ends] {
					waited += d
				}
				report(Finding{
					Place:   Place{Key: key("teams", t.Name, "oncall", "escalate")},
					Summary: fmt.Sprintf("The escalation of %q ends at nobody", t.Name),
					Detail:  fmt.Sprintf("It has %s and %s to call. After %s the next step calls nobody.", count(len(t.OnCall.Escalate)+1, "step"), people(ends), span(waited)),
					Fix:     fmt.Sprintf("Write teams.%s.manager, or escalate with %s.", t.Name, count(ends-1, "wait")),
				})
			}
		},
	},
}

func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

// first is who is called first; nobody outside the hours.
func first(r rotation, t time.Time) string {
	if r.Hours != nil && !r.Hours.Covers(t) {
		return ""
	}
	return r.duty(t)[0]
}

// owns are the services and stores of tier 1 and 2 that a team answers for in
// production.
func (f *Facts) owns(team string) []string {
	if f.owned == nil {
		f.owned = map[string][]string{}
		add := func(team, name string, tier int) {
			if team != "" && important(tier) && !slices.Contains(f.owned[team], name) {
				f.owned[team] = append(f.owned[team], name)
			}
		}
		for _, s := range f.services(model.Production) {
			add(s.Team, s.Name, s.Tier)
		}
		for _, s := range f.stores(model.Production) {
			add(s.Team, s.Name, s.Tier)
		}
	}
	return f.owned[team]
}

func gapFinding(t *model.Team, r rotation, owned []string, gaps []period) Finding {
	gap := gaps[0]
	f := Finding{
		Place:   Place{Key: key("teams", t.Name, "oncall")},
		Summary: fmt.Sprintf("Nobody answers for the team %q in %d minutes of the next 90 days", t.Name, int(total(gaps).Minutes())),
	}
	which := "The gap is"
	if len(gaps) > 1 {
		which = fmt.Sprintf("The first of %d gaps is", len(gaps))
	}
	when := fmt.Sprintf("%s from %s to %s: ", which, moment(gap.from, r.zone), moment(gap.to, r.zone))
	if r.Hours != nil && !r.Hours.Covers(gap.from) {
		f.Place.Key += ".hours"
		f.Detail = when + fmt.Sprintf("the team answers %s only, and it owns %s.", r.Hours, some(owned))
		f.Fix = "Remove hours, or give what is important to a team that is always on call."
		return f
	}
	duty := r.duty(gap.from)
	var all []string
	for i, person := range duty {
		all = append(all, fmt.Sprintf("%s (layer %d)", person, i+1))
		f.Related = append(f.Related, Note{Place{Key: key("people", person, "away")}, person + " is away"})
	}
	verb := "is"
	if len(duty) > 1 {
		verb = "are"
	}
	f.Detail = when + strings.Join(all, " and ") + " " + verb + " away."
	f.Fix = "Swap turns, or add a layer or a member."
	return f
}
