package search

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"

	"paddock.dev/internal/objects"
)

// maxUnread is how many unreadable things are named; the others are counted.
const maxUnread = 100

// Unread is a file or record that could not be read.
type Unread struct {
	// Ref has record 0 when it is the file as a whole.
	Ref
	Reason string `json:"reason"`
}

// Summary says what was read, and what was not.
type Summary struct {
	Files int `json:"files"`
	// Bytes are of the text, unpacked.
	Bytes   int64 `json:"bytes"`
	Records int   `json:"records"`
	Events  int   `json:"events"`
	// Stages are records of a request's beginning, left out because its end is
	// an event; Digests are CloudTrail digest files, which hold no events.
	Stages  int `json:"stages,omitempty"`
	Digests int `json:"digests,omitempty"`
	// UnreadFiles counts files that were not read or not to their end,
	// UnreadRecords records that are no events.
	UnreadFiles   int `json:"unreadFiles"`
	UnreadRecords int `json:"unreadRecords"`
	// Unread names the first of them in the order of files.
	Unread []Unread `json:"unread,omitempty"`
}

// Whole says that everything was read.
func (s *Summary) Whole() bool { return s.UnreadFiles == 0 && s.UnreadRecords == 0 }

func (s *Summary) add(o Summary) {
	s.Files += o.Files
	s.Bytes += o.Bytes
	s.Records += o.Records
	s.Events += o.Events
	s.Stages += o.Stages
	s.Digests += o.Digests
	s.UnreadFiles += o.UnreadFiles
	s.UnreadRecords += o.UnreadRecords
	s.Unread = append(s.Unread, o.Unread...)
	s.trim()
}

// trim keeps the first of what is unread whatever reader met it when.
func (s *Summary) trim() {
	slices.SortFunc(s.Unread, func(a, b Unread) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Record, b.Record))
	})
	if len(s.Unread) > maxUnread {
		s.Unread = slices.Clip(s.Unread[:maxUnread])
	}
}

func (s *Summary) unread(ref Ref, reason string) {
	s.Unread = append(s.Unread, Unread{ref, reason})
	if len(s.Unread) > 4*maxUnread {
		s.trim()
	}
}

// Read reads everything below the stores with so many readers at once. Each
// reader gets a visitor of its own, which is called with one event at a time;
// the event's record is gone when the visitor returns. What cannot be read is
// named in the summary, the rest is read all the same. The error is ctx's.
func Read(ctx context.Context, stores []objects.Store, readers int, visitor func() func(*Event)) (Summary, error) {
	type job struct {
		store  objects.Store
		object objects.Object
	}
	jobs := make(chan job)
	summaries := make([]Summary, readers+1)
	var wg sync.WaitGroup
	for i := range readers {
		visit := visitor()
		wg.Go(func() {
			r := reader{summary: &summaries[i], visit: visit}
			for j := range jobs {
				r.file(ctx, j.store, j.object)
			}
		})
	}
	listing := &summaries[readers]
	list := func() {
		defer close(jobs)
		for _, store := range stores {
			for object, err := range store.List(ctx) {
				if ctx.Err() != nil {
					return
				}
				if err != nil {
					listing.UnreadFiles++
					listing.unread(Ref{File: cmp.Or(object.Name, "listing")}, err.Error())
					continue
				}
				if strings.Contains("/"+object.Key, "/CloudTrail-Digest/") {
					listing.Digests++
					continue
				}
				select {
				case jobs <- job{store, object}:
				case <-ctx.Done():
					return
				}
			}
		}
	}
	list()
	wg.Wait()
	var all Summary
	for _, s := range summaries {
		all.add(s)
	}
	return all, ctx.Err()
}

// ReadFrom reads the events of one unpacked file.
func ReadFrom(in io.Reader, file string, visit func(*Event)) Summary {
	s := Summary{Files: 1}
	r := reader{summary: &s, visit: visit}
	r.records(file, in)
	s.trim()
	return s
}

type reader struct {
	summary *Summary
	visit   func(*Event)
	n       normaliser
}

func (r *reader) file(ctx context.Context, store objects.Store, object objects.Object) {
	r.summary.Files++
	fail := func(err error) {
		r.summary.UnreadFiles++
		r.summary.unread(Ref{File: object.Name}, reasonOf(object.Name, err))
	}
	packed, err := store.Open(ctx, object.Key)
	if err != nil {
		fail(err)
		return
	}
	defer packed.Close()
	plain, _, err := objects.Decompressed(packed)
	if err != nil {
		fail(err)
		return
	}
	defer plain.Close()
	counted := &counter{r: plain, ctx: ctx}
	r.records(object.Name, counted)
	r.summary.Bytes += counted.n
}

// records reads the events of one unpacked file.
func (r *reader) records(file string, in io.Reader) {
	digest := false
	for record, err := range Records(in) {
		var broken *RecordError
		if errors.As(err, &broken) {
			r.summary.unread(Ref{file, broken.Number}, broken.Why())
			if broken.Rest {
				r.summary.UnreadFiles++
			} else {
				r.summary.UnreadRecords++
				r.summary.Records++
			}
			continue
		}
		r.summary.Records++
		e, err := r.n.event(record.JSON)
		e.Ref = Ref{file, record.Number}
		switch {
		case err == nil:
			r.summary.Events++
			r.visit(&e)
		case errors.Is(err, ErrStage):
			r.summary.Stages++
		case errors.Is(err, ErrDigest):
			digest = true
		default:
			r.summary.UnreadRecords++
			r.summary.unread(e.Ref, err.Error())
		}
	}
	if digest {
		r.summary.Digests++
	}
}

// reasonOf is the error without the name that stands beside it.
func reasonOf(name string, err error) string {
	return strings.TrimPrefix(err.Error(), name+": ")
}

// counter counts the bytes of the text, and stops between two reads.
type counter struct {
	r   io.Reader
	ctx context.Context
	n   int64
}

func (c *counter) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
