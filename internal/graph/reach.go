package graph

import (
	"cmp"
	"slices"
	"strings"

	"paddock.dev/internal/addr"
)

// Cell is one permission: From may open a connection to Port of To.
type Cell struct {
	From, To addr.Address
	Port     int
	// Edge that says so.
	Edge Edge
}

// Reach returns every permission, sorted by beginning, end and port. What is
// not among them is denied. What the platform itself needs in order to watch
// and run services is not among them; see Platform. The caller does not change
// the slice.
func (g *Graph) Reach() []Cell { return slices.Clip(g.cells) }

func reach(edges []Edge) []Cell {
	n := 0
	for _, e := range edges {
		if e.Kind.opens() {
			n += len(e.Ports)
		}
	}
	cells := make([]Cell, 0, n)
	for _, e := range edges {
		if !e.Kind.opens() {
			continue
		}
		for _, port := range e.Ports {
			cells = append(cells, Cell{From: e.From, To: e.To, Port: port, Edge: e})
		}
	}
	// Edges rise by both ends already; only ports of two edges may be mixed.
	return slices.CompactFunc(sorted(cells, compareCells), func(a, b Cell) bool {
		return a.From == b.From && a.To == b.To && a.Port == b.Port
	})
}

func compareCells(a, b *Cell) int {
	if c := addr.Compare(a.From, b.From); c != 0 {
		return c
	}
	return cmp.Or(addr.Compare(a.To, b.To), cmp.Compare(a.Port, b.Port))
}

// Allowed reports whether from may open a connection to a port of to, and the
// edge that says so. A host on the internet may also be allowed by a domain
// pattern that covers it.
func (g *Graph) Allowed(from, to addr.Address, port int) (Edge, bool) {
	i, ok := slices.BinarySearchFunc(g.cells, &Cell{From: from, To: to, Port: port}, func(c Cell, wanted *Cell) int { return compareCells(&c, wanted) })
	if ok {
		return g.cells[i].Edge, true
	}
	if to.Kind != addr.Domain {
		return Edge{}, false
	}
	for _, c := range g.cellsFrom(from) {
		if c.To.Kind == addr.Domain && c.Port == port && Covers(c.To.Name, to.Name) {
			return c.Edge, true
		}
	}
	return Edge{}, false
}

// cellsFrom are the permissions of one thing.
func (g *Graph) cellsFrom(from addr.Address) []Cell {
	begin, _ := slices.BinarySearchFunc(g.cells, from, func(c Cell, a addr.Address) int { return addr.Compare(c.From, a) })
	end := begin
	for end < len(g.cells) && g.cells[end].From == from {
		end++
	}
	return g.cells[begin:end]
}

// Covers reports whether a domain pattern means the host: itself, or for
// *.example.com every host below example.com.
func Covers(pattern, host string) bool {
	if below, ok := strings.CutPrefix(pattern, "*"); ok {
		return strings.HasSuffix(host, below) && len(host) > len(below)
	}
	return pattern == host
}
