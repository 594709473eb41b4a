package diagram

import (
	"math"
	"slices"
)

// gap is what must be between two items of a column and lane.
func (l *layout) gap(a, b int) float64 {
	x, y := l.items[a], l.items[b]
	switch {
	case x.node < 0 && y.node < 0:
		return lineGap
	case x.node < 0 || y.node < 0:
		return lineGap
	case x.group != y.group:
		g := float64(nodeGap)
		if x.group >= 0 {
			g += framePad
		}
		if y.group >= 0 {
			g += framePad + frameHead
		}
		return g
	}
	return nodeGap
}

// cell are the items of a column in one lane.
func (l *layout) cell(c, lane int) []int {
	var all []int
	for _, at := range l.columns[c] {
		if l.items[at].lane == lane {
			all = append(all, at)
		}
	}
	return all
}

// stack gives lanes their heights and items a first place in them.
func (l *layout) stack() {
	l.laneTop, l.laneEnd = make([]float64, l.lanes), make([]float64, l.lanes)
	framed := make([]bool, l.lanes)
	for _, g := range l.d.Groups {
		framed[g.Lane] = true
	}
	back := make([]int, l.lanes)
	for _, e := range l.d.Edges {
		if from, ok := l.index[e.From]; ok && (e.Back || e.Fold) {
			back[l.items[from].lane]++
		}
	}
	y := 0.0
	for lane := range l.lanes {
		tall := 0.0
		for c := range l.columns {
			tall = max(tall, l.height(l.cell(c, lane)))
		}
		if framed[lane] {
			y += framePad + frameHead
		}
		l.laneTop[lane], l.laneEnd[lane] = y, y+tall
		for c := range l.columns {
			cell := l.cell(c, lane)
			at := y + (tall-l.height(cell))/2
			for i, it := range cell {
				if i > 0 {
					at += l.gap(cell[i-1], it)
				}
				l.items[it].y = at + l.items[it].h/2
				l.items[it].rest = l.items[it].y
				at += l.items[it].h
			}
		}
		y += tall + laneGap + float64(18*back[lane])
		if framed[lane] {
			y += framePad
		}
	}
}

func (l *layout) height(cell []int) float64 {
	sum := 0.0
	for i, it := range cell {
		if i > 0 {
			sum += l.gap(cell[i-1], it)
		}
		sum += l.items[it].h
	}
	return sum
}

// settle moves items towards what they are connected with, as far as their
// order and their lane allow. For each column this is an isotonic regression,
// solved exactly by pooling neighbours that would overlap.
func (l *layout) settle() {
	l.piled = make([]bool, len(l.columns))
	for c := range l.columns {
		l.piled[c] = l.stacked(c)
	}
	for round := range 6 * sweeps {
		for i := range l.columns {
			c := i
			if round%2 == 1 {
				c = len(l.columns) - 1 - i
			}
			for lane := range l.lanes {
				l.pool(l.cell(c, lane), lane)
			}
		}
	}
}

func (l *layout) pool(cell []int, lane int) {
	type block struct{ sum, weight, mean float64 }
	var blocks []block
	var sizes []int
	offsets := make([]float64, len(cell)) // from the first item's middle
	for i, at := range cell {
		if i > 0 {
			offsets[i] = offsets[i-1] + l.items[cell[i-1]].h/2 + l.gap(cell[i-1], at) + l.items[at].h/2
		}
		want, weight := l.wish(at)
		b := block{sum: (want - offsets[i]) * weight, weight: weight}
		b.mean = b.sum / b.weight
		size := 1
		for len(blocks) > 0 && blocks[len(blocks)-1].mean > b.mean {
			last := blocks[len(blocks)-1]
			b.sum, b.weight = b.sum+last.sum, b.weight+last.weight
			b.mean = b.sum / b.weight
			size += sizes[len(sizes)-1]
			blocks, sizes = blocks[:len(blocks)-1], sizes[:len(sizes)-1]
		}
		blocks, sizes = append(blocks, b), append(sizes, size)
	}
	if len(cell) == 0 {
		return
	}
	lowest := l.laneTop[lane] + l.items[cell[0]].h/2
	last := len(cell) - 1
	highest := l.laneEnd[lane] - l.items[cell[last]].h/2 - offsets[last]
	i := 0
	for b, size := range sizes {
		for range size {
			l.items[cell[i]].y = min(max(blocks[b].mean, lowest), highest) + offsets[i]
			i++
		}
	}
}

// calm is how much a node keeps to the middle of its lane, for each of its lines
// but one: a node with one line makes it straight.
const calm = 0.3

// wish is where an item would like to be, and how much.
func (l *layout) wish(at int) (y, weight float64) {
	it := l.items[at]
	switch lines := len(it.left) + len(it.right); {
	case it.node >= 0 && l.piled[it.column]:
		return it.rest, 1 // frames above each other stay where they are
	case it.node >= 0: // else all gather where most lines go
		weight = 0.001 + calm*float64(max(lines-1, 0))
		y = weight * it.rest
	}
	for _, side := range [][]int{it.left, it.right} {
		for _, with := range side {
			w := 1.0
			if it.node < 0 && l.items[with].node < 0 {
				w = 6 // a line is straight before all else
			}
			y += w * l.items[with].y
			weight += w
		}
	}
	if weight == 0 {
		return it.y, 0.001
	}
	return y / weight, weight
}

// widths places the columns: each as wide as its widest node, and the space to
// the next one as wide as its steepest line needs.
func (l *layout) widths() {
	l.columnX, l.columnW = make([]float64, len(l.columns)), make([]float64, len(l.columns))
	for c, column := range l.columns {
		l.columnW[c] = 20
		for _, at := range column {
			l.columnW[c] = max(l.columnW[c], l.items[at].w)
		}
	}
	for g, group := range l.d.Groups {
		// A frame with one column is at least as wide as its words.
		c := -1
		for _, it := range l.items {
			if it.node >= 0 && it.group == g {
				if c >= 0 && c != it.column {
					c = -2
					break
				}
				c = it.column
			}
		}
		if c >= 0 {
			words := textWidth(group.Title, frameSize, true) + textWidth(group.Detail, detailSize, false) + 12
			l.columnW[c] = max(l.columnW[c], float64(min(words, maxWidth+30)))
		}
	}
	for _, b := range l.bars {
		c := l.d.Nodes[b].Column - 1
		l.columnW[c] = max(l.columnW[c], barWidth)
	}
	label := make([]float64, len(l.columns))
	for i, e := range l.d.Edges {
		if e.Label != "" && len(l.chains[i]) > 0 {
			c := l.items[l.chains[i][0]].column
			label[c] = max(label[c], float64(textWidth(e.Label, detailSize, false)+28))
		}
	}
	x := 0.0
	for c, column := range l.columns {
		l.columnX[c] = x
		steep, lines := 0.0, 0
		for _, at := range column {
			for _, r := range l.items[at].right {
				steep = max(steep, math.Abs(l.items[at].y-l.items[r].y))
				lines++
			}
		}
		gutter := min(minGutter+steep*0.14+2*float64(lines), maxGutter)
		x += l.columnW[c] + max(gutter, label[c])
	}
	for at := range l.items {
		if l.items[at].node >= 0 {
			l.items[at].w = l.columnW[l.items[at].column] // aligned boxes read better
		}
	}
	slices.Sort(l.bars)
}
