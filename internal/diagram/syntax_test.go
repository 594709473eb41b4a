package diagram_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"paddock.dev/internal/diagram"
)

func TestSyntax(t *testing.T) {
	for view, d := range views(t, "kestrel") {
		t.Run(view, func(t *testing.T) {
			var b bytes.Buffer
			if err := diagram.Dot(&b, d); err != nil {
				t.Fatal(err)
			}
			nodes, edges := checkDot(t, b.String())
			if nodes != len(d.Nodes) || edges != len(d.Edges) {
				t.Errorf("dot has %d nodes and %d edges of %d and %d", nodes, edges, len(d.Nodes), len(d.Edges))
			}
			b.Reset()
			if err := diagram.Mermaid(&b, d); err != nil {
				t.Fatal(err)
			}
			nodes, edges = checkMermaid(t, b.String())
			if nodes != len(d.Nodes) || edges != len(d.Edges) {
				t.Errorf("mermaid has %d nodes and %d edges of %d and %d", nodes, edges, len(d.Nodes), len(d.Edges))
			}
		})
	}
}

// checkDot reads the subset of the DOT grammar that is written: quoted names,
// attribute lists, clusters.
func checkDot(t *testing.T, text string) (nodes, edges int) {
	t.Helper()
	const name = `"(?:[^"\\]|\\.)*"`
	const value = `(?:` + name + `|[a-z_0-9.]+|[A-Z]+)`
	const attributes = ` \[[a-z]+=` + value + `(?:, [a-z]+=` + value + `)*\]`
	var (
		open   = regexp.MustCompile(`^(digraph ` + name + `|subgraph cluster_\d+) \{$`)
		set    = regexp.MustCompile(`^[a-z]+=` + value + `;$`)
		common = regexp.MustCompile(`^(node|edge)` + attributes + `;$`)
		node   = regexp.MustCompile(`^` + name + attributes + `;$`)
		edge   = regexp.MustCompile(`^` + name + ` -> ` + name + `(?:` + attributes + `)?;$`)
	)
	depth := 0
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		switch line = strings.TrimSpace(line); {
		case open.MatchString(line):
			depth++
		case line == "}":
			depth--
		case edge.MatchString(line):
			edges++
		case node.MatchString(line):
			nodes++
		case set.MatchString(line), common.MatchString(line):
		default:
			t.Errorf("line %d is not DOT: %s", i+1, line)
		}
	}
	if depth != 0 {
		t.Errorf("%d braces stay open", depth)
	}
	return nodes, edges
}

// checkMermaid reads the subset of Mermaid's flowchart grammar that is written.
func checkMermaid(t *testing.T, text string) (nodes, edges int) {
	t.Helper()
	const label = `"[^"]*"`
	var (
		subgraph = regexp.MustCompile(`^subgraph g\d+\[` + label + `\]$`)
		node     = regexp.MustCompile(`^n\d+(\[` + label + `\]|\[\(` + label + `\)\]|\(\[` + label + `\]\)|\{\{` + label + `\}\})$`)
		edge     = regexp.MustCompile(`^n\d+ (-->|-\.->|==>|---|-\.-|<-->)(\|` + label + `\|)? n\d+$`)
		class    = regexp.MustCompile(`^(classDef t\d+ stroke:#[0-9a-f]{6},stroke-width:2px|class n\d+(,n\d+)* t\d+)$`)
	)
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 4 || lines[0] != "---" || !strings.HasPrefix(lines[1], "title: ") || lines[2] != "---" || lines[3] != "flowchart LR" {
		t.Fatalf("the head is wrong:\n%s", text)
	}
	depth := 0
	for i, line := range lines[4:] {
		switch line = strings.TrimSpace(line); {
		case subgraph.MatchString(line):
			depth++
		case line == "end":
			depth--
		case node.MatchString(line):
			nodes++
		case edge.MatchString(line):
			edges++
		case class.MatchString(line):
		default:
			t.Errorf("line %d is not Mermaid: %s", i+5, line)
		}
	}
	if depth != 0 {
		t.Errorf("%d subgraphs stay open", depth)
	}
	return nodes, edges
}
