package spec

import (
	"slices"
	"strings"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/addr"
	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
)

// resolver turns the decoded file into the platform: it follows references,
// applies what environments override, and checks what no single value shows. It
// runs also when values are missing because they were wrong, and then says
// nothing of those.
//
// What holds for a value, the first of these that is there:
//
//  1. the override of the environment (environments.prod.services.booking.…);
//  2. the block itself (services.booking.…);
//  3. what the environment says for all (environments.prod.scale);
//  4. the default, which may depend on the stage and on the engine.
//
// The number of replicas alone is special: what the environment says for all
// bounds what the block itself says.
type resolver struct {
	*report
	decoder *decoder
	root    *node
	file    *v1.File

	groups, environments, segments []string
	services, stores, teams        names
	sources                        []source
	sourceOf                       map[string]bool // services that are among them
	taken                          map[string]takenRoute
	// storeTiers are those of the most important users of each store.
	storeTiers map[string]v1.Tier
	// places are the resolved blocks, for those who ask where a value is from.
	places places
	// reasons of the block that is being resolved.
	reasons []reason
}

// names are the keys of a mapping, in the order of the file.
type names struct {
	list []string
	is   map[string]bool
}

func namesOf[T any](m v1.Map[T]) names {
	n := names{is: make(map[string]bool, len(m))}
	for _, e := range m {
		n.list = append(n.list, e.Key)
		n.is[e.Key] = true
	}
	return n
}

func (s *resolver) platform() *model.Platform {
	f := s.file
	p := &model.Platform{Name: f.Name, Domain: f.Domain}
	s.places = places{}
	s.sourceOf = map[string]bool{}
	s.checkNames()
	p.Groups = s.resolveGroups()
	p.People = s.resolvePeople()
	p.Teams = s.resolveTeams()
	p.Delivery = s.resolveDelivery()
	p.Cloud = s.resolveCloud()
	p.Network = s.resolveNetwork()
	p.Recovery = s.resolveRecovery()
	p.Accounts = s.resolveAccounts()
	p.Backup = s.resolveBackup()
	p.Cost = s.resolveCost()
	p.Environments = s.resolveEnvironments(p)
	s.checkReach(p)
	p.Observe = s.resolveObserve()
	p.Alerts = s.resolveAlerts()
	p.Edge = s.resolveEdge()
	p.Audit = s.resolveAudit()
	p.Tickets = s.resolveTickets()
	p.Policies = s.resolvePolicies()
	p.Waivers = s.resolveWaivers()
	return p
}

// checkNames checks every name that the user chose.
func (s *resolver) checkNames() {
	if n, at := s.root.find("name"); n != nil && s.file.Name != "" {
		s.label(s.file.Name, 40, "the name of the platform", at)
	}
	if n, at := s.root.find("domain"); n != nil && s.file.Domain != "" {
		if err := v1.CheckHost(s.file.Domain); err != nil {
			s.err(idBadName, at, "%q cannot be the domain", s.file.Domain).Detail = sentence(err.Error())
		}
	}
	for _, e := range s.file.Groups {
		s.groups = append(s.groups, e.Key)
		s.label(e.Key, 63, "the name of a group", s.root.keyAt("groups", e.Key))
	}
	s.services, s.stores, s.teams = namesOf(s.file.Services), namesOf(s.file.Stores), namesOf(s.file.Teams)
	for _, name := range s.services.list {
		s.checkServiceName(name, s.root.keyAt("services", name))
	}
	for _, name := range s.stores.list {
		at := s.root.keyAt("stores", name)
		s.label(name, longestService, "the name of a store", at)
		if s.services.is[name] {
			p := s.err(idNameShared, at, "%q is a service and a store", name)
			p.Detail = "Services say what they use by name alone, and both would have the same address in the network."
			p.Fix = "Give one of the two another name."
			p.Related = append(p.Related, s.related(s.root.keyAt("services", name), "the service %s", name))
		}
	}
	if n, at := s.root.find("environments"); n != nil && n.kind == mapping && len(s.file.Environments) == 0 {
		s.err(idEmptyValue, at, "There is no environment").
			Fix = "Write for example:\nenvironments: { dev: { stage: development } }"
	}
	for _, e := range s.file.Environments {
		s.environments = append(s.environments, e.Key)
		s.checkEnvironmentName(e.Key, s.root.keyAt("environments", e.Key))
	}
	s.segments = s.file.Network.Segments
}

func (s *resolver) label(name string, longest int, what string, at span) bool {
	err := addr.CheckLabel(name, longest)
	if err == nil {
		return true
	}
	p := s.err(idBadName, at, "%q cannot be %s", name, what)
	p.Detail = sentence(err.Error())
	p.Fix = "Use lower-case letters, digits and dashes."
	if better := addr.Label(name); better != name && addr.CheckLabel(better, longest) == nil {
		p.Detail = "Names end up in host names, so they have lower-case letters, digits and dashes only."
		p.Fix = "Write " + better + "."
	}
	return false
}

// reference checks that something of that name exists. The empty name is one
// that could not be read.
func (s *resolver) reference(name, what string, known []string, at span) bool {
	if slices.Contains(known, name) {
		return true
	}
	if name != "" {
		s.unknown(name, what, known, at)
	}
	return false
}

func (s *resolver) unknown(name, what string, known []string, at span) *diag.Problem {
	p := s.err(idReference, at, "There is no %s %q", what, name)
	near := diag.Nearest(name, known)
	switch {
	case len(near) > 0:
		p.Fix = "Did you mean " + quoted(near) + "?"
	case len(known) == 0:
		p.Detail = "The file has no " + what + " at all."
		p.Fix = "Add it to the file, or remove it here."
	default:
		p.Fix = "Write one that is there."
		if slices.Contains([]string{"service", "store", "service or store", "environment", "segment", "group", "team", "topic"}, what) {
			p.Fix = "Add it to the file, or write one that is there."
		}
		if len(known) == 1 {
			p.Detail = "There is " + known[0] + " alone."
		} else if len(known) <= 12 {
			p.Detail = "There are " + words(known) + "."
		}
	}
	return p
}

// unique reports elements of a list that are there twice.
func (s *resolver) unique(list []string, what string, at func(i int) span) {
	if len(list) < 2 {
		return
	}
	first := make(map[string]int, len(list))
	for i, v := range list {
		j, again := first[v]
		if !again {
			first[v] = i
			continue
		}
		if v == "" {
			continue
		}
		p := s.err(idRepeated, at(i), "%q is %s twice", v, what)
		p.Fix = "Remove one of the two."
		p.Related = append(p.Related, s.related(at(j), "the first one"))
	}
}

// references checks a list of names.
func (s *resolver) references(list []string, what, done string, known []string, keys ...string) {
	at := func(i int) span { return s.root.item(i, keys...) }
	for i, name := range list {
		s.reference(name, what, known, at(i))
	}
	s.unique(list, done, at)
}

func (s *resolver) resolveGroups() []model.Group {
	var groups []model.Group
	for _, e := range s.file.Groups {
		at := func(i int) span { return s.root.item(i, "groups", e.Key) }
		s.unique(e.Value, "in the group", at)
		for i, m := range e.Value {
			s.person(m, at(i))
		}
		groups = append(groups, model.Group{Name: e.Key, Members: e.Value})
	}
	slices.SortFunc(groups, func(a, b model.Group) int { return strings.Compare(a.Name, b.Name) })
	return groups
}

// person checks the name of somebody. Names that people does not have are only
// worth a warning: nobody must be listed there.
func (s *resolver) person(name string, at span) {
	if name == "" {
		return
	}
	if strings.ContainsAny(name, " \t\n/,") || strings.TrimSpace(name) != name {
		s.err(idBadName, at, "%q cannot be the name of a person", name).
			Fix = "Write one word for each person, such as the name before the @ of their mail address."
		return
	}
	known := namesOf(s.file.People)
	if len(known.list) == 0 || known.is[name] {
		return
	}
	p := s.warn(idPerson, at, "Nobody called %q is among the people", name)
	p.Detail = "Nothing says how to reach them."
	if near := diag.Nearest(name, known.list); len(near) > 0 {
		p.Fix = "Did you mean " + quoted(near) + "?"
	} else {
		p.Fix = "Add them to people."
	}
}
