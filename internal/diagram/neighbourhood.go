package diagram

import (
	"fmt"
	"slices"
	"strings"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/model"
)

// Neighbourhood is one service or store in the middle, what comes to it on the
// left and what it uses on the right. Of more than so many on a side the rest is
// one box; 0 draws them all.
func Neighbourhood(p *model.Platform, g *graph.Graph, of addr.Address, most int) Diagram {
	v := view{p: p, g: g}
	v.teams()
	thing, _ := g.Thing(of)
	v.d.Title = of.Name + " in " + g.Environment.Name
	v.d.Subtitle = v.facts(thing)
	middle := v.neighbour(of)
	middle.Column, middle.Strong = 2, true
	v.d.Nodes = append(v.d.Nodes, middle)
	drawn := map[string]bool{middle.ID: true} // or left out
	var there, left [4]int                    // by column
	put := func(n Node, column int, line Line) {
		n.Column = column
		n.ID += map[int]string{1: "", 3: " "}[column] // a service may be on both sides
		if _, known := drawn[n.ID]; !known {
			there[column]++
			drawn[n.ID] = most == 0 || there[column] <= most
			if drawn[n.ID] {
				v.d.Nodes = append(v.d.Nodes, n)
			} else {
				left[column]++
			}
		}
		if drawn[n.ID] {
			v.lead(n.ID, middle.ID, column, line)
		}
	}
	for _, e := range around(g, of) {
		line := Solid
		switch {
		case e.Mode == model.Optional || e.Mode == model.Secondary:
			line = Dashed
		case e.Kind == graph.Stores || e.Kind == graph.Egress || e.Kind == graph.Produces || e.Kind == graph.Consumes:
			line = Soft
		}
		switch {
		case e.From == of && e.Kind == graph.Consumes: // what is read comes in
			put(v.neighbour(e.To), 1, line)
		case e.From == of:
			n := v.neighbour(e.To)
			n.Detail = join(n.Detail, modeWord(e))
			put(n, 3, line)
		default:
			n := v.neighbour(e.From)
			if e.Via != (addr.Address{}) {
				n.Detail = "by the " + gatewayTitle(e.Via)
			}
			put(n, 1, line)
		}
	}
	for column, n := range left {
		if n > 0 {
			id := fmt.Sprintf("more/%d", column)
			v.d.Nodes = append(v.d.Nodes, Node{ID: id, Title: fmt.Sprintf("and %d more", n), Shape: Pill, Column: column})
			v.lead(id, middle.ID, column, Soft)
		}
	}
	v.prune()
	return v.d
}

// lead draws a line between the middle and something on a side.
func (v *view) lead(id, middle string, column int, line Line) {
	e := Edge{From: id, To: middle, Line: line}
	if column == 3 {
		e.From, e.To = middle, id
	}
	v.d.Edges = append(v.d.Edges, e)
}

// around are the edges of a thing that somebody states, in the order of the
// graph's.
func around(g *graph.Graph, of addr.Address) []graph.Edge {
	to := g.To(of)
	behind := slices.IndexFunc(to, func(e graph.Edge) bool { return addr.Compare(e.From, of) >= 0 })
	if behind < 0 {
		behind = len(to)
	}
	return slices.DeleteFunc(slices.Concat(to[:behind], g.From(of), to[behind:]), func(e graph.Edge) bool {
		return e.Kind == graph.Owns || e.From == e.To || strings.HasPrefix(e.Key, "network.egress")
	})
}

// modeWord says what is special about an edge.
func modeWord(e graph.Edge) string {
	switch e.Mode {
	case model.Optional:
		return "optional"
	case model.Secondary:
		return "secondaries"
	case model.Read:
		return "reads"
	}
	return ""
}

// facts are what one wants to know first.
func (v *view) facts(t graph.Thing) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if t.Team != "" {
		add("team %s", t.Team)
	}
	if t.Tier != 0 {
		add("tier %d", t.Tier)
	}
	if t.Segment != "" {
		add("segment %s", t.Segment)
	}
	if t.Data != "" {
		add("data %s", t.Data)
	}
	if s, ok := v.g.Environment.Service(t.Address.Name); ok && t.Address.Kind == addr.Service {
		if s.Scale.Max > 0 {
			add("%d to %s", s.Scale.Min, count(s.Scale.Max, "replica"))
		}
		if s.Objective.Availability != "" {
			add("%s%% available", s.Objective.Availability)
		}
	}
	return strings.Join(parts, " · ")
}

// neighbour is any thing as a node.
func (v *view) neighbour(a addr.Address) Node {
	switch a.Kind {
	case addr.Service:
		if s, ok := v.g.Environment.Service(a.Name); ok {
			return v.service(s, "")
		}
	case addr.Store:
		if s, ok := v.g.Environment.Store(a.Name); ok {
			n := v.store(s, "")
			if ports := s.Ports(); len(ports) > 0 {
				n.Detail = join(engineTitle(s.Engine), fmt.Sprintf(":%d", ports[0]))
			}
			return n
		}
	case addr.Topic:
		t, _ := v.g.Thing(a)
		return Node{ID: a.String(), Title: a.Name, Detail: "topic", Shape: Card, Tone: v.tone[t.Team]}
	case addr.Internet:
		return Node{ID: a.String(), Title: "Customers", Detail: v.p.Domain, Shape: Pill}
	case addr.Site:
		return Node{ID: a.String(), Title: a.Name, Detail: "site", Shape: Pill}
	case addr.VPN:
		return Node{ID: a.String(), Title: a.Name, Detail: "people", Shape: Pill}
	case addr.Domain:
		return Node{ID: a.String(), Title: a.Name, Detail: "internet", Shape: Pill}
	}
	return Node{ID: a.String(), Title: a.Name, Detail: string(a.Kind), Shape: Pill}
}
