package diagram_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/diagram"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
	"paddock.dev/internal/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func load(t testing.TB, name string) *model.Platform {
	t.Helper()
	p, problems := spec.Load(filepath.Join("../../examples", name, "platform.yaml"))
	if p == nil {
		t.Fatalf("%s: %v", name, problems)
	}
	return p
}

// views are all diagrams of an example, by name.
func views(t testing.TB, name string) map[string]diagram.Diagram {
	p := load(t, name)
	plan, _ := address.Of(p)
	all := map[string]diagram.Diagram{"delivery": diagram.Delivery(p), "network": diagram.Network(p, plan)}
	for _, g := range graph.All(p) {
		all["architecture-"+g.Environment.Name] = diagram.Architecture(p, g)
		for _, thing := range g.Things {
			if k := thing.Address.Kind; k == addr.Service || k == addr.Store || k == addr.Topic {
				all[fmt.Sprintf("%s-%s-%s", k, thing.Address.Name, g.Environment.Name)] = diagram.Neighbourhood(p, g, thing.Address, 0)
			}
		}
	}
	return all
}

// golden is where a picture is kept: those of kestrel are what the README and
// the guide show.
func golden(name, view string) string {
	if name == "kestrel" {
		return filepath.Join("../../docs/img", name+"-"+strings.TrimSuffix(view, "-prod")+".svg")
	}
	return filepath.Join("testdata", name+"-"+view+".svg")
}

func TestGolden(t *testing.T) {
	for _, name := range []string{"minimal", "kestrel"} {
		all := views(t, name)
		for _, view := range []string{"architecture-prod", "network", "delivery", "service-booking-prod"} {
			d, ok := all[view]
			if !ok {
				continue
			}
			var b bytes.Buffer
			if err := diagram.SVG(&b, diagram.Draw(d)); err != nil {
				t.Fatal(err)
			}
			path := golden(name, view)
			if *update {
				if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(b.Bytes(), want) {
				t.Errorf("%s differs; look at both pictures, then run with -update", path)
			}
		}
	}
}

// What must hold of every picture, whatever it shows.
func TestGeometry(t *testing.T) {
	for _, name := range []string{"minimal", "kestrel"} {
		for view, d := range views(t, name) {
			t.Run(name+"/"+view, func(t *testing.T) { mustHold(t, diagram.Draw(d)) })
		}
	}
}

func mustHold(t *testing.T, p diagram.Picture) {
	t.Helper()
	sheet := diagram.Box{W: p.Width, H: p.Height}
	for i, n := range p.Nodes {
		box, ok := p.Boxes[n.ID]
		if !ok || !box.Inside(sheet) {
			t.Errorf("%s is outside of the picture: %v", n.ID, box)
		}
		for _, o := range p.Nodes[:i] {
			if box.Overlaps(p.Boxes[o.ID]) {
				t.Errorf("%s %v and %s %v overlap", n.ID, box, o.ID, p.Boxes[o.ID])
			}
		}
		for _, line := range diagram.TextBoxes(n, box) {
			if !line.Inside(box) {
				t.Errorf("text of %s spills: %v is not inside %v", n.ID, line, box)
			}
		}
		for _, g := range p.Groups {
			f := p.Frames[g.ID]
			if n.Group == g.ID && !box.Inside(f) {
				t.Errorf("%s is outside of its frame %s", n.ID, g.ID)
			}
			if n.Group != g.ID && box.Overlaps(f) {
				t.Errorf("%s %v is inside the frame %s %v of others", n.ID, box, g.ID, f)
			}
		}
	}
	for i, g := range p.Groups {
		for _, o := range p.Groups[:i] {
			if p.Frames[g.ID].Overlaps(p.Frames[o.ID]) {
				t.Errorf("frames %s %v and %s %v overlap", g.ID, p.Frames[g.ID], o.ID, p.Frames[o.ID])
			}
		}
	}
	var labels []diagram.Box
	for i, e := range p.Edges {
		r := p.Routes[i]
		if len(r.Points) < 2 {
			t.Errorf("the edge from %s to %s is not drawn", e.From, e.To)
			continue
		}
		from, to := p.Boxes[e.From], p.Boxes[e.To]
		if r.Reversed {
			from, to = to, from
		}
		if !touches(from, r.Points[0]) || !touches(to, r.Points[len(r.Points)-1]) {
			t.Errorf("the edge from %s %v to %s %v runs from %v to %v", e.From, from, e.To, to, r.Points[0], r.Points[len(r.Points)-1])
		}
		if e.Label != "" {
			labels = append(labels, r.Label)
		}
		throughNothing(t, p, e, r)
	}
	for i, l := range labels {
		for _, n := range p.Nodes {
			if l.Overlaps(p.Boxes[n.ID]) {
				t.Errorf("a label %v lies over %s %v", l, n.ID, p.Boxes[n.ID])
			}
		}
		for _, o := range labels[:i] {
			if l.Overlaps(o) {
				t.Errorf("labels %v and %v overlap", l, o)
			}
		}
	}
}

// touches reports whether a point is on the rim of a box.
func touches(b diagram.Box, p diagram.Point) bool {
	x, y := p.X, p.Y
	inX, inY := x >= float64(b.X)-1 && x <= float64(b.X+b.W)+1, y >= float64(b.Y)-1 && y <= float64(b.Y+b.H)+1
	onX := near(x, b.X) || near(x, b.X+b.W)
	onY := near(y, b.Y) || near(y, b.Y+b.H)
	return inX && inY && (onX || onY)
}

func near(v float64, n int) bool { return v-float64(n) < 1 && float64(n)-v < 1 }

// throughNothing walks along the route and meets no box but its ends.
func throughNothing(t *testing.T, p diagram.Picture, e diagram.Edge, r diagram.Route) {
	t.Helper()
	for i := range len(r.Points) - 1 {
		a, b := r.Points[i], r.Points[i+1]
		for step := range 41 {
			s := float64(step) / 40
			at := diagram.Point{X: a.X + (b.X-a.X)*s, Y: a.Y + (b.Y-a.Y)*s}
			if !r.Corners && i%2 == 0 { // the curve with its two control points at half the way
				u := 1 - s
				mid := (a.X + b.X) / 2
				at = diagram.Point{
					X: u*u*u*a.X + 3*u*u*s*mid + 3*u*s*s*mid + s*s*s*b.X,
					Y: u*u*u*a.Y + 3*u*u*s*a.Y + 3*u*s*s*b.Y + s*s*s*b.Y,
				}
			}
			for _, n := range p.Nodes {
				box := p.Boxes[n.ID]
				if n.ID != e.From && n.ID != e.To && at.X > float64(box.X)+1 && at.X < float64(box.X+box.W)-1 && at.Y > float64(box.Y)+1 && at.Y < float64(box.Y+box.H)-1 {
					t.Errorf("the line from %s to %s runs through %s at %v", e.From, e.To, n.ID, at)
					return
				}
			}
		}
	}
}

func TestSameEveryTime(t *testing.T) {
	for view, d := range views(t, "kestrel") {
		for _, format := range diagram.Formats() {
			var first, again bytes.Buffer
			if err := diagram.Write(&first, d, format); err != nil {
				t.Fatal(err)
			}
			if err := diagram.Write(&again, d, format); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(first.Bytes(), again.Bytes()) {
				t.Errorf("%s as %s: two runs differ", view, format)
			}
		}
	}
	if err := diagram.Write(io.Discard, diagram.Diagram{}, "png"); err == nil {
		t.Error("png was accepted")
	}
}

// SVG and the SVG inside HTML are XML, and ask for nothing from elsewhere.
func TestSVGIsWhole(t *testing.T) {
	for view, d := range views(t, "kestrel") {
		var b bytes.Buffer
		if err := diagram.SVG(&b, diagram.Draw(d)); err != nil {
			t.Fatal(err)
		}
		wellFormed(t, view, b.Bytes())
		b.Reset()
		if err := diagram.HTML(&b, diagram.Draw(d)); err != nil {
			t.Fatal(err)
		}
		page := b.String()
		for _, no := range []string{"src=", "href=", "@import", "url(h"} {
			if strings.Contains(page, no) {
				t.Errorf("%s: the page asks for something from elsewhere: %s", view, no)
			}
		}
		wellFormed(t, view, []byte(page[strings.Index(page, "<svg"):strings.Index(page, "<script")]))
	}
}

func wellFormed(t *testing.T, view string, text []byte) {
	t.Helper()
	decoder := xml.NewDecoder(bytes.NewReader(text))
	for {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Errorf("%s: %v", view, err)
			return
		}
	}
}

func TestJSON(t *testing.T) {
	for view, d := range views(t, "kestrel") {
		var b bytes.Buffer
		if err := diagram.JSON(&b, diagram.Draw(d)); err != nil {
			t.Fatal(err)
		}
		var out struct {
			Nodes []struct {
				ID  string
				Box diagram.Box
			}
			Edges []struct{ Points [][2]float64 }
		}
		if err := json.Unmarshal(b.Bytes(), &out); err != nil || len(out.Nodes) != len(d.Nodes) || len(out.Edges) != len(d.Edges) || out.Nodes[0].Box.W == 0 {
			t.Errorf("%s: %v", view, err)
		}
	}
}

// Names that people might choose do not break out of any format.
func TestHostileNames(t *testing.T) {
	d := diagram.Diagram{
		Title: `a "title" <b>&`, Groups: []diagram.Group{{ID: "g", Title: `g"]--<`, Detail: "]"}},
		Nodes: []diagram.Node{
			{ID: `a"\`, Title: `"]; end <script>`, Detail: "</svg>", Shape: diagram.Card, Group: "g"},
			{ID: "b", Title: strings.Repeat("very-long-", 30), Detail: "#1", Shape: diagram.Cylinder},
		},
		Edges: []diagram.Edge{{From: `a"\`, To: "b", Line: diagram.Solid, Label: `|"x"|`}},
	}
	p := diagram.Draw(d)
	mustHold(t, p)
	var b bytes.Buffer
	if err := diagram.SVG(&b, p); err != nil || strings.Contains(b.String(), "<script") {
		t.Errorf("%v\n%s", err, b.String())
	}
	wellFormed(t, "hostile", b.Bytes())
	b.Reset()
	if err := diagram.Dot(&b, d); err != nil {
		t.Fatal(err)
	}
	checkDot(t, b.String())
	b.Reset()
	if err := diagram.Mermaid(&b, d); err != nil {
		t.Fatal(err)
	}
	checkMermaid(t, b.String())
}

func TestText(t *testing.T) {
	all := views(t, "kestrel")
	for view, want := range map[string][]string{
		"architecture-prod": {"booking                 Go · :8443                     → fleet, identity, [legacy-invoicing], payments, pricing, kafka, mongo-core\n", "\npci\n  identity"},
		"delivery":          {"→ dev: all services\n", "release before (bad)"},
		"network":           {"Internet", "prod-apps             10.40.0.0/16"},
	} {
		var b bytes.Buffer
		if err := diagram.Text(&b, all[view]); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(b.String(), w) {
				t.Errorf("%s: %q is missing in\n%s", view, w, b.String())
			}
		}
		for _, n := range all[view].Nodes {
			if !strings.Contains(b.String(), n.Title) {
				t.Errorf("%s: %s is missing", view, n.Title)
			}
		}
	}
}

func TestEmpty(t *testing.T) {
	p := diagram.Draw(diagram.Diagram{Title: "nothing"})
	mustHold(t, p)
	if err := diagram.SVG(io.Discard, p); err != nil {
		t.Error(err)
	}
}

func BenchmarkDraw(b *testing.B) {
	p := load(b, "kestrel")
	env, _ := p.Environment("prod")
	g := graph.Of(p, env)
	b.ReportAllocs()
	for b.Loop() {
		if err := diagram.SVG(io.Discard, diagram.Draw(diagram.Architecture(p, g))); err != nil {
			b.Fatal(err)
		}
	}
}
