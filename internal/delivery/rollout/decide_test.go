package rollout

import (
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/delivery/verdict"
	"paddock.dev/internal/model"
)

// prod is an observation of production where booking-1.0.0 runs and
// booking-1.1.0 is on its way, at the given status.
func prod(s v1.RolloutStatus) *Observation {
	at := func(d time.Duration) *metav1.MicroTime { m := metav1.NewMicroTime(dawn.Add(d)); return &m }
	release := func(n int64) *v1.Release {
		return &v1.Release{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("booking-1.%d.0", n)},
			Spec: v1.ReleaseSpec{Service: "booking", Number: n, Author: "Asha Rao <asha@kestrelcars.example>",
				Config: map[string]v1.ServiceConfig{"prod": {AvailabilityPercent: "99.9"}}},
		}
	}
	rollout := func(name, release string, kind v1.RolloutKind, s v1.RolloutStatus) v1.Rollout {
		return v1.Rollout{
			ObjectMeta: metav1.ObjectMeta{Name: name, CreationTimestamp: metav1.NewTime(dawn)},
			Spec:       v1.RolloutSpec{Service: "booking", Environment: "prod", Release: release, Kind: kind, RequestedBy: "policy"},
			Status:     s,
		}
	}
	return &Observation{
		Now: dawn.Add(time.Minute), Declared: true,
		Rules: Rules{Environment: "prod", Canary: []int32{5, 25}, Bake: 10 * time.Second, KeepWarm: time.Hour, NoData: model.Hold, Traffic: true,
			Grace: time.Minute, Deadline: 5 * time.Minute},
		Releases: map[string]*v1.Release{"booking-1.0.0": release(0), "booking-1.1.0": release(1)},
		Rollouts: []v1.Rollout{
			rollout("booking-1.0.0-prod-1", "booking-1.0.0", v1.RolloutBootstrap, v1.RolloutStatus{Phase: v1.RolloutSucceeded, FinishedAt: at(0)}),
			rollout("booking-1.1.0-prod-1", "booking-1.1.0", v1.RolloutPromotion, s),
		},
		Sets: map[string]Set{"booking-1.0.0": {Ready: true}},
	}
}

// at the canary step, the gateway following since the given time.
func canary(step, weight int32, since time.Duration) v1.RolloutStatus {
	m := metav1.NewMicroTime(dawn.Add(since))
	return v1.RolloutStatus{Phase: v1.RolloutCanary, Step: step, Weight: weight, Previous: "booking-1.0.0", StartedAt: &m, StepStartedAt: &m, FlippedAt: &m}
}

func follow(o *Observation, weight int32) {
	o.Sets["booking-1.1.0"] = Set{Ready: true}
	o.Route = Route{Exists: true, Confirmed: true, Shares: map[string]int32{"booking-1.0.0": 100 - weight, "booking-1.1.0": weight}}
}

func TestDecide(t *testing.T) {
	started := metav1.NewMicroTime(dawn.Add(50 * time.Second))
	preparing := v1.RolloutStatus{Phase: v1.RolloutPreparing, Previous: "booking-1.0.0", StartedAt: &started}
	tests := []struct {
		name    string
		status  v1.RolloutStatus
		change  func(*Observation)
		phase   v1.RolloutPhase
		weight  int32
		message string // part of it
		block   string // part of the reason
	}{
		{"begins", v1.RolloutStatus{}, nil, v1.RolloutPreparing, 0, "starts booking-1.1.0", ""},
		{"waits for people", v1.RolloutStatus{}, func(o *Observation) {
			o.Rules.Approve, o.Rules.Groups, o.Rules.Approvers = 1, []string{"release-managers"}, []string{"asha", "meera"}
		}, v1.RolloutAwaitingApproval, 0,
			"waits for 1 of release-managers (meera); asha wrote the commit and does not count; approve with: paddock approve booking-1.1.0-prod-1 --as meera", ""},
		{"nobody may approve", v1.RolloutStatus{}, func(o *Observation) {
			o.Rules.Approve, o.Rules.Groups, o.Rules.Approvers = 1, []string{"release-managers"}, []string{"asha"}
		}, v1.RolloutAwaitingApproval, 0, "nobody else may approve: add people to release-managers in the platform file", ""},
		{"a drill does not wait for people", v1.RolloutStatus{}, func(o *Observation) {
			o.Rules.Approve, o.Rollouts[1].Spec.SkipApproval = 1, true
		}, v1.RolloutPreparing, 0, "", ""},
		{"blocked", v1.RolloutStatus{}, func(o *Observation) { o.Releases["booking-1.1.0"].Status.Blocked = "it is bad" },
			v1.RolloutSuperseded, 0, "booking-1.1.0 is blocked: it is bad", ""},
		{"older", v1.RolloutStatus{}, func(o *Observation) { o.Releases["booking-1.0.0"].Spec.Number = 7 },
			v1.RolloutSuperseded, 0, "older than booking-1.0.0", ""},
		{"no configuration", v1.RolloutStatus{}, func(o *Observation) { o.Releases["booking-1.1.0"].Spec.Config = nil },
			v1.RolloutSuperseded, 0, "no configuration", ""},
		{"rollback to what never ran", v1.RolloutStatus{}, func(o *Observation) { o.Rollouts[1].Spec.Kind = v1.RolloutRollback },
			v1.RolloutSuperseded, 0, "never ran in prod", ""},

		{"pods are starting", preparing, func(o *Observation) { o.Sets["booking-1.1.0"] = Set{State: "1 of 2 pods are ready"} },
			v1.RolloutPreparing, 0, "1 of 2 pods are ready", ""},
		{"pods are ready", preparing, func(o *Observation) { o.Sets["booking-1.1.0"] = Set{Ready: true} },
			v1.RolloutCanary, 5, "canary step 1 of 2 at 5 %", ""},
		{"ready, not production", preparing, func(o *Observation) { o.Sets["booking-1.1.0"] = Set{Ready: true}; o.Rules.Canary = nil },
			v1.RolloutPromoting, 100, "moves all requests", ""},
		{"ready, the stable set is gone", preparing, func(o *Observation) { o.Sets = map[string]Set{"booking-1.1.0": {Ready: true}} },
			v1.RolloutPromoting, 100, "", ""},
		{"pods crash", preparing, func(o *Observation) {
			o.Sets["booking-1.1.0"] = Set{Failure: "container booking ended with exit code 3: no such table"}
		},
			v1.RolloutRollingBack, 0, "goes back to booking-1.0.0: container booking ended with exit code 3: no such table", "in prod, container booking"},
		{"no progress", preparing, func(o *Observation) { o.Sets["booking-1.1.0"] = Set{Stalled: "0 of 2 pods are ready at the end"} },
			v1.RolloutRollingBack, 0, "0 of 2", "0 of 2"},
		{"a first release is given time", preparing, func(o *Observation) {
			o.Rollouts = o.Rollouts[1:]
			o.Rollouts[0].Spec.Kind = v1.RolloutBootstrap
			o.Sets["booking-1.1.0"] = Set{Failure: "container booking ended", State: "0 of 1 pods are ready"}
		}, v1.RolloutPreparing, 0, "0 of 1 pods are ready; container booking ended", ""},
		{"but not for ever", preparing, func(o *Observation) {
			o.Rollouts = o.Rollouts[1:]
			o.Rollouts[0].Spec.Kind = v1.RolloutBootstrap
			o.Now = o.Now.Add(6 * time.Minute)
		}, v1.RolloutRollingBack, 0, "no pod is known yet, 5m0s after it was started", "no pod is known"},

		{"crashes that may be of the last run", preparing, func(o *Observation) {
			o.Since = o.Now.Add(-5 * time.Second)
			o.Sets["booking-1.1.0"] = Set{Failure: "container booking is in CrashLoopBackOff", State: "0 of 2 pods are ready"}
		}, v1.RolloutPreparing, 0, "CrashLoopBackOff", ""},
		{"crashes of this run", preparing, func(o *Observation) {
			o.Since = o.Now.Add(-memory)
			o.Sets["booking-1.1.0"] = Set{Failure: "container booking is in CrashLoopBackOff"}
		}, v1.RolloutRollingBack, 0, "CrashLoopBackOff", "CrashLoopBackOff"},
		{"no progress that may be of the last run", preparing, func(o *Observation) {
			o.Since = o.Now.Add(-time.Minute)
			o.Sets["booking-1.1.0"] = Set{Stalled: "no progress", State: "0 of 2 pods are ready"}
		}, v1.RolloutPreparing, 0, "0 of 2 pods", ""},
		{"the deadline does not run while everything is down", preparing, func(o *Observation) {
			o.Now = o.Now.Add(9 * time.Hour)
			o.Since = o.Now.Add(-4 * time.Minute)
		}, v1.RolloutPreparing, 0, "no pod is known yet", ""},
		{"a canary's crash that may be of the last run", canary(0, 5, 0), func(o *Observation) {
			follow(o, 5)
			o.Since = o.Now.Add(-5 * time.Second)
			o.Sets["booking-1.1.0"] = Set{Failure: "container booking is in CrashLoopBackOff"}
		}, v1.RolloutCanary, 5, "holds", ""},

		{"no data holds", canary(0, 5, 0), func(o *Observation) { follow(o, 5) }, v1.RolloutCanary, 5,
			"holds: no request has reached it since 06:00:00 UTC, and no data is neither good nor bad", ""},
		{"no data proceeds", canary(0, 5, 0), func(o *Observation) { follow(o, 5); o.Rules.NoData = model.Proceed }, v1.RolloutCanary, 25, "step 2 of 2", ""},
		{"nobody can reach it", canary(0, 5, 0), func(o *Observation) { follow(o, 5); o.Rules.Traffic = false }, v1.RolloutCanary, 25, "step 2 of 2", ""},
		{"few data with a failure do not proceed", canary(0, 5, 0), func(o *Observation) {
			follow(o, 5)
			o.Rules.NoData = model.Proceed
			o.Canary, o.Stable = verdict.Sample{Requests: 10, Errors: 1}, verdict.Sample{Requests: 190}
		}, v1.RolloutCanary, 5, "undecided: 1 of 10 requests failed", ""},
		{"good but not baked", canary(0, 5, 55*time.Second), func(o *Observation) {
			follow(o, 5)
			o.Canary, o.Stable = verdict.Sample{Requests: 100}, verdict.Sample{Requests: 1900}
		}, v1.RolloutCanary, 5, "looks on until 06:01:05 UTC", ""},
		{"good and baked", canary(0, 5, 0), func(o *Observation) {
			follow(o, 5)
			o.Canary, o.Stable = verdict.Sample{Requests: 100}, verdict.Sample{Requests: 1900}
		}, v1.RolloutCanary, 25, "", ""},
		{"the last step is good", canary(1, 25, 0), func(o *Observation) {
			follow(o, 25)
			o.Canary, o.Stable = verdict.Sample{Requests: 100}, verdict.Sample{Requests: 300}
		}, v1.RolloutPromoting, 100, "", ""},
		{"the file has fewer steps now, no data", canary(2, 50, 0), func(o *Observation) { follow(o, 50) }, v1.RolloutCanary, 50,
			"canary step 3 of 3 at 50 %: holds", ""},
		{"the file has fewer steps now, bad", canary(2, 50, 0), func(o *Observation) {
			follow(o, 50)
			o.Canary, o.Stable = verdict.Sample{Requests: 52, Errors: 11}, verdict.Sample{Requests: 988}
		}, v1.RolloutRollingBack, 0, "bad: 11 of 52", "bad"},
		{"the file has no steps now, good", canary(2, 50, 0), func(o *Observation) {
			follow(o, 50)
			o.Rules.Canary = nil
			o.Canary, o.Stable = verdict.Sample{Requests: 100}, verdict.Sample{Requests: 100}
		}, v1.RolloutPromoting, 100, "", ""},
		{"good, but the gateway does not follow", canary(0, 5, 0), func(o *Observation) {
			follow(o, 5)
			o.Route.Confirmed = false
			o.Canary, o.Stable = verdict.Sample{Requests: 100}, verdict.Sample{Requests: 1900}
		}, v1.RolloutCanary, 5, "waits for the gateway", ""},
		{"bad", canary(0, 5, 55*time.Second), func(o *Observation) {
			follow(o, 5)
			o.Canary, o.Stable = verdict.Sample{Requests: 52, Errors: 11}, verdict.Sample{Requests: 988}
		}, v1.RolloutRollingBack, 0, "goes back to booking-1.0.0: bad: 11 of 52 requests failed", "in prod, bad: 11 of 52 requests failed (21 %) against 0 of 988 on stable"},
		{"bad before the gateway said anything", canary(0, 5, 55*time.Second), func(o *Observation) {
			follow(o, 5)
			o.Route.Confirmed = false
			o.Canary, o.Stable = verdict.Sample{Requests: 52, Errors: 11}, verdict.Sample{Requests: 988}
		}, v1.RolloutRollingBack, 0, "", "bad"},
		{"blocked elsewhere meanwhile", canary(0, 5, 0), func(o *Observation) {
			follow(o, 5)
			o.Releases["booking-1.1.0"].Status.Blocked = "in uat, bad"
		}, v1.RolloutRollingBack, 0, "goes back to booking-1.0.0: in uat, bad", ""},

		{"the gateway is slow to promote", v1.RolloutStatus{Phase: v1.RolloutPromoting, Previous: "booking-1.0.0"}, func(o *Observation) { follow(o, 25) },
			v1.RolloutPromoting, 0, "waits for the gateway to say so", ""},
		{"promoted", v1.RolloutStatus{Phase: v1.RolloutPromoting, Weight: 100, Previous: "booking-1.0.0"}, func(o *Observation) {
			o.Route = Route{Exists: true, Confirmed: true, Shares: map[string]int32{"booking-1.1.0": 100}}
		}, v1.RolloutSucceeded, 100, "booking-1.1.0 serves all requests in prod", ""},
		{"given back", v1.RolloutStatus{Phase: v1.RolloutRollingBack, Previous: "booking-1.0.0", Message: "goes back to booking-1.0.0: bad: 1 of 1"}, func(o *Observation) {
			o.Route = Route{Exists: true, Confirmed: true, Shares: map[string]int32{"booking-1.0.0": 100}}
		}, v1.RolloutRolledBack, 0, "bad: 1 of 1; booking-1.0.0 serves all requests again", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := prod(test.status)
			if test.change != nil {
				test.change(o)
			}
			d, ok := Decide(o)
			if !ok {
				d.Status = test.status
			}
			if d.Status.Phase != test.phase || d.Status.Weight != test.weight {
				t.Errorf("phase %q at %d %%, want %q at %d %%", d.Status.Phase, d.Status.Weight, test.phase, test.weight)
			}
			if !strings.Contains(d.Status.Message, test.message) {
				t.Errorf("message %q\nwant     %q", d.Status.Message, test.message)
			}
			if !strings.Contains(d.BlockReason, test.block) || (d.Block != "") != (test.block != "") {
				t.Errorf("blocks %q because %q, want %q", d.Block, d.BlockReason, test.block)
			}
			if d.Status.Phase.Done() != (d.Status.FinishedAt != nil) {
				t.Errorf("finished at %v in phase %s", d.Status.FinishedAt, d.Status.Phase)
			}
		})
	}
}

func TestDesired(t *testing.T) {
	tests := []struct {
		name   string
		status v1.RolloutStatus
		change func(*Observation)
		want   string
	}{
		{"queued", v1.RolloutStatus{}, nil, "{[booking-1.0.0] [{booking-1.0.0 100}]}"},
		{"preparing", v1.RolloutStatus{Phase: v1.RolloutPreparing}, nil, "{[booking-1.0.0 booking-1.1.0] [{booking-1.0.0 100}]}"},
		{"canary", canary(1, 25, 0), nil, "{[booking-1.0.0 booking-1.1.0] [{booking-1.0.0 75} {booking-1.1.0 25}]}"},
		{"promoting", v1.RolloutStatus{Phase: v1.RolloutPromoting}, nil, "{[booking-1.0.0 booking-1.1.0] [{booking-1.1.0 100}]}"},
		{"rolling back, unconfirmed", v1.RolloutStatus{Phase: v1.RolloutRollingBack}, func(o *Observation) { follow(o, 5) },
			"{[booking-1.0.0 booking-1.1.0] [{booking-1.0.0 100}]}"},
		{"rolled back", v1.RolloutStatus{Phase: v1.RolloutRolledBack}, func(o *Observation) {
			o.Sets["booking-1.1.0"] = Set{Ready: true}
			o.Route = Route{Exists: true, Confirmed: true, Shares: map[string]int32{"booking-1.0.0": 100}}
		}, "{[booking-1.0.0] [{booking-1.0.0 100}]}"},
		{"a set that nobody asked for goes when the gateway agrees", v1.RolloutStatus{}, func(o *Observation) {
			o.Sets["booking-0.9.0"] = Set{}
			o.Route = Route{Exists: true, Confirmed: true, Shares: map[string]int32{"booking-1.0.0": 100}}
		}, "{[booking-1.0.0] [{booking-1.0.0 100}]}"},
		{"a set that nobody asked for stays until then", v1.RolloutStatus{}, func(o *Observation) { o.Sets["booking-0.9.0"] = Set{} },
			"{[booking-0.9.0 booking-1.0.0] [{booking-1.0.0 100}]}"},
		{"nothing declared", v1.RolloutStatus{}, func(o *Observation) { o.Declared = false }, "{[] []}"},
		{"warm", succeededAt(30*time.Second, "booking-1.0.0"), func(o *Observation) {
			follow(o, 5)
			o.Route.Shares = map[string]int32{"booking-1.1.0": 100}
		}, "{[booking-1.0.0 booking-1.1.0] [{booking-1.1.0 100}]}"},
		{"no longer warm", succeededAt(30*time.Second, "booking-1.0.0"), func(o *Observation) {
			follow(o, 5)
			o.Route.Shares = map[string]int32{"booking-1.1.0": 100}
			o.Now = o.Now.Add(time.Hour)
		}, "{[booking-1.1.0] [{booking-1.1.0 100}]}"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := prod(test.status)
			if test.change != nil {
				test.change(o)
			}
			if got := fmt.Sprint(Desired(o)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func succeededAt(d time.Duration, previous string) v1.RolloutStatus {
	m := metav1.NewMicroTime(dawn.Add(d))
	return v1.RolloutStatus{Phase: v1.RolloutSucceeded, Previous: previous, FinishedAt: &m}
}

func TestExpired(t *testing.T) {
	o := prod(v1.RolloutStatus{})
	o.Rollouts = o.Rollouts[:1]
	for i := range 40 {
		m := metav1.NewMicroTime(dawn.Add(time.Duration(i+1) * time.Minute))
		o.Rollouts = append(o.Rollouts, v1.Rollout{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("booking-1.%d.0-prod-1", i+2)},
			Spec:       v1.RolloutSpec{Release: fmt.Sprintf("booking-1.%d.0", i+2)},
			Status:     v1.RolloutStatus{Phase: v1.RolloutRolledBack, FinishedAt: &m},
		})
	}
	expired := Expired(o.Rollouts, o.Releases)
	if len(expired) != 20 {
		t.Errorf("%d expired, want 20: the current one is the oldest and stays", len(expired))
	}
	for _, name := range expired {
		if name == "booking-1.0.0-prod-1" {
			t.Error("the rollout that says what runs was forgotten")
		}
	}
}

func TestIsAuthor(t *testing.T) {
	for author, people := range map[string]map[string]bool{
		"Asha Rao <asha@kestrelcars.example>": {"asha": true, "Asha": true, "asha rao": true, "meera": false, "": false, "kestrelcars.example": false},
		"meera <m@x>":                         {"meera": true, "m": true, "asha": false},
		"":                                    {"asha": false, "": false},
	} {
		for person, want := range people {
			if got := IsAuthor(author, person); got != want {
				t.Errorf("IsAuthor(%q, %q) = %v", author, person, got)
			}
		}
	}
}

func BenchmarkDecide(b *testing.B) {
	o := prod(canary(0, 5, 0))
	follow(o, 5)
	o.Canary, o.Stable = verdict.Sample{Requests: 20}, verdict.Sample{Requests: 380}
	for b.Loop() {
		Decide(o)
		Desired(o)
	}
}
