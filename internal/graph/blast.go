package graph

import (
	"maps"
	"math"
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
	hit, _ := g.BlastNear(lost, math.MaxInt)
	return hit
}

// BlastNear is Blast that looks no further once so many services and stores
// fail, and whether it saw everything. What breaks with a thing grows with the
// platform; what somebody looks at first does not.
func (g *Graph) BlastNear(lost addr.Address, enough int) (hit []Impact, all bool) {
	b := blast{g: g, down: map[addr.Address]*way{}}
	for _, a := range g.inside(lost) {
		b.fall(a, nil)
	}
	type soft struct {
		who  addr.Address
		path *way
	}
	var degraded []soft
	for len(b.queue) > 0 && b.fallen <= enough { // the lost thing is one of them
		a := b.queue[0]
		b.queue = b.queue[1:]
		for _, at := range g.ends[a] {
			e := &g.Edges[at]
			if !uses(e) {
				continue
			}
			path := b.down[a].after(e)
			if hard(*e) {
				b.fall(e.From, path)
			} else {
				degraded = append(degraded, soft{e.From, path})
			}
		}
		if a.Kind == addr.Store {
			for _, t := range g.Things {
				if t.Address.Kind == addr.Topic && b.allDown(g.holders[t.Address]) {
					b.fall(t.Address, b.down[a])
				}
			}
		}
	}
	for _, s := range b.starved() {
		degraded = append(degraded, soft{s.edge.From, s})
	}

	seen := map[addr.Address]bool{lost: true}
	for a, path := range b.down {
		if !seen[a] && a.Kind != addr.Domain {
			hit = append(hit, Impact{Address: a, Hard: true, Path: path.edges()})
		}
		seen[a] = true
	}
	for _, s := range degraded {
		if !seen[s.who] {
			seen[s.who] = true
			hit = append(hit, Impact{Address: s.who, Path: s.path.edges()})
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
	return hit, len(b.queue) == 0
}

// blast is what is known so far about what breaks.
type blast struct {
	g     *Graph
	down  map[addr.Address]*way // to what was lost
	queue []addr.Address
	// fallen counts the services and stores that are down.
	fallen int
}

// way is a path to what was lost; paths share their ends. Nil is one without
// edges.
type way struct {
	edge   *Edge
	then   *way
	length int
}

func (w *way) after(e *Edge) *way {
	if w == nil {
		return &way{edge: e, length: 1}
	}
	return &way{edge: e, then: w, length: w.length + 1}
}

func (w *way) len() int {
	if w == nil {
		return 0
	}
	return w.length
}

func (w *way) edges() []Edge {
	if w == nil {
		return nil
	}
	all := make([]Edge, 0, w.length)
	for ; w != nil; w = w.then {
		all = append(all, *w.edge)
	}
	return all
}

func (b *blast) fall(a addr.Address, path *way) {
	if _, ok := b.down[a]; ok {
		return
	}
	b.down[a] = path
	b.queue = append(b.queue, a)
	if a.Kind == addr.Service || a.Kind == addr.Store {
		b.fallen++
	}
}

// uses reports whether the beginning of an edge notices when its end is lost.
func uses(e *Edge) bool {
	switch e.Kind {
	case Egress:
		return !strings.HasPrefix(e.Key, "network.") // open to every service, which need not use it
	case Calls, Stores, Produces, Consumes:
		return true
	}
	return false
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

func (b *blast) allDown(all []addr.Address) bool {
	return len(all) > 0 && !slices.ContainsFunc(all, func(a addr.Address) bool {
		_, ok := b.down[a]
		return !ok
	})
}

// starved are the ways of consumers to producers that are down, for topics that
// no other producer feeds.
func (b *blast) starved() []*way {
	fed := map[addr.Address]bool{} // topics that somebody fed who is down
	for a := range b.down {
		for _, e := range b.g.From(a) {
			if e.Kind == Produces {
				fed[e.To] = true
			}
		}
	}
	var found []*way
	for _, topic := range slices.SortedFunc(maps.Keys(fed), addr.Compare) {
		if feed := b.lastFeed(topic); feed != nil {
			for _, at := range b.g.ends[topic] {
				if e := &b.g.Edges[at]; e.Kind == Consumes {
					found = append(found, b.down[feed.From].after(feed).after(e))
				}
			}
		}
	}
	return found
}

// lastFeed is the nearest producer of a topic when all of them are down.
func (b *blast) lastFeed(topic addr.Address) *Edge {
	var feed *Edge
	for _, at := range b.g.ends[topic] {
		e := &b.g.Edges[at]
		if e.Kind != Produces {
			continue
		}
		if _, gone := b.down[e.From]; !gone {
			return nil
		}
		if feed == nil || b.down[e.From].len() < b.down[feed.From].len() {
			feed = e
		}
	}
	return feed
}
