package rules

import (
	"fmt"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
)

// capacityRules are about the number of replicas.
var capacityRules = []*Rule{
	{
		ID: "single-replica", Severity: diag.Warning,
		Title:  "Services in production have two replicas or more",
		Why:    "With one replica every release, every restart and every node that is replaced is an outage.",
		Fix:    "Set scale.replicas to 2 or more, or to a range that begins there.",
		Source: "AWS Well-Architected Framework, REL10-BP01 Deploy the workload to multiple locations",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.services(model.Production) {
				if s.Scale.Min != 1 || s.Schedule != nil || s.Tier > 3 {
					continue
				}
				report(Finding{
					Place:   e.here(key("services", s.Name, "scale", "replicas")),
					Summary: fmt.Sprintf("The service %q may run as a single replica", s.Name),
					Detail:  fmt.Sprintf("It has tier %d and %s.", s.Tier, callersOf(e, s.Name)),
					Fix:     fmt.Sprintf("Write replicas: 2..%d.", max(2, s.Scale.Max)),
				})
			}
		},
	},
	{
		ID: "replicas-below-zones", Severity: diag.Warning,
		Title:  "Services of tier 1 have a replica in every zone",
		Why:    "Zones are lost whole. With fewer replicas than zones the loss of one may take half of them, before the autoscaler has seen anything.",
		Fix:    "Let scale.replicas begin at the number of zones.",
		Source: "AWS Well-Architected Framework, REL11-BP05 Use static stability to prevent bimodal behavior",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.services(model.Production) {
				if s.Tier != 1 || s.Scale.Min < 2 || s.Scale.Min >= e.Zones || s.Schedule != nil {
					continue
				}
				report(Finding{
					Place:   e.here(key("services", s.Name, "scale", "replicas")),
					Summary: fmt.Sprintf("The service %q has %d replicas for %d zones", s.Name, s.Scale.Min, e.Zones),
					Detail:  fmt.Sprintf("The loss of one zone leaves %d of %d, %d%% of what the traffic was using.", s.Scale.Min-1, s.Scale.Min, 100*(s.Scale.Min-1)/s.Scale.Min),
					Fix:     fmt.Sprintf("Write replicas: %d..%d.", e.Zones, max(e.Zones, s.Scale.Max)),
				})
			}
		},
	},
	{
		ID: "replicas-fixed", Severity: diag.Warning,
		Title:  "Services of tier 1 can grow",
		Why:    "A fixed number of replicas answers a peak with errors. A range lets the autoscaler follow the traffic and costs nothing while it is quiet.",
		Fix:    "Write a range for scale.replicas.",
		Source: "AWS Well-Architected Framework, REL07-BP01 Use automation when obtaining or scaling resources",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.services(model.Production) {
				if s.Tier != 1 || s.Scale.Min != s.Scale.Max || s.Schedule != nil {
					continue
				}
				report(Finding{
					Place:   e.here(key("services", s.Name, "scale", "replicas")),
					Summary: fmt.Sprintf("The service %q of tier 1 never has more than %s", s.Name, count(s.Scale.Max, "replica")),
					Detail:  "The number is fixed, so the autoscaler has nothing to decide.",
					Fix:     fmt.Sprintf("Write replicas: %d..%d.", s.Scale.Min, 4*s.Scale.Min),
				})
			}
		},
	},
	{
		ID: "disruption-budget", Severity: diag.Error,
		Title:  "Maintenance always leaves a replica",
		Why:    "A node is drained while at most scale.unavailable replicas of a service are away. As many as there are means an outage with every upgrade of the nodes.",
		Fix:    "Set scale.unavailable to less than the fewest replicas.",
		Source: "Kubernetes Documentation, Specifying a Disruption Budget for your Application",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.services(model.Acceptance, model.Production) {
				at := e.here(key("services", s.Name, "scale", "unavailable"))
				if s.Scale.Min < 2 || s.Scale.Unavailable < s.Scale.Min {
					continue // a single replica is another finding
				}
				report(Finding{
					Place:   at,
					Summary: fmt.Sprintf("Maintenance may take all %d replicas of %q at once", s.Scale.Min, s.Name),
					Detail:  fmt.Sprintf("%d may be unavailable, and when it is quiet there are %d: %d - %d leaves none.", s.Scale.Unavailable, s.Scale.Min, s.Scale.Min, s.Scale.Unavailable),
					Fix:     fmt.Sprintf("Write unavailable: %d, or more replicas.", max(1, s.Scale.Min/2)),
					Related: []Note{{e.here(key("services", s.Name, "scale", "replicas")), fmt.Sprintf("%d to %d replicas", s.Scale.Min, s.Scale.Max)}},
				})
			}
		},
	},
}

// callersOf says who needs a service: "booking and search call it".
func callersOf(e *place, service string) string {
	var names []string
	for _, s := range e.callers[service] {
		names = append(names, s.Name)
	}
	switch len(names) {
	case 0:
		return "no other service calls it"
	case 1:
		return names[0] + " calls it"
	}
	return some(names) + " call it"
}
