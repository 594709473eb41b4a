package rollout

import (
	"cmp"
	"slices"
	"time"

	v1 "paddock.dev/api/v1"
)

// keep is how many finished rollouts of a service in an environment are kept.
const keep = 20

// succeeded returns the rollouts that succeeded, newest first.
func succeeded(rollouts []v1.Rollout) []*v1.Rollout {
	var done []*v1.Rollout
	for i := range rollouts {
		if r := &rollouts[i]; r.Status.Phase == v1.RolloutSucceeded && r.Status.FinishedAt != nil {
			done = append(done, r)
		}
	}
	slices.SortStableFunc(done, func(a, b *v1.Rollout) int {
		return cmp.Or(b.Status.FinishedAt.Compare(a.Status.FinishedAt.Time), cmp.Compare(b.Name, a.Name))
	})
	return done
}

// Current is the rollout that defines what the environment points at: the
// newest that succeeded. Nil when the service never ran there.
func Current(rollouts []v1.Rollout) *v1.Rollout {
	if done := succeeded(rollouts); len(done) > 0 {
		return done[0]
	}
	return nil
}

// Verified reports whether the release ran in the environment to everybody's
// satisfaction before.
func Verified(rollouts []v1.Rollout, release string) bool {
	return slices.ContainsFunc(succeeded(rollouts), func(r *v1.Rollout) bool { return r.Spec.Release == release })
}

// Previous is the release to go back to: the last one verified here that is
// neither current nor blocked. Empty when there is none.
func Previous(rollouts []v1.Rollout, releases map[string]*v1.Release) string {
	done := succeeded(rollouts)
	for i, r := range done {
		known := releases[r.Spec.Release]
		if i > 0 && r.Spec.Release != done[0].Spec.Release && known != nil && known.Status.Blocked == "" {
			return r.Spec.Release
		}
	}
	return ""
}

// Running is the rollout that is changing the environment, nil when none is.
func Running(rollouts []v1.Rollout) *v1.Rollout {
	var running *v1.Rollout
	for i := range rollouts {
		r := &rollouts[i]
		if r.Status.Phase.Started() && (running == nil || before(r, running)) {
			running = r
		}
	}
	return running
}

// before orders rollouts by when they were asked for.
func before(a, b *v1.Rollout) bool {
	if !a.CreationTimestamp.Time.Equal(b.CreationTimestamp.Time) {
		return a.CreationTimestamp.Before(&b.CreationTimestamp)
	}
	return a.Name < b.Name
}

// Expired are the finished rollouts that nobody needs any more: all but the
// newest twenty, never the ones that say what is current and what to go back to.
func Expired(rollouts []v1.Rollout, releases map[string]*v1.Release) []string {
	needed := map[string]bool{}
	if current := Current(rollouts); current != nil {
		needed[current.Name] = true
	}
	previous := Previous(rollouts, releases)
	for _, r := range succeeded(rollouts) {
		if r.Spec.Release == previous {
			needed[r.Name] = true
			break
		}
	}
	var done []*v1.Rollout
	for i := range rollouts {
		if rollouts[i].Status.Phase.Done() {
			done = append(done, &rollouts[i])
		}
	}
	slices.SortFunc(done, func(a, b *v1.Rollout) int {
		return cmp.Or(finished(b).Compare(finished(a)), cmp.Compare(b.Name, a.Name))
	})
	var expired []string
	for i, r := range done {
		if i >= keep && !needed[r.Name] {
			expired = append(expired, r.Name)
		}
	}
	return expired
}

func finished(r *v1.Rollout) time.Time {
	if r.Status.FinishedAt != nil {
		return r.Status.FinishedAt.Time
	}
	return r.CreationTimestamp.Time
}
