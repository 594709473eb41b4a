package flows

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"paddock.dev/internal/forensics/lines"
	"paddock.dev/internal/objects"
)

// Options say what to read and what to ask.
type Options struct {
	Stores []objects.Store
	// Workers is how many read at once; 0 is one for each processor.
	Workers int
	// Format is the order of the fields of files without a header line; empty is
	// to find out.
	Format string
	Filter *Filter
	// Since and Until bound the start of a flow, the second exclusively; zero is
	// no bound.
	Since, Until time.Time
	GroupBy      []string
	// Top is how long rankings are.
	Top int
	// Rejects gets every line that is no record, as file:line: reason: text. It
	// may be nil.
	Rejects io.Writer
	Plan    Plan
	// Progress may be nil.
	Progress *lines.Progress
}

// GroupFields checks the names of --group-by and returns them as flow logs
// write them.
func GroupFields(names []string) ([]string, error) {
	out := make([]string, len(names))
	for i, n := range names {
		f, ok := fieldNamed(n)
		if !ok {
			return nil, fmt.Errorf("flow logs have no field %q", n)
		}
		if slices.Contains(out[:i], f.name) {
			return nil, fmt.Errorf("the field %q is there twice", n)
		}
		out[i] = f.name
	}
	return out, nil
}

// Run reads everything and answers. When the context ends early, the report is
// of what was read so far and says so.
func Run(ctx context.Context, opt Options) (*Report, error) {
	s, err := newShared(&opt)
	if err != nil {
		return nil, err
	}
	c := &collector{shared: s, rejects: opt.Rejects, report: empty()}
	var workers []*worker
	if opt.Progress == nil {
		opt.Progress = &lines.Progress{}
	}
	err = lines.Read(ctx, lines.Options{
		Stores: opt.Stores, Workers: opt.Workers, Progress: opt.Progress, Collect: c.collect, Problem: c.problem,
		New: func() lines.Handler {
			s.mu.Lock()
			defer s.mu.Unlock()
			w := newWorker(s)
			workers = append(workers, w)
			return w
		},
	})
	c.report.Read.Interrupted = err != nil
	for _, w := range workers {
		s.handIn(&w.totals)
		*w = worker{}
	}
	workers = nil
	c.report.Read.Files, c.report.Read.Bytes = opt.Progress.Files.Load(), opt.Progress.Read.Load()
	c.finish(&opt)
	return c.report, c.writeErr
}

func empty() *Report {
	return &Report{Rejects: []Reject{}, Failed: []Failure{}, Notes: []string{}}
}

func newShared(opt *Options) (*shared, error) {
	s := &shared{until: math.MaxUint64, filter: opt.Filter, groupBy: opt.GroupBy, keepRejects: opt.Rejects != nil, plan: &opt.Plan, names: newNaming(&opt.Plan), in: newInterner(), flows: newConversations(), all: newTotals()}
	if opt.Top <= 0 {
		opt.Top = 10
	}
	if opt.Format != "" {
		l, p := parseFormat(opt.Format)
		if p != nil {
			return nil, *p
		}
		s.layout = l
	}
	if !opt.Since.IsZero() {
		s.since = uint64(max(0, opt.Since.Unix()))
	}
	if !opt.Until.IsZero() {
		s.until = uint64(max(0, opt.Until.Unix()))
	}
	if s.since >= s.until {
		return nil, errors.New("--since is not before --until")
	}
	return s, nil
}

// collector puts together what has a place, in the order of files and lines.
type collector struct {
	*shared
	report   *Report
	rejects  io.Writer
	writeErr error
	hits     []Line
	// forbidden is how many lines the plan forbids.
	forbidden int64
	// changed is where the format of the file that is being collected changed.
	changed struct {
		file *lines.File
		line int64
	}
}

func (c *collector) collect(f *lines.File, before int64, out any) {
	found := out.(*findings)
	r := c.report
	if at := c.changed; at.file == f && at.line > 0 {
		// Parts of a file are read at once, so this one knew the first line only.
		c.changed.line = -1
		r.Failed = append(r.Failed, Failure{Name: f.Name, Misread: true, Reason: fmt.Sprintf("its fields change at line %d, and parts behind it were read in the order of the first line; as a stream it is read right: paddock flows - < %s", at.line, f.Name)})
	}
	if c.changed.file != f {
		c.changed.file, c.changed.line = f, 0
	}
	if found.changed > 0 && c.changed.line == 0 {
		c.changed.line = before + found.changed
	}
	r.Read.Rejected += found.rejected
	for _, p := range found.rejects {
		rej := Reject{File: f.Name, Line: before + p.line, Reason: p.reason, Text: printable(p.text)}
		if len(r.Rejects) < shownRejects {
			r.Rejects = append(r.Rejects, rej)
		}
		if c.rejects != nil && c.writeErr == nil {
			_, c.writeErr = fmt.Fprintf(c.rejects, "%s:%d: %s: %s\n", rej.File, rej.Line, rej.Reason, rej.Text)
		}
	}
	for _, p := range found.hits {
		if len(c.hits) < shownHits {
			c.hits = append(c.hits, Line{f.Name, before + p.line, printable(p.text)})
		}
	}
	c.forbidden += found.forbidden
}

func (c *collector) problem(name string, err error) {
	c.report.Failed = append(c.report.Failed, Failure{Name: name, Reason: err.Error()})
}

// finish makes the answers.
func (c *collector) finish(opt *Options) {
	r, n := c.report, c.all.counts
	r.Read.Lines, r.Read.Records, r.Read.NoData, r.Read.SkipData = n.lines, n.records, n.noData, n.skipData
	r.Read.Headers, r.Read.Blank, r.Read.Outside, r.Read.Filtered = n.headers, n.blank, n.outside, n.filtered
	r.Read.Formats = []string{}
	for k := range c.all.seen {
		r.Read.Formats = append(r.Read.Formats, k)
	}
	slices.Sort(r.Read.Formats)
	slices.SortFunc(r.Failed, func(a, b Failure) int { return slices.Compare([]string{a.Name, a.Reason}, []string{b.Name, b.Reason}) })
	a := &answers{shared: c.shared, totals: c.all, top: opt.Top, whole: opt.Filter == nil && opt.Since.IsZero() && opt.Until.IsZero()}
	a.report(r)
	if r.Policy != nil {
		r.Policy.ForbiddenLines = c.forbidden
		r.Policy.Lines = append(r.Policy.Lines, c.hits...)
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
