package flows

import (
	"cmp"
	"iter"
	"slices"
)

// best keeps the n greatest of what it is shown, ties by order.
type best[T any] struct {
	n     int
	items []T
	order func(a, b T) int // negative when a comes first
}

func (b *best[T]) add(x T) {
	if len(b.items) == b.n {
		if b.n == 0 || b.order(x, b.items[b.n-1]) >= 0 {
			return
		}
		b.items = b.items[:b.n-1]
	}
	i, _ := slices.BinarySearchFunc(b.items, x, b.order)
	b.items = slices.Insert(b.items, i, x)
}

// least is the last of a full list, else the zero value.
func (b *best[T]) least(n int) *T {
	if len(b.items) == n && n > 0 {
		return &b.items[n-1]
	}
	return new(T)
}

// ranked is a number of sums with its family, as rankings sort it.
type ranked struct {
	family family
	key    uint64
	sum
}

// rank makes the three orders of one kind of thing.
func rank[T any](n int, all iter.Seq[ranked], shown func(ranked) T, tie func(a, b ranked) int) Ranking[T] {
	by := func(value func(*sum) uint64) *best[ranked] {
		return &best[ranked]{n: n, order: func(a, b ranked) int {
			return cmp.Or(cmp.Compare(value(&b.sum), value(&a.sum)), cmp.Compare(b.bytes, a.bytes), tie(a, b))
		}}
	}
	bytes := by(func(s *sum) uint64 { return s.bytes })
	packets := by(func(s *sum) uint64 { return s.packets })
	flows := by(func(s *sum) uint64 { return s.flows })
	distinct := 0
	for r := range all {
		distinct++
		// Most are too small for any list; that must be cheap to see.
		if r.bytes >= bytes.least(n).bytes {
			bytes.add(r)
		}
		if r.packets >= packets.least(n).packets {
			packets.add(r)
		}
		if r.flows >= flows.least(n).flows {
			flows.add(r)
		}
	}
	list := func(b *best[ranked]) []T {
		out := make([]T, len(b.items))
		for i, r := range b.items {
			out[i] = shown(r)
		}
		return out
	}
	return Ranking[T]{Distinct: distinct, ByBytes: list(bytes), ByPackets: list(packets), ByFlows: list(flows)}
}

// families are the kinds of addresses; what they number is kept apart.
var families = []family{v4, v6}

// bySource folds the conversations under a number that contains the source, so
// that one table after the other is enough.
func (a *answers) bySource(number func(*entry) uint64) iter.Seq[ranked] {
	return func(yield func(ranked) bool) {
		s := newSums()
		for i := range a.flows {
			t := &a.flows[i]
			for _, f := range families {
				s.reset()
				for e := range t.all {
					if e.family() == f {
						s.at(number(e)).add(t.sum(e))
					}
				}
				if !s.yield(f, yield) {
					return
				}
			}
		}
	}
}

// byAll folds the conversations under any number.
func (a *answers) byAll(number func(*entry) uint64) iter.Seq[ranked] {
	return func(yield func(ranked) bool) {
		s := newSums()
		for _, f := range families {
			s.reset()
			for t, e := range a.flows.all {
				if e.family() == f {
					s.at(number(e)).add(t.sum(e))
				}
			}
			if !s.yield(f, yield) {
				return
			}
		}
	}
}

func (s *sums) yield(f family, yield func(ranked) bool) bool {
	for _, x := range s.items {
		if !yield(ranked{f, x.key, x.sum}) {
			return false
		}
	}
	return true
}

func (a *answers) talkers(r *Report) {
	pair := func(x ranked) key { return key{ends: x.key} }
	r.Pairs = rank(a.top, a.bySource(func(e *entry) uint64 { return e.ends }),
		func(x ranked) Pair {
			return Pair{a.endpoint(x.family, pair(x).src()), a.endpoint(x.family, pair(x).dst()), x.shown()}
		},
		func(x, y ranked) int {
			return cmp.Or(a.compare(x.family, pair(x).src(), y.family, pair(y).src()), a.compare(x.family, pair(x).dst(), y.family, pair(y).dst()))
		})
	host := func(x ranked) Host { return Host{a.endpoint(x.family, uint32(x.key)), x.shown()} }
	tie := func(x, y ranked) int { return a.compare(x.family, uint32(x.key), y.family, uint32(y.key)) }
	r.Sources = rank(a.top, a.bySource(func(e *entry) uint64 { return uint64(e.src()) }), host, tie)
	r.Destinations = rank(a.top, a.byAll(func(e *entry) uint64 { return uint64(e.dst()) }), host, tie)
	r.Ports = rank(a.top, a.ports(), func(x ranked) Port {
		return Port{uint16(x.key), protocol(uint8(x.key >> 16)), x.shown()}
	}, func(x, y ranked) int { return cmp.Compare(x.key, y.key) })
}

// ports folds the conversations under the service's port and protocol.
func (a *answers) ports() iter.Seq[ranked] {
	return func(yield func(ranked) bool) {
		s := newSums()
		if a.lacking[opSrcPort] == 0 || a.lacking[opDstPort] == 0 {
			for t, e := range a.flows.all {
				s.at(uint64(e.kind & 0xffffff)).add(t.sum(e))
			}
		}
		s.yield(noFamily, yield)
	}
}

func (s sum) shown() Sum { return Sum{Flows: s.flows, Packets: s.packets, Bytes: s.bytes} }
