package rules

import (
	"fmt"
	"slices"
	"time"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
)

const year = 365 * 24 * time.Hour

// recordRules are about what is kept, who hears of it, and what it costs.
var recordRules = []*Rule{
	{
		ID: "audit-too-short", Severity: diag.Warning,
		Title:  "The record of who did what is kept for a year",
		Why:    "Intruders are found months after they came. Without the record of that time nobody can say what they took.",
		Fix:    "Set audit.cold to 365d or more.",
		Source: "PCI DSS v4.0.1, 10.5.1; CERT-In Directions of 28 April 2022",
		check: func(f *Facts, report func(Finding)) {
			if kept := max(f.Audit.Hot, f.Audit.Cold); kept > 0 && kept < year {
				report(Finding{
					Place:   Place{Key: "audit.cold"},
					Summary: fmt.Sprintf("The audit record is kept for %s", span(kept)),
					Detail:  "A year is the least that auditors ask for, three months of it at hand.",
					Fix:     "Write cold: 365d, or remove the line: the default is seven years.",
				})
			}
		},
	},
	{
		ID: "audit-unlocked", Severity: diag.Warning,
		Title:  "Nobody can delete the audit record",
		Why:    "A record that an administrator can delete says nothing about administrators.",
		Fix:    "Set audit.lock to true.",
		Source: "PCI DSS v4.0.1, 10.3.2; Amazon S3 User Guide, Locking objects with Object Lock",
		check: func(f *Facts, report func(Finding)) {
			if f.Audit.Lock || f.Audit.Hot == 0 {
				return
			}
			report(Finding{
				Place:   Place{Key: "audit.lock"},
				Summary: "The audit record can be deleted before its time",
				Detail:  "Whoever has the account can remove the traces of how they got it.",
				Fix:     "Write lock: true, or remove the line.",
			})
		},
	},
	{
		ID: "logs-too-short", Severity: diag.Warning,
		Title:  "Logs around card data are kept for a year",
		Why:    "Logs of what handles cards are evidence: a year of them must exist.",
		Fix:    "Set observe.logs.cold to 365d.",
		Source: "PCI DSS v4.0.1, 10.5.1",
		check: func(f *Facts, report func(Finding)) {
			kept := max(f.Observe.Logs.Hot, f.Observe.Logs.Cold)
			names := f.cardServices()
			if kept == 0 || kept >= year || len(names) == 0 {
				return
			}
			report(Finding{
				Place:   Place{Key: "observe.logs.cold"},
				Summary: fmt.Sprintf("Logs are gone after %s, and some are about card data", span(kept)),
				Detail:  fmt.Sprintf("%s of class pci. A year is asked for, three months of it at hand.", isAre(names)),
				Fix:     "Write observe: { logs: { hot: 90d, cold: 365d } }.",
				Related: []Note{{Place{Key: key("services", names[0], "data")}, "data that must be accounted for"}},
			})
		},
	},
	{
		ID: "logs-unmasked", Severity: diag.Warning,
		Title:  "Card numbers are masked in logs",
		Why:    "Sooner or later a request is logged whole. A card number in a log makes the log store, its copies and everybody who reads it part of PCI DSS.",
		Fix:    "Write observe.redact with pan.",
		Source: "PCI DSS v4.0.1, 3.4.1 and 3.5.1",
		check: func(f *Facts, report func(Finding)) {
			names := f.cardServices()
			if len(names) == 0 || slices.Contains(f.Observe.Redact, "pan") {
				return
			}
			report(Finding{
				Place:   Place{Key: "observe.redact"},
				Summary: "Card numbers would be kept in logs as they come",
				Detail:  fmt.Sprintf("%s of class pci, and observe.redact does not name pan.", isAre(names)),
				Fix:     "Write observe: { redact: [pan] }.",
				Related: []Note{{Place{Key: key("services", names[0], "data")}, "data that must not be in logs"}},
			})
		},
	},
	{
		ID: "alerts-nowhere", Severity: diag.Warning,
		Title:  "Alerts about important services reach somebody",
		Why:    "An alert that goes nowhere is found when somebody asks why nobody knew.",
		Fix:    "Write slack or mail on the team, or under alerts.",
		Source: "Google, Site Reliability Engineering, Monitoring Distributed Systems",
		check: func(f *Facts, report func(Finding)) {
			if f.Alerts.Slack != "" || f.Alerts.Mail != "" || !none(f.Alerts.Page) {
				return
			}
			for e, s := range f.services(model.Production) {
				t := f.teams[s.Team]
				if !important(s.Tier) || t != nil && (t.Slack != "" || t.Mail != "" || t.OnCall != nil) {
					continue
				}
				who, fix := "it has no team", "Write alerts: { slack: \"#alerts\" }."
				if t != nil {
					who, fix = fmt.Sprintf("the team %q has neither channel nor mail", t.Name), fmt.Sprintf("Write slack or mail on the team %s.", t.Name)
				}
				report(Finding{
					Place:   e.here(key("services", s.Name, "team")),
					Summary: fmt.Sprintf("Alerts about %q of tier %d reach nobody", s.Name, s.Tier),
					Detail:  fmt.Sprintf("There is no channel under alerts, and %s.", who),
					Fix:     fix,
				})
			}
		},
	},
	{
		ID: "oncall-unpaged", Severity: diag.Warning,
		Title:  "Who is on call is called",
		Why:    "A rotation says who is woken, not by what. On the production system nothing rings until a service for that is named.",
		Fix:    "Set alerts.page to pagerduty.",
		Source: "PagerDuty, Events API v2",
		check: func(f *Facts, report func(Finding)) {
			if !f.cloud || !none(f.Alerts.Page) {
				return
			}
			for _, t := range f.Teams {
				if t.OnCall != nil && len(f.owns(t.Name)) > 0 {
					report(Finding{
						Place:   Place{Key: "alerts.page"},
						Summary: "Teams are on call and nothing wakes them",
						Detail:  fmt.Sprintf("%q is on call for %s, and alerts.page is none.", t.Name, some(f.owns(t.Name))),
						Fix:     "Write alerts: { page: pagerduty }.",
						Related: []Note{{Place{Key: key("teams", t.Name, "oncall")}, "a rotation"}},
					})
					return
				}
			}
		},
	},
	{
		ID: "budget-missing", Severity: diag.Warning,
		Title:  "Every environment has a budget",
		Why:    "Nobody is told that an environment costs twice as much as last month when nobody said how much it may cost.",
		Fix:    "Write an amount for it under cost.budgets.",
		Source: "AWS Well-Architected Framework, COST01-BP05 Report and notify on cost optimization",
		check: func(f *Facts, report func(Finding)) {
			if !f.cloud && len(f.Cost.Budgets) == 0 || len(f.envs) == 0 {
				return
			}
			if len(f.Cost.Budgets) == 0 {
				report(Finding{
					Place:   Place{Key: "cost.budgets"},
					Summary: "No environment has a budget",
					Detail:  fmt.Sprintf("%s, and nobody is told what any of them costs.", isThere(len(f.envs), "environment")),
					Fix:     fmt.Sprintf("Write cost: { budgets: { %s: 1000 } } with what a month may cost in %s.", f.envs[len(f.envs)-1].Name, f.Cost.Currency),
					Related: []Note{{Place{Key: "cloud"}, "where it is paid for"}},
				})
				return
			}
			for _, e := range f.envs {
				if e.Budget > 0 {
					continue
				}
				report(Finding{
					Place:   Place{Key: key("cost", "budgets", e.Name)},
					Summary: fmt.Sprintf("The environment %q has no budget", e.Name),
					Detail:  "cost.budgets does not name it, so nobody is told what it costs.",
					Fix:     fmt.Sprintf("Write budgets: { %s: 1000 } with what a month may cost in %s.", e.Name, f.Cost.Currency),
				})
			}
		},
	},
}

// cardServices are the services of production that handle card data.
func (f *Facts) cardServices() []string {
	var names []string
	for _, s := range f.services(model.Production) {
		if s.Data == model.PCI && !slices.Contains(names, s.Name) {
			names = append(names, s.Name)
		}
	}
	return names
}
