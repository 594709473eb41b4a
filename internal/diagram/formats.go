package diagram

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Formats are the names of all formats, in the order in which they are listed
// to users.
func Formats() []string { return []string{"text", "svg", "html", "dot", "mermaid", "json"} }

// Write writes a diagram in one of the formats.
func Write(w io.Writer, d Diagram, format string) error {
	switch format {
	case "text":
		return Text(w, d)
	case "svg":
		return SVG(w, Draw(d))
	case "html":
		return HTML(w, Draw(d))
	case "dot":
		return Dot(w, d)
	case "mermaid":
		return Mermaid(w, d)
	case "json":
		return JSON(w, Draw(d))
	}
	return fmt.Errorf("there is no format %q", format)
}

// Dot writes the diagram for Graphviz ("The DOT Language"), which finds places
// of its own.
func Dot(w io.Writer, d Diagram) error {
	var b strings.Builder
	fmt.Fprintf(&b, "digraph %s {\n  rankdir=LR;\n  label=%s;\n  labelloc=t;\n  node [fontname=\"Helvetica\", fontsize=11, shape=box, style=rounded];\n  edge [fontname=\"Helvetica\", fontsize=9, arrowsize=0.6];\n", quote(d.Title), quote(d.Title))
	node := func(indent string, n Node) {
		label := n.Title
		if n.Detail != "" {
			label += "\n" + n.Detail
		}
		fmt.Fprintf(&b, "%s%s [label=%s", indent, quote(n.ID), quote(label))
		switch n.Shape {
		case Cylinder:
			b.WriteString(", shape=cylinder, style=solid")
		case Pill:
			b.WriteString(", shape=oval, style=solid")
		case Gate:
			b.WriteString(", shape=hexagon, style=solid")
		}
		if n.Tone > 0 {
			fmt.Fprintf(&b, ", color=%s", quote(tones[(n.Tone-1)%len(tones)][0]))
		}
		b.WriteString("];\n")
	}
	for i, g := range d.Groups {
		fmt.Fprintf(&b, "  subgraph cluster_%d {\n    label=%s;\n", i, quote(strings.TrimSpace(g.Title+" "+g.Detail)))
		for _, n := range d.Nodes {
			if n.Group == g.ID {
				node("    ", n)
			}
		}
		b.WriteString("  }\n")
	}
	for _, n := range d.Nodes {
		if !d.hasGroup(n.Group) {
			node("  ", n)
		}
	}
	for _, e := range d.Edges {
		var attributes []string
		switch e.Line {
		case Dashed:
			attributes = append(attributes, "style=dashed")
		case Soft:
			attributes = append(attributes, "color=gray")
		case Hot:
			attributes = append(attributes, "color=red")
		}
		switch {
		case e.Plain:
			attributes = append(attributes, "dir=none")
		case e.Both:
			attributes = append(attributes, "dir=both")
		}
		if e.Label != "" {
			attributes = append(attributes, "label="+quote(e.Label))
		}
		if e.Back || e.Fold {
			attributes = append(attributes, "constraint=false")
		}
		fmt.Fprintf(&b, "  %s -> %s", quote(e.From), quote(e.To))
		if len(attributes) > 0 {
			fmt.Fprintf(&b, " [%s]", strings.Join(attributes, ", "))
		}
		b.WriteString(";\n")
	}
	b.WriteString("}\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (d Diagram) hasGroup(id string) bool {
	for _, g := range d.Groups {
		if g.ID == id {
			return true
		}
	}
	return false
}

// quote is a string as DOT reads it; a line break becomes its escape.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}

// Mermaid writes the diagram for Mermaid ("Flowcharts"), as Markdown pages on
// git hosts show it.
func Mermaid(w io.Writer, d Diagram) error {
	var b strings.Builder
	fmt.Fprintf(&b, "---\ntitle: %q\n---\nflowchart LR\n", d.Title)
	ids := map[string]string{}
	for i, n := range d.Nodes {
		ids[n.ID] = fmt.Sprintf("n%d", i)
	}
	node := func(indent string, n Node) {
		label := mermaidText(n.Title)
		if n.Detail != "" {
			label += "<br/>" + mermaidText(n.Detail)
		}
		open, shut := "[", "]"
		switch n.Shape {
		case Cylinder:
			open, shut = "[(", ")]"
		case Pill:
			open, shut = "([", "])"
		case Gate:
			open, shut = "{{", "}}"
		}
		fmt.Fprintf(&b, "%s%s%s\"%s\"%s\n", indent, ids[n.ID], open, label, shut)
	}
	for i, g := range d.Groups {
		fmt.Fprintf(&b, "  subgraph g%d[\"%s\"]\n", i, mermaidText(strings.TrimSpace(g.Title+" "+g.Detail)))
		for _, n := range d.Nodes {
			if n.Group == g.ID {
				node("    ", n)
			}
		}
		b.WriteString("  end\n")
	}
	for _, n := range d.Nodes {
		if !d.hasGroup(n.Group) {
			node("  ", n)
		}
	}
	for _, e := range d.Edges {
		arrow := "-->"
		switch {
		case e.Plain && e.Line == Dashed:
			arrow = "-.-"
		case e.Plain:
			arrow = "---"
		case e.Both:
			arrow = "<-->"
		case e.Line == Dashed:
			arrow = "-.->"
		case e.Line == Hot:
			arrow = "==>"
		}
		if e.Label != "" {
			arrow += "|\"" + mermaidText(e.Label) + "\"|"
		}
		fmt.Fprintf(&b, "  %s %s %s\n", ids[e.From], arrow, ids[e.To])
	}
	used := map[int]bool{}
	for _, n := range d.Nodes {
		if n.Tone > 0 {
			used[n.Tone] = true
		}
	}
	for tone := 1; tone <= len(tones); tone++ {
		if !used[tone] {
			continue
		}
		var members []string
		for _, n := range d.Nodes {
			if n.Tone == tone {
				members = append(members, ids[n.ID])
			}
		}
		fmt.Fprintf(&b, "  classDef t%d stroke:%s,stroke-width:2px\n  class %s t%d\n", tone, tones[tone-1][0], strings.Join(members, ","), tone)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// mermaidText writes what would end a quoted label as entities.
func mermaidText(s string) string {
	return strings.NewReplacer(`"`, "#quot;", "#", "#35;", "<", "#lt;", ">", "#gt;", "\n", " ").Replace(s)
}

// JSON writes the picture: nodes with their boxes, groups with their frames,
// edges with their points.
func JSON(w io.Writer, p Picture) error {
	type node struct {
		Node
		Box Box `json:"box"`
	}
	type group struct {
		Group
		Box Box `json:"box"`
	}
	type edge struct {
		Edge
		Points [][2]float64 `json:"points"`
	}
	out := struct {
		Title    string   `json:"title"`
		Subtitle string   `json:"subtitle,omitempty"`
		Width    int      `json:"width"`
		Height   int      `json:"height"`
		Nodes    []node   `json:"nodes"`
		Groups   []group  `json:"groups"`
		Edges    []edge   `json:"edges"`
		Legend   []Legend `json:"legend,omitempty"`
	}{Title: p.Title, Subtitle: p.Subtitle, Width: p.Width, Height: p.Height, Nodes: []node{}, Groups: []group{}, Edges: []edge{}, Legend: p.Legend}
	for _, n := range p.Nodes {
		out.Nodes = append(out.Nodes, node{n, p.Boxes[n.ID]})
	}
	for _, g := range p.Groups {
		out.Groups = append(out.Groups, group{g, p.Frames[g.ID]})
	}
	for i, e := range p.Edges {
		points := [][2]float64{}
		for _, at := range p.Routes[i].Points {
			points = append(points, [2]float64{at.X, at.Y})
		}
		out.Edges = append(out.Edges, edge{e, points})
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}
