package matrix

import (
	"bytes"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/model"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// clock is 2026-11-23 10:00:00 and so many seconds.
func clock(seconds int) time.Time {
	return time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC).Add(time.Duration(seconds) * time.Second)
}

func at(seconds int) *metav1.Time { return &metav1.Time{Time: clock(seconds)} }

func microAt(seconds int) *metav1.MicroTime { return &metav1.MicroTime{Time: clock(seconds)} }

func made(name string, seconds int) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: v1.SystemNamespace, CreationTimestamp: *at(seconds)}
}

func platform() *model.Platform {
	services := func(env string) []model.Service {
		host := "api." + env + ".kestrelcars.example"
		if env == "prod" {
			host = "api.kestrelcars.example"
		}
		return []model.Service{
			{Name: "booking", Port: 8080, Routes: []model.Route{{Host: host, Path: "/v1/bookings"}}, Uses: []string{"search"}},
			{Name: "mobile-bff", Port: 8080, Routes: []model.Route{{Host: strings.Replace(host, "api.", "m.", 1), Path: "/"}}},
			{Name: "pricing", Port: 8080},
			{Name: "search", Port: 8080},
		}
	}
	return &model.Platform{
		Name: "kestrel", Domain: "kestrelcars.example",
		Groups: []model.Group{
			{Name: "qa-leads", Members: []string{"asha", "vikram"}},
			{Name: "release-managers", Members: []string{"meera", "ravi"}},
		},
		Environments: []model.Environment{
			{Name: "dev", Stage: model.Development, Services: services("dev")},
			{Name: "qa", Stage: model.Test, Services: services("qa")},
			{Name: "uat", Stage: model.Acceptance, Approve: model.Approve{From: []string{"qa-leads"}, Count: 1}, Services: services("uat")},
			{Name: "prod", Stage: model.Production, Approve: model.Approve{From: []string{"qa-leads", "release-managers"}, Count: 2}, Services: services("prod")},
		},
		Delivery: model.Delivery{Path: []string{"dev", "qa", "uat", "prod"}, Branch: "main", Canary: []int{5, 25, 50}, Bake: time.Minute, KeepWarm: 10 * time.Minute, NoData: model.Hold},
	}
}

type world struct{ in Input }

func (w *world) release(service string, number, seconds int, subject string) *v1.Release {
	version := "1." + string(rune('0'+number)) + ".0"
	commit := strings.Repeat(string("0123456789abcdef"[(number*3+len(service))%16]), 40)
	w.in.Builds = append(w.in.Builds, v1.Build{
		ObjectMeta: made(service+"-"+commit[:12], seconds-9),
		Spec:       v1.BuildSpec{Service: service, Commit: commit, Ref: "refs/heads/main", Author: "Asha Rao <asha@kestrelcars.example>", Subject: subject, PushedBy: "asha"},
		Status:     v1.BuildStatus{Phase: v1.BuildSucceeded, StartedAt: at(seconds - 8), FinishedAt: at(seconds), Release: service + "-" + version},
	})
	w.in.Releases = append(w.in.Releases, v1.Release{
		ObjectMeta: made(service+"-"+version, seconds),
		Spec: v1.ReleaseSpec{
			Service: service, Version: version, Number: int64(number), Commit: commit, Subject: subject, Author: "Asha Rao <asha@kestrelcars.example>",
			Image:        "registry.paddock.internal/" + service + "@sha256:" + strings.Repeat(commit[:8], 8),
			ConfigDigest: "sha256:" + strings.Repeat("c0ffee00", 8), Build: service + "-" + commit[:12],
			Config: map[string]v1.ServiceConfig{"prod": {Port: 8080, MinReplicas: 2, MaxReplicas: 6, CPUMilli: 100, MemoryBytes: 64 << 20}},
		},
	})
	return &w.in.Releases[len(w.in.Releases)-1]
}

func (w *world) rollout(release, env string, attempt, seconds int, phase v1.RolloutPhase) *v1.Rollout {
	service := release[:strings.LastIndex(release, "-")]
	r := v1.Rollout{
		ObjectMeta: made(release+"-"+env+"-"+string(rune('0'+attempt)), seconds),
		Spec:       v1.RolloutSpec{Service: service, Environment: env, Release: release, Kind: v1.RolloutPromotion, RequestedBy: "policy"},
		Status:     v1.RolloutStatus{Phase: phase},
	}
	if phase.Started() || phase.Done() {
		r.Status.StartedAt = microAt(seconds + 1)
	}
	if phase.Done() {
		r.Status.FinishedAt = microAt(seconds + 5)
	}
	w.in.Rollouts = append(w.in.Rollouts, r)
	return &w.in.Rollouts[len(w.in.Rollouts)-1]
}

func (w *world) set(env, release string, ready, desired int32) {
	w.in.Sets = append(w.in.Sets, Set{Environment: env, Release: release, Ready: ready, Desired: desired})
}

// kestrel is a platform in the middle of a working day.
func kestrel() Input {
	w := &world{Input{Platform: platform(), Gateway: "127.0.0.1:8080", Console: "127.0.0.1:8081", Now: clock(3600)}}
	for _, service := range []string{"booking", "mobile-bff", "pricing", "search"} {
		w.release(service, 1, 0, "First version")
		for _, env := range []string{"dev", "qa", "uat", "prod"} {
			r := w.rollout(service+"-1.1.0", env, 1, 2, v1.RolloutSucceeded)
			r.Spec.Kind, r.Spec.RequestedBy = v1.RolloutBootstrap, "asha"
			w.set(env, service+"-1.1.0", 2, 2)
		}
	}
	// search 1.2.0 went all the way and is judged in production.
	w.release("search", 2, 600, "Rank cars by distance")
	for i, env := range []string{"dev", "qa", "uat"} {
		w.rollout("search-1.2.0", env, 1, 610+i*60, v1.RolloutSucceeded)
		w.set(env, "search-1.2.0", 2, 2)
	}
	canary := w.rollout("search-1.2.0", "prod", 1, 1000, v1.RolloutCanary)
	canary.Status.Step, canary.Status.Weight, canary.Status.Previous = 1, 25, "search-1.1.0"
	canary.Status.Message = "step 2 of 3 at 25 %: 118 requests, 0 errors; not decided yet"
	canary.Status.Verdict = &v1.Verdict{Outcome: v1.VerdictUndecided, Reason: "118 requests, 0 errors", CanaryRequests: 118, StableRequests: 361}
	w.set("prod", "search-1.2.0", 1, 2)
	// booking 1.2.0 was bad in production, 1.3.0 waits for it.
	bad := w.release("booking", 2, 700, "Cache quotes for ever")
	for i, env := range []string{"dev", "qa", "uat"} {
		w.rollout("booking-1.2.0", env, 1, 710+i*60, v1.RolloutSucceeded)
	}
	back := w.rollout("booking-1.2.0", "prod", 1, 1200, v1.RolloutRolledBack)
	back.Status.Message = "41 of 96 requests failed, 0 of 1811 before: bad, at most 1 % false alarms"
	bad.Status.Blocked, bad.Status.BlockedAt = back.Status.Message, at(1205)
	w.release("booking", 3, 1800, "Quotes expire after a minute")
	for i, env := range []string{"dev", "qa"} {
		w.rollout("booking-1.3.0", env, 1, 1810+i*60, v1.RolloutSucceeded)
		w.set(env, "booking-1.3.0", 2, 2)
	}
	w.set("uat", "booking-1.2.0", 2, 2)
	wait := w.rollout("booking-1.3.0", "uat", 1, 1900, v1.RolloutAwaitingApproval)
	wait.Status.Message = "waits for 1 of qa-leads: vikram"
	wait = w.rollout("pricing-1.2.0", "prod", 1, 1950, v1.RolloutAwaitingApproval)
	wait.Status.Message = "has 1 of 2 approvals"
	w.release("pricing", 2, 1300, "Weekend tariff")
	for i, env := range []string{"dev", "qa", "uat"} {
		w.rollout("pricing-1.2.0", env, 1, 1310+i*60, v1.RolloutSucceeded)
		w.set(env, "pricing-1.2.0", 2, 2)
	}
	w.in.Approvals = []v1.Approval{
		{ObjectMeta: made("a1", 1960), Spec: v1.ApprovalSpec{Rollout: "pricing-1.2.0-prod-1", By: "meera", Comment: "load test is fine"}},
		{ObjectMeta: made("a2", 1961), Spec: v1.ApprovalSpec{Rollout: "pricing-1.2.0-prod-1", By: "mallory"}},
	}
	w.in.Builds = append(w.in.Builds,
		v1.Build{ObjectMeta: made("mobile-bff-eeeeeeeeeeee", 3500), Spec: v1.BuildSpec{Service: "mobile-bff", Commit: strings.Repeat("e", 40), Subject: "Shorter answers"}, Status: v1.BuildStatus{Phase: v1.BuildRunning, Message: "compiling", StartedAt: at(3501)}},
		v1.Build{ObjectMeta: made("search-dddddddddddd", 3400), Spec: v1.BuildSpec{Service: "search", Commit: strings.Repeat("d", 40), Subject: "Try a new index"}, Status: v1.BuildStatus{Phase: v1.BuildFailed, Message: "go build: rank.go:14: undefined: distance", StartedAt: at(3401), FinishedAt: at(3404)}},
	)
	return w.in
}

// TestGolden shows the whole answers; -update rewrites them.
func TestGolden(t *testing.T) {
	in := kestrel()
	detail, ok := Release(in, "booking-1.2.0")
	if !ok {
		t.Fatal("booking-1.2.0 is not there")
	}
	for name, value := range map[string]any{
		"status.json":   Status(in),
		"history.json":  History(in, Filter{}),
		"releases.json": Releases(in, ""),
		"release.json":  detail,
		"empty.json":    Status(Input{Platform: platform(), Now: clock(0)}),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := json.MarshalIndent(value, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, '\n')
			path := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s differs; look at it with: go test ./internal/delivery/matrix -update && git diff\n%s", path, got)
			}
		})
	}
}

// TestOrderOfInputDoesNotMatter shuffles what an API server may list in any
// order.
func TestOrderOfInputDoesNotMatter(t *testing.T) {
	in := kestrel()
	all := func() string {
		data, err := json.Marshal([]any{Status(in), History(in, Filter{}), Releases(in, "")})
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	want := all()
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		shuffle(random, in.Builds)
		shuffle(random, in.Releases)
		shuffle(random, in.Rollouts)
		shuffle(random, in.Sets)
		if got := all(); got != want {
			t.Fatalf("the order of the input changed the output:\n%s\nwant\n%s", got, want)
		}
	}
}

func shuffle[T any](r *rand.Rand, s []T) {
	r.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
}

func TestCurrentIsTheNewestSuccess(t *testing.T) {
	for _, test := range []struct {
		name  string
		build func(w *world)
		want  string
	}{
		{"nothing", func(*world) {}, ""},
		{"only failures", func(w *world) { w.rollout("pricing-1.1.0", "prod", 1, 0, v1.RolloutRolledBack) }, ""},
		{"the newest", func(w *world) {
			w.rollout("pricing-1.2.0", "prod", 1, 50, v1.RolloutSucceeded)
			w.rollout("pricing-1.1.0", "prod", 1, 0, v1.RolloutSucceeded)
		}, "pricing-1.2.0"},
		{"a rollback to an older release", func(w *world) {
			w.rollout("pricing-1.1.0", "prod", 1, 0, v1.RolloutSucceeded)
			w.rollout("pricing-1.2.0", "prod", 1, 50, v1.RolloutSucceeded)
			w.rollout("pricing-1.1.0", "prod", 2, 90, v1.RolloutSucceeded)
		}, "pricing-1.1.0"},
		{"finished later although made earlier", func(w *world) {
			w.rollout("pricing-1.2.0", "prod", 1, 50, v1.RolloutSucceeded)
			w.rollout("pricing-1.1.0", "prod", 1, 0, v1.RolloutSucceeded).Status.FinishedAt = microAt(500)
		}, "pricing-1.1.0"},
		{"what runs does not count", func(w *world) {
			w.rollout("pricing-1.1.0", "prod", 1, 0, v1.RolloutSucceeded)
			w.rollout("pricing-1.2.0", "prod", 1, 50, v1.RolloutPromoting)
		}, "pricing-1.1.0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := &world{Input{Platform: platform()}}
			test.build(w)
			got := Status(w.in).Environments[3].Services[2].Release
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestShownRollout(t *testing.T) {
	for _, test := range []struct {
		name string
		with []v1.RolloutPhase
		want string
	}{
		{"none", []v1.RolloutPhase{v1.RolloutSucceeded}, ""},
		{"the one that runs, not the one queued behind it", []v1.RolloutPhase{v1.RolloutCanary, v1.RolloutQueued}, "Canary"},
		{"the newest that waits", []v1.RolloutPhase{v1.RolloutQueued, v1.RolloutAwaitingApproval}, "AwaitingApproval"},
		{"empty phase has a name", []v1.RolloutPhase{v1.RolloutQueued}, "Queued"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := &world{Input{Platform: platform()}}
			for i, phase := range test.with {
				w.rollout("pricing-1."+string(rune('1'+i))+".0", "prod", 1, i*10, phase)
			}
			got := ""
			for _, c := range Status(w.in).Environments[3].Services {
				if c.Service == "pricing" && c.Rollout != nil {
					got = c.Rollout.Phase
				}
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestFilter(t *testing.T) {
	in := kestrel()
	for _, e := range History(in, Filter{Service: "search", Environment: "prod"}).Entries {
		if e.Service != "search" || e.Environment != "prod" {
			t.Errorf("%+v passed the filter", e)
		}
	}
	var kinds []string
	for _, e := range History(in, Filter{Release: "pricing-1.2.0", Environment: "prod"}).Entries {
		kinds = append(kinds, e.Kind)
	}
	if want := []string{"Approval", "Approval", "Rollout"}; !slices.Equal(kinds, want) {
		t.Errorf("got %v, want %v", kinds, want)
	}
	if _, ok := Release(in, "nothing-1.0.0"); ok {
		t.Error("a release that does not exist was found")
	}
}

func TestSetOf(t *testing.T) {
	two := int32(2)
	labels := map[string]string{v1.LabelEnvironment: "prod", v1.LabelRelease: "search-1.1.0"}
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: appsv1.DeploymentSpec{Replicas: &two}, Status: appsv1.DeploymentStatus{ReadyReplicas: 1}}
	if got, want := SetOf(d), (Set{"prod", "search-1.1.0", 1, 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	d.Spec.Replicas = nil
	if got := SetOf(d).Desired; got != 1 {
		t.Errorf("no number stated: got %d, want 1", got)
	}
}

func TestAgo(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "just now", 3 * time.Second: "just now", 42 * time.Second: "42 s ago",
		90 * time.Second: "1 min ago", 5 * time.Hour: "5 h ago", 100 * time.Hour: "4 days ago",
	} {
		if got := Ago(d); got != want {
			t.Errorf("Ago(%v) = %q, want %q", d, got, want)
		}
	}
}

// BenchmarkStatus takes 60 services in four environments with their history.
func BenchmarkStatus(b *testing.B) {
	w := &world{Input{Platform: platform(), Now: clock(0)}}
	var names []string
	for i := range 60 {
		names = append(names, "s"+string(rune('a'+i%26))+string(rune('a'+i/26)))
	}
	for e := range w.in.Platform.Environments {
		w.in.Platform.Environments[e].Services = nil
		for _, n := range names {
			w.in.Platform.Environments[e].Services = append(w.in.Platform.Environments[e].Services, model.Service{Name: n})
		}
	}
	for _, n := range names {
		for k := range 5 {
			r := w.release(n, k+1, k*100, "change")
			for _, env := range w.in.Platform.Delivery.Path {
				w.rollout(r.Name, env, 1, k*100, v1.RolloutSucceeded)
			}
		}
	}
	for b.Loop() {
		Status(w.in)
	}
}
