package access

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"paddock.dev/internal/forensics/access/entry"
	"paddock.dev/internal/forensics/lines"
	"paddock.dev/internal/objects"
)

// Input says what to read and what of it to count.
type Input struct {
	Options
	Stores []objects.Store
	// Workers is how many read at once; 0 is one for each processor.
	Workers int
	// Format is what all files are; empty finds out for each.
	Format entry.Format
	// Since and Until bound the end of a request, the second exclusively; zero
	// is no bound.
	Since, Until time.Time
	// Filter may be nil.
	Filter *Filter
	// Rejects gets every line that is no request, as file:line: reason: text. It
	// may be nil.
	Rejects io.Writer
	// Progress may be nil.
	Progress *lines.Progress
}

// handler makes what reads lines for an analyst.
func (in *Input) handler(a *Analyst) *Count {
	c := &Count{Analyst: a, Format: in.Format, Since: micros(in.Since), Until: micros(in.Until)}
	if in.Filter != nil {
		c.Keep = in.Filter.Copy().Keep
	}
	return c
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return max(t.UnixMicro(), 1)
}

// Read reads everything and answers. When the context ends early, the report is
// of what was read so far and says so. The error is one of writing Rejects.
func Read(ctx context.Context, in Input, ask Asking) (*Report, error) {
	if in.Progress == nil {
		in.Progress = &lines.Progress{}
	}
	var mu sync.Mutex
	var all []*Analyst
	led := newLedger(in.Rejects)
	err := lines.Read(ctx, lines.Options{
		Stores: in.Stores, Workers: in.Workers, Progress: in.Progress,
		New: func() lines.Handler {
			a := NewAnalyst(in.Options)
			mu.Lock()
			all = append(all, a)
			mu.Unlock()
			return in.handler(a)
		},
		Collect: func(f *lines.File, before int64, out any) { led.take(f.Name, before, out.(Outcome)) },
		Problem: led.failed,
	})
	first := all[0]
	for i, a := range all[1:] {
		first.Merge(a)
		all[i+1] = nil
	}
	// The answers are wanted also, and above all, by those who interrupt.
	r := first.Report(context.WithoutCancel(ctx), ask)
	r.Read.Interrupted = err != nil
	r.Read.Files, r.Read.Bytes = in.Progress.Files.Load(), in.Progress.Read.Load()
	led.into(r)
	return r, led.err
}

// shownRejects is how many rejected lines a report has.
const shownRejects = 100

// ledger accounts for all lines.
type ledger struct {
	sum     Outcome
	rejects []Rejected
	failure []Failure
	places  map[entry.Note][]string
	out     io.Writer
	err     error
}

func newLedger(out io.Writer) *ledger {
	return &ledger{out: out, places: map[entry.Note][]string{}, sum: Outcome{Noted: map[entry.Note]uint64{}}}
}

func (l *ledger) take(file string, before int64, o Outcome) {
	l.sum.Lines += o.Lines
	l.sum.Requests += o.Requests
	l.sum.Left += o.Left
	l.sum.Empty += o.Empty
	l.sum.Rejected += o.Rejected
	for note, n := range o.Noted {
		l.sum.Noted[note] += n
	}
	for _, m := range o.Marks {
		if len(l.places[m.Note]) < marks {
			l.places[m.Note] = append(l.places[m.Note], fmt.Sprintf("%s:%d", file, before+m.Line))
		}
	}
	for _, r := range o.Rejects {
		x := Rejected{file, before + r.Line, r.Reason, printable(r.Text)}
		if len(l.rejects) < shownRejects {
			l.rejects = append(l.rejects, x)
		}
		if l.out != nil && l.err == nil {
			_, l.err = fmt.Fprintf(l.out, "%s:%d: %s: %s\n", x.File, x.Line, x.Reason, x.Text)
		}
	}
}

func (l *ledger) failed(name string, err error) {
	text := strings.TrimPrefix(err.Error(), name+": ")
	l.failure = append(l.failure, Failure{name, text})
}

// into writes the account into a report.
func (l *ledger) into(r *Report) {
	r.Read.Lines, r.Read.Left, r.Read.Empty, r.Read.Rejected = l.sum.Lines, l.sum.Left, l.sum.Empty, l.sum.Rejected
	r.Rejects = append([]Rejected{}, l.rejects...)
	r.Failed = append([]Failure{}, l.failure...)
	slices.SortFunc(r.Failed, func(a, b Failure) int {
		return cmp.Or(strings.Compare(a.File, b.File), strings.Compare(a.Error, b.Error))
	})
	r.Noted = []Noted{}
	for note := entry.NoteRequest; note <= entry.NoteClient; note <<= 1 {
		if n := l.sum.Noted[note]; n > 0 {
			r.Noted = append(r.Noted, Noted{note.String(), n, append([]string{}, l.places[note]...)})
		}
	}
}

// printable keeps what stands in a log from steering a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == utf8.RuneError {
			return '·'
		}
		return r
	}, text)
}
