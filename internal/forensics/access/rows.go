package access

import (
	"cmp"
	"slices"

	"paddock.dev/internal/forensics/access/quantile"
)

// row is the cells of one thing, in the order of time.
type row struct {
	spans []span
	total uint64
}

// span is one thing in one piece of time.
type span struct {
	start   int64 // microseconds
	n       uint64
	classes Classes
	counts  []durations // of each class and bucket, in no order
}

type durations struct {
	bucket uint16
	count  uint64
}

// rows takes a grid apart. The pieces of time come in their order.
func (a *Analyst) rows(g *grid) []row {
	order := make([]int, len(a.time.starts)) // slot -> place in time
	places := make([]int, len(a.time.starts))
	for i := range places {
		places[i] = i
	}
	slices.SortFunc(places, func(x, y int) int { return cmp.Compare(a.time.starts[x], a.time.starts[y]) })
	for place, slot := range places {
		order[slot] = place
	}
	var rows []row
	last := [2]int{-1, -1}
	for _, c := range g.sorted(order) {
		thing, slot := int(c.key>>thingShift), int(c.key>>slotShift&0x3ff)
		class, bucket := int(c.key>>classShift&7), c.key&(1<<classShift-1)
		for thing >= len(rows) {
			rows = append(rows, row{})
		}
		rw := &rows[thing]
		if last != [2]int{thing, slot} {
			rw.spans = append(rw.spans, span{start: a.time.starts[slot]})
			last = [2]int{thing, slot}
		}
		s := &rw.spans[len(rw.spans)-1]
		rw.total += c.count
		s.n += c.count
		s.classes.add(class, c.count)
		s.counts = append(s.counts, durations{uint16(bucket), c.count})
	}
	return rows
}

// into adds the durations to h.
func (s *span) into(h *hist) {
	for _, d := range s.counts {
		h[d.bucket] += d.count
	}
}

func quantiles(h *hist) Quantiles {
	var of [4]int64
	n := quantile.Of((*[quantile.Buckets + 1]uint64)(h), []float64{0.5, 0.9, 0.99, 0.999}, of[:])
	if n == 0 {
		return Quantiles{}
	}
	ms := func(i int) float64 { return float64(of[i]) / 1000 }
	return Quantiles{n, ms(0), ms(1), ms(2), ms(3)}
}

func merged(dst *Classes, src Classes) {
	for class, n := range [...]uint64{src.None, src.Info, src.Fine, src.Moved, src.Wrong, src.Fails, src.Other} {
		dst.add(class, n)
	}
}

// points are the spans of several rows, added up.
func points(rows []*row) []Point {
	seen := map[int64]int{}
	var starts []int64
	for _, rw := range rows {
		for i := range rw.spans {
			if _, ok := seen[rw.spans[i].start]; !ok {
				seen[rw.spans[i].start] = 0
				starts = append(starts, rw.spans[i].start)
			}
		}
	}
	slices.Sort(starts)
	next := make([]int, len(rows))
	list := make([]Point, 0, len(starts))
	for _, start := range starts {
		var h hist
		p := Point{Time: at(start)}
		for i, rw := range rows {
			if next[i] < len(rw.spans) && rw.spans[next[i]].start == start {
				s := &rw.spans[next[i]]
				next[i]++
				p.Requests += s.n
				merged(&p.Classes, s.classes)
				s.into(&h)
			}
		}
		p.Latency = quantiles(&h)
		list = append(list, p)
	}
	return list
}

// untimed is rows for a grid without time.
func (a *Analyst) untimed(g *grid) []row {
	only := Analyst{time: timeline{starts: []int64{0}}}
	return only.rows(g)
}
