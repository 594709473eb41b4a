package access

import "hash/maphash"

// index gives every text a number, from 0 up. The texts lie one after the other
// in one piece of memory.
type index struct {
	seed  maphash.Seed
	slots []uint64 // hash in the upper half, number+1 in the lower; 0 is free
	ends  []uint32 // where each text ends in text
	text  []byte
}

func newIndex() index { return index{seed: maphash.MakeSeed(), slots: make([]uint64, 1<<8)} }

func (x *index) len() int { return len(x.ends) }

func (x *index) at(i int) []byte {
	start := uint32(0)
	if i > 0 {
		start = x.ends[i-1]
	}
	return x.text[start:x.ends[i]]
}

func (x *index) hash(key []byte) uint64 { return maphash.Bytes(x.seed, key) }

// find returns the number of a text and whether it is new. A new one is taken up
// while there are fewer than limit; else the number is -1.
func (x *index) find(key []byte, limit int) (int, bool) {
	h := x.hash(key)
	if i := x.lookup(key, h); i >= 0 {
		return i, false
	}
	if len(x.ends) >= limit {
		return -1, false
	}
	return x.insert(key, h), true
}

// lookup returns the number of a text with its hash, -1 for one that has none.
func (x *index) lookup(key []byte, h uint64) int {
	mask := uint64(len(x.slots) - 1)
	for p := h & mask; ; p = (p + 1) & mask {
		s := x.slots[p]
		if s == 0 {
			return -1
		}
		if (s^h)>>32 == 0 {
			if i := int(s&0xffffffff) - 1; string(x.at(i)) == string(key) {
				return i
			}
		}
	}
}

// insert gives a text that has none a number.
func (x *index) insert(key []byte, h uint64) int {
	x.text = append(x.text, key...)
	x.ends = append(x.ends, uint32(len(x.text)))
	if len(x.ends)*2 > len(x.slots) {
		x.grow()
	} else {
		x.place(h, len(x.ends))
	}
	return len(x.ends) - 1
}

func (x *index) place(h uint64, n int) {
	mask := uint64(len(x.slots) - 1)
	p := h & mask
	for x.slots[p] != 0 {
		p = (p + 1) & mask
	}
	x.slots[p] = h&^0xffffffff | uint64(n)
}

// grow makes room. The lower half of the hashes is gone and is computed anew.
func (x *index) grow() {
	x.slots = make([]uint64, 2*len(x.slots))
	for i := range x.ends {
		x.place(x.hash(x.at(i)), i+1)
	}
}

// fingerprint is a hash that is the same in every process, for sketches. It is
// not safe against those who choose the text: a client that took the trouble
// could look narrower than it is.
func fingerprint(b []byte) uint64 {
	const m = 0x9e3779b97f4a7c15
	h := uint64(len(b)) * m
	for len(b) >= 8 {
		v := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 | uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		h = mix(h ^ v)
		b = b[8:]
	}
	var v uint64
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return mix(mix(h ^ v))
}

// mix is the finaliser of splitmix64 (Steele, Lea and Flood, 2014), shortened.
func mix(x uint64) uint64 {
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	x ^= x >> 29
	x *= 0xbf58476d1ce4e5b9
	return x ^ x>>32
}
