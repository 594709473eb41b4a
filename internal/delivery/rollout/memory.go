package rollout

import "time"

// What the API says of pods and sets right after a start may be a memory of the
// last run: nobody wrote it when the machine stopped, and the controllers that
// correct it have only just begun.
const (
	// memory is how long a pod's failure may be one.
	memory = 15 * time.Second
	// progress is a set's own deadline for the next step forward. It goes on
	// while everything is down, so it counts only when it may have been run
	// through in full since the start.
	progress = time.Minute
)

// failure is why a pod of the set cannot run, when that is known of this run.
func failure(o *Observation, set Set) string {
	if o.Now.Before(o.Since.Add(memory)) {
		return ""
	}
	return set.Failure
}

// stalled is why the set made no progress, when that is known of this run.
func stalled(o *Observation, set Set) string {
	if o.Now.Before(o.Since.Add(memory + progress)) {
		return ""
	}
	return set.Stalled
}

// timeSince is how long there was somebody to start what was ordered at the
// given time. Nothing starts while everything is down.
func timeSince(o *Observation, started time.Time) time.Duration {
	if started.Before(o.Since) {
		started = o.Since
	}
	return max(o.Now.Sub(started), 0)
}
