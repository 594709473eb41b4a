package graph

import (
	"slices"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/model"
)

// Cycles returns services that call one another in a ring, each ring as a
// shortest walk: every service calls the next one, the last one the first. It
// begins with the service whose name comes first. There is one walk for every
// set of services that all reach one another (Tarjan's strongly connected
// components).
func (g *Graph) Cycles() [][]addr.Address {
	next := map[addr.Address][]addr.Address{}
	var nodes []addr.Address
	for _, s := range g.Environment.Services {
		nodes = append(nodes, service(s.Name))
	}
	for _, e := range g.Edges {
		if e.Kind == Calls {
			next[e.From] = append(next[e.From], e.To)
		}
	}
	var rings [][]addr.Address
	for _, set := range components(nodes, next) {
		if len(set) > 1 || slices.Contains(next[set[0]], set[0]) {
			rings = append(rings, ring(set, next))
		}
	}
	slices.SortFunc(rings, func(a, b []addr.Address) int { return addr.Compare(a[0], b[0]) })
	return rings
}

// ring is a shortest way from the first of the set back to itself.
func ring(set []addr.Address, next map[addr.Address][]addr.Address) []addr.Address {
	start := set[0]
	before := map[addr.Address]addr.Address{}
	for queue := []addr.Address{start}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		for _, to := range next[at] {
			if to == start {
				walk := []addr.Address{at}
				for at != start {
					at = before[at]
					walk = append(walk, at)
				}
				slices.Reverse(walk)
				return walk
			}
			if _, seen := before[to]; !seen && slices.Contains(set, to) {
				before[to] = at
				queue = append(queue, to)
			}
		}
	}
	return set
}

// needs is what each service and store must have before it can work: the stores
// and services that it uses. An optional call inside a ring is left out, since
// it is what lets the ring start at all.
func (g *Graph) needs() (nodes []addr.Address, needs map[addr.Address][]addr.Address) {
	for _, t := range g.Things {
		if t.Address.Kind == addr.Service || t.Address.Kind == addr.Store {
			nodes = append(nodes, t.Address)
		}
	}
	needs = map[addr.Address][]addr.Address{}
	for _, e := range g.Edges {
		if e.Kind == Calls || e.Kind == Stores {
			needs[e.From] = append(needs[e.From], e.To)
		}
	}
	inRing := map[addr.Address]int{}
	for i, set := range components(nodes, needs) {
		for _, a := range set {
			inRing[a] = i
		}
	}
	clear(needs)
	for _, e := range g.Edges {
		if e.Kind != Calls && e.Kind != Stores || e.Mode == model.Optional && inRing[e.From] == inRing[e.To] {
			continue
		}
		needs[e.From] = append(needs[e.From], e.To)
	}
	return nodes, needs
}

// components are the strongly connected components (Tarjan 1972), what is
// reached before what reaches it, each sorted.
func components(nodes []addr.Address, next map[addr.Address][]addr.Address) [][]addr.Address {
	t := tarjan{next: next, number: map[addr.Address]int{}, low: map[addr.Address]int{}, onStack: map[addr.Address]bool{}}
	for _, n := range nodes {
		if t.number[n] == 0 {
			t.visit(n)
		}
	}
	return t.found
}

type tarjan struct {
	next        map[addr.Address][]addr.Address
	number, low map[addr.Address]int
	onStack     map[addr.Address]bool
	stack       []addr.Address
	found       [][]addr.Address
}

func (t *tarjan) visit(n addr.Address) {
	t.number[n] = len(t.number) + 1
	t.low[n] = t.number[n]
	t.stack = append(t.stack, n)
	t.onStack[n] = true
	for _, to := range t.next[n] {
		switch {
		case t.number[to] == 0:
			t.visit(to)
			t.low[n] = min(t.low[n], t.low[to])
		case t.onStack[to]:
			t.low[n] = min(t.low[n], t.number[to])
		}
	}
	if t.low[n] != t.number[n] {
		return
	}
	at := slices.Index(t.stack, n)
	set := slices.Clone(t.stack[at:])
	t.stack = t.stack[:at]
	for _, a := range set {
		t.onStack[a] = false
	}
	slices.SortFunc(set, addr.Compare)
	t.found = append(t.found, set)
}
