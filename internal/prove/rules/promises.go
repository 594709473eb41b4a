package rules

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
)

// promiseRules are about objectives that dependencies cannot keep.
var promiseRules = []*Rule{
	{
		ID: "objective-product", Severity: diag.Warning,
		Title:  "Objectives are not tighter than the dependencies allow",
		Why:    "A service is up when it and everything that it needs is up. If failures are independent the availabilities multiply, so a service that does nothing wrong still breaks a promise that is larger than the product.",
		Fix:    "Lower the objective, raise those of the dependencies, or make some of them optional.",
		Source: "Google, The Site Reliability Workbook, Implementing SLOs; The Calculus of Service Availability (ACM Queue)",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.services(model.Production) {
				promised, ok := ratio(s.Objective.Availability)
				if !ok {
					continue
				}
				product := big.NewRat(1, 1)
				var factors []string
				for _, use := range s.Edges {
					if use.Kind != model.UsesService || use.Mode == model.Optional || e.services[use.Name] == nil {
						continue
					}
					to := e.services[use.Name].Objective.Availability
					if a, ok := ratio(to); ok {
						product.Mul(product, a)
						factors = append(factors, fmt.Sprintf("%s %s%%", use.Name, to))
					}
				}
				if len(factors) == 0 || promised.Cmp(product) <= 0 {
					continue
				}
				possible := new(big.Rat).Mul(product, big.NewRat(100, 1)).FloatString(3)
				report(Finding{
					Place:   e.here(key("services", s.Name, "objective", "availability")),
					Summary: fmt.Sprintf("%q promises %s%% and its dependencies allow %s%%", s.Name, s.Objective.Availability, possible),
					Detail: fmt.Sprintf("%s = %s%%. In 30 days that is %s of downtime by others, and the promise leaves %s.",
						strings.Join(factors, " x "), possible, downtime(product), downtime(promised)),
					Fix: fmt.Sprintf("Write availability: %s%%, or write name:optional for what %q can answer without.", below(product), s.Name),
				})
			}
		},
	},
	{
		ID: "latency-below-callee", Severity: diag.Warning,
		Title:  "Latency objectives leave room for the calls that are waited for",
		Why:    "A service that waits for another is at least as slow. When the callee may take longer than the caller promises, both can keep their objective and the user still waits too long.",
		Fix:    "Raise the caller's latency, lower the callee's, or make the call optional with a time limit.",
		Source: "Google, The Site Reliability Workbook, Implementing SLOs",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.services(model.Production) {
				for _, use := range s.Edges {
					to := e.services[use.Name]
					if use.Kind != model.UsesService || use.Mode == model.Optional || to == nil {
						continue
					}
					for _, q := range quantiles {
						mine, theirs := q.of(s.Objective), q.of(to.Objective)
						if mine == 0 || theirs <= mine {
							continue
						}
						report(Finding{
							Place:   e.here(key("services", s.Name, "objective", "latency", q.name)),
							Summary: fmt.Sprintf("%q promises %s %s and waits for %q, which promises %s", s.Name, q.name, short(mine), to.Name, short(theirs)),
							Detail:  fmt.Sprintf("The call alone may take %s longer than %s promises for all of its work.", short(theirs-mine), s.Name),
							Fix:     fmt.Sprintf("Write %s: %s or more here, or less for %s.", q.name, short(theirs), to.Name),
							Related: []Note{{e.here(key("services", to.Name, "objective", "latency", q.name)), "what " + to.Name + " promises"}},
						})
						break
					}
				}
			}
		},
	},
}

var quantiles = []struct {
	name string
	of   func(model.Objective) time.Duration
}{
	{"p99", func(o model.Objective) time.Duration { return o.LatencyP99 }},
	{"p95", func(o model.Objective) time.Duration { return o.LatencyP95 }},
	{"p50", func(o model.Objective) time.Duration { return o.LatencyP50 }},
}

// ratio is an availability as an exact share of 1.
func ratio(percent string) (*big.Rat, bool) {
	if percent == "" {
		return nil, false
	}
	r, ok := new(big.Rat).SetString(percent)
	if !ok {
		return nil, false
	}
	return r.Quo(r, big.NewRat(100, 1)), true
}

// downtime is what an availability leaves of 30 days.
func downtime(availability *big.Rat) string {
	lost, _ := new(big.Rat).Sub(big.NewRat(1, 1), availability).Float64()
	d := time.Duration(lost * float64(30*24*time.Hour))
	if d < time.Hour {
		return strconv.Itoa(int(d.Round(time.Minute)/time.Minute)) + " minutes"
	}
	return strconv.FormatFloat(d.Hours(), 'f', 1, 64) + " hours"
}

// below is the largest usual promise that is not more than an availability.
func below(availability *big.Rat) string {
	for _, usual := range []string{"99.99", "99.95", "99.9", "99.8", "99.7", "99.5", "99", "98", "97", "96", "95", "90"} {
		if r, _ := ratio(usual); r.Cmp(availability) <= 0 {
			return usual
		}
	}
	return new(big.Rat).Mul(availability, big.NewRat(100, 1)).FloatString(1)
}

// short is a latency as the file writes it: 300ms, 2s.
func short(d time.Duration) string {
	if d%time.Second == 0 {
		return span(d)
	}
	return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
}
