package access

import (
	"paddock.dev/internal/forensics/access/quantile"
)

// grid counts requests by thing, piece of time, status class and duration. All
// that is said about quantiles, errors and their change comes from it.
//
// It is a hash table with a small one before it, which stays in the processor's
// cache: lines come in the order of time, so what is counted now is counted again
// soon.
type grid struct {
	cells []cell
	n     int // cells in use, without those that are only in recent
	// recent has one place for each key, from which the key before is put away.
	recent [1 << recentBits]cell
	// leaving are cells on their way from recent. They go together, so that the
	// processor waits for the memory of several at once.
	leaving [128]cell
	left    int
}

const recentBits = 13

type cell struct{ key, count uint64 } // key+1; 0 is free

// The parts of a key, from the lowest bits: 12 for the duration's bucket, 3 for
// the class, 10 for the piece of time, the rest for the thing.
const (
	classShift = 12
	slotShift  = classShift + 3
	thingShift = slotShift + 10
)

func gridKey(thing, slot, class, bucket int) uint64 {
	return uint64(thing)<<thingShift | uint64(slot)<<slotShift | uint64(class)<<classShift | uint64(bucket)
}

func newGrid() *grid { return &grid{cells: make([]cell, 1<<13)} }

func (g *grid) add(key, count uint64) {
	c := &g.recent[key*0x9e3779b97f4a7c15>>(64-recentBits)]
	if c.key == key+1 {
		c.count += count
		return
	}
	if c.key != 0 {
		if g.left == len(g.leaving) {
			g.drain()
		}
		g.leaving[g.left] = *c
		g.left++
	}
	c.key, c.count = key+1, count
}

func (g *grid) drain() {
	for _, c := range g.leaving[:g.left] {
		g.put(c.key-1, c.count)
	}
	g.left = 0
}

// settle puts all of recent away.
func (g *grid) settle() {
	g.drain()
	for i := range g.recent {
		if c := &g.recent[i]; c.key != 0 {
			g.put(c.key-1, c.count)
			*c = cell{}
		}
	}
}

func (g *grid) put(key, count uint64) {
	mask := uint64(len(g.cells) - 1)
	// Neighbouring durations lie in the same cache line.
	for p := (key>>2*0x9e3779b97f4a7c15>>32<<2 | key&3) & mask; ; p = (p + 1) & mask {
		c := &g.cells[p]
		switch c.key {
		case key + 1:
			c.count += count
			return
		case 0:
			c.key, c.count = key+1, count
			if g.n++; g.n*3 > len(g.cells)*2 {
				g.resize(len(g.cells)*growth(len(g.cells)), nil)
			}
			return
		}
	}
}

// rename gives every cell a new key; those that get the same are added up.
func (g *grid) rename(rename func(uint64) uint64) {
	g.settle()
	g.resize(len(g.cells), rename)
}

// growth is how many times as large a table gets: moving costs more than memory
// while it is small.
func growth(size int) int {
	if size < 1<<19 {
		return 4
	}
	return 2
}

func (g *grid) resize(size int, rename func(uint64) uint64) {
	old := g.cells
	g.cells, g.n = make([]cell, size), 0
	for _, c := range old {
		if c.key == 0 {
			continue
		}
		key := c.key - 1
		if rename != nil {
			key = rename(key)
		}
		g.put(key, c.count)
	}
}

// sorted are the cells by thing and then by the place of their piece of time,
// which order gives: a radix sort of two rounds, because there are many.
func (g *grid) sorted(order []int) []cell {
	g.settle()
	used := make([]cell, 0, g.n)
	things := 0
	for _, c := range g.cells {
		if c.key != 0 {
			c.key--
			used = append(used, c)
			things = max(things, int(c.key>>thingShift)+1)
		}
	}
	used = distribute(used, len(order), func(key uint64) int { return order[key>>slotShift&0x3ff] })
	return distribute(used, things, func(key uint64) int { return int(key >> thingShift) })
}

// distribute sorts by a small number, and leaves what has the same in its order.
func distribute(cells []cell, n int, number func(key uint64) int) []cell {
	at := make([]int, n+1)
	for _, c := range cells {
		at[number(c.key)+1]++
	}
	for i := 1; i <= n; i++ {
		at[i] += at[i-1]
	}
	out := make([]cell, len(cells))
	for _, c := range cells {
		i := number(c.key)
		out[at[i]] = c
		at[i]++
	}
	return out
}

// hist is counts by duration.
type hist [quantile.Buckets + 1]uint64

// widths are the lengths of a piece of time, in seconds; each divides the next.
var widths = [...]int64{10, 30, 60, 300, 900, 3600, 3 * 3600, 6 * 3600, 86400, 7 * 86400, 28 * 86400, 364 * 86400}

// mostSlots is how many pieces of time are told apart. When there are more they
// become longer.
const mostSlots = 400

// timeline numbers the pieces of time in which something happened, in the order
// in which they were first seen.
type timeline struct {
	width  int // index into widths
	starts []int64
	number map[int64]int
	last   int64 // start of slot, in microseconds
	slot   int
}

func newTimeline() timeline { return timeline{number: map[int64]int{}, last: -1} }

// seconds is the length of a piece.
func (t *timeline) seconds() int64 { return widths[t.width] }

// find is the number of the piece that a time is in. It is -1 when there are too
// many pieces: widen, and ask again.
func (t *timeline) find(micros int64) int {
	w := widths[t.width] * 1e6
	if d := micros - t.last; d >= 0 && d < w && t.last >= 0 {
		return t.slot
	}
	start := micros - micros%w
	slot, ok := t.number[start]
	if !ok {
		if len(t.starts) >= mostSlots && t.width+1 < len(widths) {
			return -1
		}
		if slot = len(t.starts); slot == 1<<10-1 {
			slot-- // 10,000 years do not fit; nobody's log has them
		} else {
			t.starts = append(t.starts, start)
			t.number[start] = slot
		}
	}
	t.last, t.slot = start, slot
	return slot
}

// widen takes the next longer pieces and returns the new number of each old one.
func (t *timeline) widen() []int {
	w := widths[t.width+1] * 1e6
	next := timeline{width: t.width + 1, number: map[int64]int{}, last: -1}
	renumber := make([]int, len(t.starts))
	for i, start := range t.starts {
		start -= start % w
		n, ok := next.number[start]
		if !ok {
			n = len(next.starts)
			next.number[start] = n
			next.starts = append(next.starts, start)
		}
		renumber[i] = n
	}
	*t = next
	return renumber
}
