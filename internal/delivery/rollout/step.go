package rollout

import (
	"fmt"
	"strings"
	"time"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/delivery/verdict"
	"paddock.dev/internal/model"
)

// step takes a rollout that has begun one step further.
func step(o *Observation, r *v1.Rollout, pending []*v1.Rollout) (Decision, bool) {
	if r.Status.Phase != v1.RolloutRollingBack {
		if why, block := abandoned(o, r, pending); why != "" {
			return back(o, r, why, block)
		}
	}
	switch r.Status.Phase {
	case v1.RolloutPreparing:
		return prepare(o, r, len(pending) > 0)
	case v1.RolloutCanary:
		return judge(o, r)
	case v1.RolloutPromoting:
		return promote(o, r)
	case v1.RolloutRollingBack:
		return giveBack(o, r)
	}
	return Decision{}, false
}

// abandoned says why a rollout that has begun must not go on, whatever its own
// figures say, and whether its release is to be blocked for it.
func abandoned(o *Observation, r *v1.Rollout, pending []*v1.Rollout) (why string, block bool) {
	release := o.Releases[r.Spec.Release]
	switch {
	case !o.Declared:
		return "the platform file no longer has " + r.Spec.Service + " in " + r.Spec.Environment, false
	case release == nil:
		return "the release " + r.Spec.Release + " is gone", false
	}
	if _, ok := release.Spec.Config[r.Spec.Environment]; !ok {
		return release.Name + " has no configuration for " + r.Spec.Environment, false
	}
	if r.Spec.Kind != v1.RolloutRollback && release.Status.Blocked != "" {
		return release.Status.Blocked, false
	}
	// Once all requests have moved, the order is a rollback of its own.
	if r.Status.Phase == v1.RolloutPromoting {
		return "", false
	}
	for _, order := range pending {
		if order.Spec.Kind != v1.RolloutRollback {
			continue
		}
		if r.Spec.Kind != v1.RolloutRollback {
			return ordered(order), true
		}
		if r.Status.Phase == v1.RolloutPreparing {
			return "overtaken by the newer order " + order.Name, false
		}
	}
	return "", false
}

// prepare waits until the new set is complete.
func prepare(o *Observation, r *v1.Rollout, others bool) (Decision, bool) {
	s := r.Status
	set, exists := o.Sets[r.Spec.Release]
	if exists && set.Ready {
		return enter(o, r)
	}
	started := o.Now
	if s.StartedAt != nil {
		started = s.StartedAt.Time
	}
	waited := timeSince(o, started)
	// What a first release depends on may still be coming up. When another one
	// waits to be tried there is no reason for patience.
	patient := r.Spec.Kind == v1.RolloutBootstrap && waited < o.Rules.Grace && !others
	block := r.Spec.Kind != v1.RolloutRollback
	switch {
	case failure(o, set) != "" && !patient:
		return back(o, r, set.Failure, block)
	case stalled(o, set) != "" && r.Spec.Kind != v1.RolloutBootstrap:
		return back(o, r, set.Stalled, block)
	case waited >= o.Rules.Deadline:
		return back(o, r, fmt.Sprintf("%s, %s after it was started", known(set.State), o.Rules.Deadline), block)
	}
	s.Message = "starts " + r.Spec.Release + ": " + known(set.State)
	if set.Failure != "" {
		s.Message += "; " + set.Failure
	}
	return change(r, s)
}

func known(state string) string {
	if state == "" {
		return "no pod is known yet"
	}
	return state
}

// enter gives the complete set its first requests.
func enter(o *Observation, r *v1.Rollout) (Decision, bool) {
	s := r.Status
	_, stable := o.Sets[s.Previous]
	if r.Spec.Kind != v1.RolloutPromotion || len(o.Rules.Canary) == 0 || !stable || s.Previous == r.Spec.Release {
		return moveAll(o, r)
	}
	s.Phase, s.Step = v1.RolloutCanary, 0
	return share(o, r, s)
}

// share begins the canary step that s names.
func share(o *Observation, r *v1.Rollout, s v1.RolloutStatus) (Decision, bool) {
	s.Weight = o.Rules.Canary[s.Step]
	s.StepStartedAt, s.FlippedAt = now(o), nil
	s.Message = stepName(o, s) + ": waits for the gateway to share the requests so"
	return change(r, s)
}

func moveAll(o *Observation, r *v1.Rollout) (Decision, bool) {
	s := r.Status
	s.Phase, s.Weight = v1.RolloutPromoting, 100
	s.StepStartedAt, s.FlippedAt = now(o), nil
	s.Message = "moves all requests to " + r.Spec.Release + ": waits for the gateway to say so"
	return change(r, s)
}

// judge looks at the canary's figures and takes the next step, or none.
func judge(o *Observation, r *v1.Rollout) (Decision, bool) {
	s := r.Status
	release := o.Releases[r.Spec.Release]
	v := verdict.Judge(verdict.ObjectiveOf(release.Spec.Config[r.Spec.Environment]), o.Canary, o.Stable)
	s.Verdict = &v
	if why := failure(o, o.Sets[r.Spec.Release]); why != "" {
		return backWith(o, r, s, why, true)
	}
	if v.Outcome == v1.VerdictBad {
		return backWith(o, r, s, v.Reason, true)
	}
	if !o.Route.follows(shares(o)) {
		s.FlippedAt = nil
		s.Message = stepName(o, s) + ": waits for the gateway to share the requests so"
		return change(r, s)
	}
	if s.FlippedAt == nil {
		s.FlippedAt = now(o)
	}
	ready, waitsFor := mayStep(o, s, v)
	if !ready {
		s.Message = stepName(o, s) + ": " + waitsFor
		return change(r, s)
	}
	// The platform file may have fewer steps by now. The one that the rollout is
	// at is judged all the same; then it is the last one.
	if int(s.Step)+1 < len(o.Rules.Canary) {
		s.Step++
		return share(o, r, s)
	}
	r = r.DeepCopy()
	from := r.Status
	r.Status = s
	d, ok := moveAll(o, r)
	d.From = from
	return d, ok
}

// mayStep reports whether the canary may take more, or what it waits for.
func mayStep(o *Observation, s v1.RolloutStatus, v v1.Verdict) (bool, string) {
	baked := s.FlippedAt.Add(o.Rules.Bake)
	if o.Now.Before(baked) {
		return false, v.Reason + "; looks on until " + baked.UTC().Format(time.TimeOnly) + " UTC"
	}
	switch {
	case v.Outcome == v1.VerdictGood:
		return true, ""
	case !o.Rules.Traffic:
		return true, "" // nobody can ever send it a request
	case o.Rules.NoData == model.Proceed && v.CanaryErrors == 0 && v.CanarySlow == 0:
		return true, ""
	case v.CanaryRequests == 0:
		return false, "holds: no request has reached it since " + s.StepStartedAt.UTC().Format(time.TimeOnly) +
			" UTC, and no data is neither good nor bad; send requests, or set delivery.rollout.noData to proceed"
	default:
		return false, v.Reason
	}
}

// promote waits until the gateway has moved every request.
func promote(o *Observation, r *v1.Rollout) (Decision, bool) {
	s := r.Status
	if why := failure(o, o.Sets[r.Spec.Release]); why != "" && s.Previous != "" && r.Spec.Kind == v1.RolloutPromotion {
		return back(o, r, why, true)
	}
	if !o.Route.follows(shares(o)) {
		s.Message = "moves all requests to " + r.Spec.Release + ": waits for the gateway to say so"
		return change(r, s)
	}
	s.Phase, s.FlippedAt, s.FinishedAt = v1.RolloutSucceeded, now(o), now(o)
	s.Message = r.Spec.Release + " serves all requests in " + r.Spec.Environment
	if r.Spec.Kind == v1.RolloutRollback {
		s.Message += "; " + ordered(r)
	}
	return change(r, s)
}

// back begins the way back.
func back(o *Observation, r *v1.Rollout, why string, block bool) (Decision, bool) {
	return backWith(o, r, r.Status, why, block)
}

func backWith(o *Observation, r *v1.Rollout, s v1.RolloutStatus, why string, block bool) (Decision, bool) {
	s.Phase, s.Weight = v1.RolloutRollingBack, 0
	s.DecidedAt, s.FlippedAt = now(o), nil
	if s.Previous == "" {
		s.Message = "takes " + r.Spec.Release + " away: " + why
	} else {
		s.Message = "goes back to " + s.Previous + ": " + why
	}
	d, ok := change(r, s)
	if release := o.Releases[r.Spec.Release]; block && release != nil && release.Status.Blocked == "" {
		d.Block, d.BlockReason = r.Spec.Release, why
		if !strings.HasPrefix(why, "rolled back in ") {
			d.BlockReason = "in " + r.Spec.Environment + ", " + why
		}
	}
	return d, ok
}

// giveBack waits until the gateway sends the new set nothing any more.
func giveBack(o *Observation, r *v1.Rollout) (Decision, bool) {
	s := r.Status
	if o.Declared && !o.Route.follows(shares(o)) {
		return Decision{}, false
	}
	_, why, _ := strings.Cut(s.Message, ": ")
	s.Phase, s.FlippedAt, s.FinishedAt = v1.RolloutRolledBack, now(o), now(o)
	s.Message = why
	if s.Previous != "" {
		s.Message += "; " + s.Previous + " serves all requests again"
	}
	return change(r, s)
}

func stepName(o *Observation, s v1.RolloutStatus) string {
	return fmt.Sprintf("canary step %d of %d at %d %%", s.Step+1, max(len(o.Rules.Canary), int(s.Step)+1), s.Weight)
}

// Next is when the machine is to be asked again although nothing was seen to
// change; resync bounds it.
func Next(o *Observation, resync time.Duration) time.Duration {
	next := resync
	if running := Running(o.Rollouts); running != nil {
		next = min(next, time.Second)
	}
	if release, until := Warm(o); release != "" {
		next = min(next, until.Sub(o.Now))
	}
	return max(next, 10*time.Millisecond)
}
