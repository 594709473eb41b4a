package search

import (
	"bufio"
	"cmp"
	"container/heap"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"sync"
	"time"
)

const (
	// inMemory is how many events are held before they go to disk in a sorted
	// run. An event takes about a kilobyte.
	inMemory = 50_000
	// fanIn is how many runs are merged at a time, each with a file open.
	fanIn = 64
)

// Timeline puts events in order of time without holding more than inMemory of
// them: the latest ones when there is a limit, runs on disk when there is none.
// Copies of one event, which CloudTrail may deliver and which several trails
// do, are one.
type Timeline struct {
	limit int
	dir   string

	mu       sync.Mutex
	events   latest
	runs     []*os.File
	total    int
	dropped  int
	copies   int
	failed   error
	capacity int
}

// NewTimeline returns a timeline of the latest so many events, of all of them
// when limit is 0. Its runs are unnamed files in dir, "" being the system's own
// place for them.
func NewTimeline(limit int, dir string) *Timeline {
	return &Timeline{limit: limit, dir: dir, capacity: inMemory}
}

// Add takes an event. Several goroutines may call it.
func (t *Timeline) Add(e Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.total++
	if t.limit > 0 && t.limit <= t.capacity {
		if len(t.events) < t.limit {
			heap.Push(&t.events, e)
			return
		}
		t.dropped++
		if order(&t.events[0], &e) < 0 {
			t.events[0] = e
			heap.Fix(&t.events, 0)
		}
		return
	}
	if t.events = append(t.events, e); len(t.events) >= t.capacity && t.failed == nil {
		t.failed = t.spill()
	}
}

// Total counts the events taken; Left those that the limit leaves out, and
// Copies those that were there before. Both are known after All.
func (t *Timeline) Total() int  { return t.total }
func (t *Timeline) Left() int   { return t.dropped }
func (t *Timeline) Copies() int { return t.copies }

// Close gives the disk back.
func (t *Timeline) Close() error {
	var failed error
	for _, run := range t.runs {
		failed = errors.Join(failed, run.Close())
	}
	t.runs = nil
	return failed
}

// All yields the events in order of time, those of one instant in the order of
// their files. It is called once, after the last Add.
func (t *Timeline) All() iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		sorted, err := t.sorted()
		if err != nil {
			yield(Event{}, err)
			return
		}
		skip := 0
		if t.limit > t.capacity {
			skip = max(0, t.total-t.limit)
			t.dropped = skip
		}
		var instant time.Time
		seen := map[string]bool{}
		for e, err := range sorted {
			if err != nil {
				yield(Event{}, err)
				return
			}
			if skip > 0 {
				skip--
				continue
			}
			if !e.Time.Equal(instant) {
				instant = e.Time
				clear(seen)
			}
			if e.ID != "" {
				key := e.ID + " " + e.Account + " " + string(e.Result)
				if seen[key] {
					t.copies++
					continue
				}
				seen[key] = true
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (t *Timeline) sorted() (iter.Seq2[Event, error], error) {
	if t.failed != nil {
		return nil, t.failed
	}
	slices.SortFunc(t.events, func(a, b Event) int { return order(&a, &b) })
	if len(t.runs) == 0 {
		return func(yield func(Event, error) bool) {
			for _, e := range t.events {
				if !yield(e, nil) {
					return
				}
			}
		}, nil
	}
	if err := t.spill(); err != nil {
		return nil, err
	}
	for len(t.runs) > fanIn {
		var into []*os.File
		for group := range slices.Chunk(t.runs, fanIn) {
			run, err := t.write(merge(group))
			if err != nil {
				return nil, err
			}
			into = append(into, run)
			for _, f := range group {
				_ = f.Close() // only read from
			}
		}
		t.runs = into
	}
	return merge(t.runs), nil
}

// spill writes the events held as a sorted run.
func (t *Timeline) spill() error {
	slices.SortFunc(t.events, func(a, b Event) int { return order(&a, &b) })
	run, err := t.write(func(yield func(Event, error) bool) {
		for _, e := range t.events {
			if !yield(e, nil) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	t.runs, t.events = append(t.runs, run), t.events[:0]
	return nil
}

// write makes a run without a name, which is gone when it is closed or the
// process dies.
func (t *Timeline) write(events iter.Seq2[Event, error]) (run *os.File, err error) {
	run, err = os.CreateTemp(t.dir, "paddock-timeline-")
	if err != nil {
		return nil, fmt.Errorf("the events do not fit in memory and need room on disk: %w", err)
	}
	defer func() {
		if err != nil {
			_ = run.Close()
			run = nil
		}
	}()
	if err := os.Remove(run.Name()); err != nil {
		return run, err
	}
	b := bufio.NewWriterSize(run, 1<<20)
	enc := json.NewEncoder(b)
	for e, err := range events {
		if err != nil {
			return run, err
		}
		if err := enc.Encode(&e); err != nil {
			return run, fmt.Errorf("writing events in order of time: %w", err)
		}
	}
	if err := b.Flush(); err != nil {
		return run, fmt.Errorf("writing events in order of time: %w", err)
	}
	_, err = run.Seek(0, io.SeekStart)
	return run, err
}

// merge reads sorted runs as one.
func merge(runs []*os.File) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		var heads headHeap
		for _, run := range runs {
			h := &head{dec: json.NewDecoder(bufio.NewReaderSize(run, 64<<10))}
			if ok, err := h.next(); err != nil {
				yield(Event{}, err)
				return
			} else if ok {
				heads = append(heads, h)
			}
		}
		heap.Init(&heads)
		for len(heads) > 0 {
			h := heads[0]
			if !yield(h.event, nil) {
				return
			}
			ok, err := h.next()
			switch {
			case err != nil:
				yield(Event{}, err)
				return
			case ok:
				heap.Fix(&heads, 0)
			default:
				heap.Pop(&heads)
			}
		}
	}
}

// order is by time, then by place.
func order(a, b *Event) int {
	return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Ref.File, b.Ref.File), cmp.Compare(a.Ref.Record, b.Ref.Record))
}

// latest is a heap with the earliest of the latest events on top.
type latest []Event

func (l latest) Len() int           { return len(l) }
func (l latest) Less(i, j int) bool { return order(&l[i], &l[j]) < 0 }
func (l latest) Swap(i, j int)      { l[i], l[j] = l[j], l[i] }
func (l *latest) Push(e any)        { *l = append(*l, e.(Event)) }
func (l *latest) Pop() any {
	last := (*l)[len(*l)-1]
	*l = (*l)[:len(*l)-1]
	return last
}

type head struct {
	dec   *json.Decoder
	event Event
}

func (h *head) next() (bool, error) {
	h.event = Event{}
	switch err := h.dec.Decode(&h.event); {
	case errors.Is(err, io.EOF):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("reading events back in order of time: %w", err)
	}
	return true, nil
}

type headHeap []*head

func (h headHeap) Len() int           { return len(h) }
func (h headHeap) Less(i, j int) bool { return order(&h[i].event, &h[j].event) < 0 }
func (h headHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *headHeap) Push(x any)        { *h = append(*h, x.(*head)) }
func (h *headHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
