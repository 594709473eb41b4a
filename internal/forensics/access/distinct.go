package access

import (
	"math"
	"math/bits"
	"slices"
)

// distinct counts different things: exactly up to a few, then by HyperLogLog
// with 256 registers, 6.5 % standard error (Flajolet, Fusy, Gandouet and
// Meunier, "HyperLogLog: the analysis of a near-optimal cardinality estimation
// algorithm", 2007). The order in which things come does not matter.
type distinct struct {
	few  []uint32
	many *[256]uint8
}

const fewThings = 40

func (d *distinct) add(h uint64) {
	if d.many == nil {
		x := uint32(h)
		if slices.Contains(d.few, x) {
			return
		}
		if len(d.few) < fewThings {
			d.few = append(d.few, x)
			return
		}
		d.spread()
	}
	d.register(uint32(h))
}

// spread goes over to registers. They are fed 32 bits of the hash, which is all
// that is left of the first things; clients do not ask for millions of paths.
func (d *distinct) spread() {
	d.many = new([256]uint8)
	for _, x := range d.few {
		d.register(x)
	}
	d.few = nil
}

func (d *distinct) register(x uint32) {
	r := &d.many[x>>24]
	*r = max(*r, uint8(bits.LeadingZeros32(x<<8|1<<7)+1))
}

func (d *distinct) merge(o *distinct) {
	for _, x := range o.few {
		d.add(uint64(x))
	}
	if o.many != nil {
		if d.many == nil {
			d.spread()
		}
		for i, r := range o.many {
			d.many[i] = max(d.many[i], r)
		}
	}
}

// count is how many there are.
func (d *distinct) count() int {
	if d.many == nil {
		return len(d.few)
	}
	const m = 256
	sum, zero := 0.0, 0
	for _, r := range d.many {
		sum += 1 / float64(uint64(1)<<r)
		if r == 0 {
			zero++
		}
	}
	e := 0.7213 / (1 + 1.079/m) * m * m / sum
	if e <= 2.5*m && zero > 0 {
		e = m * math.Log(float64(m)/float64(zero))
	}
	return max(int(math.Round(e)), fewThings+1)
}

// beat counts requests by pieces of time that double when there are too many of
// them, so that a client's rhythm is known in a few bytes, whatever the order of
// its requests.
type beat struct {
	shift uint8 // a piece is 1<<shift seconds
	last  uint8
	taps  []tap
}

type tap struct{ at, count uint32 }

const mostTaps = 32

func (b *beat) add(seconds int64, count uint32) {
	at := uint32(seconds >> b.shift)
	if int(b.last) < len(b.taps) && b.taps[b.last].at == at {
		b.taps[b.last].count += count
		return
	}
	for i := range b.taps {
		if b.taps[i].at == at {
			b.taps[i].count += count
			b.last = uint8(i)
			return
		}
	}
	if len(b.taps) < mostTaps {
		b.taps = append(b.taps, tap{at, count})
		b.last = uint8(len(b.taps) - 1)
		return
	}
	b.slower()
	b.add(seconds, count)
}

// slower doubles the pieces.
func (b *beat) slower() {
	old := b.taps
	b.shift++
	b.taps, b.last = make([]tap, 0, mostTaps), 0
	for _, t := range old {
		b.put(t.at>>1, t.count)
	}
}

func (b *beat) put(at, count uint32) {
	for i := range b.taps {
		if b.taps[i].at == at {
			b.taps[i].count += count
			return
		}
	}
	b.taps = append(b.taps, tap{at, count})
}

func (b *beat) merge(o *beat) {
	for b.shift < o.shift {
		b.slower()
	}
	for _, t := range o.taps {
		b.add(int64(t.at)<<o.shift, t.count)
	}
}

// dispersion is the variance of the counts divided by their mean, over the
// pieces between the first and the last, which are cut off somewhere. Independent
// arrivals have 1, people's bursts many, a program's loop near 0 (the Fano
// factor, or index of dispersion). It is -1 when there is too little to tell.
func (b *beat) dispersion() float64 {
	if len(b.taps) < 8 {
		return -1
	}
	low, high := b.taps[0].at, b.taps[0].at
	for _, t := range b.taps {
		low, high = min(low, t.at), max(high, t.at)
	}
	n := float64(high-low) - 1
	if n < 8 {
		return -1
	}
	var sum, squares float64
	for _, t := range b.taps {
		if t.at != low && t.at != high {
			sum += float64(t.count)
			squares += float64(t.count) * float64(t.count)
		}
	}
	mean := sum / n
	if mean < 2 { // a loop that slow looks like any other arrivals
		return -1
	}
	return (squares/n - mean*mean) / mean
}
