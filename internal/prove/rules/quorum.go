package rules

import (
	"fmt"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
)

// quorumRules are about clusters that must agree, and what is left of them when
// a node or a zone is lost.
var quorumRules = []*Rule{
	{
		ID: "mongodb-members", Severity: diag.Error,
		Title:  "A MongoDB replica set has three or more members, an odd number",
		Why:    "A replica set writes only while a majority of its members see each other. Two members stop when either is lost; four survive no more losses than three, and cost one machine more.",
		Fix:    "Set nodes to 3, 5 or 7 in acceptance and production.",
		Source: "MongoDB Manual, Replica Set Deployment Architectures",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.stores(model.Acceptance, model.Production) {
				if s.Engine != model.MongoDB || s.Nodes >= 3 && s.Nodes%2 == 1 {
					continue
				}
				report(Finding{
					Place:   e.here(key("stores", s.Name, "nodes")),
					Summary: fmt.Sprintf("The replica set %q has %s", s.Name, count(s.Nodes, "member")),
					Detail:  fmt.Sprintf("A majority of %d is %d, so it survives the loss of %d; %d members survive the loss of %d.", s.Nodes, s.Nodes/2+1, (s.Nodes-1)/2, odd(s.Nodes), (odd(s.Nodes)-1)/2),
					Fix:     fmt.Sprintf("Write nodes: %d.", odd(s.Nodes)),
				})
			}
		},
	},
	{
		ID: "coordinators-quorum", Severity: diag.Error,
		Title:  "ZooKeeper servers and KRaft controllers are three or five",
		Why:    "Brokers elect leaders and accept new topics only while a majority of the coordinators agree. One coordinator is a single point of failure; an even number adds a machine and no safety.",
		Fix:    "Set coordinators to 3, or 5 for very large clusters.",
		Source: "ZooKeeper Administrator's Guide, Clustered (Multi-Server) Setup; Apache Kafka, KRaft deployment considerations",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.stores(model.Acceptance, model.Production) {
				if s.Engine != model.Kafka || s.Coordinators >= 3 && s.Coordinators%2 == 1 {
					continue
				}
				report(Finding{
					Place:   e.here(key("stores", s.Name, "coordinators")),
					Summary: fmt.Sprintf("Kafka %q is coordinated by %s", s.Name, count(s.Coordinators, coordinator(s))),
					Detail:  fmt.Sprintf("A majority of %d is %d, so %d may be lost; of %d it is %d.", s.Coordinators, s.Coordinators/2+1, max(0, s.Coordinators-1)/2, odd(s.Coordinators), (odd(s.Coordinators)-1)/2),
					Fix:     fmt.Sprintf("Write coordinators: %d.", odd(s.Coordinators)),
				})
			}
		},
	},
	{
		ID: "opensearch-masters", Severity: diag.Warning,
		Title:  "OpenSearch in production has three dedicated masters",
		Why:    "Without dedicated masters the data nodes elect one of themselves, and a heavy query can cost the cluster its leader. AWS allows three or five; three are enough up to some 75 data nodes, five are rarely worth their price.",
		Fix:    "Set coordinators of the store to 3.",
		Source: "Amazon OpenSearch Service, Dedicated master nodes",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.stores(model.Production) {
				if s.Engine != model.OpenSearch || s.Coordinators == 3 || s.Coordinators == 5 {
					continue
				}
				report(Finding{
					Place:   e.here(key("stores", s.Name, "coordinators")),
					Summary: fmt.Sprintf("OpenSearch %q has %s", s.Name, count(s.Coordinators, "dedicated master")),
					Detail:  fmt.Sprintf("The %s of the cluster answer searches and lead it at once.", count(s.Nodes, "data node")),
					Fix:     "Write coordinators: 3.",
				})
			}
		},
	},
	{
		ID: "store-zones", Severity: diag.Error,
		Title:  "A cluster with a quorum is spread over three zones in production",
		Why:    "In two zones one of them holds the majority, and losing that zone stops the cluster although machines are left. Only from three zones on may any one be lost.",
		Fix:    "Set zones of the store, or of the environment, to 3.",
		Source: "MongoDB Manual, Replica Sets Distributed Across Two or More Data Centers; AWS Well-Architected, REL10-BP01",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.stores(model.Production) {
				members := 0
				switch s.Engine {
				case model.MongoDB:
					members = s.Nodes
				case model.Kafka:
					members = s.Coordinators
				case model.OpenSearch:
					members = s.Coordinators
				}
				if members < 3 || s.Zones >= 3 {
					continue // too few members are found by other rules
				}
				most := (members + max(1, s.Zones) - 1) / max(1, s.Zones)
				report(Finding{
					Place:   e.here(key("stores", s.Name, "zones")),
					Summary: fmt.Sprintf("The store %q does not survive the loss of a zone", s.Name),
					Detail:  fmt.Sprintf("Its %s that vote are in %s, so one zone has %d of them. Without that zone there is %d left, and a majority of %d is %d.", count(members, "node"), count(s.Zones, "zone"), most, members-most, members, members/2+1),
					Fix:     "Write zones: 3.",
				})
			}
		},
	},
	{
		ID: "cache-single-copy", Severity: diag.Warning,
		Title:  "A cache in production has a replica in another zone",
		Why:    "When the only copy of a cache is lost, every request goes to the store behind it at once. Stores that were sized for misses fall over from full load.",
		Fix:    "Set replicas of the store to 1 or more, and zones to 2 or more.",
		Source: "Amazon ElastiCache, Minimizing downtime with Multi-AZ",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.stores(model.Production) {
				if s.Engine != model.Redis && s.Engine != model.Valkey || s.Replicas >= 1 && s.Zones >= 2 {
					continue
				}
				what, fix := "no replica", "Write replicas: 1."
				if s.Replicas >= 1 {
					what, fix = "all its copies in one zone", "Write zones: 2."
				}
				report(Finding{
					Place:   e.here(key("stores", s.Name, "replicas")),
					Summary: fmt.Sprintf("The cache %q has %s", s.Name, what),
					Detail:  fmt.Sprintf("It has %s, and %s.", count(max(1, s.Nodes), "shard"), usersOf(e, s.Name)),
					Fix:     fix,
				})
			}
		},
	},
	{
		ID: "singlestore-stretched", Severity: diag.Error,
		Title:  "A SingleStore cluster stays inside one zone",
		Why:    "SingleStore does not support a self-managed cluster over several zones: leaves replicate synchronously, and the delay between zones slows every write. A second cluster in another zone is the supported way.",
		Fix:    "Set zones of the store to 1, and standby to true.",
		Source: "SingleStore Documentation, Replicate Databases Across Clusters",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.stores() {
				if s.Engine != model.SingleStore || s.Zones <= 1 {
					continue
				}
				report(Finding{
					Place:   e.here(key("stores", s.Name, "zones")),
					Summary: fmt.Sprintf("The SingleStore cluster %q is stretched over %d zones", s.Name, s.Zones),
					Detail:  "Its vendor does not support that. Spreading nodes is right for other engines and wrong for this one.",
					Fix:     "Write zones: 1, and standby: true for a second cluster in another zone.",
				})
			}
		},
	},
	{
		ID: "singlestore-no-standby", Severity: diag.Warning,
		Title:  "A SingleStore cluster in production has a standby in another zone",
		Why:    "The cluster lives in one zone. When that zone is lost, a standby cluster takes over in minutes; without one a restore from backup takes hours.",
		Fix:    "Set standby of the store to true.",
		Source: "SingleStore Documentation, Replicate Databases Across Clusters",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.stores(model.Production) {
				if s.Engine != model.SingleStore || s.Standby {
					continue
				}
				report(Finding{
					Place:   e.here(key("stores", s.Name, "standby")),
					Summary: fmt.Sprintf("The SingleStore cluster %q has no standby", s.Name),
					Detail:  fmt.Sprintf("It has %s, all in one zone, and %s.", count(s.Nodes, "leaf node"), usersOf(e, s.Name)),
					Fix:     "Write standby: true.",
				})
			}
		},
	},
}

// odd is the nearest number of members that is odd, at least 3 and not less.
func odd(n int) int { return max(3, n|1) }

func coordinator(s *model.Store) string {
	if s.Coordination == model.KRaft {
		return "KRaft controller"
	}
	return "ZooKeeper server"
}

// usersOf says who has a store: "booking and fleet use it".
func usersOf(e *place, store string) string {
	var names []string
	for _, s := range e.users[store] {
		names = append(names, s.Name)
	}
	switch len(names) {
	case 0:
		return "no service uses it"
	case 1:
		return names[0] + " uses it"
	}
	return some(names) + " use it"
}
