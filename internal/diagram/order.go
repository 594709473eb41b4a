package diagram

import (
	"cmp"
	"slices"
)

// order puts the items of every column into the sequence with the fewest
// crossings that it finds. Lanes stay lanes, and a group stays together.
func (l *layout) order() {
	for _, column := range l.columns {
		slices.SortStableFunc(column, func(a, b int) int { return l.compareFixed(a, b) })
	}
	best, fewest := l.snapshot(), l.crossings()
	for round := range sweeps {
		if round%2 == 0 {
			for c := 1; c < len(l.columns); c++ {
				l.sweep(c, true)
			}
		} else {
			for c := len(l.columns) - 2; c >= 0; c-- {
				l.sweep(c, false)
			}
		}
		l.transpose()
		if n := l.crossings(); n < fewest {
			best, fewest = l.snapshot(), n
		}
	}
	l.columns = best
}

// compareFixed is the part of the order that crossings have no say in.
func (l *layout) compareFixed(a, b int) int {
	x, y := l.items[a], l.items[b]
	if c := cmp.Compare(x.lane, y.lane); c != 0 || x.group < 0 || y.group < 0 {
		return c
	}
	return cmp.Compare(x.group, y.group)
}

func (l *layout) snapshot() [][]int {
	all := make([][]int, len(l.columns))
	for i, c := range l.columns {
		all[i] = slices.Clone(c)
	}
	return all
}

func (l *layout) ranks() []float64 {
	rank := make([]float64, len(l.items))
	for _, column := range l.columns {
		for i, at := range column {
			rank[at] = float64(i) / float64(max(len(column)-1, 1))
		}
	}
	return rank
}

// sweep sorts a column by the middle of what its items are connected with.
func (l *layout) sweep(c int, left bool) {
	rank := l.ranks()
	weight := make([]float64, len(l.items))
	for _, at := range l.columns[c] {
		with := l.items[at].right
		if left {
			with = l.items[at].left
		}
		weight[at] = rank[at]
		if len(with) == 0 {
			continue
		}
		sum := 0.0
		for _, w := range with {
			sum += rank[w]
		}
		weight[at] = sum / float64(len(with))
	}
	if l.stacked(c) {
		slices.SortStableFunc(l.columns[c], func(a, b int) int {
			return cmp.Or(l.compareStacked(a, b), cmp.Compare(weight[a], weight[b]))
		})
		return
	}
	slices.SortStableFunc(l.columns[c], func(a, b int) int {
		return cmp.Or(cmp.Compare(l.items[a].lane, l.items[b].lane), cmp.Compare(weight[a], weight[b]))
	})
}

// stacked reports whether a lane of the column has nodes of several groups, one
// above the other.
func (l *layout) stacked(c int) bool {
	first := map[int]int{}
	for _, at := range l.columns[c] {
		it := l.items[at]
		if it.node < 0 {
			continue
		}
		if g, ok := first[it.lane]; ok && g != it.group {
			return true
		}
		first[it.lane] = it.group
	}
	return false
}

// compareStacked keeps groups apart: what is in none comes first.
func (l *layout) compareStacked(a, b int) int {
	x, y := l.items[a], l.items[b]
	return cmp.Or(cmp.Compare(x.lane, y.lane), cmp.Compare(x.group, y.group))
}

// transpose swaps neighbours while that saves crossings.
func (l *layout) transpose() {
	for range 4 {
		better := false
		for c, column := range l.columns {
			stacked := l.stacked(c)
			for i := range len(column) - 1 {
				a, b := column[i], column[i+1]
				if l.items[a].lane != l.items[b].lane || stacked && l.items[a].group != l.items[b].group {
					continue
				}
				if l.cross(b, a) < l.cross(a, b) {
					column[i], column[i+1] = b, a
					better = true
				}
			}
		}
		if !better {
			return
		}
	}
}

// cross counts the crossings of the lines of two neighbours, the first above.
func (l *layout) cross(a, b int) int {
	position := func(at int) int { return slices.Index(l.columns[l.items[at].column], at) }
	n := 0
	for _, pair := range [2][2][]int{{l.items[a].left, l.items[b].left}, {l.items[a].right, l.items[b].right}} {
		for _, x := range pair[0] {
			for _, y := range pair[1] {
				if position(x) > position(y) {
					n++
				}
			}
		}
	}
	return n
}

// crossings counts all of them.
func (l *layout) crossings() int {
	position := make([]int, len(l.items))
	for _, column := range l.columns {
		for i, at := range column {
			position[at] = i
		}
	}
	n := 0
	for _, column := range l.columns {
		var ends []int // of lines, from top to bottom of their beginnings
		for _, at := range column {
			var to []int
			for _, r := range l.items[at].right {
				to = append(to, position[r])
			}
			slices.Sort(to)
			for _, t := range to {
				for _, e := range ends {
					if e > t {
						n++
					}
				}
			}
			ends = append(ends, to...)
		}
	}
	return n
}
