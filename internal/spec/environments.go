package spec

import (
	"slices"
	"strconv"
	"strings"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/model"
)

// stages in their order.
var stages = []v1.Stage{v1.Stage(model.Development), v1.Stage(model.Test), v1.Stage(model.Acceptance), v1.Stage(model.Production)}

// rank of a stage; -1 when it is not known because it was wrong.
func rank(stage v1.Stage) int { return slices.Index(stages, stage) }

func (s *resolver) checkEnvironmentName(name string, at span) {
	if !s.label(name, 40, "the name of an environment", at) {
		return
	}
	if strings.HasPrefix(name, "kube-") || name == v1.SystemNamespace || name == "default" {
		p := s.err(idReservedName, at, "The name %q is taken", name)
		p.Detail = "Every environment is a Kubernetes namespace of its name, and this one belongs to the system."
		p.Fix = "Choose another name."
	}
}

// resolveEnvironments resolves every environment, those of the path first.
func (s *resolver) resolveEnvironments(p *model.Platform) []model.Environment {
	s.taken = map[string]takenRoute{}
	s.storeTiers = s.tiersOfStores()
	blocks := make(map[string]v1.EnvironmentBlock, len(s.file.Environments))
	order := slices.Clone(p.Delivery.Path)
	for _, e := range s.file.Environments {
		blocks[e.Key] = e.Value
		if !slices.Contains(order, e.Key) {
			order = append(order, e.Key)
		}
	}
	main := s.mainProduction(order, blocks)
	var all []model.Environment
	for _, name := range order {
		b, ok := blocks[name]
		if !ok {
			continue // a reference that was reported
		}
		delete(blocks, name) // the path may name it twice
		all = append(all, s.resolveEnvironment(p, name, b, name == main))
	}
	return all
}

func (s *resolver) resolveEnvironment(p *model.Platform, name string, b v1.EnvironmentBlock, main bool) model.Environment {
	env := model.Environment{Name: name, Stage: model.Stage(b.Stage), Hours: modelHours(b.Hours), Collapse: b.Collapse}
	at := func(keys ...string) span { return s.root.valueAt(append([]string{"environments", name}, keys...)...) }
	if b.Approve != nil {
		env.Approve = s.resolveApprove(strconv.Quote(name), *b.Approve, "environments", name, "approve")
	}
	if b.Scale != nil && b.Scale.Replicas != nil {
		s.checkReplicas(*b.Scale.Replicas, "environment", name, at("scale", "replicas"))
	}
	for _, w := range b.Freeze {
		if window, ok := modelWindow(w); ok {
			env.Freeze = append(env.Freeze, window)
		}
	}
	for _, h := range b.Changes {
		if h.Zone != nil {
			env.Changes = append(env.Changes, model.Hours(h))
		}
	}
	if b.CIDR != nil {
		env.CIDR = b.CIDR.Prefix()
		if within := s.file.Network.CIDR.Prefix(); within.IsValid() && (!within.Contains(env.CIDR.Addr()) || env.CIDR.Bits() < within.Bits()) {
			p := s.err(idImpossible, at("cidr"), "%s lies outside %s", env.CIDR, within)
			p.Fix = "Write a part of network.cidr."
			p.Related = append(p.Related, s.related(s.root.valueAt("network", "cidr"), "the addresses of the platform"))
		}
	}
	env.Zones = s.resolveZones(name, b, p.Cloud.Zones)
	env.Segments = s.remaining(name, b.Collapse)
	for _, budget := range p.Cost.Budgets {
		if budget.Account == name {
			env.Budget = budget.Amount
		}
	}
	here := &environment{name: name, block: b, main: main, zones: env.Zones, segments: env.Segments, platform: p, without: s.resolveWithout(name, b.Without)}
	for thing := range here.without {
		env.Without = append(env.Without, thing)
	}
	slices.Sort(env.Without)
	s.placeBlocks(here)
	env.Stores = s.resolveStores(here)
	env.Services = s.resolveServices(here)
	return env
}

// environment is what services and stores need to know of where they are.
type environment struct {
	name     string
	block    v1.EnvironmentBlock
	main     bool // its hosts are those of the file
	zones    int
	segments []string
	platform *model.Platform
	without  map[string]bool
	// What services and stores are written as here, overrides laid over.
	services map[string]*placed[v1.ServiceBlock]
	stores   map[string]*placed[v1.StoreBlock]
	// topics are the stores that have each topic.
	topics map[string][]string
}

func (e *environment) early() bool { return rank(e.block.Stage) < rank(v1.Stage(model.Acceptance)) }

func (e *environment) development() bool {
	return e.block.Stage == v1.Stage(model.Development)
}

// resolveZones is how many zones an environment uses.
func (s *resolver) resolveZones(name string, b v1.EnvironmentBlock, all int) int {
	if b.Zones == nil {
		zones, rule := all, "cloud.zones in "+string(b.Stage)
		if rank(b.Stage) < rank(v1.Stage(model.Acceptance)) {
			zones, rule = min(2, all), "2, or cloud.zones, in "+string(b.Stage)
		}
		for i := range s.file.Environments {
			if s.file.Environments[i].Key == name && zones > 0 {
				s.file.Environments[i].Value.Zones = &zones
			}
		}
		s.because("environments."+name+".zones", rule)
		return zones
	}
	if *b.Zones > all && all > 0 {
		p := s.err(idZones, s.root.valueAt("environments", name, "zones"), "%q uses %d zones of %d", name, *b.Zones, all)
		p.Fix = "Lower it, or raise cloud.zones."
		if s.root.has("cloud") {
			p.Related = append(p.Related, s.related(s.root.valueAt("cloud", "zones"), "the zones of the platform"))
		}
	}
	return *b.Zones
}

// remaining are the segments of an environment after some were merged into the
// first one.
func (s *resolver) remaining(name string, collapse []string) []string {
	at := func(i int) span { return s.root.item(i, "environments", name, "collapse") }
	s.unique(collapse, "collapsed", at)
	gone := map[string]bool{}
	for i, c := range collapse {
		if !s.reference(c, "segment", s.segments, at(i)) {
			continue
		}
		if c == s.segments[0] {
			p := s.err(idSegment, at(i), "The segment %q takes in the others and cannot be collapsed itself", c)
			p.Detail = "Whatever lives in a collapsed segment moves to the first one."
			p.Fix = "Remove it."
			p.Related = append(p.Related, s.related(s.root.item(0, "network", "segments"), "the first segment"))
			continue
		}
		gone[c] = true
	}
	var left []string
	for _, segment := range s.segments {
		if !gone[segment] {
			left = append(left, segment)
		}
	}
	return left
}

// resolveWithout is what an environment does not have.
func (s *resolver) resolveWithout(name string, list []string) map[string]bool {
	known := slices.Concat(s.services.list, s.stores.list)
	s.references(list, "service or store", "left out", known, "environments", name, "without")
	gone := make(map[string]bool, len(list))
	for i, thing := range list {
		if !slices.Contains(known, thing) {
			continue
		}
		gone[thing] = true
		for _, kind := range []string{"services", "stores"} {
			if s.root.has("environments", name, kind, thing) {
				p := s.err(idIdleKey, s.root.keyAt("environments", name, kind, thing), "%q is changed here, and does not exist here", thing)
				p.Fix = "Remove one of the two."
				p.Related = append(p.Related, s.related(s.root.item(i, "environments", name, "without"), "left out"))
			}
		}
	}
	return gone
}

// mainProduction is the environment whose hosts are those of the file: the last
// of the path that is in production.
func (s *resolver) mainProduction(order []string, blocks map[string]v1.EnvironmentBlock) string {
	main := ""
	for _, name := range order {
		if blocks[name].Stage == v1.Stage(model.Production) {
			main = name
		}
	}
	return main
}

// resolveApprove checks who is asked. what is said of the thing to be approved,
// and keys lead to the block.
func (s *resolver) resolveApprove(what string, a v1.ApproveBlock, keys ...string) model.Approve {
	if a.From == nil {
		return model.Approve{} // missing or wrong, which was reported
	}
	at := func(i int) span { return s.root.item(i, append(slices.Clone(keys), "from")...) }
	known := true
	for i, group := range a.From {
		known = s.reference(group, "group", s.groups, at(i)) && known
	}
	s.unique(a.From, "asked", at)
	people := map[string]bool{}
	for _, e := range s.file.Groups {
		if slices.Contains(a.From, e.Key) {
			for _, m := range e.Value {
				people[m] = true
			}
		}
	}
	count := s.root.valueAt(append(slices.Clone(keys), "count")...)
	switch {
	case a.Count < 1:
		// Zero can only have been written: the default is one.
		p := s.err(idTooFewPeople, count, "The number of approvals for %s must be at least 1", what)
		p.Fix = "Leave approve out when nobody needs to say yes."
	case known && len(people) < a.Count:
		p := s.err(idTooFewPeople, count, "%s: %s asked for, and there is nobody to give more than %d", never(what), approvals(a.Count), len(people))
		p.Fix = "Add people to the groups, name more groups, or lower count."
		for _, e := range s.file.Groups {
			if slices.Contains(a.From, e.Key) {
				p.Related = append(p.Related, s.related(s.root.keyAt("groups", e.Key), "the group %s has %d", e.Key, len(e.Value)))
			}
		}
	}
	return model.Approve{From: a.From, Count: a.Count}
}

func approvals(n int) string {
	if n == 1 {
		return "1 approval is"
	}
	return strconv.Itoa(n) + " approvals are"
}

func never(what string) string {
	if strings.HasPrefix(what, "\"") {
		return "Nothing could ever enter " + what
	}
	return "Nothing could ever pass as " + what
}
