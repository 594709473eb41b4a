package flows

import (
	"math"
	"math/bits"
)

// sum is what a group of records adds up to.
type sum struct {
	flows, packets, bytes uint64
}

func (s *sum) add(o sum) {
	s.flows = saturating(s.flows, o.flows)
	s.packets = saturating(s.packets, o.packets)
	s.bytes = saturating(s.bytes, o.bytes)
}

func saturating(a, b uint64) uint64 {
	s, carry := bits.Add64(a, b, 0)
	if carry != 0 {
		return math.MaxUint64
	}
	return s
}

// sums adds up under numbers, with as little memory as exactness allows.
type sums struct {
	index []uint32
	items []summed
}

type summed struct {
	key uint64
	sum
}

func newSums() *sums { return &sums{index: make([]uint32, 1024)} }

// reset empties it and keeps the memory.
func (s *sums) reset() {
	clear(s.index)
	s.items = s.items[:0]
}

func (s *sums) at(k uint64) *sum {
	mask := uint64(len(s.index) - 1)
	hi, lo := bits.Mul64(k^0x9e3779b97f4a7c15, 0xe7037ed1a0b428db)
	for i := (hi ^ lo) & mask; ; i = (i + 1) & mask {
		slot := s.index[i]
		if slot == 0 {
			if len(s.items)*4 >= len(s.index)*3 {
				s.grow()
				return s.at(k)
			}
			s.items = append(s.items, summed{key: k})
			s.index[i] = uint32(len(s.items))
			return &s.items[len(s.items)-1].sum
		}
		if x := &s.items[slot-1]; x.key == k {
			return &x.sum
		}
	}
}

func (s *sums) grow() {
	index := make([]uint32, len(s.index)*2)
	mask := uint64(len(index) - 1)
	for n := range s.items {
		hi, lo := bits.Mul64(s.items[n].key^0x9e3779b97f4a7c15, 0xe7037ed1a0b428db)
		i := (hi ^ lo) & mask
		for index[i] != 0 {
			i = (i + 1) & mask
		}
		index[i] = uint32(n + 1)
	}
	s.index = index
}

// volumes adds up one number under others; the hot path of outgoing bytes.
type volumes struct {
	keys, bytes []uint64
	n           int
}

func newVolumes() *volumes { return &volumes{keys: make([]uint64, 1024), bytes: make([]uint64, 1024)} }

// add expects keys that are not 0.
func (v *volumes) add(k, n uint64) {
	mask := uint64(len(v.keys) - 1)
	hi, lo := bits.Mul64(k^0x9e3779b97f4a7c15, 0xe7037ed1a0b428db)
	i := (hi ^ lo) & mask
	for v.keys[i] != k {
		if v.keys[i] == 0 {
			if v.n*4 >= len(v.keys)*3 {
				v.grow()
				v.add(k, n)
				return
			}
			v.keys[i] = k
			v.n++
			break
		}
		i = (i + 1) & mask
	}
	v.bytes[i] = saturating(v.bytes[i], n)
}

func (v *volumes) grow() {
	old := *v
	v.keys, v.bytes, v.n = make([]uint64, len(old.keys)*2), make([]uint64, len(old.keys)*2), 0
	v.merge(&old)
}

func (v *volumes) merge(o *volumes) {
	for i, k := range o.keys {
		if k != 0 {
			v.add(k, o.bytes[i])
		}
	}
}
