package verdict

import (
	"math"
	"strconv"
)

// bad is the sentence of a bad verdict: the evidence, the comparison, and how
// sure the test is.
func (q question) bad() string {
	s := "bad: " + q.evidence()
	if q.stableRequests > 0 {
		s += " against " + count(q.stableEvents) + " of " + count(q.stableRequests) + " on stable"
	} else {
		s += " and stable had none to compare with"
	}
	return s + "; false alarm at most " + percent(FalseAlarm) + ", decided after " + requests(q.requests)
}

func (q question) hopeless() string {
	return "undecided: " + count(q.stableEvents) + " of " + requests(q.stableRequests) + " on stable " + q.verb +
		" (" + percent(share(q.stableEvents, q.stableRequests)) + "), so the canary cannot be compared with it"
}

// evidence such as "11 of 52 requests failed (21 %)".
func (q question) evidence() string {
	if q.events == 0 {
		return "none of " + requests(q.requests) + " " + q.verb
	}
	return count(q.events) + " of " + requests(q.requests) + " " + q.verb + " (" + percent(share(q.events, q.requests)) + ")"
}

func describe(questions []question) string {
	s := ""
	for i, q := range questions {
		if i == 0 {
			s = q.evidence()
		} else {
			s += ", " + number(q.events) + " " + q.verb
		}
		if q.events > 0 && q.stableRequests > 0 {
			s += " against " + count(q.stableEvents) + " of " + count(q.stableRequests) + " on stable"
		}
	}
	return s
}

func number(n int64) string {
	if n == 0 {
		return "none"
	}
	return count(n)
}

func requests(n int64) string {
	if n == 1 {
		return "1 request"
	}
	return count(n) + " requests"
}

func count(n int64) string { return strconv.FormatInt(n, 10) }

// percent writes a share with as many digits as it needs to be told from zero.
func percent(share float64) string {
	p := share * 100
	digits := 0
	if p > 0 && p < 10 && math.Abs(p-math.Round(p)) > 0.005 {
		digits = 1
	}
	return strconv.FormatFloat(p, 'f', digits, 64) + " %"
}
