package graph

import (
	"slices"
	"strings"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/model"
)

// Impact is what happens to something when another thing is lost.
type Impact struct {
	Address addr.Address
	// Hard means that it fails; else it goes on with less.
	Hard bool
	// Path leads from it to what was lost: the first edge begins at Address.
	Path []Edge
}

// Blast returns what is hit when a thing is lost, nearest first, then by
// address. A service fails with the services that it requires and the stores
// that it uses. It degrades, and those who call it notice nothing more, with an
// optional service, a store of which it only reads secondaries, a domain on
// the internet, or the only producers of a topic that it consumes. Losing a
// segment or the environment loses everything inside; the things inside have
// an empty path.
func (g *Graph) Blast(lost addr.Address) []Impact {
	down := map[addr.Address][]Edge{} // the way to what was lost
	var queue []addr.Address
	fall := func(a addr.Address, path []Edge) {
		if _, ok := down[a]; !ok {
			down[a] = path
			queue = append(queue, a)
		}
	}
	for _, a := range g.inside(lost) {
		fall(a, nil)
	}
	users := map[addr.Address][]Edge{}
	for _, e := range g.Edges {
		switch e.Kind {
		case Egress:
			if strings.HasPrefix(e.Key, "network.") {
				continue // open to every service, which need not use it
			}
			fallthrough
		case Calls, Stores, Produces, Consumes:
			users[e.To] = append(users[e.To], e)
		}
	}
	type soft struct {
		who  addr.Address
		path []Edge
	}
	var degraded []soft
	for len(queue) > 0 {
		a := queue[0]
		queue = queue[1:]
		for _, e := range users[a] {
			path := append([]Edge{e}, down[a]...)
			if hard(e) {
				fall(e.From, path)
			} else {
				degraded = append(degraded, soft{e.From, path})
			}
		}
		if a.Kind == addr.Store {
			for _, t := range g.Things {
				if t.Address.Kind == addr.Topic && g.allDown(g.holders[t.Address], down) {
					fall(t.Address, down[a])
				}
			}
		}
	}
	for _, s := range g.starved(down, users) {
		degraded = append(degraded, soft{s[0].From, s})
	}

	var hit []Impact
	seen := map[addr.Address]bool{lost: true}
	for a, path := range down {
		if !seen[a] && a.Kind != addr.Domain {
			hit = append(hit, Impact{Address: a, Hard: true, Path: path})
		}
		seen[a] = true
	}
	for _, s := range degraded {
		if !seen[s.who] {
			seen[s.who] = true
			hit = append(hit, Impact{Address: s.who, Path: s.path})
		}
	}
	slices.SortFunc(hit, func(a, b Impact) int {
		switch {
		case a.Hard != b.Hard && a.Hard:
			return -1
		case a.Hard != b.Hard:
			return 1
		case len(a.Path) != len(b.Path):
			return len(a.Path) - len(b.Path)
		}
		return addr.Compare(a.Address, b.Address)
	})
	return hit
}

// hard reports whether the beginning of an edge fails with its end.
func hard(e Edge) bool {
	switch e.Kind {
	case Calls:
		return e.Mode != model.Optional
	case Stores:
		return e.Mode != model.Secondary
	case Produces, Consumes:
		return true
	}
	return false
}

// inside is what is gone with a thing.
func (g *Graph) inside(lost addr.Address) []addr.Address {
	all := []addr.Address{lost}
	for _, t := range g.Things {
		switch {
		case t.Address == lost, t.Address.Kind != addr.Service && t.Address.Kind != addr.Store && t.Address.Kind != addr.Domain:
		case lost.Kind == addr.Environment && t.Address.Kind != addr.Domain,
			lost.Kind == addr.Segment && t.Segment == lost.Name,
			lost.Kind == addr.Internet && t.Address.Kind == addr.Domain,
			lost.Kind == addr.Domain && t.Address.Kind == addr.Domain && Covers(t.Address.Name, lost.Name):
			all = append(all, t.Address)
		}
	}
	return all
}

func (g *Graph) allDown(all []addr.Address, down map[addr.Address][]Edge) bool {
	return len(all) > 0 && !slices.ContainsFunc(all, func(a addr.Address) bool {
		_, ok := down[a]
		return !ok
	})
}

// starved are the ways of consumers to producers that are down, for topics that
// no other producer feeds.
func (g *Graph) starved(down map[addr.Address][]Edge, users map[addr.Address][]Edge) [][]Edge {
	var found [][]Edge
	for _, t := range g.Things {
		if t.Address.Kind != addr.Topic {
			continue
		}
		var feed *Edge
		fed := false
		for _, e := range users[t.Address] {
			if e.Kind != Produces {
				continue
			}
			if _, gone := down[e.From]; !gone {
				fed = true
			} else if feed == nil || len(down[e.From]) < len(down[feed.From]) {
				feed = &e
			}
		}
		if feed == nil || fed {
			continue
		}
		for _, e := range users[t.Address] {
			if e.Kind == Consumes {
				found = append(found, append([]Edge{e, *feed}, down[feed.From]...))
			}
		}
	}
	return found
}
