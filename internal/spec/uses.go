package spec

import (
	"cmp"
	"slices"
	"strings"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/model"
)

// storeModes and serviceModes are what may stand behind the colon of a use.
var (
	storeModes   = []model.Mode{model.ReadWrite, model.Read, model.Secondary}
	serviceModes = []model.Mode{model.Required, model.Optional}
)

// replicated engines answer reads from replicas.
var replicated = []model.Engine{model.MongoDB, model.MySQL, model.Postgres, model.Redis, model.Valkey}

// resolveUses follows the edges of a service: the names of the services that it
// calls, and all ends with their modes and ports.
func (s *resolver) resolveUses(e *environment, name string, uses []v1.Use, tree *node) (services []string, edges []model.Use) {
	at := func(i int) span { return tree.item(i, "uses") }
	list := make([]string, len(uses))
	for i, u := range uses {
		list[i] = u.Name
		var edge model.Use
		var ok bool
		switch {
		case u.Name == "": // could not be read
		case u.Name == name:
			p := s.err(idSelfUse, at(i), "Service %q uses itself", name)
			p.Detail = "An edge of a service to itself opens no connection."
			p.Fix = "Remove it."
		case e.without[u.Name]:
			s.absent(e, name, u, at(i))
		case s.services.is[u.Name]:
			if edge, ok = s.useService(e, name, u, at(i)); ok {
				services = append(services, u.Name)
			}
		case s.stores.is[u.Name]:
			edge, ok = s.useStore(e, u, at(i))
		default:
			s.reference(u.Name, "service or store", slices.Concat(s.services.list, s.stores.list), at(i))
		}
		if ok {
			edges = append(edges, edge)
		}
	}
	s.unique(list, "used", at)
	slices.Sort(services)
	slices.SortStableFunc(edges, func(a, b model.Use) int {
		return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Name, b.Name))
	})
	edges = slices.CompactFunc(edges, func(a, b model.Use) bool { return a.Kind == b.Kind && a.Name == b.Name })
	return slices.Compact(services), edges
}

// absent reports a use of what the environment does not have, unless the user
// can do without.
func (s *resolver) absent(e *environment, name string, u v1.Use, at span) {
	if u.Mode == string(model.Optional) {
		return
	}
	p := s.err(idAbsent, at, "Service %q uses %q, which %s does not have", name, u.Name, e.name)
	p.Detail = "It could not work there."
	p.Fix = "Leave " + name + " out of " + e.name + ", too, or let it use something else there."
	if s.services.is[u.Name] {
		p.Fix = "Write " + u.Name + ":optional if it can go on without, leave " + name + " out of " + e.name + ", too, or let it use something else there."
	}
	for i, gone := range e.block.Without {
		if gone == u.Name {
			p.Related = append(p.Related, s.related(s.root.item(i, "environments", e.name, "without"), "left out"))
		}
	}
}

func (s *resolver) useService(e *environment, name string, u v1.Use, at span) (model.Use, bool) {
	out := model.Use{Kind: model.UsesService, Name: u.Name, Mode: model.Required}
	if u.Mode != "" {
		out.Mode = model.Mode(u.Mode)
	}
	if !slices.Contains(serviceModes, out.Mode) {
		p := s.err(idMode, at, "%q is a service, and %q is a way to use a store", u.Name, u.Mode)
		p.Detail = "A service is required, or optional for callers that go on without it."
		p.Fix = "Write " + u.Name + "."
		p.Related = append(p.Related, s.related(s.root.keyAt("services", u.Name), "the service"))
		return out, false
	}
	callee := e.services[u.Name].value
	tree := e.services[u.Name].tree
	switch {
	case callee.Port != nil:
		out.Ports = []int{int(*callee.Port)}
	case len(callee.Ports) > 0:
		for _, p := range callee.Ports {
			out.Ports = append(out.Ports, int(p.Value))
		}
		slices.Sort(out.Ports)
	case !tree.has("port"): // else it is wrong, and that was reported
		p := s.err(idNoPort, at, "Service %q uses %q, which listens nowhere", name, u.Name)
		p.Detail = "A service without a port cannot be called."
		p.Fix = "Add a port to " + u.Name + ", or remove it here."
		p.Related = append(p.Related, s.related(s.root.keyAt("services", u.Name), "the service"))
		return out, false
	}
	return out, true
}

func (s *resolver) useStore(e *environment, u v1.Use, at span) (model.Use, bool) {
	b := e.stores[u.Name].value
	engine := model.Engine(b.Engine)
	out := model.Use{Kind: model.UsesStore, Name: u.Name, Mode: model.ReadWrite, Ports: model.ClientPorts(engine)}
	if u.Mode != "" {
		out.Mode = model.Mode(u.Mode)
	}
	if !slices.Contains(storeModes, out.Mode) {
		p := s.err(idMode, at, "%q is a store, and %q is a way to use a service", u.Name, u.Mode)
		p.Detail = "A store is written by default, read never writes, and secondary reads from replicas."
		p.Fix = "Write " + u.Name + " or " + u.Name + ":read."
		p.Related = append(p.Related, s.related(s.root.keyAt("stores", u.Name), "the store"))
		return out, false
	}
	if out.Mode == model.Secondary && engine != "" && !slices.Contains(replicated, engine) {
		p := s.err(idMode, at, "%s has no replicas to read from", engine)
		p.Detail = "Secondary is for mongodb, mysql, postgres, redis and valkey."
		p.Fix = "Write " + u.Name + ":read."
		p.Related = append(p.Related, s.related(s.root.valueAt("stores", u.Name, "engine"), "the engine"))
		return out, false
	}
	return out, true
}

// topicsOf are the stores of an environment that have a topic, by its name.
func topicsOf(stores map[string]*placed[v1.StoreBlock], order []string) map[string][]string {
	at := map[string][]string{}
	for _, name := range order {
		if b, ok := stores[name]; ok {
			for _, t := range b.value.Topics {
				at[t.Key] = append(at[t.Key], name)
			}
		}
	}
	return at
}

// resolveTopicUse follows the topics of a service to the Kafka stores that it
// uses.
func (s *resolver) resolveTopicUse(e *environment, name string, b *v1.ServiceBlock, tree *node) (produce, consume []string) {
	follow := func(key string, list []string) []string {
		at := func(i int) span { return tree.item(i, "topics", key) }
		s.unique(list, "in the list", at)
		var out []string
		for i, topic := range list {
			if topic == "" {
				continue
			}
			used := slices.IndexFunc(b.Uses, func(u v1.Use) bool { return slices.Contains(e.topics[topic], u.Name) })
			switch {
			case used < 0:
				s.noTopic(e, name, topic, b.Uses, at(i))
			case key == "produce" && b.Uses[used].Mode != "" && b.Uses[used].Mode != string(model.ReadWrite):
				store := b.Uses[used].Name
				p := s.err(idMode, at(i), "Service %q produces %q and only reads %s", name, topic, store)
				p.Fix = "Write " + store + " in uses, or consume the topic."
				p.Related = append(p.Related, s.related(tree.item(used, "uses"), "only read"))
			default:
				out = append(out, topic)
			}
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	return follow("produce", b.Topics.Produce), follow("consume", b.Topics.Consume)
}

// noTopic says where a topic is, if it is anywhere.
func (s *resolver) noTopic(e *environment, name, topic string, uses []v1.Use, at span) {
	if stores := e.topics[topic]; len(stores) > 0 {
		p := s.err(idTopic, at, "Service %q has no way to the topic %q", name, topic)
		p.Detail = "It belongs to " + words(stores) + ", which the service does not use."
		p.Fix = "Add " + stores[0] + " to uses."
		p.Related = append(p.Related, s.related(e.stores[stores[0]].tree.keyAt("topics", topic), "the topic"))
		return
	}
	var known []string
	for _, u := range uses {
		if store, ok := e.stores[u.Name]; ok {
			for _, t := range store.value.Topics {
				known = append(known, t.Key)
			}
		}
	}
	if len(known) == 0 {
		p := s.err(idTopic, at, "Service %q has no way to a topic %q", name, topic)
		p.Detail = "It uses no store that has topics."
		p.Fix = "Add a Kafka store that has the topic to uses."
		return
	}
	s.unknown(topic, "topic", known, at)
}
