package rules

import (
	"fmt"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
)

// ownerRules are about important things that nobody answers for.
var ownerRules = []*Rule{
	{
		ID: "owner-missing", Severity: diag.Warning,
		Title:  "Services and stores of tier 1 and 2 have a team",
		Why:    "Alerts, incidents and reviews go to the owner. Without one they go to everybody, which is nobody.",
		Fix:    "Write team on the service or store.",
		Source: "AWS Well-Architected Framework, OPS02-BP01 Resources have identified owners",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.services(model.Production) {
				if important(s.Tier) && s.Team == "" {
					report(unowned(e, "services", s.Name, s.Tier, callersOf(e, s.Name)))
				}
			}
			for e, s := range f.stores(model.Production) {
				if important(s.Tier) && s.Team == "" && s.Holds() {
					report(unowned(e, "stores", s.Name, s.Tier, usersOf(e, s.Name)))
				}
			}
		},
	},
	{
		ID: "objective-missing", Severity: diag.Warning,
		Title:  "Services of tier 1 and 2 have an objective",
		Why:    "Without a number nobody can say whether the service is good enough: alerts have no threshold, a canary has nothing to compare with, and there is no error budget.",
		Fix:    "Write objective with an availability or a freshness.",
		Source: "Google, Site Reliability Engineering, Service Level Objectives",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.services(model.Production) {
				o := s.Objective
				if !important(s.Tier) || o.Availability != "" || o.Freshness != 0 || o.LatencyP50+o.LatencyP95+o.LatencyP99 != 0 {
					continue
				}
				fix := "Write objective: { availability: 99.9% }."
				if s.Port == 0 || len(s.Consume) > 0 && len(s.Routes) == 0 {
					fix = "Write objective: { freshness: 1m }."
				}
				report(Finding{
					Place:   e.here(key("services", s.Name, "objective")),
					Summary: fmt.Sprintf("The service %q of tier %d promises nothing", s.Name, s.Tier),
					Detail:  fmt.Sprintf("Alerts have no threshold and canaries nothing to be held to; %s.", callersOf(e, s.Name)),
					Fix:     fix,
				})
			}
		},
	},
}

func unowned(e *place, kind, name string, tier int, needed string) Finding {
	return Finding{
		Place:   e.here(key(kind, name, "team")),
		Summary: fmt.Sprintf("No team owns %q of tier %d", name, tier),
		Detail:  fmt.Sprintf("When it is down nobody is told, and %s.", needed),
		Fix:     "Write team: and the name of a team.",
	}
}
