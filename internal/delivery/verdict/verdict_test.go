package verdict

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	v1 "paddock.dev/api/v1"
)

func TestJudge(t *testing.T) {
	strict := Objective{Budget: 0.001}
	latency := Objective{Budget: 0.001, Latency: 300 * time.Millisecond}
	tests := []struct {
		name           string
		objective      Objective
		canary, stable Sample
		want           v1.VerdictOutcome
		reason         string
	}{
		{"no data", strict, Sample{}, Sample{Requests: 1000}, v1.VerdictUndecided,
			"undecided: no request has reached the canary yet"},
		{"no data anywhere", strict, Sample{}, Sample{}, v1.VerdictUndecided,
			"undecided: no request has reached the canary yet"},
		{"few clean requests", strict, Sample{Requests: 20}, Sample{Requests: 380}, v1.VerdictUndecided,
			"undecided: none of 20 requests failed; about 39 more without that are needed"},
		{"enough clean requests", strict, Sample{Requests: 60}, Sample{Requests: 940}, v1.VerdictGood,
			"good: none of 60 requests failed; a clearly worse release would be missed in at most 5 % of cases, decided after 60 requests"},
		{"a fifth fails", strict, Sample{Requests: 52, Errors: 11}, Sample{Requests: 988}, v1.VerdictBad,
			"bad: 11 of 52 requests failed (21 %) against 0 of 988 on stable; false alarm at most 1 %, decided after 52 requests"},
		{"everything fails", strict, Sample{Requests: 5, Errors: 5}, Sample{Requests: 95}, v1.VerdictBad,
			"bad: 5 of 5 requests failed (100 %) against 0 of 95 on stable; false alarm at most 1 %, decided after 5 requests"},
		{"two failures may be one broken connection", strict, Sample{Requests: 2, Errors: 2}, Sample{Requests: 9999}, v1.VerdictUndecided, ""},
		{"nothing to compare with", strict, Sample{Requests: 4, Errors: 4}, Sample{}, v1.VerdictBad,
			"bad: 4 of 4 requests failed (100 %) and stable had none to compare with; false alarm at most 1 %, decided after 4 requests"},
		{"a shared outage does not blame the canary", strict, Sample{Requests: 100, Errors: 15}, Sample{Requests: 1900, Errors: 285}, v1.VerdictGood,
			"good: 15 of 100 requests failed (15 %) against 285 of 1900 on stable; a clearly worse release would be missed in at most 5 % of cases, decided after 100 requests"},
		{"a shared outage of everything", strict, Sample{Requests: 100, Errors: 90}, Sample{Requests: 1900, Errors: 1710}, v1.VerdictUndecided,
			"undecided: 1710 of 1900 requests on stable failed (90 %), so the canary cannot be compared with it"},
		{"worse than a shared outage", strict, Sample{Requests: 100, Errors: 60}, Sample{Requests: 1900, Errors: 95}, v1.VerdictBad, ""},
		{"slow", latency, Sample{Requests: 50, Slow: 20}, Sample{Requests: 950, Slow: 3}, v1.VerdictBad,
			"bad: 20 of 50 requests took longer than 300ms (40 %) against 3 of 950 on stable; false alarm at most 1 %, decided after 50 requests"},
		{"slow does not matter without an objective", strict, Sample{Requests: 60, Slow: 60}, Sample{Requests: 950}, v1.VerdictGood, ""},
		{"good in both", latency, Sample{Requests: 80}, Sample{Requests: 950, Slow: 3}, v1.VerdictGood,
			"good: none of 80 requests failed, none took longer than 300ms; a clearly worse release would be missed in at most 5 % of cases, decided after 80 requests"},
		{"100 % availability is finite", Objective{Budget: 0}, Sample{Requests: 1000, Errors: 1}, Sample{Requests: 1000}, v1.VerdictGood, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := Judge(test.objective, test.canary, test.stable)
			if got.Outcome != test.want || test.reason != "" && got.Reason != test.reason {
				t.Errorf("got %s, %q\nwant %s, %q", got.Outcome, got.Reason, test.want, test.reason)
			}
			if got.CanaryRequests != test.canary.Requests || got.StableSlow != test.stable.Slow {
				t.Errorf("the evidence is not in the verdict: %+v", got)
			}
		})
	}
}

func TestObjectiveOf(t *testing.T) {
	o := ObjectiveOf(v1.ServiceConfig{AvailabilityPercent: "99.9", LatencyP99: "300ms"})
	if o.Budget < 0.00099 || o.Budget > 0.00101 || o.Latency != 300*time.Millisecond {
		t.Errorf("got %+v", o)
	}
	if o := ObjectiveOf(v1.ServiceConfig{AvailabilityPercent: "lots"}); o.Budget != defaultBudget || o.Latency != 0 {
		t.Errorf("defaults: got %+v", o)
	}
}

// TestErrorRates plays many rollouts with known rates, looking at the figures
// every second as the controller does, and counts the wrong verdicts. It is
// what the sentence "false alarm at most 1 %" rests on.
func TestErrorRates(t *testing.T) {
	const runs = 10000
	tests := []struct {
		name string
		// true shares of failed and of slow requests
		canary, stable         float64
		canarySlow, stableSlow float64
		// per second to the canary and to stable
		canaryRate, stableRate int
		wrong                  v1.VerdictOutcome
		most                   float64
	}{
		{"inside the objective, 5 %", 0.001, 0.001, 0.01, 0.01, 5, 95, v1.VerdictBad, FalseAlarm},
		{"inside the objective, 50 %", 0.001, 0.001, 0.01, 0.01, 50, 50, v1.VerdictBad, FalseAlarm},
		{"stable breaks its objective a little, 5 %", 0.01, 0.01, 0.01, 0.01, 5, 95, v1.VerdictBad, FalseAlarm},
		{"stable breaks its objective a little, 50 %", 0.01, 0.01, 0.01, 0.01, 5, 5, v1.VerdictBad, FalseAlarm},
		{"shared errors, 5 %", 0.05, 0.05, 0.05, 0.05, 5, 95, v1.VerdictBad, FalseAlarm},
		{"shared errors, 50 %", 0.05, 0.05, 0.05, 0.05, 5, 5, v1.VerdictBad, FalseAlarm},
		{"shared outage, 5 %", 0.4, 0.4, 0, 0, 5, 95, v1.VerdictBad, FalseAlarm},
		{"shared outage, 50 %", 0.4, 0.4, 0, 0, 5, 5, v1.VerdictBad, FalseAlarm},
		{"clearly worse errors", clearlyWorse(0.001), 0.001, 0.005, 0.005, 5, 95, v1.VerdictGood, Miss},
		{"clearly worse errors, 50 %", clearlyWorse(0.001), 0.001, 0.005, 0.005, 50, 50, v1.VerdictGood, Miss},
		{"clearly slower", 0.0005, 0.0005, clearlyWorse(0.01), 0.01, 5, 95, v1.VerdictGood, Miss},
		{"clearly worse than shared errors", clearlyWorse(0.05), 0.05, 0, 0, 5, 95, v1.VerdictGood, Miss},
	}
	o := Objective{Budget: 0.001, Latency: 300 * time.Millisecond}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(2026, uint64(i)))
			wrong := 0
			for range runs {
				var canary, stable Sample
				for range 120 { // seconds
					draw(r, &canary, test.canaryRate, test.canary, test.canarySlow)
					draw(r, &stable, test.stableRate, test.stable, test.stableSlow)
					outcome := Judge(o, canary, stable).Outcome
					if outcome == test.wrong {
						wrong++
					}
					if outcome != v1.VerdictUndecided {
						break
					}
				}
			}
			// Three standard deviations of the count itself.
			limit := test.most*runs + 3*math.Sqrt(runs*test.most*(1-test.most))
			t.Logf("wrong in %.2f %% of %d runs, stated %.0f %%", 100*float64(wrong)/runs, runs, 100*test.most)
			if float64(wrong) > limit {
				t.Errorf("wrong in %d of %d runs, stated at most %.0f %%", wrong, runs, 100*test.most)
			}
		})
	}
}

func draw(r *rand.Rand, s *Sample, n int, failing, slow float64) {
	for range n {
		s.Requests++
		if r.Float64() < failing {
			s.Errors++
		}
		if r.Float64() < slow {
			s.Slow++
		}
	}
}

// TestMoreFailuresNeverHelp: adding failures to the canary never improves it,
// and adding failures to stable never worsens it.
func TestMoreFailuresNeverHelp(t *testing.T) {
	rank := map[v1.VerdictOutcome]int{v1.VerdictBad: 0, v1.VerdictUndecided: 1, v1.VerdictGood: 2}
	r := rand.New(rand.NewPCG(7, 7))
	o := Objective{Budget: 0.001}
	for range 20000 {
		canary := Sample{Requests: 1 + r.Int64N(300)}
		canary.Errors = r.Int64N(canary.Requests)
		stable := Sample{Requests: r.Int64N(3000)}
		before := Judge(o, canary, stable)
		worse := canary
		worse.Errors++
		if after := Judge(o, worse, stable); rank[after.Outcome] > rank[before.Outcome] {
			t.Fatalf("%+v against %+v is %s, with one more failure %s", canary, stable, before.Outcome, after.Outcome)
		}
		if strings.TrimSpace(before.Reason) == "" {
			t.Fatal("a verdict without a reason")
		}
	}
}

func BenchmarkJudge(b *testing.B) {
	o := Objective{Budget: 0.001, Latency: 300 * time.Millisecond}
	canary, stable := Sample{Requests: 40, Errors: 1, Slow: 1}, Sample{Requests: 900, Errors: 1, Slow: 8}
	for b.Loop() {
		Judge(o, canary, stable)
	}
}
