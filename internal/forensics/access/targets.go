package access

import (
	"fmt"
	"slices"

	"paddock.dev/internal/forensics/access/quantile"
)

const noTime = quantile.None

// badTargets are those that fail or are slow while the others of their group are
// not.
func (f *finder) badTargets() {
	for group, peers := range sorted(f.peers) {
		if len(peers) < 2 {
			continue // there is nothing to compare it with; its paths tell
		}
		for _, i := range peers {
			f.failing(group, i)
		}
		for _, i := range peers {
			f.slow(group, i)
		}
	}
}

// failing compares the errors of a target with those of its peers.
func (f *finder) failing(group string, i int) {
	rw := &f.targets[i]
	trials := make([]trial, len(rw.spans))
	peers := make([]trial, len(rw.spans)) // what the others suffer at the same time
	for j := range rw.spans {
		s := &rw.spans[j]
		all := f.all[group][s.start]
		trials[j] = trial{n: float64(s.n), bad: float64(s.classes.Fails)}
		peers[j] = trial{n: float64(all.n - s.n), bad: float64(all.classes.Fails - s.classes.Fails)}
	}
	explainBy(trials, peers)
	others := sumOf(peers)
	usual := max(others.rate(), 0.002)
	c, ok := against(trials, 0.002)
	if !ok || c.during < 0.02 || c.during < 3*usual {
		return
	}
	from, to := rw.spans[c.from].start, rw.spans[c.to].start
	f.bad = append(f.bad, badTarget{target: i, group: group, from: from, to: to})
	short, name := f.targetName(i)
	n, bad := f.failed(rw, from, to)
	f.found = append(f.found, Finding{
		Kind: FailingTarget, Subject: name, From: at(from), To: at(to + f.piece()), Requests: uint64(bad),
		Measure: "errors", Before: others.rate(), During: bad / n,
		Summary: fmt.Sprintf("%s answers %s of its requests with errors %s", name, share(bad/n), f.during(from, to)),
		Evidence: []string{
			fmt.Sprintf("%.0f of %.0f requests got 5xx, while the other %d of %s gave %s", bad, n, len(f.peers[group])-1, short, share(others.rate())),
		},
	})
}

func (f *finder) failed(rw *row, from, to int64) (n, bad float64) {
	for j := range rw.spans {
		if s := &rw.spans[j]; s.start >= from && s.start <= to {
			n += float64(s.n)
			bad += float64(s.classes.Fails)
		}
	}
	return n, bad
}

// explainBy takes the rate of the peers at about the same time for what a target
// must suffer too: that of the piece of time and its neighbours, drawn towards
// the overall rate where there is little.
func explainBy(trials, peers []trial) {
	const near, prior = 2, 10
	overall := sumOf(peers).rate()
	for j := range trials {
		around := sumOf(peers[max(j-near, 0):min(j+near+1, len(peers))])
		trials[j].explained = trials[j].n * (around.bad + prior*overall) / (around.n + prior)
	}
}

// slow compares how long a target takes with its peers.
func (f *finder) slow(group string, i int) {
	rw := &f.targets[i]
	var others hist
	beside := make([][]*span, len(rw.spans)) // what the peers did in the same piece of time
	for _, k := range f.peers[group] {
		if k == i {
			continue
		}
		j := 0
		for m := range f.targets[k].spans {
			s := &f.targets[k].spans[m]
			s.into(&others)
			for j < len(rw.spans) && rw.spans[j].start < s.start {
				j++
			}
			if j < len(rw.spans) && rw.spans[j].start == s.start {
				beside[j] = append(beside[j], s)
			}
		}
	}
	usual := quantiles(&others)
	if usual.Count < 100 {
		return
	}
	for _, q := range [...]float64{usual.P50, usual.P90} {
		limit := quantile.Bucket(int64(q * 1000))
		trials := make([]trial, len(rw.spans))
		peers := make([]trial, len(rw.spans))
		for j := range rw.spans {
			trials[j] = trial{n: rw.spans[j].timed(), bad: rw.spans[j].above(limit)}
			for _, s := range beside[j] {
				peers[j].n += s.timed()
				peers[j].bad += s.above(limit)
			}
		}
		explainBy(trials, peers)
		c, ok := against(trials, 0.002)
		if !ok {
			continue
		}
		from, to := rw.spans[c.from].start, rw.spans[c.to].start
		now := quantiles(rw.within(from, to, true))
		var same hist // the peers, in that span
		for j := c.from; j <= c.to; j++ {
			for _, s := range beside[j] {
				s.into(&same)
			}
		}
		usual := quantiles(&same)
		if now.P50 < 1.5*usual.P50+10 || now.P90 < 1.5*usual.P90+10 {
			continue
		}
		f.bad = append(f.bad, badTarget{target: i, group: group, from: from, to: to, slow: true})
		short, name := f.targetName(i)
		if k := f.failsToo(name, from, to); k >= 0 {
			f.found[k].Evidence = append(f.found[k].Evidence, fmt.Sprintf("it is slow, too: p90 is %s, that of the others %s", millis(now.P90), millis(usual.P90)))
			return
		}
		f.found = append(f.found, Finding{
			Kind: SlowTarget, Subject: name, From: at(from), To: at(to + f.piece()), Requests: now.Count,
			Measure: "p90", Before: usual.P90, During: now.P90,
			Summary: fmt.Sprintf("%s is slower than its peers %s: p90 is %s, theirs %s", name, f.during(from, to), millis(now.P90), millis(usual.P90)),
			Evidence: []string{
				fmt.Sprintf("p50 is %s instead of %s, p99 %s instead of %s, compared with the other %d of %s",
					millis(now.P50), millis(usual.P50), millis(now.P99), millis(usual.P99), len(f.peers[group])-1, short),
			},
		})
		return
	}
}

// failsToo is the finding that the target fails at that time, -1 when there is
// none.
func (f *finder) failsToo(name string, from, to int64) int {
	return slices.IndexFunc(f.found, func(x Finding) bool {
		return x.Kind == FailingTarget && x.Subject == name && x.From.UnixMicro() <= to && x.To.UnixMicro() > from
	})
}

// explainedErrors is how many of n requests of a group in a piece of time fail
// because they go to a target that is known to fail.
func (f *finder) explainedErrors(group string, start int64, n float64) float64 {
	return f.explain(group, start, n, false, func(s *span) float64 { return float64(s.classes.Fails) })
}

// explainedSlow is how many may be slow because of a slow target: all that go to
// it, because how slow depends on the path.
func (f *finder) explainedSlow(group string, start int64, n float64) float64 {
	return f.explain(group, start, n, true, func(s *span) float64 { return float64(s.n) }) +
		f.explainedErrors(group, start, n) // such as those that ran into a timeout
}

func (f *finder) explain(group string, start int64, n float64, slow bool, count func(*span) float64) float64 {
	var bad float64
	for _, b := range f.bad {
		if b.slow != slow || b.group != group || start < b.from-f.piece() || start > b.to+f.piece() {
			continue
		}
		rw := &f.targets[b.target]
		for j := range rw.spans {
			if rw.spans[j].start == start {
				bad += count(&rw.spans[j])
				break
			}
		}
	}
	if bad == 0 {
		return 0
	}
	all := f.all[group][start]
	return n * bad / float64(all.n)
}
