package rules

import (
	"fmt"
	"slices"
	"strings"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
)

// unusedRules are about what nothing refers to.
var unusedRules = []*Rule{
	{
		ID: "store-unused", Severity: diag.Warning,
		Title: "Some service uses every store",
		Why:   "A store that nobody uses is paid for, patched and backed up for nothing, and an open port that nobody would miss.",
		Fix:   "Name the store in the uses of a service, or remove it.",
		check: func(f *Facts, report func(Finding)) {
			used := map[string]bool{}
			for _, e := range f.envs {
				for name := range e.users {
					used[name] = true
				}
			}
			seen := map[string]bool{}
			for i := len(f.envs) - 1; i >= 0; i-- { // from production on
				e := f.envs[i]
				for j := range e.Stores {
					s := &e.Stores[j]
					if used[s.Name] || seen[s.Name] {
						continue
					}
					seen[s.Name] = true
					report(Finding{
						Place:   Place{Key: key("stores", s.Name)},
						Summary: fmt.Sprintf("No service uses the store %q", s.Name),
						Detail:  fmt.Sprintf("In %s it is %s.", e.Name, describe(s)),
						Fix:     fmt.Sprintf("Write uses: [%s] in a service, or remove the store.", s.Name),
					})
				}
			}
		},
	},
	{
		ID: "service-unused", Severity: diag.Warning,
		Title: "Something starts or calls every service",
		Why:   "A service without route, caller, schedule or topic does no work that anybody sees. Often the line that connects it was forgotten.",
		Fix:   "Give it a route, a caller, a schedule or topics, or remove it.",
		check: func(f *Facts, report func(Finding)) {
			reached := map[string]bool{}
			for _, site := range f.Network.Sites {
				for _, r := range site.Reach {
					reached[r.Service] = true
				}
			}
			if f.Network.Clients != nil {
				for _, g := range f.Network.Clients.Groups {
					for _, s := range g.Reach {
						reached[s] = true
					}
				}
			}
			busy := map[string]bool{}
			var order []string
			for e, s := range f.services() {
				if _, seen := busy[s.Name]; !seen {
					order = append(order, s.Name)
				}
				// Work that listens nowhere takes it from a queue or a store.
				worker := s.Port == 0 && len(s.Edges) > 0
				busy[s.Name] = busy[s.Name] || reached[s.Name] || worker || len(e.callers[s.Name]) > 0 ||
					len(s.Routes)+len(s.Private)+len(s.Consume) > 0 || s.Schedule != nil || usesQueue(e, s)
			}
			for _, name := range order {
				if busy[name] {
					continue
				}
				report(Finding{
					Place:   Place{Key: key("services", name)},
					Summary: fmt.Sprintf("Nothing reaches the service %q", name),
					Detail:  "It has no route, no caller, no schedule, and it consumes nothing.",
					Fix:     fmt.Sprintf("Write uses: [%s] in its caller, or give it routes, private, schedule or topics.", name),
				})
			}
		},
	},
	{
		ID: "topic-not-produced", Severity: diag.Warning,
		Title: "Some service produces to every topic",
		Why:   "A consumer of a topic that nobody fills waits for ever. Often the name is written in two ways.",
		Fix:   "Name the topic under topics.produce of a service, or remove it.",
		check: func(f *Facts, report func(Finding)) {
			checkTopics(f, report, func(t topicUse) (string, string, bool) {
				if len(t.producers) > 0 {
					return "", "", false
				}
				detail := "Nobody consumes it either."
				if len(t.consumers) > 0 {
					detail = "It is consumed by " + some(t.consumers) + ", which would wait for ever."
				}
				return "produces to", detail, true
			})
		},
	},
	{
		ID: "topic-not-consumed", Severity: diag.Warning,
		Title: "Some service consumes every topic",
		Why:   "Messages that nobody reads are stored three times and then thrown away. Often the consumer was forgotten. Dead-letter topics are read by people and exempt.",
		Fix:   "Name the topic under topics.consume of a service, or remove it.",
		check: func(f *Facts, report func(Finding)) {
			checkTopics(f, report, func(t topicUse) (string, string, bool) {
				if len(t.consumers) > 0 || len(t.producers) == 0 || deadLetters(t.name) {
					return "", "", false
				}
				return "consumes", "It is filled by " + some(t.producers) + ".", true
			})
		},
	},
	{
		ID: "team-unused", Severity: diag.Warning,
		Title: "Every team owns something",
		Why:   "A team that owns nothing is on nobody's list. Often its services still name another team.",
		Fix:   "Write team on what it owns, or remove the team.",
		check: func(f *Facts, report func(Finding)) {
			owners := map[string]bool{}
			for _, s := range f.services() {
				owners[s.Team] = true
			}
			for _, s := range f.stores() {
				owners[s.Team] = true
			}
			for _, t := range f.Teams {
				if owners[t.Name] {
					continue
				}
				report(Finding{
					Place:   Place{Key: key("teams", t.Name)},
					Summary: fmt.Sprintf("The team %q owns nothing", t.Name),
					Detail:  fmt.Sprintf("%s of it: %s.", count(len(t.Members), "member"), some(t.Members)),
					Fix:     fmt.Sprintf("Write team: %s on a service or store, or remove it.", t.Name),
				})
			}
		},
	},
	{
		ID: "group-unused", Severity: diag.Warning,
		Title: "Every group is asked for something",
		Why:   "A group that approves nothing gives its members the impression that somebody asks them.",
		Fix:   "Name the group under approve of an environment or of the hotfix lane, or remove it.",
		check: func(f *Facts, report func(Finding)) {
			asked := map[string]bool{}
			for _, e := range f.envs {
				for _, g := range e.Approve.From {
					asked[g] = true
				}
			}
			if h := f.Delivery.Hotfix; h != nil {
				for _, g := range h.Approve.From {
					asked[g] = true
				}
			}
			if f.Network.Clients != nil {
				for _, g := range f.Network.Clients.Groups {
					asked[g.Name] = true
				}
			}
			for _, g := range f.Groups {
				if asked[g.Name] {
					continue
				}
				report(Finding{
					Place:   Place{Key: key("groups", g.Name)},
					Summary: fmt.Sprintf("Nobody asks the group %q", g.Name),
					Detail:  "No environment and no hotfix lane names it under approve, and no VPN group has its name.",
					Fix:     fmt.Sprintf("Write approve: [%s] on an environment, or remove the group.", g.Name),
				})
			}
		},
	},
	{
		ID: "person-unused", Severity: diag.Warning,
		Title:  "Every person is in a team or a group",
		Why:    "Personal data that nothing needs should not be kept, and somebody who left may still be reachable through it.",
		Fix:    "Add the person to a team or group, or remove them.",
		Source: "Regulation (EU) 2016/679 (GDPR), Article 5(1)(c) data minimisation",
		check: func(f *Facts, report func(Finding)) {
			named := map[string]bool{}
			for _, t := range f.Teams {
				named[t.Manager] = true
				for _, m := range t.Members {
					named[m] = true
				}
				if t.OnCall != nil {
					for _, m := range t.OnCall.Members {
						named[m] = true
					}
				}
			}
			for _, g := range f.Groups {
				for _, m := range g.Members {
					named[m] = true
				}
			}
			for _, who := range f.People {
				if named[who.Name] {
					continue
				}
				report(Finding{
					Place:   Place{Key: key("people", who.Name)},
					Summary: fmt.Sprintf("%q is in no team and no group", who.Name),
					Detail:  "The file keeps the person's address for nothing.",
					Fix:     "Add the person to the members of a team or group, or remove the entry.",
				})
			}
		},
	},
}

// topicUse is who fills and reads a topic, over all environments.
type topicUse struct {
	store, name          string
	producers, consumers []string
}

func checkTopics(f *Facts, report func(Finding), verdict func(topicUse) (verb, detail string, bad bool)) {
	type id struct{ store, topic string }
	found := map[id]*topicUse{}
	var order []id
	for _, s := range f.stores() {
		for _, t := range s.Topics {
			if k := (id{s.Name, t.Name}); found[k] == nil {
				found[k] = &topicUse{store: s.Name, name: t.Name}
				order = append(order, k)
			}
		}
	}
	if len(order) == 0 {
		return
	}
	add := func(list []string, name string) []string {
		if slices.Contains(list, name) {
			return list
		}
		return append(list, name)
	}
	for e, s := range f.services() {
		for _, use := range s.Edges {
			if use.Kind != model.UsesStore || e.stores[use.Name] == nil {
				continue
			}
			for _, topic := range s.Produce {
				if t := found[id{use.Name, topic}]; t != nil {
					t.producers = add(t.producers, s.Name)
				}
			}
			for _, topic := range s.Consume {
				if t := found[id{use.Name, topic}]; t != nil {
					t.consumers = add(t.consumers, s.Name)
				}
			}
		}
	}
	for _, k := range order {
		verb, detail, bad := verdict(*found[k])
		if !bad {
			continue
		}
		what := "produce"
		if verb == "consumes" {
			what = "consume"
		}
		report(Finding{
			Place:   Place{Key: key("stores", k.store, "topics", k.topic)},
			Summary: fmt.Sprintf("No service %s the topic %q", verb, k.topic),
			Detail:  detail,
			Fix:     fmt.Sprintf("Write topics: { %s: [%s] } in a service, or remove the topic.", what, k.topic),
		})
	}
}

func deadLetters(topic string) bool {
	return strings.Contains(topic, "dlq") || strings.Contains(topic, "dead") || strings.HasSuffix(topic, ".dlt")
}

func usesQueue(e *place, s *model.Service) bool {
	return slices.ContainsFunc(s.Edges, func(u model.Use) bool {
		return u.Kind == model.UsesStore && e.stores[u.Name] != nil && e.stores[u.Name].Engine == model.SQS
	})
}

// describe is a store in a few words: MongoDB 8.0 with 3 nodes.
func describe(s *model.Store) string {
	name := string(s.Engine)
	if l, ok := lifecycles[s.Engine]; ok {
		name = l.name
	}
	if s.Version != "" {
		name += " " + s.Version
	}
	if s.Nodes > 0 {
		name += " with " + count(s.Nodes, "node")
	}
	return name
}
