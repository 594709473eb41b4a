package verdict

import (
	"math"
	"strconv"
	"strings"
	"time"

	v1 "paddock.dev/api/v1"
)

const (
	// FalseAlarm is the largest probability that an allowed canary is called
	// bad, whatever is judged and however often one looks.
	FalseAlarm = 0.01
	// Miss is the largest probability that a clearly worse canary is called
	// good, for each thing that is judged.
	Miss = 0.05

	// defaultBudget is the share of failed requests that is allowed when no
	// availability objective is stated.
	defaultBudget = 0.01
	// slowBudget is what a p99 objective allows by its meaning.
	slowBudget = 0.01
	// leastBudget keeps the likelihood ratio finite at 100 % availability.
	leastBudget = 0.0001

	// leastEvents is how many bad outcomes a bad verdict needs at least. The
	// test takes requests as independent; two failures may be one broken
	// connection.
	leastEvents = 3
	// confidence is how many standard deviations lie between stable's figures
	// and the upper end of what they allow (99.5 %, one-sided).
	confidence = 2.576
	// hopeless is the share from which on stable itself is so bad that nothing
	// can be learnt by comparing with it.
	hopeless = 0.25
)

// Sample is what one release did since the canary step began.
type Sample struct {
	Requests int64
	// Errors are answers with a 5xx status, and no answers.
	Errors int64
	// Slow requests took longer than the latency objective.
	Slow int64
}

// Objective is what the service promises.
type Objective struct {
	// Budget is the share of requests that may fail, 0 to 1.
	Budget float64
	// Latency that 99 % of the requests must not exceed; 0 means that latency
	// is not judged.
	Latency time.Duration
}

// ObjectiveOf reads the objective out of a release's configuration. What is not
// stated, or cannot be read, gets the default.
func ObjectiveOf(cfg v1.ServiceConfig) Objective {
	o := Objective{Budget: defaultBudget}
	if a, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(cfg.AvailabilityPercent), "%"), 64); err == nil && a > 0 && a <= 100 {
		o.Budget = 1 - a/100
	}
	if d, err := time.ParseDuration(cfg.LatencyP99); err == nil && d > 0 {
		o.Latency = d
	}
	return o
}

// Judge says what the figures allow to say about the canary.
func Judge(o Objective, canary, stable Sample) v1.Verdict {
	v := v1.Verdict{
		Outcome:        v1.VerdictUndecided,
		CanaryRequests: canary.Requests, CanaryErrors: canary.Errors, CanarySlow: canary.Slow,
		StableRequests: stable.Requests, StableErrors: stable.Errors, StableSlow: stable.Slow,
	}
	if canary.Requests <= 0 {
		v.Reason = "undecided: no request has reached the canary yet"
		return v
	}
	questions := []question{{
		verb: "failed", budget: o.Budget,
		requests: canary.Requests, events: canary.Errors,
		stableRequests: stable.Requests, stableEvents: stable.Errors,
	}}
	if o.Latency > 0 {
		questions = append(questions, question{
			verb: "took longer than " + o.Latency.String(), budget: slowBudget,
			requests: canary.Requests, events: canary.Slow,
			stableRequests: stable.Requests, stableEvents: stable.Slow,
		})
	}
	// The two questions share the promised rate of false alarms.
	alpha := FalseAlarm / float64(len(questions))

	good, missing := 0, 0.0
	worst := questions[0]
	for _, q := range questions {
		answer := q.ask(alpha, Miss)
		switch answer.outcome {
		case v1.VerdictBad:
			v.Outcome = v1.VerdictBad
			v.Reason = q.bad()
			return v
		case v1.VerdictGood:
			good++
		default:
			if answer.hopeless {
				v.Reason = q.hopeless()
				return v
			}
			if answer.missing > missing {
				missing, worst = answer.missing, q
			}
		}
	}
	if good == len(questions) {
		v.Outcome = v1.VerdictGood
		v.Reason = "good: " + describe(questions) + "; a clearly worse release would be missed in at most " + percent(Miss) + " of cases, decided after " + requests(canary.Requests)
		return v
	}
	v.Reason = "undecided: " + worst.evidence() + "; about " + count(int64(math.Ceil(missing))) + " more without that are needed"
	return v
}

// question is one thing that is judged.
type question struct {
	verb                         string
	budget                       float64
	requests, events             int64
	stableRequests, stableEvents int64
}

type answer struct {
	outcome v1.VerdictOutcome
	// missing is how many more clean requests would make it good.
	missing  float64
	hopeless bool
}

func (q question) ask(alpha, beta float64) answer {
	budget := max(q.budget, leastBudget)
	bound := upper(q.stableEvents, q.stableRequests)
	if q.stableEvents >= leastEvents && bound > hopeless {
		return answer{outcome: v1.VerdictUndecided, hopeless: true}
	}

	p0 := max(budget, min(bound, hopeless))
	if q.events >= leastEvents && ratio(q.events, q.requests, p0, clearlyWorse(p0)) >= math.Log((1-beta)/alpha) {
		return answer{outcome: v1.VerdictBad}
	}

	p0 = max(budget, min(share(q.stableEvents, q.stableRequests), hopeless))
	p1 := clearlyWorse(p0)
	llr, limit := ratio(q.events, q.requests, p0, p1), math.Log(beta/(1-alpha))
	if llr <= limit {
		return answer{outcome: v1.VerdictGood}
	}
	return answer{outcome: v1.VerdictUndecided, missing: (limit - llr) / math.Log((1-p1)/(1-p0))}
}

// clearlyWorse is p1. It stays half-way below certainty, so that a clean
// request always speaks for the canary.
func clearlyWorse(p0 float64) float64 {
	return min(p0+max(0.05, 4*p0), (1+p0)/2)
}

// ratio is the logarithm of how much likelier the outcomes are under p1 than
// under p0.
func ratio(events, requests int64, p0, p1 float64) float64 {
	k, n := float64(events), float64(requests)
	return k*math.Log(p1/p0) + (n-k)*math.Log((1-p1)/(1-p0))
}

// upper is the upper end of Wilson's interval for a share; 0 without data, when
// only the objective counts.
func upper(events, requests int64) float64 {
	if requests <= 0 {
		return 0
	}
	n, p, z := float64(requests), share(events, requests), confidence
	return min(1, (p+z*z/(2*n)+z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n)))/(1+z*z/n))
}

func share(events, requests int64) float64 {
	if requests <= 0 {
		return 0
	}
	return float64(events) / float64(requests)
}
