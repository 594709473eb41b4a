package rollout

import (
	"time"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/delivery/verdict"
	"paddock.dev/internal/model"
)

// Observation is all there is to know about one service in one environment.
type Observation struct {
	Now time.Time
	// Since is when whoever observes began to, or woke up again: what was before
	// is no time that anything had to start in. Zero means always.
	Since time.Time
	// Declared is false when the platform no longer has the service here.
	Declared bool
	Rules    Rules
	// Releases of the service by name.
	Releases map[string]*v1.Release
	// Rollouts of the service here, in any order.
	Rollouts  []v1.Rollout
	Approvals []v1.Approval
	// Sets that exist here, by the name of their release.
	Sets map[string]Set
	// Route is how the requests are shared now.
	Route Route
	// Canary and Stable are what the two sets did since the canary step began;
	// empty unless a canary is running.
	Canary, Stable verdict.Sample
}

// Rules are what the platform file says about rollouts here.
type Rules struct {
	Environment string
	// Canary steps in percent, rising. Empty means all at once.
	Canary []int32
	// Bake is the shortest time of a step.
	Bake     time.Duration
	KeepWarm time.Duration
	NoData   model.NoData
	// Traffic is false when no route leads to the service and nobody uses it.
	Traffic bool
	// Approve asks for that many of the people in Approvers, who are the members
	// of Groups.
	Approve   int
	Groups    []string
	Approvers []string
	// Grace is how long the first release of a service may fail and start again
	// while what it depends on is still coming up.
	Grace time.Duration
	// Deadline bounds the start of any set.
	Deadline time.Duration
}

// Set is one release as it runs here.
type Set struct {
	// Ready: every pod is, and the network knows it.
	Ready bool
	// State says how many pods are ready.
	State string
	// Failure is why a pod cannot run; empty when none is known.
	Failure string
	// Stalled is why the set made no progress within its own deadline.
	Stalled string
}

// Route is how the gateway shares the requests.
type Route struct {
	Exists bool
	// Shares in percent by the name of the release.
	Shares map[string]int32
	// Confirmed: the gateway has said that it does what Shares says.
	Confirmed bool
}

// follows reports whether the gateway is known to share the requests as wanted.
func (r Route) follows(shares []Share) bool {
	if len(shares) == 0 {
		return !r.Exists
	}
	if !r.Exists || !r.Confirmed || len(r.Shares) != len(shares) {
		return false
	}
	for _, s := range shares {
		if have, ok := r.Shares[s.Release]; !ok || have != s.Percent {
			return false
		}
	}
	return true
}
