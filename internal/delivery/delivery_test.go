package delivery

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/delivery/build"
	"paddock.dev/internal/delivery/policy"
	"paddock.dev/internal/delivery/verdict"
	"paddock.dev/internal/kube"
	"paddock.dev/internal/model"
)

var dawn = time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC)

// bench is a Delivery over an API of the mind: one service in one environment.
type bench struct {
	*Delivery
	t        *testing.T
	clock    *clocktesting.FakePassiveClock
	platform *model.Platform
	head     string
	builds   int
	result   error // of a build
}

func (b *bench) Head(context.Context, string, string) (Commit, error) { return Commit{ID: b.head}, nil }

func (b *bench) Build(context.Context, BuildRequest) (string, error) {
	b.builds++
	return "registry.paddock.internal/shop@sha256:0", b.result
}

func newBench(t *testing.T, objs ...client.Object) *bench {
	t.Helper()
	scheme, err := kube.NewScheme()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, clock: clocktesting.NewFakePassiveClock(dawn), head: commit(1)}
	service := model.Service{Name: "shop", Source: &model.Source{Dir: "shop", Language: "go"}}
	b.platform = &model.Platform{
		Delivery:     model.Delivery{Path: []string{"dev"}, Branch: "main"},
		Environments: []model.Environment{{Name: "dev", Services: []model.Service{service}}},
	}
	b.Delivery, err = New(Options{
		Platform: func() *model.Platform { return b.platform }, Source: b, Builder: b, GatewayPort: 80, BuildLogDir: t.TempDir(), Clock: b.clock,
		Figures: func(string, string, time.Time, time.Duration) verdict.Sample { return verdict.Sample{} },
	})
	if err != nil {
		t.Fatal(err)
	}
	about := func(o client.Object) []string { return []string{serviceOf(o)} }
	b.client = fake.NewClientBuilder().WithScheme(scheme).WithObjects(objs...).
		WithStatusSubresource(&v1.Build{}, &v1.Release{}, &v1.Rollout{}).
		WithIndex(&v1.Build{}, byService, about).WithIndex(&v1.Release{}, byService, about).WithIndex(&v1.Rollout{}, byService, about).
		Build()
	b.events = &events.FakeRecorder{}
	return b
}

func commit(n int) string { return fmt.Sprintf("%040x", n) }

func shopBuild(n int, s v1.BuildStatus) *v1.Build {
	b := newBuild(v1.BuildSpec{Service: "shop", Commit: commit(n), Ref: "refs/heads/main"})
	b.Name, b.Status = fmt.Sprintf("shop-%d", n), s
	return b
}

func headBuild(s v1.BuildStatus) *v1.Build {
	b := newBuild(v1.BuildSpec{Service: "shop", Commit: commit(1), Ref: "refs/heads/main"})
	b.Status = s
	return b
}

func (b *bench) build(name string) v1.BuildStatus {
	b.t.Helper()
	var got v1.Build
	if err := b.client.Get(b.t.Context(), system(name), &got); err != nil {
		b.t.Fatal(err)
	}
	return got.Status
}

func (b *bench) reconcile(f reconcile.Func, request reconcile.Request) time.Duration {
	b.t.Helper()
	result, err := f(b.t.Context(), request)
	if err != nil {
		b.t.Fatal(err)
	}
	return result.RequeueAfter
}

var (
	name     = policy.BuildName("shop", commit(1))
	theBuild = reconcile.Request{NamespacedName: system(name)}
	shop     = reconcile.Request{NamespacedName: client.ObjectKey{Name: "shop"}}
)

func TestBuildFailures(t *testing.T) {
	for _, test := range []struct {
		name    string
		result  error
		phase   v1.BuildPhase
		message string
		again   bool
	}{
		{"none", nil, v1.BuildSucceeded, "built ", false},
		{"the tree's", fmt.Errorf("build: %w", &build.Failure{Step: "compile", Summary: "main.go:1: oops"}), v1.BuildFailed, "build: compile: main.go:1: oops", false},
		{"the registry's", errors.New("push: connection refused"), v1.BuildPending,
			"not the commit's fault: push: connection refused; tries again at 06:00:02 UTC (try 2 of 8)", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t, headBuild(v1.BuildStatus{}))
			b.result = test.result
			again := b.reconcile(b.reconcileBuild, theBuild)
			if s := b.build(name); s.Phase != test.phase || !strings.HasPrefix(s.Message, test.message) {
				t.Errorf("%q: %s", s.Phase, s.Message)
			}
			if (again > 0) != test.again {
				t.Errorf("looks again after %s", again)
			}
			// The write of the status wakes the controller; it does not hurry.
			if b.reconcile(b.reconcileBuild, theBuild); b.builds != 1 {
				t.Errorf("built %d times at once", b.builds)
			}
		})
	}
}

func TestBuildIsRetried(t *testing.T) {
	b := newBench(t, headBuild(v1.BuildStatus{}))
	b.result = errors.New("push: connection refused")
	for b.build(name).Phase != v1.BuildFailed {
		wait := b.reconcile(b.reconcileBuild, theBuild)
		b.clock.SetTime(b.clock.Now().Add(wait))
		if b.builds > mostTries {
			t.Fatal("it is tried for ever")
		}
	}
	if took := b.clock.Since(dawn); b.builds != mostTries || took < 2*time.Minute || took > 10*time.Minute {
		t.Errorf("given up after %d tries in %s", b.builds, took)
	}
	// In this run it stays so; the next one tries once more.
	if b.reconcile(b.reconcileSource, shop); b.build(name).Phase != v1.BuildFailed {
		t.Error("retried without a reason")
	}
	b.awake = awake{}
	b.clock.SetTime(b.clock.Now().Add(time.Minute))
	b.result = nil
	b.reconcile(b.reconcileSource, shop)
	b.reconcile(b.reconcileBuild, theBuild)
	if s := b.build(name); s.Phase != v1.BuildSucceeded {
		t.Errorf("after a start %q: %s", s.Phase, s.Message)
	}
}

func TestMayRetry(t *testing.T) {
	at := func(d time.Duration) *metav1.Time { m := metav1.NewTime(dawn.Add(d)); return &m }
	for name, test := range map[string]struct {
		status v1.BuildStatus
		want   bool
	}{
		"the machine's, before the start": {v1.BuildStatus{Phase: v1.BuildFailed, Message: notTheTree + "x", FinishedAt: at(-time.Minute)}, true},
		"the machine's, since the start":  {v1.BuildStatus{Phase: v1.BuildFailed, Message: notTheTree + "x", FinishedAt: at(time.Minute)}, false},
		"the tree's":                      {v1.BuildStatus{Phase: v1.BuildFailed, Message: "compile: x", FinishedAt: at(-time.Minute)}, false},
		"waits":                           {v1.BuildStatus{Message: notTheTree + "x"}, false},
	} {
		if got := mayRetry(test.status, dawn); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestBuildWithoutSourceWaits(t *testing.T) {
	b := newBench(t, headBuild(v1.BuildStatus{}))
	services := b.platform.Environments[0].Services
	b.platform.Environments[0].Services = nil
	if again := b.reconcile(b.reconcileBuild, theBuild); again == 0 {
		t.Error("nobody looks again")
	}
	if s := b.build(name); s.Phase != v1.BuildPending || s.Message != "waits: the platform file declares no source for shop" {
		t.Errorf("%q: %s", s.Phase, s.Message)
	}
	b.platform.Environments[0].Services = services
	b.reconcile(b.reconcileBuild, theBuild)
	if s := b.build(name); s.Phase != v1.BuildSucceeded {
		t.Errorf("when it is back: %q: %s", s.Phase, s.Message)
	}
}

func TestBranchMovedBackIsNoticed(t *testing.T) {
	b := newBench(t, headBuild(v1.BuildStatus{Phase: v1.BuildSucceeded}))
	b.reconcile(b.reconcileSource, shop)
	if !b.policies.early[shop] {
		t.Error("policy was not told of the head")
	}
}

func TestPrune(t *testing.T) {
	long := metav1.NewTime(dawn.Add(-2 * time.Hour))
	done := v1.BuildStatus{Phase: v1.BuildSucceeded, Image: "image", FinishedAt: &long}
	var objs []client.Object
	for n := range 60 {
		objs = append(objs, shopBuild(100+n, done), &v1.Release{
			ObjectMeta: metav1.ObjectMeta{Namespace: v1.SystemNamespace, Name: policy.ReleaseName("shop", policy.Version(int64(n)))},
			Spec:       v1.ReleaseSpec{Service: "shop", Number: int64(n), Version: policy.Version(int64(n)), Image: "image", Build: fmt.Sprintf("shop-%d", 100+n)},
		})
	}
	b := newBench(t, append(objs, headBuild(done))...)
	for n := range 60 {
		if err := os.WriteFile(b.logFile(fmt.Sprintf("shop-%d", 100+n)), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b.reconcile(b.reconcilePolicy, shop)
	b.reconcile(b.reconcilePolicy, shop)
	var releases v1.ReleaseList
	var builds v1.BuildList
	for _, list := range []client.ObjectList{&releases, &builds} {
		if err := b.client.List(t.Context(), list); err != nil {
			t.Fatal(err)
		}
	}
	logs, err := os.ReadDir(b.opts.BuildLogDir)
	if err != nil {
		t.Fatal(err)
	}
	// Policy makes one release more, of the head.
	if len(releases.Items) != 50 || len(builds.Items) < 50 || len(builds.Items) > 51 || len(logs) > 50 {
		t.Errorf("%d releases, %d builds, %d logs are left", len(releases.Items), len(builds.Items), len(logs))
	}
	b.build(name) // the head's is there
}

func TestApprovals(t *testing.T) {
	names := map[string]string{}
	for _, person := range []string{"j.doe", "j-doe", "J.Doe", "Meera", "meera", "मीरा", "Łukasz", "", strings.Repeat("x", 300)} {
		name := ApprovalName("shop-1.0.0-dev-1", person)
		if other, taken := names[name]; taken {
			t.Errorf("%q and %q are both %s", person, other, name)
		}
		names[name] = person
		if len(name) > 253 || strings.HasSuffix(name, "-") || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" {
			t.Errorf("%q is no name of an object", name)
		}
	}
}

func TestRequestApproval(t *testing.T) {
	const order = "shop-1.0.0-dev-1"
	release := &v1.Release{ObjectMeta: metav1.ObjectMeta{Namespace: v1.SystemNamespace, Name: "shop-1.0.0"}, Spec: v1.ReleaseSpec{Service: "shop"}}
	made := func(d time.Duration) metav1.ObjectMeta {
		return metav1.ObjectMeta{Namespace: v1.SystemNamespace, Name: ApprovalName(order, "meera"), CreationTimestamp: metav1.NewTime(dawn.Add(d))}
	}
	for name, test := range map[string]struct {
		there *v1.Approval
		want  string // in the refusal
	}{
		"the first yes":        {nil, ""},
		"yes twice is once":    {&v1.Approval{ObjectMeta: made(time.Minute), Spec: v1.ApprovalSpec{Rollout: order, By: "meera"}}, ""},
		"somebody else's":      {&v1.Approval{ObjectMeta: made(time.Minute), Spec: v1.ApprovalSpec{Rollout: order, By: "asha"}}, "is the yes of asha"},
		"to another rollout":   {&v1.Approval{ObjectMeta: made(time.Minute), Spec: v1.ApprovalSpec{Rollout: "other", By: "meera"}}, "to other"},
		"older than the order": {&v1.Approval{ObjectMeta: made(-time.Minute), Spec: v1.ApprovalSpec{Rollout: order, By: "meera"}}, "is older than"},
	} {
		t.Run(name, func(t *testing.T) {
			objs := []client.Object{release.DeepCopy(), &v1.Rollout{
				ObjectMeta: metav1.ObjectMeta{Namespace: v1.SystemNamespace, Name: order, CreationTimestamp: metav1.NewTime(dawn)},
				Spec:       v1.RolloutSpec{Service: "shop", Environment: "dev", Release: "shop-1.0.0"},
				Status:     v1.RolloutStatus{Phase: v1.RolloutAwaitingApproval},
			}}
			if test.there != nil {
				objs = append(objs, test.there)
			}
			b := newBench(t, objs...)
			a, err := RequestApproval(t.Context(), b.client, order, "meera", "")
			if test.want == "" && (err != nil || a.Spec.By != "meera" || a.Spec.Rollout != order) {
				t.Errorf("%+v, %v", a, err)
			}
			if test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestAwake(t *testing.T) {
	var a awake
	at := func(d time.Duration) time.Time { return dawn.Add(d) }
	for _, look := range []struct{ now, since time.Duration }{
		{0, 0}, {time.Second, 0}, {25 * time.Second, 0}, {50 * time.Second, 0}, // busy
		{8 * time.Hour, 8 * time.Hour}, {8*time.Hour + time.Second, 8 * time.Hour}, // slept
		{8*time.Hour - time.Minute, 8 * time.Hour}, // the clock was put back
	} {
		if got := a.look(at(look.now)); !got.Equal(at(look.since)) {
			t.Errorf("at %s awake since %s, want %s", look.now, got.Sub(dawn), look.since)
		}
	}
}
