package diagram

import (
	"fmt"
	"html"
	"io"
	"strings"
)

// SVG writes the picture as one file that needs nothing else, in light or dark
// colours as its reader prefers.
func SVG(w io.Writer, p Picture) error {
	var b strings.Builder
	writeSVG(&b, p)
	_, err := io.WriteString(w, b.String())
	return err
}

func writeSVG(b *strings.Builder, p Picture) {
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">`+"\n", p.Width, p.Height, p.Width, p.Height, esc(p.Title))
	fmt.Fprintf(b, "<title>%s</title>\n<style>%s</style>\n<defs>\n", esc(p.Title), sheet)
	for _, line := range []Line{Solid, Dashed, Soft, Hot} {
		fmt.Fprintf(b, `<marker id="to-%s" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path class="head %s" d="M0 0.6 8 4 0 7.4Z"/></marker>`+"\n", line, line)
	}
	b.WriteString("</defs>\n")
	fmt.Fprintf(b, `<rect class="paper" width="%d" height="%d"/>`+"\n", p.Width, p.Height)
	text(b, "title", margin, margin+16, p.Title)
	text(b, "subtitle", margin, margin+36, p.Subtitle)
	for _, g := range p.Groups {
		f, ok := p.Frames[g.ID]
		if !ok {
			continue
		}
		fmt.Fprintf(b, `<g class="frame"><rect x="%d" y="%d" width="%d" height="%d" rx="12"/>`, f.X, f.Y, f.W, f.H)
		room := f.W - 2*framePad
		title := fit(g.Title, frameSize, true, room)
		text(b, "frame-title", f.X+framePad, f.Y+20, title)
		if at := textWidth(title, frameSize, true) + 8; room-at > 30 {
			text(b, "frame-detail", f.X+framePad+at, f.Y+20, fit(g.Detail, detailSize, false, room-at))
		}
		b.WriteString("</g>\n")
	}
	for i, e := range p.Edges {
		writeEdge(b, e, p.Routes[i])
	}
	for _, n := range p.Nodes {
		writeNode(b, n, p.Boxes[n.ID])
	}
	for i, e := range p.Edges {
		if l := p.Routes[i].Label; l != (Box{}) {
			fmt.Fprintf(b, `<g class="label"><rect x="%d" y="%d" width="%d" height="%d" rx="4"/>`, l.X, l.Y, l.W, l.H)
			text(b, "", l.X+l.W/2, l.Y+12, e.Label)
			b.WriteString("</g>\n")
		}
	}
	y := p.LegendTop
	for _, row := range legendRows(p.Legend, p.Width) {
		x := margin
		for _, item := range row {
			fmt.Fprintf(b, `<g class="legend t%d"><rect x="%d" y="%d" width="10" height="10" rx="3"/>`, item.Tone, x, y)
			text(b, "", x+16, y+9, item.Text)
			b.WriteString("</g>\n")
			x += textWidth(item.Text, detailSize, false) + 34
		}
		y += 24
	}
	b.WriteString("</svg>\n")
}

func writeEdge(b *strings.Builder, e Edge, r Route) {
	if len(r.Points) < 2 {
		return
	}
	start, end := "", fmt.Sprintf(` marker-end="url(#to-%s)"`, e.Line)
	switch {
	case e.Plain:
		end = ""
	case e.Both:
		start = fmt.Sprintf(` marker-start="url(#to-%s)"`, e.Line)
	case r.Reversed:
		start, end = fmt.Sprintf(` marker-start="url(#to-%s)"`, e.Line), ""
	}
	fmt.Fprintf(b, `<path class="edge %s" data-from="%s" data-to="%s" d="%s"%s%s/>`+"\n", e.Line, esc(e.From), esc(e.To), path(r), start, end)
}

// path is the route in SVG's words.
func path(r Route) string {
	var b strings.Builder
	at := r.Points[0]
	fmt.Fprintf(&b, "M%s %s", num(at.X), num(at.Y))
	if r.Corners {
		for i := 1; i < len(r.Points); i++ {
			to := r.Points[i]
			if i == len(r.Points)-1 {
				fmt.Fprintf(&b, "L%s %s", num(to.X), num(to.Y))
				break
			}
			const radius = 8
			before, after := toward(to, r.Points[i-1], radius), toward(to, r.Points[i+1], radius)
			fmt.Fprintf(&b, "L%s %sQ%s %s %s %s", num(before.X), num(before.Y), num(to.X), num(to.Y), num(after.X), num(after.Y))
		}
		return b.String()
	}
	for i, to := range r.Points[1:] {
		switch {
		case i%2 == 1 || at.Y == to.Y:
			fmt.Fprintf(&b, "L%s %s", num(to.X), num(to.Y))
		default:
			mid := (at.X + to.X) / 2
			fmt.Fprintf(&b, "C%s %s %s %s %s %s", num(mid), num(at.Y), num(mid), num(to.Y), num(to.X), num(to.Y))
		}
		at = to
	}
	return b.String()
}

// toward is so many pixels from one point in the direction of another, at most
// half the way.
func toward(from, to Point, pixels float64) Point {
	dx, dy := to.X-from.X, to.Y-from.Y
	step := func(d float64) float64 {
		if d > 0 {
			return min(pixels, d/2)
		}
		return max(-pixels, d/2)
	}
	return Point{from.X + step(dx), from.Y + step(dy)}
}

func writeNode(b *strings.Builder, n Node, box Box) {
	class := "node " + string(n.Shape) + fmt.Sprintf(" t%d", n.Tone)
	if n.Strong {
		class += " strong"
	}
	fmt.Fprintf(b, `<g class="%s" data-id="%s">`, class, esc(n.ID))
	x, y, w, h := box.X, box.Y, box.W, box.H
	switch n.Shape {
	case Cylinder:
		const cap = 5
		fmt.Fprintf(b, `<path class="body" d="M%d %da%s %d 0 0 1 %d 0v%da%s %d 0 0 1 %d 0z"/>`, x, y+cap, num(float64(w)/2), cap, w, h-2*cap, num(float64(w)/2), cap, -w)
		fmt.Fprintf(b, `<path class="rim" d="M%d %da%s %d 0 0 0 %d 0"/>`, x, y+cap, num(float64(w)/2), cap, w)
	case Pill:
		fmt.Fprintf(b, `<rect class="body" x="%d" y="%d" width="%d" height="%d" rx="%d"/>`, x, y, w, h, h/2)
	case Gate:
		const cut = 10
		fmt.Fprintf(b, `<path class="body" d="M%d %dh%dl%d %dl%d %dh%dl%d %dz"/>`, x+cut, y, w-2*cut, cut, h/2, -cut, h-h/2, -(w - 2*cut), -cut, -(h - h/2))
	default:
		fmt.Fprintf(b, `<rect class="body" x="%d" y="%d" width="%d" height="%d" rx="8"/>`, x, y, w, h)
	}
	writeText(b, n, box)
	b.WriteString("</g>\n")
}

// writeText puts the two lines of a node into its box.
func writeText(b *strings.Builder, n Node, box Box) {
	lines := textLines(n, box)
	if n.Shape == Bar {
		cx, cy := box.X+box.W/2, box.Y+box.H/2
		fmt.Fprintf(b, `<text class="name middle" transform="rotate(-90 %d %d)" x="%d" y="%d">%s</text>`, cx, cy, cx, cy+4, esc(lines[0].text))
		return
	}
	if n.Shape == Card || n.Shape == Cylinder {
		top := box.Y + 9
		if n.Shape == Cylinder {
			top += 5
		}
		fmt.Fprintf(b, `<rect class="stripe" x="%d" y="%d" width="3" height="%d" rx="1.5"/>`, box.X+8, top, box.bottom()-9-top)
	}
	for _, line := range lines {
		text(b, line.class, line.x, line.y, line.text)
	}
}

// textLine is a line of text at its baseline; width is what it may take.
type textLine struct {
	text, class string
	x, y        int
	box         Box
}

// textLines places the lines of a node; a test holds them against its box.
func textLines(n Node, box Box) []textLine {
	room, x, align := box.W-26, box.X+18, ""
	if n.Shape == Pill || n.Shape == Gate {
		room, x, align = box.W-24, box.X+box.W/2, " middle"
	}
	if n.Shape == Bar {
		room = box.H - 16
	}
	title := fit(n.Title, titleSize, true, room)
	detail := fit(n.Detail, detailSize, false, room)
	mid := box.Y + box.H/2
	if n.Shape == Cylinder {
		mid += 4
	}
	place := func(text string, size, baseline int, bold bool, class string) textLine {
		w := textWidth(text, float64(size), bold)
		left := x
		if align != "" {
			left = x - w/2
		}
		return textLine{text, class + align, x, baseline, Box{left, baseline - size + 2, w, size}}
	}
	if n.Shape == Bar {
		w := textWidth(title, titleSize, true)
		cx, cy := box.X+box.W/2, box.Y+box.H/2
		return []textLine{{text: title, class: "name", x: cx, y: cy, box: Box{cx - titleSize/2, cy - w/2, titleSize, w}}}
	}
	if n.Detail == "" {
		return []textLine{place(title, titleSize, mid+4, true, "name")}
	}
	return []textLine{place(title, titleSize, mid-3, true, "name"), place(detail, detailSize, mid+13, false, "detail")}
}

func text(b *strings.Builder, class string, x, y int, s string) {
	if s == "" {
		return
	}
	if class != "" {
		class = fmt.Sprintf(` class="%s"`, class)
	}
	fmt.Fprintf(b, `<text%s x="%d" y="%d">%s</text>`, class, x, y, esc(s))
}

// num is a number with at most one place behind the point.
func num(v float64) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0") }

func esc(s string) string { return html.EscapeString(s) }
