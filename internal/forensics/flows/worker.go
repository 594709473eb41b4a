package flows

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"paddock.dev/internal/forensics/lines"
)

// shared is what all workers of one reading have in common.
type shared struct {
	since, until uint64 // seconds; until is exclusive
	layout       *layout
	filter       *Filter
	groupBy      []string
	keepRejects  bool
	plan         *Plan
	names        *naming
	in           *interner
	flows        *conversations

	mu sync.Mutex // guards all
	// all is everything else that workers have handed in.
	all totals
}

// totals are the answers in the making.
type totals struct {
	series *series
	// out are bytes to the outside, by host and hour.
	out    *volumes
	groups map[string]*sum
	counts counts
	// seen are the layouts that there were.
	seen map[string]bool
	// lacking counts the records whose format lacks an operation's field.
	lacking [opLost + 1]int64
}

// counts account for every line.
type counts struct {
	lines, records, noData, skipData, headers, blank, outside, filtered int64
	lost                                                                uint64
	ungrouped                                                           int64
}

func newTotals() totals {
	return totals{series: newSeries(), out: newVolumes(), groups: map[string]*sum{}, seen: map[string]bool{}}
}

// handIn takes up the totals of a worker.
func (s *shared) handIn(t *totals) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := &s.all
	a.series.merge(t.series)
	a.out.merge(t.out)
	for k, g := range t.groups {
		to := a.groups[k]
		if to == nil {
			to = &sum{}
			a.groups[k] = to
		}
		to.add(*g)
	}
	c, n := &a.counts, t.counts
	c.lines, c.records, c.noData, c.skipData = c.lines+n.lines, c.records+n.records, c.noData+n.noData, c.skipData+n.skipData
	c.headers, c.blank, c.outside, c.filtered = c.headers+n.headers, c.blank+n.blank, c.outside+n.outside, c.filtered+n.filtered
	c.lost, c.ungrouped = saturating(c.lost, n.lost), c.ungrouped+n.ungrouped
	for k := range t.seen {
		a.seen[k] = true
	}
	for o := range t.lacking {
		a.lacking[o] += t.lacking[o]
	}
}

const (
	// maxGroups bounds what --group-by may cost.
	maxGroups = 2_000_000
	// shownRejects and shownHits are how many lines are shown as evidence.
	shownRejects = 100
	shownHits    = 100
	// heldRejects is how many rejected lines are held for --rejects until it is
	// their turn.
	heldRejects = 4000
	// shownText is how much of a line is kept as evidence, in bytes.
	shownText = 1024
)

// worker reads lines and adds them up.
type worker struct {
	*shared
	totals
	layout *layout
	piece  *lines.Piece
	line   int64 // in the piece
	rec    record
	words  [][]byte
	spare  []byte // a block that needed room behind it
	group  []byte
	found  findings
	// batches are the flows of a block, by table.
	batches [shards][]item
	begins  int // of the line in the block
	// columns are those of the Parquet file that is being read.
	columns []column
	// touched keeps the compiler from leaving out what only touches memory.
	touched uint64
	// began is the layout that the piece began with, changedAt the line of the
	// last header in it.
	began     *layout
	changedAt int64
}

// item is a flow on its way into a table.
type item struct {
	key
	start          uint32
	packets, bytes uint64
	line           int64 // in the piece
	begins, length int32 // of the line in the block
	srcPort        uint16
}

// findings are what has a place in a file.
type findings struct {
	rejected  int64
	rejects   []place
	forbidden int64
	hits      []place
	// changed is the line from which on a part of a file is in another format
	// than the file's first line says, 0 for none.
	changed int64
}

// place is a line and what is said of it.
type place struct {
	line   int64 // in the piece, from 1
	reason string
	text   string
}

func newWorker(s *shared) *worker {
	return &worker{shared: s, totals: newTotals()}
}

func (w *worker) Begin(p *lines.Piece, head []byte, first bool) {
	w.piece, w.line, w.found = p, 0, findings{}
	w.layout, w.began, w.changedAt = nil, nil, 0
	defer func() { w.began = w.layout }()
	head = bytes.TrimSuffix(head, []byte("\r"))
	if l := headerLayout(head); l != nil {
		w.use(l)
		return
	}
	if w.shared.layout != nil {
		w.use(w.shared.layout)
		return
	}
	w.use(guess(head))
}

func (w *worker) use(l *layout) {
	w.layout = l
	if l != nil {
		w.seen[strings.Join(l.names(), " ")] = true
	}
}

func (w *worker) End(error) (int64, any) {
	n := w.line
	out := w.found
	if w.piece != nil && w.piece.Part() && w.changedAt > 0 && w.began != nil && !slices.Equal(w.began.names(), w.layout.names()) {
		out.changed = w.changedAt
	}
	w.found = findings{}
	return n, &out
}

func (w *worker) Long(n int64, begin []byte) {
	w.line++
	w.counts.lines++
	w.reject(fmt.Sprintf("%d bytes long; lines of more than %d are no records", n, lines.MaxLine), begin)
}

func (w *worker) Block(b []byte) {
	end := len(b)
	if end == 0 {
		return
	}
	if cap(b)-end >= slack {
		b = b[:end+slack]
	} else {
		w.spare = append(append(w.spare[:0], b...), make([]byte, slack)...)
		b = w.spare
	}
	quick := w.filter == nil && len(w.groupBy) == 0
	for i := 0; i < end; {
		if quick && w.layout != nil {
			if next := w.layout.fast(b, i, end, &w.rec); next > 0 {
				w.line++
				w.counts.lines++
				w.add(i, next-1-i)
				i = next
				continue
			}
		}
		n := bytes.IndexByte(b[i:end], '\n')
		if n < 0 {
			n = end - i
		}
		w.line++
		w.counts.lines++
		w.begins = i
		w.slow(bytes.TrimSuffix(b[i:i+n], []byte("\r")))
		i += n + 1
	}
	w.settle(b)
}

// slow takes any line.
func (w *worker) slow(line []byte) {
	if len(line) > lines.MaxLine {
		w.reject(fmt.Sprintf("%d bytes long; lines of more than %d are no records", len(line), lines.MaxLine), line)
		return
	}
	if len(bytes.TrimSpace(line)) == 0 {
		w.counts.blank++
		return
	}
	if w.layout == nil {
		if l := headerLayout(line); l != nil {
			w.counts.headers++
			w.use(l)
			return
		}
		w.use(guess(line))
		if w.layout == nil {
			w.reject("of an unknown format: the file has no header line, and it is neither default format; give --format", line)
			return
		}
	}
	w.words = words(line, w.words[:0])
	err := w.layout.strict(w.words, &w.rec, w.in)
	if err != nil {
		if l := headerLayout(line); l != nil {
			w.counts.headers++
			w.use(l)
			w.changedAt = w.line
			return
		}
		w.reject(err.Error(), line)
		return
	}
	w.judge(line)
}

// judge takes a record that was read together with its words.
func (w *worker) judge(line []byte) {
	if w.filter != nil && !w.filter.match(w.layout, w.words[w.layout.prefix:]) {
		w.counts.filtered++
		return
	}
	switch w.rec.status {
	case noData:
		w.counts.noData++
		return
	case skipData:
		w.counts.skipData++
		return
	}
	w.add(w.begins, len(line))
}

func (w *worker) reject(reason string, line []byte) {
	w.found.rejected++
	if w.keepRejects || len(w.found.rejects) < shownRejects {
		w.found.rejects = append(w.found.rejects, place{line: w.line, reason: reason, text: string(line[:min(len(line), shownText)])})
	}
}

// add takes the record, whose line is in the block, to its batch.
func (w *worker) add(begins, length int) {
	r := &w.rec
	if start := uint64(r.start); start < w.since || start >= w.until {
		w.counts.outside++
		return
	}
	w.counts.records++
	if !w.layout.whole {
		w.lack(w.layout)
	}
	shard := shardOf(r.src)
	w.batches[shard] = append(w.batches[shard], item{
		key: keyOf(r), start: r.start, packets: r.packets, bytes: r.bytes,
		line: w.line, begins: int32(begins), length: int32(length), srcPort: r.srcPort,
	})
	w.series.add(r.start, r.action, 1, r.bytes)
	if r.lost > 0 {
		w.counts.lost = saturating(w.counts.lost, r.lost)
	}
	if len(w.groupBy) > 0 {
		w.addToGroup(r)
	}
}

// settle adds the batches of a block to the tables. Each table is gone through
// three times: the first two only touch the memory, so that many misses of the
// cache are waited for at once and not one after the other.
func (w *worker) settle(b []byte) {
	hits := len(w.found.hits)
	for i := range w.batches {
		if batch := w.batches[i]; len(batch) > 0 {
			w.flows[i].take(w, batch, b)
			w.batches[i] = batch[:0]
		}
	}
	if found := w.found.hits; len(found) > hits {
		slices.SortFunc(found, func(a, b place) int { return cmp.Compare(a.line, b.line) })
		w.found.hits = found[:min(len(found), shownHits)]
	}
	if len(w.found.rejects) > heldRejects && w.piece != nil {
		out := w.found
		w.found = findings{}
		w.piece.Early(&out)
	}
}

// take adds a batch whose lines are in b.
func (t *table) take(w *worker, batch []item, b []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var hashes [256]uint64
	var places [256]uint32
	for len(batch) > 0 {
		some := batch[:min(len(batch), len(hashes))]
		batch = batch[len(some):]
		w.touched += t.touch(some, &hashes, &places)
		for i := range some {
			it := &some[i]
			var e *entry
			if p := places[i]; p != 0 {
				e = t.at(p - 1)
			}
			if e == nil || e.ends != it.ends || e.kind&^markMask != it.kind {
				var fresh bool
				if e, fresh = t.find(it.key, hashes[i]); fresh {
					w.mark(e)
				}
			}
			t.add(e, it)
			if e.kind&markMask != 0 {
				w.marked(t, e, it, b)
			}
		}
	}
}

// touch finds where the entries of a batch probably are, and brings them into
// the cache.
func (t *table) touch(batch []item, hashes *[256]uint64, places *[256]uint32) (touched uint64) {
	mask := uint64(len(t.index) - 1)
	for i := range batch {
		h := hash(batch[i].key)
		hashes[i] = h
		touched += uint64(t.index[h&mask])
	}
	for i := range batch {
		h := hashes[i]
		tag := tagOf(h)
		places[i] = 0
		for at := h & mask; t.index[at] != 0; at = (at + 1) & mask {
			if t.index[at]&^maxEntry == tag {
				places[i] = t.index[at] & maxEntry
				e := t.at(places[i] - 1)
				touched += e.ends + uint64(e.calls) // both cache lines of it
				break
			}
		}
	}
	return touched
}

// lack notes what the format of a record cannot say.
func (w *worker) lack(l *layout) {
	for o := range w.lacking {
		if !l.has[o] {
			w.lacking[o]++
		}
	}
	if !l.has[opSrcAddr] || !l.has[opDstAddr] {
		w.rec.family, w.rec.src, w.rec.dst = noFamily, 0, 0
	}
}

// mark finds out once what is special about a conversation.
func (w *worker) mark(e *entry) {
	ours, theirs := w.ours(e.family(), e.src()), w.ours(e.family(), e.dst())
	if e.family() != noFamily && ours && !theirs {
		if e.action() != rejected {
			e.kind |= markOut
		}
		if !e.reply() {
			e.kind |= markCalls
		}
	}
	if len(w.plan.Names) > 0 {
		from, to := w.named(e.family(), e.src()), w.named(e.family(), e.dst())
		if e.reply() {
			from, to = to, from
		}
		if w.plan.forbids(from, to, e.port()) {
			e.kind |= markForbidden
		}
	}
}

// ours reports whether an address is of our networks: private, or named by the
// plan.
func (s *shared) ours(f family, n uint32) bool {
	if f == v4 && private4(n) {
		return true
	}
	if f == v6 && private(s.in.address(f, n)) {
		return true
	}
	return s.named(f, n) != nil
}

func (s *shared) named(f family, n uint32) *NamedPrefix {
	switch {
	case len(s.plan.Names) == 0:
		return nil
	case f == v4:
		return s.names.of4(n)
	case f == v6:
		return s.names.of(s.in.address(f, n))
	}
	return nil
}

// outKey is a host and an hour as one number that is not 0.
func outKey(k key, start uint32) uint64 {
	return uint64(k.src())<<32 | uint64(start/3600)<<2 | uint64(k.family())
}

func (w *worker) marked(t *table, e *entry, it *item, b []byte) {
	if e.kind&markOut != 0 {
		w.out.add(outKey(it.key, it.start), it.bytes)
	}
	if e.kind&markCalls != 0 {
		t.times.add(e, call{start: it.start, port: it.srcPort, size: uint16(min(it.bytes/4, math.MaxUint16))})
	}
	if e.kind&markForbidden != 0 && e.action() != rejected {
		w.found.forbidden++
		if n := len(w.found.hits); n < shownHits || it.line < w.found.hits[n-1].line {
			var line []byte
			if b == nil {
				line = w.rowText(int(it.begins))
			} else {
				line = b[it.begins:][:it.length]
			}
			line = line[:min(len(line), shownText)]
			w.found.hits = append(w.found.hits, place{line: it.line, text: string(line)})
		}
	}
}

// addToGroup adds the record to the sum of its --group-by values.
func (w *worker) addToGroup(r *record) {
	w.group = w.group[:0]
	for i, name := range w.groupBy {
		if i > 0 {
			w.group = append(w.group, ' ')
		}
		if at := w.layout.index(name); at >= 0 {
			w.group = append(w.group, w.words[at+w.layout.prefix]...)
		} else {
			w.group = append(w.group, '-')
		}
	}
	g := w.groups[string(w.group)]
	if g == nil {
		if len(w.groups) >= maxGroups {
			w.counts.ungrouped++
			return
		}
		g = &sum{}
		w.groups[string(w.group)] = g
	}
	g.add(sum{1, r.packets, r.bytes})
}
