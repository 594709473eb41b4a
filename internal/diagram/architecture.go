package diagram

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/model"
)

// Architecture is the whole of one environment: who comes in, services by
// segment, stores, and whom they call outside.
func Architecture(p *model.Platform, g *graph.Graph) Diagram {
	v := view{p: p, g: g, d: Diagram{
		Title:    title(p.Name) + " in " + g.Environment.Name,
		Subtitle: fmt.Sprintf("%s and %s in %s; colours are teams, dashed calls are optional, light lines are data", count(len(g.Environment.Services), "service"), count(len(g.Environment.Stores), "store"), count(len(g.Environment.Segments), "segment")),
	}}
	v.teams()
	v.segments()
	v.entrances()
	least := 1 // right of what comes in
	for _, n := range v.d.Nodes {
		least = max(least, n.Column+1)
	}
	for _, s := range g.Environment.Services {
		n := v.service(s, "segment/"+s.Segment)
		n.Least = least
		v.d.Nodes = append(v.d.Nodes, n)
	}
	for _, s := range g.Environment.Stores {
		n := v.store(s, "segment/"+s.Segment)
		n.Behind = 1
		if v.far[s.Segment] {
			n.Behind = 2
		}
		v.d.Nodes = append(v.d.Nodes, n)
	}
	v.uses()
	v.outside()
	v.prune()
	return v.d
}

// view collects a diagram of a graph.
type view struct {
	p    *model.Platform
	g    *graph.Graph
	d    Diagram
	tone map[string]int
	// far are the segments whose stores stand a column further right.
	far map[string]bool
}

// teams gives every team that owns something a tone.
func (v *view) teams() {
	v.tone = map[string]int{}
	for _, t := range v.g.Things { // in the order of their names
		if t.Address.Kind == addr.Team && slices.ContainsFunc(v.g.From(t.Address), func(e graph.Edge) bool { return e.Kind == graph.Owns }) {
			tone := toneOf(len(v.tone))
			v.tone[t.Address.Name] = tone
			v.d.Legend = append(v.d.Legend, Legend{Tone: tone, Text: t.Address.Name})
		}
	}
}

// segments makes a frame of each. Those with services have a lane each. Those
// with nothing but stores share the lane of a segment without stores, whose right
// side is free, else that of the first one, a column further.
func (v *view) segments() {
	env := v.g.Environment
	services, stores := map[string]bool{}, map[string]bool{}
	for _, s := range env.Services {
		services[s.Segment] = true
	}
	for _, s := range env.Stores {
		stores[s.Segment] = true
	}
	lanes, free := 0, -1
	for _, name := range env.Segments {
		if !services[name] {
			continue
		}
		if !stores[name] && free < 0 {
			free = lanes
		}
		v.d.Groups = append(v.d.Groups, Group{ID: "segment/" + name, Title: name, Lane: lanes})
		lanes++
	}
	v.far = map[string]bool{}
	for _, name := range env.Segments {
		if !services[name] {
			v.far[name] = free < 0
			v.d.Groups = append(v.d.Groups, Group{ID: "segment/" + name, Title: name, Lane: max(free, 0)})
		}
	}
}

func (v *view) laneOf(segment string) int {
	for _, g := range v.d.Groups {
		if g.ID == "segment/"+segment {
			return g.Lane
		}
	}
	return 0
}

// entrances are the internet, other networks and people who dial in, each with
// what it reaches.
func (v *view) entrances() {
	type way struct {
		node Node
		to   []graph.Edge
	}
	ways := map[addr.Address]*way{}
	var order []addr.Address
	for _, e := range v.g.Edges {
		n := Node{ID: e.From.String(), Shape: Pill, Column: 1}
		switch e.From.Kind {
		case addr.Internet:
			n.Title, n.Detail = "Customers", v.p.Edge.Provider
			if n.Detail == "" || n.Detail == "none" {
				n.Detail = v.p.Domain
			}
		case addr.Site:
			n.Title, n.Detail = e.From.Name, "site, by tunnel"
		case addr.VPN:
			n.Title, n.Detail = e.From.Name, "people, by VPN"
		default:
			continue
		}
		if ways[e.From] == nil {
			ways[e.From] = &way{node: n}
			order = append(order, e.From)
		}
		ways[e.From].to = append(ways[e.From].to, e)
	}
	gateway := map[addr.Address]int{}
	for _, a := range order {
		w := ways[a]
		for _, e := range w.to {
			s, _ := v.g.Thing(e.To)
			w.node.Lane = v.laneOf(s.Segment)
			break
		}
		v.d.Nodes = append(v.d.Nodes, w.node)
		through := map[string]bool{}
		for _, e := range w.to {
			from, line := a.String(), Solid
			if e.Via != (addr.Address{}) {
				from = e.Via.String()
				if _, ok := gateway[e.Via]; !ok {
					gateway[e.Via] = 1
					v.d.Nodes = append(v.d.Nodes, Node{ID: from, Title: gatewayTitle(e.Via), Detail: ":443", Shape: Gate, Column: 2, Lane: w.node.Lane})
				}
				if !through[from] {
					through[from] = true
					v.d.Edges = append(v.d.Edges, Edge{From: a.String(), To: from, Line: line})
				}
			}
			v.edge(Edge{From: from, To: e.To.String(), Line: line})
		}
	}
}

func gatewayTitle(a addr.Address) string {
	if a == graph.PrivateGateway {
		return "private gateway"
	}
	return "gateway"
}

// edge adds an edge once.
func (v *view) edge(e Edge) {
	if !slices.ContainsFunc(v.d.Edges, func(o Edge) bool { return o.From == e.From && o.To == e.To }) {
		v.d.Edges = append(v.d.Edges, e)
	}
}

func (v *view) service(s model.Service, group string) Node {
	detail := languageTitle(s.Language)
	if s.Port != 0 {
		detail = join(detail, fmt.Sprintf(":%d", s.Port))
	}
	if s.Schedule != nil {
		detail = join(detail, "by the clock")
	}
	return Node{ID: "service/" + s.Name, Title: s.Name, Detail: detail, Shape: Card, Tone: v.tone[s.Team], Group: group}
}

func (v *view) store(s model.Store, group string) Node {
	detail := engineTitle(s.Engine)
	if s.Nodes > 1 {
		detail = join(detail, fmt.Sprintf("%d nodes", s.Nodes))
	}
	return Node{ID: "store/" + s.Name, Title: s.Name, Detail: detail, Shape: Cylinder, Tone: v.tone[s.Team], Group: group}
}

func languageTitle(language string) string {
	switch language {
	case "php":
		return "PHP"
	case "dotnet":
		return ".NET"
	case "node":
		return "Node.js"
	}
	return title(language)
}

func engineTitle(e model.Engine) string {
	switch e {
	case model.MongoDB:
		return "MongoDB"
	case model.SingleStore:
		return "SingleStore"
	case model.MySQL:
		return "MySQL"
	case model.Postgres:
		return "PostgreSQL"
	case model.OpenSearch:
		return "OpenSearch"
	case model.S3, model.SQS:
		return strings.ToUpper(string(e))
	}
	return title(string(e))
}

// uses are the calls, and the stores that services use.
func (v *view) uses() {
	for _, e := range v.g.Edges {
		line := Solid
		switch {
		case e.Kind == graph.Calls && e.Mode == model.Optional:
			line = Dashed
		case e.Kind == graph.Stores:
			line = Soft
		case e.Kind != graph.Calls:
			continue
		}
		v.edge(Edge{From: e.From.String(), To: e.To.String(), Line: line})
	}
}

// outside are the domains that services call, one box for each service, in a
// lane of their own.
func (v *view) outside() {
	column := 1
	if slices.Contains(slices.Collect(maps.Values(v.far)), true) {
		column = 2
	}
	lane := 0
	for _, g := range v.d.Groups {
		lane = max(lane, g.Lane+1)
	}
	for _, s := range v.g.Environment.Services {
		if len(s.Egress) == 0 {
			continue
		}
		n := Node{ID: "egress/" + s.Name, Title: s.Egress[0], Shape: Pill, Behind: column, Lane: lane}
		if more := len(s.Egress) - 1; more > 0 {
			n.Detail = fmt.Sprintf("and %d more", more)
		}
		v.d.Nodes = append(v.d.Nodes, n)
		v.d.Edges = append(v.d.Edges, Edge{From: "service/" + s.Name, To: n.ID, Line: Soft})
	}
}

// prune leaves out frames with nothing inside, and tones that nothing has.
func (v *view) prune() {
	v.d.Legend = slices.DeleteFunc(v.d.Legend, func(l Legend) bool {
		return !slices.ContainsFunc(v.d.Nodes, func(n Node) bool { return n.Tone == l.Tone })
	})
	v.d.Groups = slices.DeleteFunc(v.d.Groups, func(g Group) bool {
		return !slices.ContainsFunc(v.d.Nodes, func(n Node) bool { return n.Group == g.ID })
	})
}

func title(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " · " + b
}

func count(n int, noun string) string {
	switch n {
	case 0:
		return "no " + noun + "s"
	case 1:
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
