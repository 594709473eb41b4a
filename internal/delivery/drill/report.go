package drill

import (
	"fmt"
	"io"
	"time"

	v1 "paddock.dev/api/v1"
)

// Report is what a rollback drill measured. Durations are in seconds.
type Report struct {
	Service     string  `json:"service"`
	Environment string  `json:"environment"`
	Rate        float64 `json:"requestsPerSecond"`
	// Stable is the release that ran before; Bad the one that was let in.
	Stable string `json:"stable"`
	Bad    string `json:"bad"`
	// ToVerdict and ToRestored count from the first request that the bad release
	// answered to the verdict, and to the moment when the gateway had confirmed
	// that all requests go to the stable release again.
	ToVerdict  float64 `json:"secondsToVerdict"`
	ToRestored float64 `json:"secondsToRestored"`
	Verdict    string  `json:"verdict"`
	// Requests that the drill sent, how many failed, how many of them the bad
	// release answered at all, and how many it answered that were sent after the
	// flip.
	Requests     int `json:"requests"`
	Failed       int `json:"failed"`
	FromBad      int `json:"answeredByBad"`
	BadAfterFlip int `json:"answeredByBadAfterFlip"`
	// FailedElsewhere are failures that the bad release did not answer: the
	// platform's own fault.
	FailedElsewhere int `json:"failedElsewhere"`
	// Restored image and configuration, as they run after the drill.
	ImageRestored  bool   `json:"imageRestored"`
	ConfigRestored bool   `json:"configRestored"`
	Image          string `json:"image"`
	ConfigDigest   string `json:"configDigest"`
	// Blocked is the reason kept with the bad release.
	Blocked string `json:"blocked"`
}

// Passed reports whether the drill proved what it is there to prove.
func (r Report) Passed() bool {
	return r.BadAfterFlip == 0 && r.FailedElsewhere == 0 && r.ImageRestored && r.ConfigRestored && r.Blocked != ""
}

// measure fills in what follows from the answers and the rollout's status.
func (r *Report) measure(answers []Answer, status v1.RolloutStatus) {
	var first, flip time.Time
	if status.FlippedAt != nil {
		flip = status.FlippedAt.Time
	}
	for _, a := range answers {
		r.Requests++
		bad := a.Release == r.Bad
		if a.Failed() {
			r.Failed++
			if !bad {
				r.FailedElsewhere++
			}
		}
		if !bad {
			continue
		}
		r.FromBad++
		if first.IsZero() {
			first = a.Sent
		}
		if !flip.IsZero() && a.Sent.After(flip) {
			r.BadAfterFlip++
		}
	}
	if first.IsZero() {
		return
	}
	if status.DecidedAt != nil {
		r.ToVerdict = status.DecidedAt.Sub(first).Seconds()
	}
	if !flip.IsZero() {
		r.ToRestored = flip.Sub(first).Seconds()
	}
}

// Print writes the report for people.
func (r Report) Print(w io.Writer) error {
	yes := func(ok bool) string {
		if ok {
			return "yes"
		}
		return "NO"
	}
	_, err := fmt.Fprintf(w, `rollback of %s in %s at %.0f requests/s
  bad release        %s (stable: %s)
  verdict            after %.1f s: %s
  restored           after %.1f s
  requests           %d, of which the bad release answered %d
  failed             %d, of which %d were not the bad release's
  bad after the flip %d
  image restored     %s  %s
  config restored    %s  %s
  blocked            %s
`, r.Service, r.Environment, r.Rate, r.Bad, r.Stable, r.ToVerdict, r.Verdict, r.ToRestored,
		r.Requests, r.FromBad, r.Failed, r.FailedElsewhere, r.BadAfterFlip,
		yes(r.ImageRestored), r.Image, yes(r.ConfigRestored), r.ConfigDigest, r.Blocked)
	return err
}
