package diagram

import (
	"cmp"
	"math"
	"slices"
)

// picture rounds everything to pixels and draws the lines.
func (l *layout) picture() Picture {
	p := Picture{Diagram: l.d, Boxes: map[string]Box{}, Frames: map[string]Box{}}
	left, top := float64(margin), float64(margin+titleBlock)
	if len(l.d.Groups) > 0 {
		left += framePad
	}
	for i := range l.columnX {
		l.columnX[i] += left
	}
	for i := range l.items {
		l.items[i].y = math.Round(l.items[i].y + top)
	}
	for i := range l.laneTop {
		l.laneTop[i], l.laneEnd[i] = l.laneTop[i]+top, l.laneEnd[i]+top
	}
	for _, it := range l.items {
		if it.node >= 0 {
			p.Boxes[it.id] = Box{pixel(l.columnX[it.column]), pixel(it.y - it.h/2), pixel(it.w), pixel(it.h)}
		}
	}
	for _, b := range l.bars {
		n := l.d.Nodes[b]
		c, end := n.Column-1, n.Lane+max(n.Lanes, 1)-1
		x := l.columnX[c] + (l.columnW[c]-barWidth)/2
		p.Boxes[n.ID] = Box{pixel(x), pixel(l.laneTop[n.Lane]), barWidth, pixel(l.laneEnd[end]) - pixel(l.laneTop[n.Lane])}
	}
	l.frames(&p)
	l.routes(&p)
	for _, b := range p.Boxes {
		p.Width, p.Height = max(p.Width, b.right()), max(p.Height, b.bottom())
	}
	for _, f := range p.Frames {
		p.Width, p.Height = max(p.Width, f.right()), max(p.Height, f.bottom())
	}
	for _, r := range p.Routes {
		for _, at := range r.Points {
			p.Width, p.Height = max(p.Width, pixel(at.X)), max(p.Height, pixel(at.Y))
		}
	}
	p.Width = max(p.Width, margin+textWidth(p.Title, 19, true), margin+textWidth(p.Subtitle, frameSize, false)) + margin
	p.LegendTop = p.Height + 24
	p.Height += margin
	if rows := legendRows(p.Legend, p.Width); len(rows) > 0 {
		p.Height += 24*len(rows) + 6
	}
	return p
}

func pixel(v float64) int { return int(math.Round(v)) }

// frames draws a group around its nodes. One that has its lane's columns for
// itself is as tall as the lane, so that neighbours line up.
func (l *layout) frames(p *Picture) {
	for g, group := range l.d.Groups {
		var box Box
		alone := true
		grow := func(b Box) {
			if box == (Box{}) {
				box = b
				return
			}
			x, y := min(box.X, b.X), min(box.Y, b.Y)
			box = Box{x, y, max(box.right(), b.right()) - x, max(box.bottom(), b.bottom()) - y}
		}
		for c := range l.columns {
			mine := false
			for _, at := range l.cell(c, group.Lane) {
				if l.items[at].group == g && l.items[at].node >= 0 {
					grow(p.Boxes[l.items[at].id])
					mine = true
				}
			}
			alone = alone && (!mine || !l.stacked(c))
		}
		for _, b := range l.bars {
			if l.d.Nodes[b].Group == group.ID {
				grow(p.Boxes[l.d.Nodes[b].ID])
			}
		}
		if box == (Box{}) {
			continue
		}
		if alone {
			box.Y = pixel(l.laneTop[group.Lane])
			box.H = pixel(l.laneEnd[group.Lane]) - box.Y
		}
		box = Box{box.X - framePad, box.Y - framePad - frameHead + 6, box.W + 2*framePad, box.H + 2*framePad + frameHead - 6}
		p.Frames[group.ID] = box
	}
}

// routes leads every edge along its chain: level through the columns, curved
// between them.
func (l *layout) routes(p *Picture) {
	ports := l.ports()
	p.Routes = make([]Route, len(l.d.Edges))
	backs, folds := map[int]int{}, 0
	for i, e := range l.d.Edges {
		switch {
		case l.isBar(e.From) || l.isBar(e.To):
			p.Routes[i] = barRoute(p.Boxes[e.From], p.Boxes[e.To], l.isBar(e.From) && l.isBar(e.To), l.isBar(e.From))
		case e.Back:
			lane := l.items[l.index[e.From]].lane
			depth := l.laneEnd[lane] + 14 + float64(18*backs[lane])
			if len(l.d.Groups) > 0 {
				depth += framePad
			}
			p.Routes[i] = backRoute(p.Boxes[e.From], p.Boxes[e.To], depth, backs[lane])
			backs[lane]++
		case e.Fold:
			lane := l.items[l.index[e.From]].lane
			depth := l.laneEnd[lane] + 14 + framePad + float64(18*backs[lane])
			p.Routes[i] = foldRoute(p.Boxes[e.From], p.Boxes[e.To], depth, folds)
			backs[lane]++
			folds++
		case len(l.chains[i]) > 0:
			p.Routes[i] = l.chainRoute(i, ports)
		}
		p.Routes[i].Label = labelBox(e, p.Routes[i])
	}
}

func (l *layout) chainRoute(i int, ports map[[2]int]float64) Route {
	r := Route{Reversed: l.reversed[i]}
	chain := l.chains[i]
	for j, at := range chain {
		it := l.items[at]
		x := l.columnX[it.column]
		switch {
		case j == 0:
			y := it.y + ports[[2]int{at, chain[1]}]
			if end := l.items[chain[1]].y; math.Abs(end-y) < 2 {
				y = end // almost level looks like a mistake
			}
			r.Points = append(r.Points, Point{x + it.w, y})
		case j == len(chain)-1:
			r.Points = append(r.Points, Point{x, it.y})
		default:
			r.Points = append(r.Points, Point{x, it.y}, Point{x + l.columnW[it.column], it.y})
		}
	}
	return r
}

// ports spreads the lines that leave a node on its right side, in the order in
// which they arrive, so that they do not cross at once.
func (l *layout) ports() map[[2]int]float64 {
	ports := map[[2]int]float64{}
	for at, it := range l.items {
		if it.node < 0 || len(it.right) < 2 {
			continue
		}
		ends := slices.Clone(it.right)
		slices.SortStableFunc(ends, func(a, b int) int { return cmp.Compare(l.items[a].y, l.items[b].y) })
		step := min(5, (it.h-14)/float64(len(ends)-1))
		for i, to := range ends {
			ports[[2]int{at, to}] = math.Round((float64(i)-float64(len(ends)-1)/2)*step*2) / 2
		}
	}
	return ports
}

// barRoute is level between a node and a hub, and upright between two hubs.
func barRoute(from, to Box, both, fromBar bool) Route {
	if both {
		x := float64(from.X) + float64(from.W)/2
		if from.Y < to.Y {
			return Route{Points: []Point{{x, float64(from.bottom())}, {x, float64(to.Y)}}, Corners: true}
		}
		return Route{Points: []Point{{x, float64(from.Y)}, {x, float64(to.bottom())}}, Corners: true}
	}
	node := from
	if fromBar {
		node = to
	}
	y := float64(node.Y) + float64(node.H)/2
	if from.right() <= to.X {
		return Route{Points: []Point{{float64(from.right()), y}, {float64(to.X), y}}, Corners: true}
	}
	return Route{Points: []Point{{float64(from.X), y}, {float64(to.right()), y}}, Corners: true}
}

// backRoute runs below the lane.
func backRoute(from, to Box, depth float64, n int) Route {
	shift := 8.0 * float64(n)
	x1, x2 := float64(from.X)+float64(from.W)/2-shift, float64(to.X)+float64(to.W)/2+shift
	return Route{Corners: true, Points: []Point{{x1, float64(from.bottom())}, {x1, depth}, {x2, depth}, {x2, float64(to.bottom())}}}
}

// foldRoute runs below the lane, then down on the left of its end.
func foldRoute(from, to Box, depth float64, n int) Route {
	x1, x2 := float64(from.X)+float64(from.W)/2, float64(to.X-framePad-18+7*n)
	y := float64(to.Y) + float64(to.H)/2
	return Route{Corners: true, Points: []Point{{x1, float64(from.bottom())}, {x1, depth}, {x2, depth}, {x2, y}, {float64(to.X), y}}}
}

// labelBox is where the words of an edge stand: on the longest straight piece of
// one that runs back, else in the middle of the first gap.
func labelBox(e Edge, r Route) Box {
	if e.Label == "" || len(r.Points) < 2 {
		return Box{}
	}
	a, b := r.Points[0], r.Points[1]
	if e.Back || e.Fold {
		a, b = r.Points[1], r.Points[2]
	}
	w, h := textWidth(e.Label, detailSize, false)+10, 16
	return Box{pixel((a.X+b.X)/2) - w/2, pixel((a.Y+b.Y)/2) - h/2, w, h}
}

// legendRows breaks the legend into rows of the picture's width.
func legendRows(all []Legend, width int) [][]Legend {
	var rows [][]Legend
	x := width
	for _, item := range all {
		w := textWidth(item.Text, detailSize, false) + 34
		if x+w > width-margin {
			rows = append(rows, nil)
			x = margin
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], item)
		x += w
	}
	return rows
}
