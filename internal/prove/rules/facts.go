package rules

import (
	"iter"
	"slices"
	"time"

	"paddock.dev/internal/graph"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// horizon is how far calendars are looked at.
const horizon = 90 * 24 * time.Hour

// Facts is what the rules look at: the platform, and what follows from it.
type Facts struct {
	*model.Platform
	Now time.Time

	envs   []*place
	graphs []*graph.Graph
	teams  map[string]*model.Team
	// cloud says that the file has a block about the cloud. Until it has, rules
	// about money, quotas and addresses have nothing to say.
	cloud bool
	// Filled when a rule asks for them.
	absences  map[string][]model.Dates
	owned     map[string][]string
	plan      *address.Plan
	conflicts []address.Conflict
}

// place is an environment with its things by name.
type place struct {
	*model.Environment
	services map[string]*model.Service
	stores   map[string]*model.Store
	// callers and users are the services that open connections to a service or
	// store, sorted by name.
	callers, users map[string][]*model.Service
}

func newFacts(p *model.Platform, now time.Time, o Options) *Facts {
	f := &Facts{Platform: p, Now: now, cloud: o.Cloud, graphs: o.Graphs, teams: map[string]*model.Team{}}
	for i := range p.Teams {
		f.teams[p.Teams[i].Name] = &p.Teams[i]
	}
	for i := range p.Environments {
		e := &p.Environments[i]
		at := &place{
			Environment: e,
			services:    make(map[string]*model.Service, len(e.Services)), stores: make(map[string]*model.Store, len(e.Stores)),
			callers: map[string][]*model.Service{}, users: map[string][]*model.Service{},
		}
		for j := range e.Stores {
			at.stores[e.Stores[j].Name] = &e.Stores[j]
		}
		for j := range e.Services {
			s := &e.Services[j]
			at.services[s.Name] = s
			for _, use := range s.Edges {
				if use.Kind == model.UsesStore {
					at.users[use.Name] = append(at.users[use.Name], s)
				} else {
					at.callers[use.Name] = append(at.callers[use.Name], s)
				}
			}
		}
		f.envs = append(f.envs, at)
	}
	return f
}

// graph of the environment with this index, made when a rule asks for it.
func (f *Facts) graph(i int) *graph.Graph {
	if f.graphs == nil {
		f.graphs = graph.All(f.Platform)
	}
	return f.graphs[i]
}

// stores visits every store of the environments in these stages, or in all.
func (f *Facts) stores(stages ...model.Stage) iter.Seq2[*place, *model.Store] {
	return func(yield func(*place, *model.Store) bool) {
		for _, e := range f.in(stages...) {
			for i := range e.Stores {
				if !yield(e, &e.Stores[i]) {
					return
				}
			}
		}
	}
}

// services visits every service of the environments in these stages, or in all.
func (f *Facts) services(stages ...model.Stage) iter.Seq2[*place, *model.Service] {
	return func(yield func(*place, *model.Service) bool) {
		for _, e := range f.in(stages...) {
			for i := range e.Services {
				if !yield(e, &e.Services[i]) {
					return
				}
			}
		}
	}
}

// in are the environments of these stages; all when none is given.
func (f *Facts) in(stages ...model.Stage) []*place {
	if len(stages) == 0 {
		return f.envs
	}
	var some []*place
	for _, e := range f.envs {
		if slices.Contains(stages, e.Stage) {
			some = append(some, e)
		}
	}
	return some
}

// known is how many different people the file names.
func (f *Facts) known() int {
	all := map[string]bool{}
	for _, g := range f.Groups {
		for _, m := range g.Members {
			all[m] = true
		}
	}
	for _, t := range f.Teams {
		for _, m := range t.Members {
			all[m] = true
		}
	}
	for _, who := range f.People {
		all[who.Name] = true
	}
	return len(all)
}

// here is a key of one environment.
func (e *place) here(key string) Place { return Place{Environment: e.Name, Key: key} }

// rank orders classes of data from harmless to most sensitive.
func rank(c model.DataClass) int {
	return slices.Index([]model.DataClass{model.Public, model.Internal, model.PII, model.PCI}, c)
}

// important services and stores are those of tier 1 and 2.
func important(tier int) bool { return tier == 1 || tier == 2 }
