package diagram

import (
	"fmt"
	"strings"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/model"
)

// Neighbourhood is one service or store in the middle, what comes to it on the
// left and what it uses on the right.
func Neighbourhood(p *model.Platform, g *graph.Graph, of addr.Address) Diagram {
	v := view{p: p, g: g}
	v.teams()
	thing, _ := g.Thing(of)
	v.d.Title = of.Name + " in " + g.Environment.Name
	v.d.Subtitle = v.facts(thing)
	middle := v.neighbour(of)
	middle.Column, middle.Strong = 2, true
	v.d.Nodes = append(v.d.Nodes, middle)
	seen := map[string]bool{middle.ID: true}
	put := func(n Node, column int) string {
		n.Column = column
		n.ID += map[int]string{1: "", 3: " "}[column] // a service may be on both sides
		if !seen[n.ID] {
			seen[n.ID] = true
			v.d.Nodes = append(v.d.Nodes, n)
		}
		return n.ID
	}
	for _, e := range g.Edges {
		if e.Kind == graph.Owns || e.From == e.To || strings.HasPrefix(e.Key, "network.egress") {
			continue // said by nobody in particular
		}
		line := Solid
		switch {
		case e.Mode == model.Optional || e.Mode == model.Secondary:
			line = Dashed
		case e.Kind == graph.Stores || e.Kind == graph.Egress || e.Kind == graph.Produces || e.Kind == graph.Consumes:
			line = Soft
		}
		switch {
		case e.From == of && e.Kind == graph.Consumes: // what is read comes in
			v.d.Edges = append(v.d.Edges, Edge{From: put(v.neighbour(e.To), 1), To: middle.ID, Line: line})
		case e.From == of:
			n := v.neighbour(e.To)
			n.Detail = join(n.Detail, modeWord(e))
			v.d.Edges = append(v.d.Edges, Edge{From: middle.ID, To: put(n, 3), Line: line})
		case e.To == of:
			n := v.neighbour(e.From)
			if e.Via != (addr.Address{}) {
				n.Detail = "by the " + gatewayTitle(e.Via)
			}
			v.d.Edges = append(v.d.Edges, Edge{From: put(n, 1), To: middle.ID, Line: line})
		}
	}
	v.prune()
	return v.d
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
