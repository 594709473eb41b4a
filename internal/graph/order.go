package graph

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"paddock.dev/internal/addr"
)

// Start returns services and stores in waves: all that a wave needs is in waves
// before it. Services that call one another in a ring share a wave.
func (g *Graph) Start() [][]addr.Address {
	nodes, needs := g.needs()
	return waves(components(nodes, needs), needs)
}

// Restore returns services and stores in the order in which they come back
// after everything was lost: first whatever the most important tier cannot go
// on without, in waves as Start has them, then what the next tier needs beside
// it. What one can go on without comes in its own time. A tier is
// more important when its recovery target is shorter, else when its number is
// lower.
func (g *Graph) Restore() [][]addr.Address {
	nodes, needs := g.needs()
	sets := components(nodes, needs)
	must := map[addr.Address][]addr.Address{} // what nobody can go on without
	for _, e := range g.Edges {
		if hard(e) && (e.Kind == Calls || e.Kind == Stores) {
			must[e.From] = append(must[e.From], e.To)
		}
	}
	// Users come after what they need in sets, so going backwards hands a
	// user's urgency down before it is handed on.
	urgency := map[addr.Address]urgency{}
	for _, n := range nodes {
		urgency[n] = g.urgency(n)
	}
	for _, set := range slices.Backward(sets) {
		most := urgency[set[0]]
		for _, n := range set {
			most = most.more(urgency[n])
		}
		for _, n := range set {
			urgency[n] = most
			for _, need := range must[n] {
				urgency[need] = urgency[need].more(most)
			}
		}
	}
	groups := map[urgencyKey][][]addr.Address{}
	for _, set := range sets {
		key := urgencyKey(urgency[set[0]])
		groups[key] = append(groups[key], set)
	}
	keys := slices.SortedFunc(maps.Keys(groups), func(a, b urgencyKey) int {
		return cmp.Or(cmp.Compare(a.within, b.within), cmp.Compare(a.tier, b.tier))
	})
	var all [][]addr.Address
	for _, key := range keys {
		all = append(all, waves(groups[key], needs)...)
	}
	return all
}

// urgency is how soon something must be back.
type urgency struct {
	within time.Duration
	tier   int
}

type urgencyKey urgency

func (u urgency) more(other urgency) urgency {
	if cmp.Or(cmp.Compare(u.within, other.within), cmp.Compare(u.tier, other.tier)) <= 0 {
		return u
	}
	return other
}

// urgency of a thing by its own tier. Without a tier or a target it can wait.
func (g *Graph) urgency(a addr.Address) urgency {
	t, _ := g.Thing(a)
	u := urgency{within: 1<<63 - 1, tier: cmp.Or(t.Tier, 1<<30)}
	if target, ok := g.recovery.Target(t.Tier); ok && t.Tier != 0 {
		u.within = target.RTO
	}
	return u
}

// waves puts every set behind those that it needs. What is needed from outside
// the sets is there already.
func waves(sets [][]addr.Address, needs map[addr.Address][]addr.Address) [][]addr.Address {
	wave := map[addr.Address]int{} // from 1
	var all [][]addr.Address
	for _, set := range sets {
		at := 1
		for _, n := range set {
			for _, need := range needs[n] {
				at = max(at, wave[need]+1) // those of the same set have none yet
			}
		}
		for _, n := range set {
			wave[n] = at
		}
		for len(all) < at {
			all = append(all, nil)
		}
		all[at-1] = append(all[at-1], set...)
	}
	for _, w := range all {
		slices.SortFunc(w, addr.Compare)
	}
	return all
}
