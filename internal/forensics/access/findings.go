package access

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// mostFindings is how many of a kind are reported.
const mostFindings = 50

// findings are what somebody should look at. Targets come first, because a bad
// target makes the paths look bad that it serves.
func (a *Analyst) findings(ctx context.Context, r *Report, routes, targets []row, ask Asking) {
	f := &finder{Analyst: a, routes: routes, targets: targets}
	f.groups()
	f.badTargets()
	f.changes()
	f.suspects(ctx, ask.DNS)
	order := []string{FailingTarget, SlowTarget, Regression, Scanner, FakeBot, Scraper}
	slices.SortStableFunc(f.found, func(x, y Finding) int {
		return cmp.Or(
			cmp.Compare(slices.Index(order, x.Kind), slices.Index(order, y.Kind)),
			cmp.Compare(y.Requests, x.Requests),
			strings.Compare(x.Subject, y.Subject),
		)
	})
	r.Findings = []Finding{}
	kinds := map[string]int{}
	for _, x := range f.found {
		if kinds[x.Kind]++; kinds[x.Kind] <= mostFindings {
			r.Findings = append(r.Findings, x)
		}
	}
	for _, kind := range order {
		if n := kinds[kind]; n > mostFindings {
			f.says = append(f.says, fmt.Sprintf("there are %d findings of the kind %s; the first %d are shown", n, kind, mostFindings))
		}
	}
	r.Notes = f.says
}

// finder is the state of one search for findings.
type finder struct {
	*Analyst
	routes, targets []row
	// peers are the targets of a group, by its ARN.
	peers map[string][]int
	// all is everything that the targets of a group did, by its ARN.
	all map[string]map[int64]*span
	// bad are the spans in which a target did badly.
	bad   []badTarget
	found []Finding
	says  []string
}

// badTarget is a target that fails, or is slow, for some time.
type badTarget struct {
	target   int
	group    string
	from, to int64
	slow     bool
}

// groups sorts the targets into their groups.
func (f *finder) groups() {
	f.peers, f.all = map[string][]int{}, map[string]map[int64]*span{}
	for i := 1; i < len(f.targets); i++ {
		group, _, _ := strings.Cut(string(f.Analyst.targets.at(i)), "\x00")
		f.peers[group] = append(f.peers[group], i)
		all := f.all[group]
		if all == nil {
			all = map[int64]*span{}
			f.all[group] = all
		}
		for j := range f.targets[i].spans {
			s := &f.targets[i].spans[j]
			sum := all[s.start]
			if sum == nil {
				sum = &span{start: s.start}
				all[s.start] = sum
			}
			sum.n += s.n
			merged(&sum.classes, s.classes)
		}
	}
}

// piece is the length of a piece of time in microseconds.
func (f *finder) piece() int64 { return f.time.seconds() * 1e6 }

// above counts the requests that took longer than a bucket's.
func (s *span) above(bucket int) float64 {
	var n uint64
	for _, d := range s.counts {
		if int(d.bucket) > bucket && d.bucket != noTime {
			n += d.count
		}
	}
	return float64(n)
}

// timed counts the requests that took a known time.
func (s *span) timed() float64 {
	n := s.n
	for _, d := range s.counts {
		if d.bucket == noTime {
			n -= d.count
		}
	}
	return float64(n)
}

// within adds up the durations of the spans that begin from a time to another.
func (r *row) within(from, to int64, inside bool) *hist {
	h := new(hist)
	for i := range r.spans {
		if s := &r.spans[i]; (s.start >= from && s.start <= to) == inside {
			s.into(h)
		}
	}
	return h
}

// clock shows a time in a sentence: in seconds only when it has some.
func (f *finder) clock(micros int64) string {
	layout := "2006-01-02 15:04"
	if f.time.seconds() < 60 {
		layout = "2006-01-02 15:04:05"
	}
	return at(micros).Format(layout)
}

// during says when something was, and whether it still is.
func (f *finder) during(from, to int64) string {
	end := f.totals.last - f.totals.last%f.piece()
	begin := f.totals.first - f.totals.first%f.piece()
	switch {
	case from <= begin && to >= end:
		return "all the time"
	case to >= end:
		return "from " + f.clock(from) + " to the end"
	}
	to += f.piece()
	if at(from).Format("2006-01-02") == at(to).Format("2006-01-02") {
		return "from " + f.clock(from) + " to " + strings.SplitN(f.clock(to), " ", 2)[1]
	}
	return "from " + f.clock(from) + " to " + f.clock(to)
}

func share(x float64) string {
	switch {
	case x >= 0.0995:
		return fmt.Sprintf("%.0f %%", 100*x)
	case x >= 0.00995:
		return fmt.Sprintf("%.1f %%", 100*x)
	}
	return fmt.Sprintf("%.2f %%", 100*x)
}

// millis shows a duration in milliseconds.
func millis(ms float64) string {
	switch {
	case ms >= 10_000:
		return fmt.Sprintf("%.0f s", ms/1000)
	case ms >= 1000:
		return fmt.Sprintf("%.1f s", ms/1000)
	case ms >= 10 || ms == float64(int64(ms)):
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.1f ms", ms)
}
