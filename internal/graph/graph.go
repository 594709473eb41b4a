// Package graph is the platform of one environment as things and edges: who
// uses what, stated once in the file, and all that follows from it: who may
// reach whom, what must start first, what breaks with what, who owns it. It
// knows the meaning of an edge and refuses to know how one is enforced, drawn
// or printed. Things and edges have a fixed order; the same platform gives the
// same graph.
package graph

import (
	"cmp"
	"slices"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/model"
)

// Thing is one node of the graph. Fields that do not fit its kind are zero.
type Thing struct {
	Address addr.Address
	// Team that owns it; empty for nobody.
	Team string
	// Tier from 1, the most important, to 4; 0 where there is no such thing.
	Tier int
	// Segment of the network that it lives in.
	Segment string
	// Data is the most sensitive class of data that it handles.
	Data model.DataClass
}

// EdgeKind says what an edge means.
type EdgeKind string

const (
	// Calls is from a service to a service whose API it uses.
	Calls EdgeKind = "calls"
	// Stores is from a service to a store that it uses.
	Stores EdgeKind = "stores"
	// Produces is from a service to a topic that it writes.
	Produces EdgeKind = "produces"
	// Consumes is from a service to a topic that it reads.
	Consumes EdgeKind = "consumes"
	// Exposes is from the internet to a service with a public route.
	Exposes EdgeKind = "exposes"
	// Private is from a VPN group to a service with a private route.
	Private EdgeKind = "private"
	// Reaches is from a site or a VPN group to a service that it names.
	Reaches EdgeKind = "reaches"
	// Egress is from a service to a domain on the internet.
	Egress EdgeKind = "egress"
	// Owns is from a team to a service or store.
	Owns EdgeKind = "owns"
	// Peers is from a store to itself: its nodes among themselves.
	Peers EdgeKind = "peers"
)

// opens reports whether the edge lets connections be opened. The others say
// what travels inside such connections, or who answers for them.
func (k EdgeKind) opens() bool { return k != Produces && k != Consumes && k != Owns }

// Edge is one statement of the file. Which line makes it is found by Key.
type Edge struct {
	From, To addr.Address
	Kind     EdgeKind
	// Mode of calls and stores; empty for other kinds.
	Mode model.Mode
	// Ports that From dials, rising; none for kinds that open nothing.
	Ports []int
	// Via is what stands between and is dialled in place of To: a gateway. The
	// zero value means that nothing does.
	Via addr.Address
	// Key is the path in the file of what states the edge, such as
	// services.booking.uses[pricing]; the member of a list is named by its text.
	Key string
}

// Graph is the platform in one environment.
type Graph struct {
	Environment model.Environment
	// Things sorted by address.
	Things []Thing
	// Edges sorted by beginning, end and kind.
	Edges []Edge

	things map[addr.Address]int
	// ends are the places in Edges of those that end at a thing.
	ends map[addr.Address][]int
	// cells is what Reach returns: From, To and Port rise.
	cells []Cell
	// holders are the stores that have a topic.
	holders  map[addr.Address][]addr.Address
	recovery model.Recovery
	observe  model.Observe
}

// Of returns the graph of one environment of the platform.
func Of(p *model.Platform, env model.Environment) *Graph {
	g := &Graph{
		Environment: env,
		things:      map[addr.Address]int{}, holders: map[addr.Address][]addr.Address{},
		recovery: p.Recovery, observe: p.Observe,
	}
	g.addThings(p)
	g.addEdges(p)
	g.Edges = sorted(g.Edges, compareEdges)
	g.ends = make(map[addr.Address][]int, len(g.Things))
	for i := range g.Edges {
		to := g.Edges[i].To
		g.ends[to] = append(g.ends[to], i)
	}
	g.cells = reach(g.Edges)
	return g
}

// All returns the graphs of all environments, in the order of the delivery
// path.
func All(p *model.Platform) []*Graph {
	graphs := make([]*Graph, 0, len(p.Environments))
	for _, env := range p.Environments {
		graphs = append(graphs, Of(p, env))
	}
	return graphs
}

// Thing returns the thing at an address.
func (g *Graph) Thing(a addr.Address) (Thing, bool) {
	if i, ok := g.things[a]; ok {
		return g.Things[i], true
	}
	return Thing{}, false
}

// Owner returns the team that answers for a thing. A topic is owned with its
// store, and a person belongs to the first team that names them.
func (g *Graph) Owner(a addr.Address) (team string, ok bool) {
	t, ok := g.Thing(a)
	return t.Team, ok && t.Team != ""
}

// From returns the edges that begin at a thing, in the order of Edges.
func (g *Graph) From(a addr.Address) []Edge {
	begin, _ := slices.BinarySearchFunc(g.Edges, a, func(e Edge, a addr.Address) int { return addr.Compare(e.From, a) })
	end := begin
	for end < len(g.Edges) && g.Edges[end].From == a {
		end++
	}
	return g.Edges[begin:end:end]
}

// To returns the edges that end at a thing, in the order of Edges.
func (g *Graph) To(a addr.Address) []Edge {
	found := make([]Edge, len(g.ends[a]))
	for i, at := range g.ends[a] {
		found[i] = g.Edges[at]
	}
	return found
}

// compareEdges asks for the next thing only when all before it are the same:
// sorting the edges of a large platform does little else.
func compareEdges(a, b *Edge) int {
	if c := addr.Compare(a.From, b.From); c != 0 {
		return c
	}
	if c := addr.Compare(a.To, b.To); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), slices.Compare(a.Ports, b.Ports), cmp.Compare(a.Key, b.Key))
}

// sorted returns large values in order, equal ones as they were. It sorts their
// places and moves every value once: moving the values about while sorting took
// a sixth of a whole check.
func sorted[T any](values []T, compare func(a, b *T) int) []T {
	places, ordered := make([]int, len(values)), true
	for i := range places {
		places[i] = i
		ordered = ordered && (i == 0 || compare(&values[i-1], &values[i]) <= 0)
	}
	if ordered {
		return values
	}
	slices.SortFunc(places, func(i, j int) int {
		if c := compare(&values[i], &values[j]); c != 0 {
			return c
		}
		return cmp.Compare(i, j)
	})
	out := make([]T, len(values))
	for to, from := range places {
		out[to] = values[from]
	}
	return out
}

func service(name string) addr.Address { return addr.Address{Kind: addr.Service, Name: name} }
func store(name string) addr.Address   { return addr.Address{Kind: addr.Store, Name: name} }
func topic(name string) addr.Address   { return addr.Address{Kind: addr.Topic, Name: name} }
func team(name string) addr.Address    { return addr.Address{Kind: addr.Team, Name: name} }
