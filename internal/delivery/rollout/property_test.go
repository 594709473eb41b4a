package rollout

import (
	"math/rand/v2"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "paddock.dev/api/v1"
)

// stories are played without a death first; then with one after every single
// act, and with many at random. The end must be the same.
var stories = map[string]struct {
	play func(*world)
	end  string
}{
	"first release": {
		func(w *world) {
			w.order(v1.RolloutBootstrap, w.release(0, behaviour{startup: 2 * time.Second}))
			w.run(60)
		},
		"booking-1.0.0-prod-1 Succeeded\nblocked []\nserves [{booking-1.0.0 100}]\nsets [booking-1.0.0]\n",
	},
	"first release that never starts": {
		func(w *world) {
			w.order(v1.RolloutBootstrap, w.release(0, behaviour{crashes: true}))
			w.run(120)
		},
		"booking-1.0.0-prod-1 RolledBack\nblocked [booking-1.0.0]\nserves []\nsets []\n",
	},
	"good canary": {
		func(w *world) {
			stable(w)
			w.order(v1.RolloutPromotion, w.release(1, behaviour{startup: 3 * time.Second}))
			w.run(240)
		},
		"booking-1.0.0-prod-1 Succeeded\nbooking-1.1.0-prod-2 Succeeded\nblocked []\nserves [{booking-1.1.0 100}]\nsets [booking-1.1.0]\n",
	},
	"bad canary": {
		func(w *world) {
			stable(w)
			w.order(v1.RolloutPromotion, w.release(1, behaviour{startup: 3 * time.Second, failing: 0.3}))
			w.run(120)
		},
		"booking-1.0.0-prod-1 Succeeded\nbooking-1.1.0-prod-2 RolledBack\nblocked [booking-1.1.0]\nserves [{booking-1.0.0 100}]\nsets [booking-1.0.0]\n",
	},
	"canary that crashes": {
		func(w *world) {
			stable(w)
			w.order(v1.RolloutPromotion, w.release(1, behaviour{crashes: true}))
			w.run(120)
		},
		"booking-1.0.0-prod-1 Succeeded\nbooking-1.1.0-prod-2 RolledBack\nblocked [booking-1.1.0]\nserves [{booking-1.0.0 100}]\nsets [booking-1.0.0]\n",
	},
	"ordered rollback while the old set is warm": {
		func(w *world) {
			stable(w)
			w.order(v1.RolloutPromotion, w.release(1, behaviour{}))
			w.run(60)
			w.order(v1.RolloutRollback, "booking-1.0.0")
			w.run(120)
		},
		"booking-1.0.0-prod-1 Succeeded\nbooking-1.1.0-prod-2 Succeeded\nbooking-1.0.0-prod-3 Succeeded\nblocked [booking-1.1.0]\nserves [{booking-1.0.0 100}]\nsets [booking-1.0.0]\n",
	},
	"ordered rollback when the old set is gone": {
		func(w *world) {
			stable(w)
			w.order(v1.RolloutPromotion, w.release(1, behaviour{}))
			w.run(240)
			w.order(v1.RolloutRollback, "booking-1.0.0")
			w.run(120)
		},
		"booking-1.0.0-prod-1 Succeeded\nbooking-1.1.0-prod-2 Succeeded\nbooking-1.0.0-prod-3 Succeeded\nblocked [booking-1.1.0]\nserves [{booking-1.0.0 100}]\nsets [booking-1.0.0]\n",
	},
	"ordered rollback during a canary": {
		func(w *world) {
			stable(w)
			w.order(v1.RolloutPromotion, w.release(1, behaviour{startup: time.Second}))
			w.run(8)
			w.order(v1.RolloutRollback, "booking-1.0.0")
			w.run(120)
		},
		"booking-1.0.0-prod-1 Succeeded\nbooking-1.1.0-prod-2 RolledBack\nbooking-1.0.0-prod-3 Succeeded\nblocked [booking-1.1.0]\nserves [{booking-1.0.0 100}]\nsets [booking-1.0.0]\n",
	},
	"a newer release waits for the running one": {
		func(w *world) {
			stable(w)
			w.order(v1.RolloutPromotion, w.release(1, behaviour{startup: time.Second}))
			w.run(5)
			w.order(v1.RolloutPromotion, w.release(2, behaviour{}))
			w.order(v1.RolloutPromotion, w.release(3, behaviour{}))
			w.run(300)
		},
		"booking-1.0.0-prod-1 Succeeded\nbooking-1.1.0-prod-2 Succeeded\nbooking-1.2.0-prod-3 Superseded\nbooking-1.3.0-prod-4 Succeeded\n" +
			"blocked []\nserves [{booking-1.3.0 100}]\nsets [booking-1.3.0]\n",
	},
	"approval by two people": {
		func(w *world) {
			stable(w)
			w.rules.Approve, w.rules.Groups, w.rules.Approvers = 2, []string{"release-managers"}, []string{"asha", "meera", "vikram"}
			name := w.order(v1.RolloutPromotion, w.release(1, behaviour{}))
			w.run(5)
			for _, by := range []string{"asha", "meera", "meera", "nobody", "vikram"} {
				w.approvals = append(w.approvals, v1.Approval{
					ObjectMeta: metav1.ObjectMeta{CreationTimestamp: metav1.NewTime(w.now.Add(time.Minute))},
					Spec:       v1.ApprovalSpec{Rollout: name, By: by},
				})
				w.run(3)
				if began := w.rollout(name).Status.Phase.Started(); began != (by == "vikram") {
					w.t.Fatalf("after the approval of %s: %s, %s", by, w.rollout(name).Status.Phase, w.rollout(name).Status.Message)
				}
			}
			w.run(240)
		},
		"booking-1.0.0-prod-1 Succeeded\nbooking-1.1.0-prod-2 Succeeded\nblocked []\nserves [{booking-1.1.0 100}]\nsets [booking-1.1.0]\n",
	},
	"the service is taken out of the file during a canary": {
		func(w *world) {
			stable(w)
			w.order(v1.RolloutPromotion, w.release(1, behaviour{}))
			w.run(8)
			w.declared = false
			// Everything goes at once; the gateway has nothing left to follow.
			w.serves = nil
			w.run(30)
		},
		"booking-1.0.0-prod-1 Succeeded\nbooking-1.1.0-prod-2 RolledBack\nblocked []\nserves []\nsets []\n",
	},
}

func stable(w *world) {
	w.order(v1.RolloutBootstrap, w.release(0, behaviour{}))
	w.run(20)
}

func TestStories(t *testing.T) {
	for name, story := range stories {
		t.Run(name, func(t *testing.T) {
			calm := newWorld(t)
			story.play(calm)
			if got := calm.end(); got != story.end {
				t.Fatalf("got\n%swant\n%s%s", got, story.end, messages(calm))
			}
			for act := 1; act <= calm.acts; act++ {
				w := newWorld(t)
				w.dieAt[act] = true
				story.play(w)
				if got := w.end(); got != story.end {
					t.Fatalf("died after act %d of %d:\ngot\n%swant\n%s%s", act, calm.acts, got, story.end, messages(w))
				}
			}
			r := rand.New(rand.NewPCG(1, 2))
			for range 50 {
				w := newWorld(t)
				for act := range calm.acts * 2 {
					w.dieAt[act+1] = r.IntN(3) == 0
				}
				story.play(w)
				if got := w.end(); got != story.end {
					t.Fatalf("died often:\ngot\n%swant\n%s%s", got, story.end, messages(w))
				}
			}
			if len(calm.gotBad) > 0 {
				t.Errorf("requests went to a release after it was taken back: %v", calm.gotBad)
			}
		})
	}
}

func messages(w *world) string {
	s := ""
	for _, r := range w.rollouts {
		s += r.Name + ": " + r.Status.Message + "\n"
	}
	for name, r := range w.releases {
		if r.Status.Blocked != "" {
			s += name + " blocked: " + r.Status.Blocked + "\n"
		}
	}
	return s
}
