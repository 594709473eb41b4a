package rules

import (
	"fmt"
	"slices"
	"strings"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
)

// dependencyRules are about what a service needs to work.
var dependencyRules = []*Rule{
	{
		ID: "tier-inversion", Severity: diag.Warning,
		Title:  "Nothing important depends on something less important",
		Why:    "People are woken, and stores are restored, in the order of tiers. A tier-1 service that needs one of tier 3 is down for as long as nobody looks after the latter.",
		Fix:    "Raise the tier of what is needed, or write name:optional and let the caller go on without it.",
		Source: "AWS Well-Architected Framework, REL05-BP01 Implement graceful degradation",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.services(model.Production) {
				if s.Tier != 1 {
					continue
				}
				for _, use := range s.Edges {
					tier, kind := 0, "services"
					if use.Kind == model.UsesStore {
						kind = "stores"
						if to := e.stores[use.Name]; to != nil && to.Holds() {
							tier = to.Tier
						}
					} else if to := e.services[use.Name]; to != nil && use.Mode != model.Optional {
						tier = to.Tier
					}
					if tier <= s.Tier {
						continue
					}
					fix := fmt.Sprintf("Write %s.%s.tier: %d", kind, use.Name, s.Tier)
					if kind == "services" {
						fix += fmt.Sprintf(", or uses: [%s:optional] if %s can answer without it", use.Name, s.Name)
					}
					report(Finding{
						Place:   e.here(usesKey(s, use)),
						Summary: fmt.Sprintf("%q of tier %d needs %q of tier %d", s.Name, s.Tier, use.Name, tier),
						Detail:  fmt.Sprintf("When %s is down, %s is down, and the people of tier %d come first.", use.Name, s.Name, s.Tier),
						Fix:     fix + ".",
						Related: []Note{{e.here(key(kind, use.Name, "tier")), fmt.Sprintf("%s has tier %d", use.Name, tier)}},
					})
				}
			}
		},
	},
	{
		ID: "tier-one-zone", Severity: diag.Error,
		Title:  "What tier 1 needs is in more than one zone",
		Why:    "A zone is lost about once in a few years, for hours. Whatever is in one zone alone is lost with it.",
		Fix:    "Set zones of the environment, or of the store, to 2 or more; 3 for engines with a quorum.",
		Source: "AWS Well-Architected Framework, REL10-BP01 Deploy the workload to multiple locations",
		check: func(f *Facts, report func(Finding)) {
			for _, e := range f.in(model.Production) {
				if e.Zones == 1 {
					if first := slices.IndexFunc(e.Services, func(s model.Service) bool { return s.Tier == 1 }); first >= 0 {
						report(Finding{
							Place:   e.here(key("environments", e.Name, "zones")),
							Summary: fmt.Sprintf("The environment %q of tier-1 services is in one zone", e.Name),
							Detail:  fmt.Sprintf("%q is of tier 1 and lost with the zone.", e.Services[first].Name),
							Fix:     "Write zones: 3.",
						})
						continue
					}
				}
				for i := range e.Stores {
					s := &e.Stores[i]
					if s.Tier != 1 || s.Zones != 1 || s.Standby || !s.Holds() || s.Nodes == 0 || s.Engine == model.SingleStore {
						continue
					}
					report(Finding{
						Place:   e.here(key("stores", s.Name, "zones")),
						Summary: fmt.Sprintf("The store %q of tier 1 is in one zone", s.Name),
						Detail:  fmt.Sprintf("It is lost with the zone, and %s.", usersOf(e, s.Name)),
						Fix:     fmt.Sprintf("Write zones: %d.", max(2, e.Zones)),
					})
				}
			}
		},
	},
	{
		ID: "call-cycle", Severity: diag.Warning,
		Title:  "Calls do not go round in a circle",
		Why:    "Services that call one another in a circle cannot be started, restored or released one after the other, and an overload of one comes back to it multiplied by retries.",
		Fix:    "Turn one of the calls round, make it an event on a topic, or write name:optional.",
		Source: "Google, Site Reliability Engineering, Addressing Cascading Failures",
		check: func(f *Facts, report func(Finding)) {
			for i, e := range f.envs {
				for _, ring := range f.graph(i).Cycles() {
					var names []string
					for _, a := range ring {
						names = append(names, a.Name)
					}
					next := names[1%len(names)]
					report(Finding{
						Place:   e.here(key("services", names[0], "uses") + "[" + next + "]"),
						Summary: "Services call one another in a circle: " + strings.Join(append(names, names[0]), " -> "),
						Detail:  fmt.Sprintf("None of the %d can be started or restored before the others.", len(ring)),
						Fix:     "Make one of the calls an event on a topic, or optional.",
						Related: related(e, names),
					})
				}
			}
		},
	},
}

// related are the other calls of a circle.
func related(e *place, ring []string) []Note {
	var notes []Note
	for i, name := range ring[1:] {
		next := ring[(i+2)%len(ring)]
		notes = append(notes, Note{e.here(key("services", name, "uses") + "[" + next + "]"), name + " calls " + next})
	}
	return notes
}

// usesKey is the place of an edge: a member of a list is named by its text.
func usesKey(s *model.Service, use model.Use) string {
	return key("services", s.Name, "uses") + "[" + use.Name + "]"
}
