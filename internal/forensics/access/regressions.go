package access

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"

	"paddock.dev/internal/forensics/access/quantile"
)

// mostRoutes is how many routes are looked at for changes: those with the most
// requests.
const mostRoutes = 2000

// changes are the paths that got slower or failed more often for some time.
func (f *finder) changes() {
	list := used(len(f.route), func(i int) uint64 {
		if i == 0 {
			return 0
		}
		return f.route[i].requests
	})
	slices.SortFunc(list, func(x, y int) int {
		return cmp.Or(cmp.Compare(f.route[y].requests, f.route[x].requests), cmp.Compare(string(f.Analyst.routes.at(x)), string(f.Analyst.routes.at(y))))
	})
	for _, i := range list[:min(len(list), mostRoutes)] {
		if f.routes[i].total < 100 || len(f.routes[i].spans) < 4 {
			continue
		}
		errors, failing := f.moreErrors(i)
		slower, slow := f.slower(i)
		switch {
		case failing && slow && !errors.From.After(slower.To) && !slower.From.After(errors.To):
			errors.Evidence = append(errors.Evidence, slower.Summary)
			f.found = append(f.found, errors)
		default:
			if failing {
				f.found = append(f.found, errors)
			}
			if slow {
				f.found = append(f.found, slower)
			}
		}
	}
}

// routeName is the path, with the host if there are several.
func (f *finder) routeName(i int) string {
	host, path := routeOf(f.Analyst.routes.at(i))
	if len(used(len(f.host), func(i int) uint64 { return f.host[i].requests })) > 1 && host > 0 {
		return string(f.hosts.at(host)) + path
	}
	return path
}

func (f *finder) moreErrors(i int) (Finding, bool) {
	rw := &f.routes[i]
	trials := make([]trial, len(rw.spans))
	for j := range rw.spans {
		s := &rw.spans[j]
		trials[j] = trial{n: float64(s.n), bad: float64(s.classes.Fails), explained: f.explainedErrors(f.served[i], s.start, float64(s.n))}
	}
	c, ok := changeOf(trials)
	if !ok || c.during < 0.02 || c.during < 3*c.before || c.n < 20 {
		return Finding{}, false
	}
	from, to := rw.spans[c.from].start, rw.spans[c.to].start
	n, bad := f.failed(rw, from, to)
	name := f.routeName(i)
	return Finding{
		Kind: Regression, Subject: name, From: at(from), To: at(to + f.piece()), Requests: uint64(n),
		Measure: "errors", Before: c.before, During: bad / n,
		Summary:  fmt.Sprintf("%s fails more often %s: %s of its requests, %s before and after", name, f.during(from, to), share(bad/n), share(c.before)),
		Evidence: []string{fmt.Sprintf("%.0f of %.0f requests got 5xx in that time", bad, n)},
	}, true
}

func (f *finder) slower(i int) (Finding, bool) {
	rw := &f.routes[i]
	var h hist
	for j := range rw.spans {
		rw.spans[j].into(&h)
	}
	var values [6]int64
	if quantile.Of((*[quantile.Buckets + 1]uint64)(&h), []float64{0.5, 0.75, 0.9, 0.95, 0.98, 0.99}, values[:]) == 0 {
		return Finding{}, false
	}
	var best change
	last := -1
	for _, v := range values {
		limit := quantile.Bucket(v)
		if limit == last {
			continue
		}
		last = limit
		trials := make([]trial, len(rw.spans))
		for j := range rw.spans {
			s := &rw.spans[j]
			trials[j] = trial{n: s.timed(), bad: s.above(limit)}
			trials[j].explained = f.explainedSlow(f.served[i], s.start, trials[j].n)
		}
		if c, ok := changeOf(trials); ok && c.weight > best.weight && c.during > 2*c.before {
			best = c
		}
	}
	if best.weight == 0 {
		return Finding{}, false
	}
	from, to := rw.spans[best.from].start, rw.spans[best.to].start
	now, before := quantiles(rw.within(from, to, true)), quantiles(rw.within(from, to, false))
	if now.Count < 20 || before.Count < 100 || now.P99 < 1.5*before.P99+20 {
		return Finding{}, false
	}
	name := f.routeName(i)
	return Finding{
		Kind: Regression, Subject: name, From: at(from), To: at(to + f.piece()), Requests: now.Count,
		Measure: "p99", Before: before.P99, During: now.P99,
		Summary:  fmt.Sprintf("%s is slower %s: p99 is %s, %s before and after", name, f.during(from, to), millis(now.P99), millis(before.P99)),
		Evidence: []string{fmt.Sprintf("p50 is %s instead of %s, p90 %s instead of %s, over %d requests", millis(now.P50), millis(before.P50), millis(now.P90), millis(before.P90), now.Count)},
	}, true
}

// sorted yields a map in the order of its keys.
func sorted[V any](m map[string]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if !yield(k, m[k]) {
				return
			}
		}
	}
}
