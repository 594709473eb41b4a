package rollout

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/delivery/verdict"
	"paddock.dev/internal/model"
)

var dawn = time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC)

// behaviour is how a release behaves when it runs.
type behaviour struct {
	startup time.Duration
	crashes bool
	failing float64 // share of its requests
}

// world is a cluster, a gateway, people and customers in virtual time. The
// machine under test changes it through acts, after any of which it may die.
type world struct {
	t         *testing.T
	now       time.Time
	rules     Rules
	declared  bool
	releases  map[string]*v1.Release
	rollouts  []v1.Rollout
	approvals []v1.Approval
	behave    map[string]behaviour
	born      map[string]time.Time // sets
	asked     []Share              // spec of the route
	serves    []Share              // what the gateway does
	changed   time.Time            // when the route was asked for last
	rate      float64              // requests per second
	seen      map[string]*[2]float64
	marks     map[string]verdict.Sample // figures when the step began
	mark      time.Time

	upSince time.Time // the last start after an outage
	acts    int
	dieAt   map[int]bool
	gotBad  map[string]float64 // requests that a release got while blocked and taken back
}

type died struct{}

// act is one write. The process may die right after it.
func (w *world) act(do func()) {
	do()
	w.acts++
	w.check()
	if w.dieAt[w.acts] {
		panic(died{})
	}
}

func newWorld(t *testing.T) *world {
	return &world{
		t: t, now: dawn, declared: true, rate: 100,
		rules: Rules{
			Environment: "prod", Canary: []int32{5, 25, 50}, Bake: 5 * time.Second, KeepWarm: time.Minute, NoData: model.Hold,
			Traffic: true, Grace: time.Minute, Deadline: 5 * time.Minute,
		},
		releases: map[string]*v1.Release{}, behave: map[string]behaviour{}, born: map[string]time.Time{},
		seen: map[string]*[2]float64{}, dieAt: map[int]bool{}, gotBad: map[string]float64{},
	}
}

func (w *world) release(n int64, b behaviour) string {
	name := fmt.Sprintf("booking-1.%d.0", n)
	w.releases[name] = &v1.Release{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: v1.ReleaseSpec{Service: "booking", Number: n, Version: fmt.Sprintf("1.%d.0", n), Author: "Asha Rao <asha@kestrelcars.example>",
			Config: map[string]v1.ServiceConfig{"prod": {AvailabilityPercent: "99.9"}}},
	}
	w.behave[name] = b
	return name
}

func (w *world) order(kind v1.RolloutKind, release string) string {
	name := fmt.Sprintf("%s-prod-%d", release, len(w.rollouts)+1)
	w.rollouts = append(w.rollouts, v1.Rollout{
		ObjectMeta: metav1.ObjectMeta{Name: name, CreationTimestamp: metav1.NewTime(w.now.Add(time.Duration(len(w.rollouts)) * time.Second))},
		Spec: v1.RolloutSpec{Service: "booking", Environment: "prod", Release: release, Kind: kind, RequestedBy: "meera",
			Reason: map[bool]string{true: "customers complain"}[kind == v1.RolloutRollback]},
	})
	return name
}

func (w *world) rollout(name string) *v1.Rollout {
	for i := range w.rollouts {
		if w.rollouts[i].Name == name {
			return &w.rollouts[i]
		}
	}
	w.t.Fatalf("no rollout %s", name)
	return nil
}

func (w *world) observe() *Observation {
	o := &Observation{
		Now: w.now, Since: w.upSince, Declared: w.declared, Rules: w.rules, Releases: map[string]*v1.Release{},
		Approvals: w.approvals, Sets: map[string]Set{},
		Route: Route{Exists: len(w.asked) > 0, Shares: map[string]int32{}, Confirmed: len(w.asked) > 0 && slices.Equal(w.asked, w.serves)},
	}
	for name, r := range w.releases {
		o.Releases[name] = r.DeepCopy()
	}
	for i := range w.rollouts {
		o.Rollouts = append(o.Rollouts, *w.rollouts[i].DeepCopy())
	}
	for _, s := range w.asked {
		o.Route.Shares[s.Release] = s.Percent
	}
	for name, born := range w.born {
		b := w.behave[name]
		s := Set{Ready: !b.crashes && !w.now.Before(born.Add(b.startup)), State: "0 of 2 pods are ready"}
		if b.crashes && w.now.Sub(born) > 3*time.Second {
			s.Failure = "container booking ended with exit code 1: no such table"
		}
		if !w.upSince.IsZero() && w.now.Sub(w.upSince) < 10*time.Second {
			s.Ready, s.Failure = false, "container booking is in CrashLoopBackOff, as it was in the last run"
		}
		if !w.upSince.IsZero() && !s.Ready {
			s.Stalled = "no progress in 60 s, and nothing was up in 50 of them"
		}
		o.Sets[name] = s
	}
	if r := Running(o.Rollouts); r != nil && r.Status.Phase == v1.RolloutCanary {
		if !w.mark.Equal(r.Status.StepStartedAt.Time) {
			w.mark, w.marks = r.Status.StepStartedAt.Time, w.totals()
		}
		o.Canary = w.since(r.Spec.Release)
		if c := Current(o.Rollouts); c != nil {
			o.Stable = w.since(c.Spec.Release)
		}
	}
	return o
}

func (w *world) totals() map[string]verdict.Sample {
	all := map[string]verdict.Sample{}
	for name, n := range w.seen {
		all[name] = verdict.Sample{Requests: int64(n[0]), Errors: int64(n[1])}
	}
	return all
}

func (w *world) since(release string) verdict.Sample {
	now, then := w.totals()[release], w.marks[release]
	return verdict.Sample{Requests: now.Requests - then.Requests, Errors: now.Errors - then.Errors}
}

// pass is one reconciliation, written as the controller is.
func (w *world) pass() {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(died); !ok {
				panic(r)
			}
		}
	}()
	var o *Observation
	for n := 0; ; n++ {
		if n > 16 {
			w.t.Fatalf("the machine does not come to rest: %+v", w.rollouts)
		}
		o = w.observe()
		d, change := Decide(o)
		if !change {
			break
		}
		if d.Block != "" {
			w.act(func() {
				if r := w.releases[d.Block]; r.Status.Blocked == "" {
					r.Status.Blocked = d.BlockReason
				}
			})
		}
		w.act(func() { w.rollout(d.Rollout).Status = d.Status })
		if running := Running(o.Rollouts); running != nil && running.Name == d.Rollout && !d.Moves() {
			o = w.observe()
			break
		}
	}
	state := Desired(o)
	for _, name := range state.Sets {
		if _, ok := w.born[name]; !ok {
			w.act(func() { w.born[name] = w.now })
		}
	}
	if !slices.Equal(w.asked, state.Shares) {
		w.act(func() {
			w.asked, w.changed = state.Shares, w.now
			if len(state.Shares) == 0 {
				w.serves = nil
			}
		})
	}
	for _, name := range slices.Sorted(maps.Keys(w.born)) {
		if !slices.Contains(state.Sets, name) {
			w.act(func() { delete(w.born, name) })
		}
	}
}

// check holds at every instant.
func (w *world) check() {
	w.t.Helper()
	for _, s := range w.serves {
		if _, ok := w.born[s.Release]; !ok && s.Percent > 0 {
			w.t.Fatalf("at %s the gateway sends %d %% of the requests to %s, which does not run", w.now.Sub(dawn), s.Percent, s.Release)
		}
	}
	started := 0
	for _, r := range w.rollouts {
		if r.Status.Phase.Started() {
			started++
		}
	}
	if started > 1 {
		w.t.Fatalf("%d rollouts change the environment at once", started)
	}
}

// second lets time go by: the gateway follows its route with a delay, customers
// send requests.
func (w *world) second() {
	w.now = w.now.Add(time.Second)
	if !slices.Equal(w.asked, w.serves) && w.now.Sub(w.changed) >= 2*time.Second {
		w.serves = w.asked
	}
	for _, s := range w.serves {
		if w.seen[s.Release] == nil {
			w.seen[s.Release] = &[2]float64{}
		}
		n := w.rate * float64(s.Percent) / 100
		w.seen[s.Release][0] += n
		w.seen[s.Release][1] += n * w.behave[s.Release].failing
		for _, r := range w.rollouts {
			if r.Spec.Release == s.Release && r.Status.Phase == v1.RolloutRolledBack && n > 0 {
				w.gotBad[s.Release] += n
			}
		}
	}
	w.check()
}

func (w *world) run(seconds int) {
	for range seconds {
		w.pass()
		w.second()
	}
}

// end describes what the world has come to.
func (w *world) end() string {
	var b strings.Builder
	for _, r := range w.rollouts {
		fmt.Fprintf(&b, "%s %s\n", r.Name, r.Status.Phase)
	}
	var names []string
	for name, r := range w.releases {
		if r.Status.Blocked != "" {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	fmt.Fprintf(&b, "blocked %v\nserves %v\nsets %v\n", names, w.serves, slices.Sorted(maps.Keys(w.born)))
	return b.String()
}
