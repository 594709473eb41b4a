package detect

import (
	"context"
	"runtime"

	"paddock.dev/internal/audit/search"
	"paddock.dev/internal/objects"
)

// Inquiry is one question to audit logs.
type Inquiry struct {
	Query search.Query
	Rules []*Rule
	// Limit is how many events are wanted, the latest; 0 is all. FindingsOnly
	// wants none.
	Limit        int
	FindingsOnly bool
	// Dir is where events go that do not fit in memory; "" is the system's place.
	Dir string
	// Readers is how many files are read at a time; 0 is one per processor.
	Readers int
}

// Answer is what the logs say. Close it to give room on disk back.
type Answer struct {
	// Timeline has the events that the query picks.
	Timeline *search.Timeline
	Findings []Finding
	// Folded counts events that the rules had no room to remember.
	Folded  int
	Summary search.Summary
}

// Close gives room on disk back.
func (a *Answer) Close() error { return a.Timeline.Close() }

// Ask reads everything below the stores and answers. Events that the query does
// not pick still count as the past of their actors.
func Ask(ctx context.Context, stores []objects.Store, q Inquiry) (*Answer, error) {
	readers := q.Readers
	if readers == 0 {
		readers = runtime.GOMAXPROCS(0)
	}
	engine := NewEngine(q.Rules)
	a := &Answer{Timeline: search.NewTimeline(q.Limit, q.Dir)}
	summary, err := search.Read(ctx, stores, readers, func() func(*search.Event) {
		o := engine.Observer()
		return func(e *search.Event) {
			selected := q.Query.Match(e)
			ids := o.See(e, selected)
			if !selected || q.FindingsOnly {
				return
			}
			kept := e.Keep()
			kept.Detections = append([]string(nil), ids...)
			a.Timeline.Add(kept)
		}
	})
	if err != nil {
		_ = a.Close() // the reader's error is the one to tell
		return nil, err
	}
	a.Summary = summary
	a.Findings, a.Folded = engine.Findings()
	return a, nil
}
