package diagram

import (
	"io"
	"strings"
	"unicode/utf8"
)

// Text writes the diagram as lines for a terminal: every node in its group, and
// behind it what it leads to. Ends that one can do without stand in brackets.
func Text(w io.Writer, d Diagram) error {
	titles, seen, groups := map[string]string{}, map[string]int{}, map[string]string{}
	for _, g := range d.Groups {
		groups[g.ID] = g.Title
	}
	for _, n := range d.Nodes {
		seen[n.Title]++
	}
	for _, n := range d.Nodes {
		titles[n.ID] = n.Title
		if group := groups[n.Group]; seen[n.Title] > 1 && group != "" {
			titles[n.ID] = group + ": " + n.Title
		}
	}
	wide, deep := 0, 0
	for _, n := range d.Nodes {
		wide, deep = max(wide, utf8.RuneCountInString(n.Title)), max(deep, utf8.RuneCountInString(n.Detail))
	}
	var b strings.Builder
	b.WriteString(d.Title + "\n")
	node := func(n Node) {
		line := "  " + pad(n.Title, wide) + "  " + pad(n.Detail, deep)
		var to []string
		for _, e := range d.Edges {
			if e.From != n.ID {
				continue
			}
			end := titles[e.To]
			switch {
			case e.Label != "":
				end += " (" + e.Label + ")"
			case e.Line == Dashed && !e.Plain:
				end = "[" + end + "]"
			}
			to = append(to, end)
		}
		if len(to) > 0 {
			line += "  → " + strings.Join(to, ", ")
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	section := func(head, group string, in func(Node) bool) {
		first := true
		for _, n := range d.Nodes {
			if !in(n) || n.Group != group && group != "" {
				continue
			}
			if first {
				b.WriteString("\n" + strings.TrimRight(head, " ") + "\n")
				first = false
			}
			node(n)
		}
	}
	// What is in no group stands where it is met from the left: first what comes
	// in, and at the end what is reached.
	section("from outside", "", func(n Node) bool { return !d.hasGroup(n.Group) && d.leads(n.ID) })
	for _, g := range d.Groups {
		section(g.Title+"  "+g.Detail, g.ID, func(Node) bool { return true })
	}
	section("outside", "", func(n Node) bool { return !d.hasGroup(n.Group) && !d.leads(n.ID) })
	_, err := io.WriteString(w, b.String())
	return err
}

// leads reports whether an edge begins at the node.
func (d Diagram) leads(id string) bool {
	for _, e := range d.Edges {
		if e.From == id {
			return true
		}
	}
	return false
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}
