package rules

import (
	"fmt"
	"slices"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
)

// parityRules are about acceptance being like production.
var parityRules = []*Rule{
	{
		ID: "parity-missing", Severity: diag.Warning,
		Title:  "Acceptance has everything that production has",
		Why:    "What acceptance does not have is met for the first time in production. A test that passes without the payment service says nothing about payments.",
		Fix:    "Take the name out of without; a stand-in of the same name with nodes: 1 or replicas: 1 is enough.",
		Source: "The Twelve-Factor App, X. Dev/prod parity",
		check: func(f *Facts, report func(Finding)) {
			f.eachPair(func(uat, prod *place) {
				for _, name := range uat.Without {
					kind, needs := "service", prod.callers[name]
					if prod.stores[name] != nil {
						kind, needs = "store", prod.users[name]
					} else if prod.services[name] == nil {
						continue
					}
					var missed []string
					for _, s := range needs {
						if uat.services[s.Name] != nil {
							missed = append(missed, s.Name)
						}
					}
					if len(missed) == 0 {
						continue
					}
					report(Finding{
						Place:   Place{Key: key("environments", uat.Name, "without") + "[" + name + "]"},
						Summary: fmt.Sprintf("%q has no stand-in for the %s %q", uat.Name, kind, name),
						Detail:  fmt.Sprintf("%s has it, and in %s %s would look for it in vain.", prod.Name, uat.Name, some(missed)),
						Fix:     fmt.Sprintf("Take %s out of without, and make it small here.", name),
					})
				}
			})
		},
	},
	{
		ID: "parity-segment", Severity: diag.Warning,
		Title:  "Acceptance has the walls that production has",
		Why:    "A call that a wall forbids works where the wall is missing. It is found in production, as an outage.",
		Fix:    "Do not collapse segments with personal or card data in acceptance.",
		Source: "The Twelve-Factor App, X. Dev/prod parity; PCI DSS v4.0.1, 6.5.3",
		check: func(f *Facts, report func(Finding)) {
			f.eachPair(func(uat, prod *place) {
				for _, segment := range uat.Collapse {
					if slices.Contains(prod.Collapse, segment) {
						continue
					}
					var inside []string
					for _, s := range prod.Services {
						if s.Segment == segment && rank(s.Data) >= rank(model.PCI) {
							inside = append(inside, s.Name)
						}
					}
					if len(inside) == 0 {
						continue
					}
					report(Finding{
						Place:   Place{Key: key("environments", uat.Name, "collapse") + "[" + segment + "]"},
						Summary: fmt.Sprintf("%q has no segment %q, in which production keeps card data", uat.Name, segment),
						Detail:  fmt.Sprintf("In %s %s: every call to or from there is tried against a wall for the first time.", prod.Name, livesIn(inside, segment)),
						Fix:     fmt.Sprintf("Take %s out of collapse.", segment),
					})
				}
			})
		},
	},
	{
		ID: "parity-engine", Severity: diag.Warning,
		Title:  "Stores in acceptance run the versions of production",
		Why:    "Queries, drivers and migrations that were accepted on another major version were not accepted.",
		Fix:    "Let both environments have the same major version, but for the days of an upgrade.",
		Source: "The Twelve-Factor App, X. Dev/prod parity",
		check: func(f *Facts, report func(Finding)) {
			f.eachPair(func(uat, prod *place) {
				for i := range prod.Stores {
					there := &prod.Stores[i]
					here := uat.stores[there.Name]
					if here == nil {
						continue
					}
					what, a, b := "", "", ""
					switch {
					case here.Engine != there.Engine:
						what, a, b = "engine", string(here.Engine), string(there.Engine)
					case major(here.Version) != major(there.Version):
						what, a, b = "version", here.Version, there.Version
					case here.Coordination != there.Coordination:
						what, a, b = "coordination", string(here.Coordination), string(there.Coordination)
					default:
						continue
					}
					report(Finding{
						Place:   uat.here(key("stores", there.Name, what)),
						Summary: fmt.Sprintf("The store %q has %s %s here and %s in %q", there.Name, what, a, b, prod.Name),
						Detail:  fmt.Sprintf("What is accepted in %s is not what runs in %s.", uat.Name, prod.Name),
						Fix:     fmt.Sprintf("Write %s: %q in both.", what, b),
						Related: []Note{{prod.here(key("stores", there.Name, what)), "what " + prod.Name + " has"}},
					})
				}
			})
		},
	},
	{
		ID: "parity-setting", Severity: diag.Warning,
		Title:  "Settings of production exist in acceptance",
		Why:    "A setting that only production has is read for the first time there. The code path behind it was never run.",
		Fix:    "Give the setting a value for all environments under services, and override it where it differs.",
		Source: "The Twelve-Factor App, III. Config; X. Dev/prod parity",
		check: func(f *Facts, report func(Finding)) {
			f.eachPair(func(uat, prod *place) {
				for i := range prod.Services {
					there := &prod.Services[i]
					here := uat.services[there.Name]
					if here == nil {
						continue
					}
					for _, setting := range there.Settings {
						if slices.ContainsFunc(here.Settings, func(s model.Setting) bool { return s.Name == setting.Name }) {
							continue
						}
						report(Finding{
							Place:   prod.here(key("services", there.Name, "settings", setting.Name)),
							Summary: fmt.Sprintf("The setting %s of %q exists in %q and not in %q", setting.Name, there.Name, prod.Name, uat.Name),
							Detail:  fmt.Sprintf("The program of %s starts without it and was accepted like that.", uat.Name),
							Fix:     fmt.Sprintf("Write it under services.%s.settings, and override it in %s.", there.Name, uat.Name),
						})
					}
				}
			})
		},
	},
}

// eachPair visits every acceptance environment with the production that comes
// after it.
func (f *Facts) eachPair(visit func(uat, prod *place)) {
	for i, uat := range f.envs {
		if uat.Stage != model.Acceptance {
			continue
		}
		for _, prod := range f.envs[i+1:] {
			if prod.Stage == model.Production {
				visit(uat, prod)
				break
			}
		}
	}
}

func livesIn(names []string, segment string) string {
	if len(names) == 1 {
		return names[0] + " lives in " + segment
	}
	return some(names) + " live in " + segment
}
