package drill

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/kube"
)

func release(number int64, version string) *v1.Release {
	return &v1.Release{
		ObjectMeta: metav1.ObjectMeta{Namespace: v1.SystemNamespace, Name: "booking-" + version},
		Spec: v1.ReleaseSpec{Service: "booking", Version: version, Number: number,
			Config: map[string]v1.ServiceConfig{"prod": {}}},
	}
}

func rolloutOf(release string, phase v1.RolloutPhase, finished time.Time) *v1.Rollout {
	r := &v1.Rollout{
		ObjectMeta: metav1.ObjectMeta{Namespace: v1.SystemNamespace, Name: release + "-prod-1"},
		Spec:       v1.RolloutSpec{Service: "booking", Environment: "prod", Release: release, Kind: v1.RolloutPromotion},
		Status:     v1.RolloutStatus{Phase: phase},
	}
	if phase.Done() {
		at := metav1.NewMicroTime(finished)
		r.Status.FinishedAt = &at
	}
	return r
}

// giving is a drill whose bad release has come that far, and a controller that
// takes blocked releases back and finishes ways back.
func giving(t *testing.T, phase v1.RolloutPhase, more ...client.Object) (d *Rollback, stable, bad *v1.Release, said *strings.Builder) {
	t.Helper()
	scheme, err := kube.NewScheme()
	if err != nil {
		t.Fatal(err)
	}
	dawn := time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC)
	stable, bad = release(1, "1.1.0"), release(2, "1.2.0")
	objects := append([]client.Object{stable, bad, rolloutOf(stable.Name, v1.RolloutSucceeded, dawn)}, more...)
	if phase != "none" {
		objects = append(objects, rolloutOf(bad.Name, phase, dawn.Add(time.Minute)))
	}
	conflicts := 1
	c := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithStatusSubresource(&v1.Release{}, &v1.Rollout{}).
		WithInterceptorFuncs(interceptor.Funcs{
			SubResourceUpdate: func(ctx context.Context, c client.Client, sub string, obj client.Object, opts ...client.SubResourceUpdateOption) error {
				if _, ok := obj.(*v1.Release); !ok {
					return c.SubResource(sub).Update(ctx, obj, opts...)
				}
				if conflicts--; conflicts >= 0 {
					return apierrors.NewConflict(schema.GroupResource{Resource: "releases"}, obj.GetName(), nil)
				}
				if err := c.SubResource(sub).Update(ctx, obj, opts...); err != nil {
					return err
				}
				var r v1.Rollout
				if err := c.Get(ctx, key(bad.Name+"-prod-1"), &r); err != nil || r.Status.Phase.Done() {
					return client.IgnoreNotFound(err)
				}
				r.Status.Phase = v1.RolloutRolledBack
				return c.Status().Update(ctx, &r)
			},
			Create: func(ctx context.Context, c client.WithWatch, obj client.Object, opts ...client.CreateOption) error {
				if r, ok := obj.(*v1.Rollout); ok {
					at := metav1.NewMicroTime(dawn.Add(time.Hour))
					r.Status = v1.RolloutStatus{Phase: v1.RolloutSucceeded, FinishedAt: &at}
				}
				return c.Create(ctx, obj, opts...)
			},
		}).Build()
	said = &strings.Builder{}
	d = &Rollback{Client: c, Service: "booking", Environment: "prod", By: "asha", Progress: func(s string) { said.WriteString(s + "\n") }}
	return d, stable, bad, said
}

// waysBack are the releases that rollbacks were ordered to.
func waysBack(t *testing.T, c client.Client) (to []string) {
	t.Helper()
	var rollouts v1.RolloutList
	if err := c.List(t.Context(), &rollouts); err != nil {
		t.Fatal(err)
	}
	for _, r := range rollouts.Items {
		if r.Spec.Kind == v1.RolloutRollback {
			to = append(to, r.Spec.Release+" because "+r.Spec.Reason)
		}
	}
	return to
}

func TestGiveUp(t *testing.T) {
	newer := rolloutOf("booking-1.3.0", v1.RolloutSucceeded, time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC))
	for _, test := range []struct {
		name  string
		phase v1.RolloutPhase
		more  []client.Object
		back  string
	}{
		{"nothing was rolled out", "none", nil, ""},
		{"queued", v1.RolloutQueued, nil, ""},
		{"canary", v1.RolloutCanary, nil, ""},
		{"promoting", v1.RolloutPromoting, nil, ""},
		{"rolled back", v1.RolloutRolledBack, nil, ""},
		{"succeeded", v1.RolloutSucceeded, nil, "booking-1.1.0 because the drill was given up"},
		{"succeeded and replaced", v1.RolloutSucceeded, []client.Object{release(3, "1.3.0"), newer}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, stable, bad, said := giving(t, test.phase, test.more...)
			ctx, cancel := context.WithCancel(t.Context())
			cancel() // Ctrl-C
			d.giveUp(ctx, stable, bad)
			var r v1.Release
			if err := d.Client.Get(t.Context(), key(bad.Name), &r); err != nil {
				t.Fatal(err)
			}
			if r.Status.Blocked != "the drill was given up" || r.Status.BlockedAt == nil {
				t.Errorf("blocked: %q at %v", r.Status.Blocked, r.Status.BlockedAt)
			}
			if got := strings.Join(waysBack(t, d.Client), ", "); got != test.back {
				t.Errorf("ways back: %q, want %q", got, test.back)
			}
			if strings.Contains(said.String(), "may still run") {
				t.Errorf("said:\n%s", said)
			}
		})
	}
}

func TestTheBranchOfADrillGoesAway(t *testing.T) {
	origin := t.TempDir()
	git := func(args ...string) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", origin, "-c", "user.name=x", "-c", "user.email=x@localhost"}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "--quiet", "--initial-branch=main")
	git("commit", "--quiet", "--allow-empty", "-m", "first")
	t.Setenv("GIT_AUTHOR_NAME", "Asha Rao")
	d := &Rollback{Progress: func(s string) { t.Error(s) }}
	ctx, cancel := context.WithCancel(t.Context())
	c := &clone{dir: temp{t.TempDir()}, repository: origin, branch: "drill/1"}
	d.removeBranch(ctx, c) // nothing was pushed yet
	commit, err := c.push(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got := git("log", "-1", "--format=%H %an <%ae> %cn", "drill/1"); got != commit+" paddock drill <drill@localhost> paddock drill" {
		t.Errorf("pushed %q", got)
	}
	cancel() // Ctrl-C
	d.removeBranch(ctx, c)
	if got := git("branch", "--format=%(refname:short)"); got != "main" {
		t.Errorf("branches: %q", got)
	}
}
