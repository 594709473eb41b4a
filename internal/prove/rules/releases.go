package rules

import (
	"fmt"
	"strings"
	"time"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
)

// calendarRules are about times in which releases may enter, and in which
// environments run.
var calendarRules = []*Rule{
	{
		ID: "freeze-forever", Severity: diag.Error,
		Title: "A release may enter at some time in the next 90 days",
		Why:   "Freezes and windows for changes are each reasonable and may leave nothing between them. The first to notice is a repair that waits.",
		Fix:   "Shorten the freeze, or open a window for changes outside of it.",
		check: func(f *Facts, report func(Finding)) {
			for _, e := range f.envs {
				if len(e.Freeze) == 0 {
					continue
				}
				c := calendarOf(e.Environment, f.Now, f.Now.Add(horizon))
				if len(sweep(f.Now, f.Now.Add(horizon), c.edges, c.open)) > 0 {
					continue
				}
				detail := fmt.Sprintf("From %s to %s the freeze covers every minute: %s.",
					moment(f.Now, c.zone()), moment(f.Now.Add(horizon), c.zone()), strings.Join(windowTexts(e.Freeze), ", "))
				if len(e.Changes) > 0 {
					detail = fmt.Sprintf("Changes are allowed in %s, and all of that is frozen for the next 90 days by %s.",
						strings.Join(hourTexts(e.Changes), ", "), strings.Join(windowTexts(e.Freeze), ", "))
				}
				report(Finding{
					Place:   Place{Key: key("environments", e.Name, "freeze")},
					Summary: fmt.Sprintf("No release may enter %q in the next 90 days", e.Name),
					Detail:  detail,
					Fix:     "Shorten the freeze, or write a window under changes that it leaves open.",
				})
			}
		},
	},
	{
		ID: "window-asleep", Severity: diag.Error,
		Title: "An environment is up while releases may enter it",
		Why:   "A release that enters a stopped environment starts nothing: its canary gets no traffic, and the rollout hangs until morning.",
		Fix:   "Let hours cover every window of changes.",
		check: func(f *Facts, report func(Finding)) {
			for _, e := range f.envs {
				if e.Hours == nil || len(e.Changes) == 0 {
					continue
				}
				c := calendarOf(e.Environment, f.Now, f.Now.Add(horizon))
				asleep := sweep(f.Now, f.Now.Add(horizon), c.edges, func(t time.Time) bool { return c.window(t) && !c.up(t) })
				if len(asleep) == 0 {
					continue
				}
				first := asleep[0]
				report(Finding{
					Place:   Place{Key: key("environments", e.Name, "hours")},
					Summary: fmt.Sprintf("%q is stopped during its own release window", e.Name),
					Detail: fmt.Sprintf("Its hours are %s, and releases may enter in %s. It first sleeps through the window from %s to %s.",
						e.Hours, strings.Join(hourTexts(e.Changes), ", "), moment(first.from, c.zone()), moment(first.to, c.zone())),
					Fix:     "Widen the hours, or narrow changes to them.",
					Related: []Note{{Place{Key: key("environments", e.Name, "changes")}, "when releases may enter"}},
				})
			}
		},
	},
	{
		ID: "acceptance-asleep", Severity: diag.Warning,
		Title: "Acceptance is up while production takes releases",
		Why:   "A release is accepted and then enters production. When the two never overlap, every release waits over night between them, and a repair that was accepted in the window of production is not there.",
		Fix:   "Let the hours of acceptance overlap the window of production.",
		check: func(f *Facts, report func(Finding)) {
			for i, e := range f.envs {
				if e.Stage != model.Acceptance || e.Hours == nil || i+1 == len(f.envs) {
					continue
				}
				next := f.envs[i+1]
				if len(next.Changes) == 0 {
					continue
				}
				from, to := f.Now, f.Now.Add(horizon)
				up, into := calendarOf(e.Environment, from, to), calendarOf(next.Environment, from, to)
				edges := append(up.edges, into.edges...)
				if len(sweep(from, to, edges, func(t time.Time) bool { return up.up(t) && into.window(t) })) > 0 {
					continue
				}
				report(Finding{
					Place:   Place{Key: key("environments", e.Name, "hours")},
					Summary: fmt.Sprintf("%q is never up while %q takes releases", e.Name, next.Name),
					Detail:  fmt.Sprintf("%s is up %s, and %s takes releases %s.", e.Name, e.Hours, next.Name, strings.Join(hourTexts(next.Changes), ", ")),
					Fix:     "Let the two overlap by the hours that an acceptance takes.",
					Related: []Note{{Place{Key: key("environments", next.Name, "changes")}, "the window of " + next.Name}},
				})
			}
		},
	},
	{
		ID: "production-hours", Severity: diag.Error,
		Title:  "Production is always up",
		Why:    "Hours stop an environment to save money. In production that is an outage by calendar.",
		Fix:    "Remove hours from production.",
		Source: "AWS Instance Scheduler on AWS, Implementation Guide (schedules are for environments without customers)",
		check: func(f *Facts, report func(Finding)) {
			for _, e := range f.in(model.Production) {
				if e.Hours == nil {
					continue
				}
				from, to := f.Now, f.Now.Add(7*24*time.Hour)
				c := calendarOf(e.Environment, from, to)
				down := total(sweep(from, to, c.edges, func(t time.Time) bool { return !c.up(t) }))
				report(Finding{
					Place:   Place{Key: key("environments", e.Name, "hours")},
					Summary: fmt.Sprintf("The production environment %q would be stopped by the clock", e.Name),
					Detail:  fmt.Sprintf("It is up %s, and down for %d of the 168 hours of a week.", e.Hours, int(down.Hours())),
					Fix:     "Remove hours here.",
				})
			}
		},
	},
	{
		ID: "hours-missing", Severity: diag.Warning,
		Title:  "Environments for development sleep when nobody works",
		Why:    "Two thirds of a week are nights and weekends. cost.offHours stops environments then, and does nothing for one that has no hours.",
		Fix:    "Write hours for the environment, or offHours: false under cost.",
		Source: "AWS Well-Architected Framework, COST09-BP03 Supply resources dynamically",
		check: func(f *Facts, report func(Finding)) {
			if !f.cloud || !f.Cost.OffHours {
				return
			}
			for _, e := range f.in(model.Development, model.Test) {
				if e.Hours != nil {
					continue
				}
				report(Finding{
					Place:   Place{Key: key("environments", e.Name)},
					Summary: fmt.Sprintf("The environment %q of stage %s never sleeps", e.Name, e.Stage),
					Detail:  "It runs 168 hours a week; twelve hours on five days are 60, 36% of that.",
					Fix:     "Write hours: \"Mon-Fri 08:00-20:00\" and your time zone.",
				})
			}
		},
	},
}

func hourTexts(hours []model.Hours) []string {
	var all []string
	for _, h := range hours {
		all = append(all, h.String())
	}
	return all
}

func windowTexts(windows []model.Window) []string {
	var all []string
	for _, w := range windows {
		all = append(all, w.String())
	}
	return all
}
