package flows

import (
	"math"
	"math/bits"
	"sync"
)

// key names a conversation: the two addresses, the port of the service, the
// protocol, what was done with it, and which way it went.
type key struct {
	ends uint64
	kind uint32
}

// The parts of key.kind.
const (
	protoShift  = 16
	familyShift = 24
	actionShift = 26
	// replyBit is set on the flows of a service's answers.
	replyBit = 1 << 28
)

func (k key) src() uint32    { return uint32(k.ends >> 32) }
func (k key) dst() uint32    { return uint32(k.ends) }
func (k key) proto() uint8   { return uint8(k.kind >> protoShift) }
func (k key) family() family { return family(k.kind >> familyShift & 3) }
func (k key) action() action { return action(k.kind >> actionShift & 3) }
func (k key) reply() bool    { return k.kind&replyBit != 0 }

// opposite is the key of what flows the other way.
func (k key) opposite() key {
	return key{bits.RotateLeft64(k.ends, 32), k.kind ^ replyBit}
}

// ephemeral is where the ports begin that clients get from their system
// (Linux, ip_local_port_range; RFC 6335 begins at 49152).
const ephemeral = 32768

// keyOf tells the service from the client. TCP flags say it: only a service
// answers with SYN and ACK. A connection that was refused has no answer, so the
// service is where it went, unless it looks like a late packet of one. Otherwise
// the port below the ephemeral ones is the service's, and of two alike the lower.
func keyOf(r *record) key {
	reply := false
	switch {
	case r.hasFlags && r.flags&0x12 == 0x12:
		reply = true
	case r.hasFlags && r.flags&0x12 == 0x02, r.srcPort >= r.dstPort:
	case r.action == rejected:
		reply = r.srcPort < 1024 && r.dstPort >= ephemeral
	default:
		reply = r.srcPort < ephemeral || r.dstPort >= ephemeral
	}
	k := key{
		uint64(r.src)<<32 | uint64(r.dst),
		uint32(r.dstPort) | uint32(r.proto)<<protoShift | uint32(r.family)<<familyShift | uint32(r.action)<<actionShift,
	}
	if reply {
		k.kind = k.kind&^0xffff | uint32(r.srcPort) | replyBit
	}
	return k
}

// What an entry's marks say, so that it is found out once for each conversation
// and not for each line.
const (
	// markOut: from a host of ours to one outside.
	markOut = 1 << (29 + iota)
	// markCalls: it may be a beacon, so its times are kept.
	markCalls
	// markForbidden: the plan forbids it.
	markForbidden

	markMask = markOut | markCalls | markForbidden
)

// entry is what is known of a conversation, in 40 bytes: there may be millions.
type entry struct {
	ends  uint64
	bytes uint64
	// kind has the marks in its high bits.
	kind    uint32
	packets uint32 // the low half; table.more has the rest
	flows   uint32 // the same
	// first and last are the earliest and latest start.
	first, last uint32
	// calls is the place of its times, 0 for none.
	calls uint32
}

func (e *entry) key() key       { return key{e.ends, e.kind &^ markMask} }
func (e *entry) src() uint32    { return uint32(e.ends >> 32) }
func (e *entry) dst() uint32    { return uint32(e.ends) }
func (e *entry) port() uint16   { return uint16(e.kind) }
func (e *entry) proto() uint8   { return e.key().proto() }
func (e *entry) family() family { return e.key().family() }
func (e *entry) action() action { return e.key().action() }
func (e *entry) reply() bool    { return e.key().reply() }

const (
	chunkBits = 10
	chunkSize = 1 << chunkBits
	// tagBits of a slot of the index are of the hash, so that entries of other
	// keys are seldom looked at.
	tagBits  = 6
	maxEntry = 1<<(32-tagBits) - 1
)

// table finds entries by key. They never move, so growing costs the index only.
type table struct {
	mu     sync.Mutex
	index  []uint32
	chunks [][]entry
	n      int
	times  callTimes
	// more are the high halves of sums that have outgrown 32 bits.
	more map[key]*[2]uint64
	// saturated counts sums that did not fit into 64 bits and stand at the most.
	saturated int64
	// most entries fit; flows of further conversations are added to spilt, which
	// is in no answer, and counted.
	most  int
	full  int64
	spilt entry
}

func hash(k key) uint64 {
	hi, lo := bits.Mul64(k.ends^0x9e3779b97f4a7c15, uint64(k.kind)^0xe7037ed1a0b428db)
	return hi ^ lo
}

func (t *table) at(i uint32) *entry { return &t.chunks[i>>chunkBits][i&(chunkSize-1)] }

func tagOf(h uint64) uint32 { return uint32(h>>(64-tagBits)) << (32 - tagBits) }

// find returns the entry of a key with this hash, made if there is none.
func (t *table) find(k key, h uint64) (e *entry, fresh bool) {
	mask := uint64(len(t.index) - 1)
	tag := tagOf(h)
	for i := h & mask; ; i = (i + 1) & mask {
		slot := t.index[i]
		if slot == 0 {
			e := t.insert(k, i, tag)
			return e, e != &t.spilt
		}
		if slot&^maxEntry == tag {
			if e := t.at(slot&maxEntry - 1); e.ends == k.ends && e.kind&^markMask == k.kind {
				return e, false
			}
		}
	}
}

// lookup returns the entry of a key, or nil.
func (t *table) lookup(k key) *entry {
	h := hash(k)
	mask := uint64(len(t.index) - 1)
	for i := h & mask; t.index[i] != 0; i = (i + 1) & mask {
		if e := t.at(t.index[i]&maxEntry - 1); e.ends == k.ends && e.kind&^markMask == k.kind {
			return e
		}
	}
	return nil
}

func (t *table) insert(k key, slot uint64, tag uint32) *entry {
	if t.n >= t.most {
		t.full++
		return &t.spilt
	}
	if t.n>>chunkBits == len(t.chunks) {
		t.chunks = append(t.chunks, make([]entry, chunkSize))
	}
	e := t.at(uint32(t.n))
	e.ends, e.kind, e.first = k.ends, k.kind, math.MaxUint32
	t.n++
	t.index[slot] = uint32(t.n) | tag
	if t.n*4 > len(t.index)*3 {
		t.grow()
	}
	return e
}

func (t *table) grow() {
	index := make([]uint32, len(t.index)*2)
	mask := uint64(len(index) - 1)
	for n := range uint32(t.n) {
		h := hash(t.at(n).key())
		i := h & mask
		for index[i] != 0 {
			i = (i + 1) & mask
		}
		index[i] = (n + 1) | tagOf(h)
	}
	t.index = index
}

// all yields every entry, in the order they came.
func (t *table) all(yield func(*entry) bool) {
	for n := range uint32(t.n) {
		if !yield(t.at(n)) {
			return
		}
	}
}

// add takes up one flow.
func (t *table) add(e *entry, it *item) {
	sum, carry := bits.Add64(e.bytes, it.bytes, 0)
	if carry != 0 {
		sum = math.MaxUint64
		t.saturated++
	}
	e.bytes = sum
	packets := uint64(e.packets) + it.packets
	e.packets = uint32(packets)
	e.flows++
	if packets>>32 != 0 || e.flows == 0 {
		t.carry(e, packets>>32)
	}
	e.first, e.last = min(e.first, it.start), max(e.last, it.start)
}

// carry keeps what does not fit into the entry's own numbers.
func (t *table) carry(e *entry, packets uint64) {
	if t.more == nil {
		t.more = map[key]*[2]uint64{}
	}
	m := t.more[e.key()]
	if m == nil {
		m = &[2]uint64{}
		t.more[e.key()] = m
	}
	if e.flows == 0 {
		m[0]++
	}
	if m[1] += packets; m[1] > math.MaxUint32 {
		m[1], e.packets = math.MaxUint32, math.MaxUint32
		t.saturated++
	}
}

// sum is what the flows of an entry add up to.
func (t *table) sum(e *entry) sum {
	s := sum{flows: uint64(e.flows), packets: uint64(e.packets), bytes: e.bytes}
	if t.more != nil {
		if m := t.more[e.key()]; m != nil {
			s.flows |= m[0] << 32
			s.packets |= m[1] << 32
		}
	}
	return s
}

// shards is how many tables there are. A worker locks one for as many flows as
// a block has for it.
const shards = 16

// conversations are all entries, in tables by source: what is asked of one
// source is in one table.
type conversations [shards]table

func newConversations() *conversations {
	c := &conversations{}
	for i := range c {
		c[i].index, c[i].most = make([]uint32, 1024), maxEntry
	}
	return c
}

func shardOf(src uint32) uint32 { return src * 0x9e3779b1 >> 28 }

func (c *conversations) all(yield func(*table, *entry) bool) {
	for i := range c {
		for e := range c[i].all {
			if !yield(&c[i], e) {
				return
			}
		}
	}
}

func (c *conversations) sum(e *entry) sum { return c[shardOf(e.src())].sum(e) }

func (c *conversations) lookup(k key) *entry { return c[shardOf(k.src())].lookup(k) }

// call is one flow of a conversation that may be a beacon.
type call struct {
	start uint32
	// port is the client's; a new one for each call tells calls from one long
	// connection that is logged minute after minute.
	port uint16
	// size is the bytes over 4, at most 65535.
	size uint16
}

const (
	fewCalls  = 8
	manyCalls = 40
	manyBit   = 1 << 31
)

// callTimes keeps the earliest calls of conversations with different starts: few
// at first, at most manyCalls. The earliest ones are the same whatever the order
// in which lines were read.
type callTimes struct {
	few  [][fewCalls]call
	many [][manyCalls]call
	// counts stand beside them.
	fewN, manyN []uint8
}

// of returns the calls of an entry in the order of their starts.
func (c *callTimes) of(e *entry) []call {
	place := e.calls &^ manyBit
	switch {
	case place == 0:
		return nil
	case e.calls&manyBit != 0:
		return c.many[place-1][:c.manyN[place-1]]
	}
	return c.few[place-1][:c.fewN[place-1]]
}

func (c *callTimes) add(e *entry, x call) {
	if e.calls == 0 {
		c.few = append(c.few, [fewCalls]call{x})
		c.fewN = append(c.fewN, 1)
		e.calls = uint32(len(c.few))
		return
	}
	place := e.calls&^manyBit - 1
	have := c.of(e)
	n := len(have)
	if n == manyCalls && x.start > have[n-1].start {
		return // not one of the earliest
	}
	i := n
	for i > 0 && have[i-1].start >= x.start {
		i--
	}
	if i < n && have[i].start == x.start {
		// Two interfaces saw it, or two calls began in one second; one of them is
		// kept, the same in any order.
		if less(x, have[i]) {
			have[i] = x
		}
		return
	}
	if n == fewCalls && e.calls&manyBit == 0 {
		c.many = append(c.many, [manyCalls]call{})
		c.manyN = append(c.manyN, uint8(copy(c.many[len(c.many)-1][:], have)))
		place = uint32(len(c.many)) - 1
		e.calls = (place + 1) | manyBit
	}
	count := c.fewN
	if e.calls&manyBit != 0 {
		count = c.manyN
		have = c.many[place][:min(n+1, manyCalls)]
	} else {
		have = c.few[place][:n+1]
	}
	copy(have[i+1:], have[i:])
	have[i] = x
	count[place] = uint8(len(have))
}

func less(a, b call) bool {
	if a.port != b.port {
		return a.port < b.port
	}
	return a.size < b.size
}
