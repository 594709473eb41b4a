package rules

import (
	"fmt"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
)

// recoveryRules are about the loss of a region.
var recoveryRules = []*Rule{
	{
		ID: "recovery-nothing", Severity: diag.Warning,
		Title:  "Something is copied to the recovery region",
		Why:    "A second region without data starts services that find empty stores.",
		Fix:    "Write recovery: true on the stores that must survive, or tier 1 or 2, whose default it is.",
		Source: "AWS Whitepaper, Disaster Recovery of Workloads on AWS, Pilot light",
		check: func(f *Facts, report func(Finding)) {
			if f.Recovery.Region == "" {
				return
			}
			holding := 0
			for _, s := range f.stores(model.Production) {
				if s.Recovery {
					return
				}
				if s.Holds() {
					holding++
				}
			}
			if holding == 0 {
				return
			}
			report(Finding{
				Place:   Place{Key: "recovery.region"},
				Summary: fmt.Sprintf("No store has a copy in %s", f.Recovery.Region),
				Detail:  fmt.Sprintf("%s of production with data, and none of them is marked for recovery.", isThere(holding, "store")),
				Fix:     "Write recovery: true on a store.",
			})
		},
	},
	{
		ID: "recovery-incomplete", Severity: diag.Warning,
		Title:  "What important services need is in the recovery region too",
		Why:    "A service of tier 1 that comes up in the second region without one of its stores is not up.",
		Fix:    "Write recovery: true on the store, or let the service go on without it.",
		Source: "AWS Well-Architected Framework, REL13-BP02",
		check: func(f *Facts, report func(Finding)) {
			if f.Recovery.Region == "" {
				return
			}
			for e, s := range f.stores(model.Production) {
				if s.Recovery || !s.Holds() {
					continue
				}
				var names []string
				for _, user := range e.users[s.Name] {
					if user.Tier == 1 {
						names = append(names, user.Name)
					}
				}
				if len(names) == 0 {
					continue
				}
				report(Finding{
					Place:   e.here(key("stores", s.Name, "recovery")),
					Summary: fmt.Sprintf("The store %q is missing in %s, and tier 1 needs it", s.Name, f.Recovery.Region),
					Detail:  fmt.Sprintf("%s of tier 1 and would find it nowhere.", isAre(names)),
					Fix:     "Write recovery: true.",
				})
			}
		},
	},
	{
		ID: "backup-not-copied", Severity: diag.Warning,
		Title:  "Copies leave the region",
		Why:    "Copies in the region that is lost are lost.",
		Fix:    "Set backup.copy to true.",
		Source: "AWS Backup Developer Guide, Creating backup copies across AWS Regions",
		check: func(f *Facts, report func(Finding)) {
			if f.Recovery.Region == "" || f.Backup.Copy {
				return
			}
			for _, s := range f.stores(model.Production) {
				if s.Recovery || !s.Holds() || s.Backup.Every == 0 {
					continue
				}
				report(Finding{
					Place:   Place{Key: "backup.copy"},
					Summary: fmt.Sprintf("Copies stay in %s", f.Cloud.Region),
					Detail:  fmt.Sprintf("%q has no copy in %s that runs, so its backups are all that could bring it back there.", s.Name, f.Recovery.Region),
					Fix:     "Write copy: true, or remove the line.",
				})
				return
			}
		},
	},
}
