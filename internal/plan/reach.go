package plan

import (
	"fmt"
	"slices"
	"strings"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/model"
)

// cell is one permission without the edge that states it.
type cell struct {
	from, to addr.Address
	port     int
}

// reach compares who may open a connection to whom, and who comes to card data
// over how many stations.
func (c *comparison) reach(e pair) {
	was, is := cells(e.old), cells(e.new)
	opened := c.cardData(e, was)
	type link struct{ from, to addr.Address }
	ports := map[link][]int{}
	keys := map[link]string{}
	var order []link
	collect := func(g *graph.Graph, other map[cell]bool) {
		clear(ports)
		clear(keys)
		order = nil
		for _, x := range g.Reach() {
			// Nodes of one store among themselves are the store's own affair, and
			// routes are told by their hosts.
			if other[cell{x.From, x.To, x.Port}] || x.Edge.Kind == graph.Peers || x.Edge.Kind == graph.Exposes {
				continue
			}
			l := link{x.From, x.To}
			if ports[l] == nil {
				order = append(order, l)
			}
			ports[l] = append(ports[l], x.Port)
			keys[l] = x.Edge.Key
		}
	}
	collect(e.new, was)
	for _, l := range order {
		if opened[[2]addr.Address{l.from, l.to}] {
			continue // told as a way to card data
		}
		one := Consequence{Kind: "reach-added", Level: Warning, At: l.from.String() + "->" + l.to.String(), Key: keys[l],
			Summary: fmt.Sprintf("%s can newly reach %s on %s", l.from, l.to, portWords(ports[l])), Detail: across(e.new, l.from, l.to)}
		if l.to.Kind == addr.Domain {
			one.Kind = "egress-added"
			one.Summary = fmt.Sprintf("%s can newly send to %s on the internet", l.from, l.to.Name)
			if t, ok := e.new.Thing(l.from); ok && t.Data != "" {
				one.Detail = fmt.Sprintf("It handles data of the class %s.", t.Data)
			}
		}
		c.say(e.name, one)
	}
	collect(e.old, is)
	for _, l := range order {
		_, from := e.new.Thing(l.from)
		_, to := e.new.Thing(l.to)
		if !from || !to {
			continue // gone with one of its ends
		}
		c.say(e.name, Consequence{Kind: "reach-removed", Level: Notice, At: l.from.String() + "->" + l.to.String(), Key: keys[l],
			Summary: fmt.Sprintf("%s can no longer reach %s on %s", l.from, l.to, portWords(ports[l]))})
	}
}

func cells(g *graph.Graph) map[cell]bool {
	all := map[cell]bool{}
	for _, c := range g.Reach() {
		all[cell{c.From, c.To, c.Port}] = true
	}
	return all
}

func portWords(ports []int) string {
	var words []string
	for _, p := range ports {
		words = append(words, fmt.Sprint(p))
	}
	if len(words) == 1 {
		return "port " + words[0]
	}
	return "ports " + list(words)
}

func across(g *graph.Graph, from, to addr.Address) string {
	a, _ := g.Thing(from)
	b, _ := g.Thing(to)
	if a.Segment == "" || b.Segment == "" || a.Segment == b.Segment {
		return ""
	}
	return fmt.Sprintf("From the segment %s into %s.", a.Segment, b.Segment)
}

// cardData says which new connections open a way to card data, for those who had
// none. It returns the connections that it told of.
func (c *comparison) cardData(e pair, was map[cell]bool) map[[2]addr.Address]bool {
	before := waysToCards(e.old)
	after := waysToCards(e.new)
	type opening struct {
		cell graph.Cell
		path []graph.Cell // of the first who uses it
		goal addr.Address
		who  []string
	}
	at := map[[2]addr.Address]int{}
	var openings []opening
	for _, w := range after {
		if slices.ContainsFunc(before, func(o way) bool { return o.from == w.from && o.to == w.to }) {
			continue
		}
		i := slices.IndexFunc(w.path, func(x graph.Cell) bool { return !was[cell{x.From, x.To, x.Port}] })
		if i < 0 {
			continue // the data's class changed, not the way
		}
		key := [2]addr.Address{w.path[i].From, w.path[i].To}
		at0, ok := at[key]
		if !ok {
			at0 = len(openings)
			at[key] = at0
			openings = append(openings, opening{cell: w.path[i], path: w.path[i:], goal: w.to})
		}
		o := &openings[at0]
		if name := w.from.String(); !slices.Contains(o.who, name) {
			o.who = append(o.who, name)
		}
		if len(w.path)-i < len(o.path) {
			o.path, o.goal = w.path[i:], w.to
		}
	}
	told := map[[2]addr.Address]bool{}
	for _, o := range openings {
		told[[2]addr.Address{o.cell.From, o.cell.To}] = true
		stations := []string{o.path[0].From.String()}
		for _, x := range o.path {
			stations = append(stations, x.To.String())
		}
		detail := "The way: " + strings.Join(stations, " -> ") + "."
		cards := "and by it card data in " + o.goal.String()
		if o.goal == o.cell.To {
			cards = "which handles card data"
		}
		others := slices.DeleteFunc(o.who, func(w string) bool { return w == o.cell.From.String() })
		if len(others) > 0 {
			detail += " Through it also " + few(others, 4) + "."
		}
		c.say(e.name, Consequence{Kind: "pci-opened", Level: Danger, At: o.cell.From.String() + "->" + o.cell.To.String(), Key: o.cell.Edge.Key,
			Summary: fmt.Sprintf("%s can newly reach %s on port %d, %s", o.cell.From, o.cell.To, o.cell.Port, cards), Detail: detail})
	}
	return told
}

// way is the shortest chain of connections from somebody to card data.
type way struct {
	from, to addr.Address
	path     []graph.Cell
}

// waysToCards are the ways of everybody who does not handle cards to every thing
// that does, in a fixed order.
func waysToCards(g *graph.Graph) []way {
	next := map[addr.Address][]graph.Cell{}
	var starts []addr.Address
	for _, c := range g.Reach() {
		if c.From == c.To || c.To.Kind == addr.Domain {
			continue
		}
		if next[c.From] == nil {
			starts = append(starts, c.From)
		}
		next[c.From] = append(next[c.From], c)
	}
	cards := func(a addr.Address) bool {
		t, ok := g.Thing(a)
		return ok && (t.Data == model.PCI || t.Segment == "pci")
	}
	var all []way
	for _, from := range starts {
		if cards(from) {
			continue
		}
		by := map[addr.Address]graph.Cell{}
		queue := []addr.Address{from}
		for len(queue) > 0 {
			a := queue[0]
			queue = queue[1:]
			for _, c := range next[a] {
				if _, seen := by[c.To]; seen || c.To == from {
					continue
				}
				by[c.To] = c
				if !cards(c.To) { // inside, everything is near to everything
					queue = append(queue, c.To)
					continue
				}
				w := way{from: from, to: c.To}
				for at := c.To; at != from; at = by[at].From {
					w.path = append(w.path, by[at])
				}
				slices.Reverse(w.path)
				all = append(all, w)
			}
		}
	}
	return all
}
