package rollout

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "paddock.dev/api/v1"
)

// Decision is one change. It is written in this order: the block, then the
// status. Dying in between is harmless: a blocked release is taken back.
type Decision struct {
	// Rollout whose status changes, by name.
	Rollout string
	From    v1.RolloutStatus
	Status  v1.RolloutStatus
	// Block is the release that may go nowhere from now on, and why; empty when
	// none.
	Block, BlockReason string
}

// Decide names the next change, if there is one. It is asked again after the
// change was written, until it has nothing more to say.
func Decide(o *Observation) (Decision, bool) {
	pending := pendingOf(o)
	for _, r := range pending {
		if why := overtaken(o, r, pending); why != "" {
			s := r.Status
			s.Phase, s.Message, s.FinishedAt = v1.RolloutSuperseded, why, now(o)
			return change(r, s)
		}
	}
	running := Running(o.Rollouts)
	if running == nil {
		return begin(o, nil, pending)
	}
	// A move goes first: nothing keeps a bad canary from its way back. What is
	// said of those that wait comes next, for it comes to rest. The figures of a
	// canary never do, and would let nobody else have a word.
	stepped, ok := step(o, running, pending)
	if ok && stepped.Moves() {
		return stepped, true
	}
	if d, ok := begin(o, running, pending); ok {
		return d, true
	}
	return stepped, ok
}

// Moves reports whether the rollout goes to another phase or step; a decision
// that does not writes only what is known by now.
func (d Decision) Moves() bool {
	return d.From.Phase != d.Status.Phase || d.From.Step != d.Status.Step
}

// pendingOf are the rollouts that have not begun, oldest first, ways back
// before ways forward.
func pendingOf(o *Observation) []*v1.Rollout {
	var pending []*v1.Rollout
	for i := range o.Rollouts {
		if r := &o.Rollouts[i]; !r.Status.Phase.Done() && !r.Status.Phase.Started() {
			pending = append(pending, r)
		}
	}
	slices.SortFunc(pending, func(a, b *v1.Rollout) int {
		if back, other := a.Spec.Kind == v1.RolloutRollback, b.Spec.Kind == v1.RolloutRollback; back != other {
			if back {
				return -1
			}
			return 1
		}
		if before(a, b) {
			return -1
		}
		return 1
	})
	return pending
}

// overtaken says why a rollout that has not begun never will, or nothing.
func overtaken(o *Observation, r *v1.Rollout, pending []*v1.Rollout) string {
	if !o.Declared {
		return "the platform file no longer has " + r.Spec.Service + " in " + r.Spec.Environment
	}
	release := o.Releases[r.Spec.Release]
	if release == nil {
		return "there is no release " + r.Spec.Release
	}
	if _, ok := release.Spec.Config[r.Spec.Environment]; !ok {
		return release.Name + " was made before " + r.Spec.Service + " was in " + r.Spec.Environment + ": it has no configuration for it"
	}
	if release.Status.Blocked != "" {
		return release.Name + " is blocked: " + release.Status.Blocked
	}
	if r.Spec.Kind == v1.RolloutRollback {
		if !Verified(o.Rollouts, release.Name) {
			return release.Name + " never ran in " + r.Spec.Environment + ", so it is no way back"
		}
		for _, other := range pending {
			if other.Spec.Kind == v1.RolloutRollback && before(r, other) {
				return "overtaken by the newer order " + other.Name
			}
		}
		return ""
	}

	current := Current(o.Rollouts)
	if current != nil {
		switch runs := o.Releases[current.Spec.Release]; {
		case current.Spec.Release == release.Name:
			return release.Name + " runs in " + r.Spec.Environment + " already"
		case r.Spec.Kind == v1.RolloutBootstrap:
			return r.Spec.Service + " runs in " + r.Spec.Environment + " by now; a release enters by promotion"
		case runs != nil && release.Spec.Number < runs.Spec.Number:
			return release.Name + " is older than " + runs.Name + ", which runs in " + r.Spec.Environment + "; to go back, order a rollback"
		}
	}
	if release.Spec.Drill {
		return ""
	}
	for _, other := range pending {
		newer := o.Releases[other.Spec.Release]
		if other != r && other.Spec.Kind != v1.RolloutRollback && newer != nil && !newer.Spec.Drill && newer.Status.Blocked == "" &&
			(newer.Spec.Number > release.Spec.Number || newer.Name == release.Name && before(r, other)) {
			return "superseded by " + newer.Name
		}
	}
	return ""
}

// begin lets a pending rollout begin when its turn has come, and keeps the
// others' messages true.
func begin(o *Observation, running *v1.Rollout, pending []*v1.Rollout) (Decision, bool) {
	for _, r := range pending {
		s := r.Status
		if needsApproval(o, r) {
			s.Approvals = approvals(o, r)
			if len(s.Approvals) < o.Rules.Approve {
				s.Phase, s.Message = v1.RolloutAwaitingApproval, awaiting(o, r, s.Approvals)
				if d, ok := change(r, s); ok {
					return d, true
				}
				continue
			}
		}
		if running != nil {
			s.Message = "waits for " + running.Name
			if d, ok := change(r, s); ok {
				return d, true
			}
			continue
		}
		return start(o, r, s)
	}
	return Decision{}, false
}

func start(o *Observation, r *v1.Rollout, s v1.RolloutStatus) (Decision, bool) {
	s.Phase, s.StartedAt = v1.RolloutPreparing, now(o)
	s.Message = "starts " + r.Spec.Release
	if current := Current(o.Rollouts); current != nil {
		s.Previous = current.Spec.Release
	}
	d, ok := change(r, s)
	if r.Spec.Kind == v1.RolloutRollback && s.Previous != r.Spec.Release {
		d.Block, d.BlockReason = s.Previous, ordered(r)
	}
	return d, ok
}

// ordered says who ordered a way back, and why.
func ordered(r *v1.Rollout) string {
	s := fmt.Sprintf("rolled back in %s by %s", r.Spec.Environment, r.Spec.RequestedBy)
	if r.Spec.Reason != "" {
		s += ": " + r.Spec.Reason
	}
	return s
}

// change is a decision only when something changes.
func change(r *v1.Rollout, s v1.RolloutStatus) (Decision, bool) {
	if equality.Semantic.DeepEqual(r.Status, s) {
		return Decision{}, false
	}
	return Decision{Rollout: r.Name, From: r.Status, Status: s}, true
}

func now(o *Observation) *metav1.MicroTime {
	t := metav1.NewMicroTime(o.Now)
	return &t
}
