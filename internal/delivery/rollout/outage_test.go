package rollout

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "paddock.dev/api/v1"
)

// outage takes everything down for a while. What runs starts anew; what the API
// says of it is a memory for some seconds more.
func (w *world) outage(long time.Duration) {
	w.now = w.now.Add(long)
	w.upSince = w.now
	for name := range w.born {
		w.born[name] = w.now
	}
}

// However long an outage and whenever it begins, a healthy release passes.
func TestOutageBlocksNothingHealthy(t *testing.T) {
	for _, long := range []time.Duration{5 * time.Second, 61 * time.Second, 6 * time.Minute, 9 * time.Hour} {
		for _, startup := range []time.Duration{2 * time.Second, 45 * time.Second} {
			for after := 0; after < 100; after += 3 {
				t.Run(fmt.Sprintf("%s after %d s, start-up %s", long, after, startup), func(t *testing.T) {
					w := newWorld(t)
					stable(w)
					name := w.order(v1.RolloutPromotion, w.release(1, behaviour{startup: startup}))
					w.run(after)
					w.outage(long)
					w.run(400)
					if r := w.rollout(name); r.Status.Phase != v1.RolloutSucceeded {
						t.Errorf("%s: %s", r.Status.Phase, r.Status.Message)
					}
				})
			}
		}
	}
}

// An outage excuses nobody for ever.
func TestOutageExcusesNothingSick(t *testing.T) {
	for name, sick := range map[string]behaviour{"crashes": {crashes: true}, "never ready": {startup: 10 * time.Hour}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			stable(w)
			order := w.order(v1.RolloutPromotion, w.release(1, sick))
			w.run(2)
			w.outage(9 * time.Hour)
			w.run(400)
			if r := w.rollout(order); r.Status.Phase != v1.RolloutRolledBack || w.releases[r.Spec.Release].Status.Blocked == "" {
				t.Errorf("%s: %s", r.Status.Phase, r.Status.Message)
			}
		})
	}
}

// Whenever the file's canary becomes shorter, a bad release does not pass.
func TestShorterCanaryStillJudges(t *testing.T) {
	for _, steps := range [][]int32{{}, {5}, {5, 25}} {
		for after := range 60 {
			w := newWorld(t)
			w.rules.Bake = 20 * time.Second
			w.rate = 2 // a slow verdict
			stable(w)
			order := w.order(v1.RolloutPromotion, w.release(1, behaviour{failing: 0.5}))
			w.run(after)
			if began := w.rollout(order).Status.Phase == v1.RolloutCanary; !began {
				continue
			}
			w.rules.Canary = steps
			w.run(600)
			if r := w.rollout(order); r.Status.Phase != v1.RolloutRolledBack {
				t.Fatalf("steps %v after %d s: %s: %s", steps, after, r.Status.Phase, r.Status.Message)
			}
		}
	}
}

// While the running canary has new figures with every look, the next rollout
// can be approved, and begins when its turn comes.
func TestNextOneIsApprovedDuringCanary(t *testing.T) {
	w := newWorld(t)
	stable(w)
	w.rules.Approve, w.rules.Groups, w.rules.Approvers = 1, []string{"release-managers"}, []string{"asha", "meera"}
	first := w.order(v1.RolloutPromotion, w.release(1, behaviour{}))
	w.rollout(first).Spec.SkipApproval = true
	w.run(3)
	next := w.order(v1.RolloutPromotion, w.release(2, behaviour{}))
	w.run(2)
	if p := w.rollout(first).Status.Phase; p != v1.RolloutCanary {
		t.Fatalf("the first is %s", p)
	}
	if s := w.rollout(next).Status; s.Phase != v1.RolloutAwaitingApproval {
		t.Fatalf("the next is %q: %s", s.Phase, s.Message)
	}
	w.approvals = append(w.approvals, v1.Approval{
		ObjectMeta: metav1.ObjectMeta{CreationTimestamp: metav1.NewTime(w.now.Add(time.Minute))},
		Spec:       v1.ApprovalSpec{Rollout: next, By: "meera"},
	})
	w.run(1)
	if s := w.rollout(next).Status; s.Message != "waits for "+first || len(s.Approvals) != 1 {
		t.Errorf("approved, the next says %q, approvals %v", s.Message, s.Approvals)
	}
	// At rest but for the figures: one write in each pass.
	before := w.acts
	w.pass()
	if w.acts > before+1 {
		t.Errorf("a pass that changes figures only made %d writes", w.acts-before)
	}
	w.run(200)
	if p := w.rollout(next).Status.Phase; p != v1.RolloutSucceeded {
		t.Errorf("the next ended %s: %s", p, w.rollout(next).Status.Message)
	}
}
