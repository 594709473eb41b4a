package access

import "math"

// trial is what happened in one piece of time: so many requests, of which so
// many were bad, and how many bad ones are expected for a reason already known.
type trial struct{ n, bad, explained float64 }

// change is a span of trials in which bad requests were more frequent.
type change struct {
	from, to       int // the first and the last trial
	before, during float64
	n, bad         float64
	// weight is the logarithm of how much likelier a change is than none.
	weight float64
}

// enough is the weight from which a change is believed. There are some 80,000
// spans of 400 pieces of time, times paths and measures: e^18 chances to be
// fooled. The rest is for real traffic, which is less even than coins.
const enough = 30

// changeOf finds the span in which bad requests were most clearly more frequent
// than outside. It is the span that a likelihood ratio test against a constant
// rate prefers (Kulldorff, "A spatial scan statistic", 1997), found in linear
// time as the contiguous run with the largest sum of log likelihood ratios
// (Kadane's algorithm), for several rates and again until the rates inside and
// outside agree with the span. It returns false when there is none worth
// believing.
func changeOf(trials []trial) (change, bool) {
	var best change
	all := sumOf(trials)
	if all.n < 50 || all.bad-all.explained < 5 {
		return best, false
	}
	for _, lift := range [...]float64{1.5, 3, 8, 30, 100} {
		// The first guess of the usual rate: too high if the span is long, which
		// the rounds mend.
		usual := (all.bad - all.explained) / all.n / 2
		var c change
		for range 6 {
			next, ok := run(trials, usual, lift)
			if !ok {
				break
			}
			same := next.from == c.from && next.to == c.to
			in := sumOf(trials[next.from : next.to+1])
			out := trial{all.n - in.n, all.bad - in.bad, all.explained - in.explained}
			next.before, next.during = out.rate(), in.rate()
			next.weight = min(next.weight, ratio(in, out))
			c = next
			if same {
				break
			}
			usual = (max(out.bad-out.explained, 0) + 0.5) / (out.n + 1)
			raised := min((max(in.bad-in.explained, 0)+0.5)/(in.n+1), 0.999)
			lift = max(odds(raised)/odds(usual), 1.05)
		}
		if c.weight > best.weight && c.during > c.before {
			best = c
		}
	}
	return best, best.weight >= enough
}

// against finds the span in which bad requests were most clearly more frequent
// than usual, when the usual rate is known, and more than what is explained.
func against(trials []trial, usual float64) (change, bool) {
	var best change
	for _, lift := range [...]float64{2, 4, 10, 30, 100} {
		for range 3 {
			c, ok := run(trials, usual, lift)
			if !ok {
				break
			}
			in := sumOf(trials[c.from : c.to+1])
			c.before, c.during = usual, in.bad/in.n
			if c.weight > best.weight {
				best = c
			}
			expected := min(usual+in.explained/in.n, 0.95)
			lift = max(odds(min(c.during, 0.999))/odds(expected), 1.05)
		}
	}
	return best, best.weight >= enough
}

func odds(p float64) float64 { return p / (1 - p) }

func sumOf(trials []trial) (sum trial) {
	for _, t := range trials {
		sum.n += t.n
		sum.bad += t.bad
		sum.explained += t.explained
	}
	return sum
}

// rate is the share of bad requests that nothing explains.
func (t trial) rate() float64 { return max(t.bad-t.explained, 0) / max(t.n, 1) }

// ratio is the logarithm of the likelihood of two rates over that of a single
// one, without what is explained.
func ratio(in, out trial) float64 {
	a, b := max(in.bad-in.explained, 0), max(out.bad-out.explained, 0)
	return likelihood(a, in.n) + likelihood(b, out.n) - likelihood(a+b, in.n+out.n)
}

// likelihood is the logarithm of that of so many bad ones of n, at the rate that
// suits them best.
func likelihood(bad, n float64) float64 {
	if bad <= 0 || bad >= n {
		return 0
	}
	return bad*math.Log(bad/n) + (n-bad)*math.Log(1-bad/n)
}

// run is the contiguous run of trials that raised odds explain better than the
// usual ones by most.
func run(trials []trial, usual, lift float64) (change, bool) {
	var best, c change
	ifBad, ifNot := weights(usual, lift)
	for i, t := range trials {
		if t.n == 0 {
			continue
		}
		bad, not := ifBad, ifNot
		if t.explained > 0 {
			bad, not = weights(min(usual+t.explained/t.n, 0.95), lift)
		}
		if c.weight <= 0 {
			c = change{from: i}
		}
		c.weight += min(t.bad, t.n)*bad + max(t.n-t.bad, 0)*not
		c.n += t.n
		c.bad += t.bad
		c.to = i
		if c.weight > best.weight {
			best = c
		}
	}
	return best, best.weight > 0
}

// weights are what a bad request and another one add to the log likelihood ratio
// of raised odds.
func weights(usual, lift float64) (ifBad, ifNot float64) {
	raised := lift * usual / (1 - usual + lift*usual)
	return math.Log(raised / usual), math.Log((1 - raised) / (1 - usual))
}
