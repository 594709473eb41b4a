package diagram

import (
	"math"
	"slices"
)

// Measures of the picture, in pixels.
const (
	margin     = 28
	titleBlock = 58 // above everything: title and subtitle
	nodeGap    = 14 // between nodes of a column
	lineGap    = 12 // between lines that pass through a column
	laneGap    = 26 // between lanes
	framePad   = 14 // between a frame and its nodes
	frameHead  = 30 // of a frame's own title
	minGutter  = 50 // between columns
	maxGutter  = 150
	minWidth   = 108
	maxWidth   = 210
	barWidth   = 30
	sweeps     = 24
)

// item is a node, or a line on its way through a column.
type item struct {
	node   int // index of Nodes; -1 for a line
	id     string
	column int
	lane   int
	group  int // index of Groups; -1 for none
	w, h   float64
	y      float64 // of the middle, from the top of all lanes
	rest   float64 // where it would be if nothing pulled
	// left and right are what it is connected with in the neighbouring columns.
	left, right []int
}

// layout turns a diagram into a picture (Sugiyama, Tagawa and Toda 1981): layers,
// lines made to pass through every layer, fewer crossings by barycentres, and
// places that keep lines straight.
type layout struct {
	d       Diagram
	items   []item
	index   map[string]int // items by node ID
	columns [][]int        // items in their order, by column
	groups  map[string]int
	bars    []int // indices of Nodes
	// chains are the items of every edge, left to right; nil for edges of bars
	// and those that run back.
	chains   [][]int
	reversed []bool
	lanes    int
	piled    []bool // columns with frames above each other
	laneTop  []float64
	laneEnd  []float64
	columnX  []float64
	columnW  []float64
}

// Draw gives everything its place.
func Draw(d Diagram) Picture {
	l := &layout{d: d, index: map[string]int{}, groups: map[string]int{}}
	l.place()
	l.layer()
	l.chain()
	l.order()
	l.stack()
	l.settle()
	l.widths()
	return l.picture()
}

// place makes an item of every node that is no bar.
func (l *layout) place() {
	for i, g := range l.d.Groups {
		l.groups[g.ID] = i
		l.lanes = max(l.lanes, g.Lane+1)
	}
	for i, n := range l.d.Nodes {
		if n.Shape == Bar {
			l.bars = append(l.bars, i)
			l.lanes = max(l.lanes, n.Lane+max(n.Lanes, 1))
			continue
		}
		w, h := nodeSize(n)
		it := item{node: i, id: n.ID, column: n.Column - 1, lane: n.Lane, group: -1, w: float64(w), h: float64(h)}
		if g, ok := l.groups[n.Group]; ok {
			it.group, it.lane = g, l.d.Groups[g].Lane
		}
		l.lanes = max(l.lanes, it.lane+1)
		l.index[n.ID] = len(l.items)
		l.items = append(l.items, it)
	}
	l.lanes = max(l.lanes, 1)
}

func nodeSize(n Node) (w, h int) {
	text := max(textWidth(n.Title, titleSize, true), textWidth(n.Detail, detailSize, false))
	w = min(max(text+30, minWidth), maxWidth)
	switch {
	case n.Shape == Gate && n.Detail != "":
		return min(w+14, maxWidth), 46
	case n.Detail == "":
		return w, 34
	case n.Shape == Cylinder:
		return w, 50
	}
	return w, 46
}

func (l *layout) isBar(id string) bool {
	return slices.ContainsFunc(l.bars, func(i int) bool { return l.d.Nodes[i].ID == id })
}

// layer gives a column to every node that has none: one to the right of whatever
// leads to it, and then as near as possible to what it leads to. Edges that
// close a ring count the other way round.
func (l *layout) layer() {
	n := len(l.items)
	next := make([][]int, n)
	for _, e := range l.d.Edges {
		from, ok1 := l.index[e.From]
		to, ok2 := l.index[e.To]
		if ok1 && ok2 && from != to && !e.Back && !e.Fold {
			next[from] = append(next[from], to)
		}
	}
	back := backEdges(next)
	forward := make([][]int, n)
	before := make([][]int, n)
	for from := range next {
		for _, to := range next[from] {
			a, b := from, to
			if back[[2]int{from, to}] {
				a, b = to, from
			}
			forward[a] = append(forward[a], b)
			before[b] = append(before[b], a)
		}
	}
	behind := func(i int) int { return l.d.Nodes[l.items[i].node].Behind }
	fixed := make([]bool, n)
	for i, it := range l.items {
		fixed[i] = it.column >= 0
	}
	order := topological(forward)
	last := -1
	for _, i := range order {
		if behind(i) > 0 {
			continue
		}
		if !fixed[i] {
			l.items[i].column = max(l.d.Nodes[l.items[i].node].Least-1, 0)
			for _, b := range before[i] {
				l.items[i].column = max(l.items[i].column, l.items[b].column+1)
			}
		}
		last = max(last, l.items[i].column)
	}
	for i := range l.items {
		if behind(i) > 0 {
			l.items[i].column, fixed[i] = last+behind(i), true
		}
	}
	for _, i := range slices.Backward(order) {
		if fixed[i] || len(before[i]) > 0 || len(forward[i]) == 0 {
			continue
		}
		nearest := math.MaxInt
		for _, f := range forward[i] {
			nearest = min(nearest, l.items[f].column-1)
		}
		l.items[i].column = max(l.items[i].column, nearest)
	}
	columns := 0
	for _, it := range l.items {
		columns = max(columns, it.column+1)
	}
	for _, b := range l.bars {
		columns = max(columns, l.d.Nodes[b].Column)
	}
	l.columns = make([][]int, columns)
	for i, it := range l.items {
		l.columns[it.column] = append(l.columns[it.column], i)
	}
}

// backEdges are the edges that close a ring, met from the first node on.
func backEdges(next [][]int) map[[2]int]bool {
	back := map[[2]int]bool{}
	state := make([]int, len(next)) // 1 on the way, 2 done
	var visit func(int)
	visit = func(n int) {
		state[n] = 1
		for _, to := range next[n] {
			switch state[to] {
			case 0:
				visit(to)
			case 1:
				back[[2]int{n, to}] = true
			}
		}
		state[n] = 2
	}
	for n := range next {
		if state[n] == 0 {
			visit(n)
		}
	}
	return back
}

func topological(next [][]int) []int {
	waits := make([]int, len(next))
	for _, to := range next {
		for _, t := range to {
			waits[t]++
		}
	}
	var order, ready []int
	for n := range next {
		if waits[n] == 0 {
			ready = append(ready, n)
		}
	}
	for len(ready) > 0 {
		n := ready[0]
		ready = ready[1:]
		order = append(order, n)
		for _, t := range next[n] {
			if waits[t]--; waits[t] == 0 {
				ready = append(ready, t)
			}
		}
	}
	return order
}

// chain leads every edge through the columns between its ends. Edges of the same
// kind to one node share their way, so that many of them become one line with
// branches.
func (l *layout) chain() {
	type stop struct {
		to     string
		column int
		line   Line
	}
	shared := map[stop]int{}
	l.chains = make([][]int, len(l.d.Edges))
	l.reversed = make([]bool, len(l.d.Edges))
	for i, e := range l.d.Edges {
		from, ok1 := l.index[e.From]
		to, ok2 := l.index[e.To]
		if !ok1 || !ok2 || from == to || e.Back || e.Fold {
			continue
		}
		target := e.To
		if l.items[from].column > l.items[to].column {
			from, to, target, l.reversed[i] = to, from, e.From, true
		}
		chain := []int{from}
		for c := l.items[from].column + 1; c < l.items[to].column; c++ {
			key := stop{target, c, e.Line}
			at, ok := shared[key]
			if !ok {
				at = len(l.items)
				shared[key] = at
				l.items = append(l.items, item{node: -1, column: c, lane: l.items[to].lane, group: -1, h: 2})
				l.columns[c] = append(l.columns[c], at)
			}
			chain = append(chain, at)
		}
		chain = append(chain, to)
		for j := range len(chain) - 1 {
			a, b := chain[j], chain[j+1]
			if !slices.Contains(l.items[a].right, b) {
				l.items[a].right = append(l.items[a].right, b)
				l.items[b].left = append(l.items[b].left, a)
			}
		}
		l.chains[i] = chain
	}
}
