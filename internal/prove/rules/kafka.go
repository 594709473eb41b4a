package rules

import (
	"fmt"
	"strings"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
)

// kafkaRules are about copies of partitions.
var kafkaRules = []*Rule{
	{
		ID: "kafka-replication", Severity: diag.Error,
		Title:  "Topics have at most as many replicas as there are brokers",
		Why:    "Kafka puts every replica of a partition on another broker, and refuses to create a topic that asks for more replicas than it has brokers.",
		Fix:    "Lower replication, or add nodes.",
		Source: "Apache Kafka Documentation, Replication",
		check: func(f *Facts, report func(Finding)) {
			eachTopic(f, func(e *place, s *model.Store, t topicCopies) {
				if t.replication <= s.Nodes {
					return
				}
				report(Finding{
					Place:   e.here(t.key + ".replication"),
					Summary: fmt.Sprintf("%s asks for %d replicas of %s", t.name, t.replication, count(s.Nodes, "broker")),
					Detail:  "Kafka would refuse to create it: every replica needs a broker of its own.",
					Fix:     fmt.Sprintf("Write replication: %d, or nodes: %d.", s.Nodes, t.replication),
				})
			})
		},
	},
	{
		ID: "kafka-min-in-sync", Severity: diag.Error,
		Title:  "One broker may be lost without stopping the writers",
		Why:    "With acks=all a write needs minInSync replicas. When that is as many as there are replicas, the restart of any one broker stops all producers of its partitions.",
		Fix:    "Set minInSync to one less than replication.",
		Source: "Apache Kafka Documentation, min.insync.replicas",
		check: func(f *Facts, report func(Finding)) {
			eachTopic(f, func(e *place, s *model.Store, t topicCopies) {
				if t.replication < 2 && t.minInSync <= t.replication || t.minInSync < t.replication {
					return
				}
				report(Finding{
					Place:   e.here(t.key + ".minInSync"),
					Summary: fmt.Sprintf("%s cannot lose a broker: %d of %d replicas must be in sync", t.name, t.minInSync, t.replication),
					Detail:  fmt.Sprintf("With one broker away %d replicas are left, fewer than %d: writers get NotEnoughReplicas until it is back. A rolling update is enough.", t.replication-1, t.minInSync),
					Fix:     fmt.Sprintf("Write minInSync: %d.", max(1, t.replication-1)),
				})
			})
		},
	},
	{
		ID: "kafka-min-in-sync-one", Severity: diag.Warning,
		Title:  "In production a write is on two brokers before it counts",
		Why:    "With minInSync 1 a write is confirmed while one broker alone has it. When that broker's disk is lost, confirmed messages are gone.",
		Fix:    "Set minInSync to 2 and replication to 3.",
		Source: "Apache Kafka Documentation, min.insync.replicas",
		check: func(f *Facts, report func(Finding)) {
			eachTopic(f, func(e *place, s *model.Store, t topicCopies) {
				if e.Stage != model.Production || t.replication < 2 || t.minInSync > 1 {
					return
				}
				report(Finding{
					Place:   e.here(t.key + ".minInSync"),
					Summary: t.name + " confirms writes that only one broker has",
					Detail:  fmt.Sprintf("It has %d replicas, and a write counts when 1 of them has it.", t.replication),
					Fix:     fmt.Sprintf("Write minInSync: %d.", max(2, t.replication-1)),
				})
			}, model.Production)
		},
	},
	{
		ID: "topic-single-copy", Severity: diag.Error,
		Title:  "In production every topic has more than one replica",
		Why:    "A topic with one replica is away whenever its broker restarts, and lost with its disk.",
		Fix:    "Set replication to 3.",
		Source: "Apache Kafka Documentation, Replication",
		check: func(f *Facts, report func(Finding)) {
			eachTopic(f, func(e *place, s *model.Store, t topicCopies) {
				if t.replication > 1 {
					return
				}
				detail := "Every restart of a broker takes its partitions away."
				if t.partitions > 0 {
					detail = fmt.Sprintf("Every restart of a broker takes some of its %s away.", count(t.partitions, "partition"))
				}
				report(Finding{
					Place:   e.here(t.key + ".replication"),
					Summary: t.name + " has a single copy",
					Detail:  detail,
					Fix:     fmt.Sprintf("Write replication: %d.", min(3, max(2, s.Nodes))),
				})
			}, model.Production)
		},
	},
	{
		ID: "kafka-broker-zones", Severity: diag.Warning,
		Title:  "Brokers are a multiple of the zones",
		Why:    "Kafka spreads replicas over racks, which are zones here. With an uneven number of brokers those in the smaller zone carry more replicas than the others and fill up first.",
		Fix:    "Set nodes to a multiple of zones.",
		Source: "Apache Kafka Documentation, Balancing Replicas Across Racks",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.stores(model.Acceptance, model.Production) {
				if s.Engine != model.Kafka || s.Zones < 2 || s.Nodes%s.Zones == 0 {
					continue
				}
				up := (s.Nodes/s.Zones + 1) * s.Zones
				report(Finding{
					Place:   e.here(key("stores", s.Name, "nodes")),
					Summary: fmt.Sprintf("The %s of %q do not divide into %d zones", count(s.Nodes, "broker"), s.Name, s.Zones),
					Detail:  fmt.Sprintf("%d / %d leaves %d: zones have %d or %d brokers, and those of the smaller zones hold more replicas each.", s.Nodes, s.Zones, s.Nodes%s.Zones, s.Nodes/s.Zones, s.Nodes/s.Zones+1),
					Fix:     fmt.Sprintf("Write nodes: %d.", up),
				})
			}
		},
	},
}

// topicCopies is a topic, or what holds for topics that do not say.
type topicCopies struct {
	name, key              string
	partitions             int
	replication, minInSync int
}

// eachTopic visits the store's own figures and those of every topic that
// differs: what is inherited is found once.
func eachTopic(f *Facts, visit func(*place, *model.Store, topicCopies), stages ...model.Stage) {
	for e, s := range f.stores(stages...) {
		if s.Engine != model.Kafka {
			continue
		}
		visit(e, s, topicCopies{name: fmt.Sprintf("The store %q", s.Name), key: key("stores", s.Name), replication: s.Replication, minInSync: s.MinInSync})
		for _, t := range s.Topics {
			if t.Replication == s.Replication && t.MinInSync == s.MinInSync {
				continue
			}
			visit(e, s, topicCopies{name: fmt.Sprintf("The topic %q", t.Name), key: key("stores", s.Name, "topics", t.Name), partitions: t.Partitions, replication: t.Replication, minInSync: t.MinInSync})
		}
	}
}

// major is the first number of a version; 0 when there is none.
func major(version string) int {
	first, _, _ := strings.Cut(version, ".")
	n := 0
	for _, c := range first {
		if c < '0' || c > '9' || n > 1e6 {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	return n
}
