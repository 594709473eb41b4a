package rollout

import (
	"slices"
	"time"

	v1 "paddock.dev/api/v1"
)

// Share is the part of the requests that a release receives, in percent.
type Share struct {
	Release string
	Percent int32
}

// State is what is to be there.
type State struct {
	// Sets by the name of their release, sorted.
	Sets []string
	// Shares add up to 100, or are none: then there is no route.
	Shares []Share
}

// Desired says which sets run and how the requests are shared. It follows from
// the statuses alone, so that it is right whenever it is asked.
func Desired(o *Observation) State {
	if !o.Declared {
		return State{}
	}
	state := State{Shares: shares(o)}
	add := func(release string) {
		if release != "" && !slices.Contains(state.Sets, release) {
			state.Sets = append(state.Sets, release)
		}
	}
	for _, s := range state.Shares {
		add(s.Release)
	}
	current := Current(o.Rollouts)
	if current != nil {
		add(current.Spec.Release)
	}
	if running := Running(o.Rollouts); running != nil && running.Status.Phase != v1.RolloutRollingBack {
		add(running.Spec.Release)
	}
	if warm, _ := Warm(o); warm != "" {
		add(warm)
	}
	// Until the gateway has said that it follows, some requests may still go to
	// any set that is there.
	if !o.Route.follows(state.Shares) {
		for release := range o.Sets {
			add(release)
		}
	}
	slices.Sort(state.Sets)
	return state
}

func shares(o *Observation) []Share {
	stable := ""
	if current := Current(o.Rollouts); current != nil {
		stable = current.Spec.Release
	}
	if running := Running(o.Rollouts); running != nil {
		arriving := running.Spec.Release
		switch running.Status.Phase {
		case v1.RolloutPromoting:
			return all(arriving)
		case v1.RolloutCanary:
			if stable == "" || stable == arriving {
				return all(arriving)
			}
			weight := min(max(running.Status.Weight, 0), 100)
			return []Share{{stable, 100 - weight}, {arriving, weight}}
		}
	}
	return all(stable)
}

func all(release string) []Share {
	if release == "" {
		return nil
	}
	return []Share{{release, 100}}
}

// Warm is the set that was replaced last and still runs, so that going back is
// a change of weights, and until when. Empty when there is none.
func Warm(o *Observation) (release string, until time.Time) {
	current := Current(o.Rollouts)
	if current == nil || current.Status.Previous == "" || current.Status.Previous == current.Spec.Release {
		return "", time.Time{}
	}
	release = current.Status.Previous
	until = current.Status.FinishedAt.Add(o.Rules.KeepWarm)
	known := o.Releases[release]
	if _, runs := o.Sets[release]; !runs || known == nil || known.Status.Blocked != "" || !o.Now.Before(until) {
		return "", time.Time{}
	}
	return release, until
}
