package policy

import (
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/model"
)

var dawn = time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC)

func kestrel() *model.Platform {
	p := &model.Platform{Delivery: model.Delivery{Path: []string{"dev", "qa", "uat", "prod"}, Branch: "main"}}
	for _, name := range p.Delivery.Path {
		p.Environments = append(p.Environments, model.Environment{Name: name, Services: []model.Service{{Name: "booking"}}})
	}
	return p
}

func release(n int64, change ...func(*v1.Release)) v1.Release {
	r := v1.Release{
		ObjectMeta: metav1.ObjectMeta{Name: ReleaseName("booking", Version(n))},
		Spec: v1.ReleaseSpec{Service: "booking", Number: n, Version: Version(n), Image: fmt.Sprintf("image-%d", n), ConfigDigest: "c",
			Config: map[string]v1.ServiceConfig{"dev": {}, "qa": {}, "uat": {}, "prod": {}}},
	}
	for _, c := range change {
		c(&r)
	}
	return r
}

func blocked(r *v1.Release) { r.Status.Blocked = "bad" }
func drilled(r *v1.Release) { r.Spec.Drill = true }

// ran reads "prod:1 Succeeded": environment, number, phase; later ones finished
// later.
func ran(lines ...string) []v1.Rollout {
	var all []v1.Rollout
	for i, line := range lines {
		var env, phase string
		var n int64
		if _, err := fmt.Sscanf(strings.Replace(line, ":", " ", 1), "%s %d %s", &env, &n, &phase); err != nil {
			panic(err)
		}
		m := metav1.NewMicroTime(dawn.Add(time.Duration(i) * time.Minute))
		r := v1.Rollout{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("%s-%s-1", ReleaseName("booking", Version(n)), env)},
			Spec:       v1.RolloutSpec{Service: "booking", Environment: env, Release: ReleaseName("booking", Version(n)), Kind: v1.RolloutPromotion},
			Status:     v1.RolloutStatus{Phase: v1.RolloutPhase(phase)},
		}
		if phase == "Queued" {
			r.Status.Phase = v1.RolloutQueued
		}
		if r.Status.Phase.Done() {
			r.Status.FinishedAt = &m
		}
		all = append(all, r)
	}
	return all
}

func TestPromotions(t *testing.T) {
	everywhere := []string{"dev:0 Succeeded", "qa:0 Succeeded", "uat:0 Succeeded", "prod:0 Succeeded"}
	tests := []struct {
		name     string
		releases []v1.Release
		rollouts []v1.Rollout
		want     string
	}{
		{"nothing", nil, nil, ""},
		{"the first release goes everywhere at once", []v1.Release{release(0)}, nil,
			"booking-1.0.0-dev-1 Bootstrap, booking-1.0.0-qa-1 Bootstrap, booking-1.0.0-uat-1 Bootstrap, booking-1.0.0-prod-1 Bootstrap"},
		{"it goes once", []v1.Release{release(0)}, ran("dev:0 Preparing", "qa:0 Queued", "uat:0 Succeeded", "prod:0 Promoting"), ""},
		{"a new release enters the first environment", []v1.Release{release(0), release(1)}, ran(everywhere...), "booking-1.1.0-dev-1 Promotion"},
		{"and the next when it succeeded", []v1.Release{release(0), release(1)}, ran(append(everywhere, "dev:1 Succeeded")...), "booking-1.1.0-qa-1 Promotion"},
		{"not while it is running", []v1.Release{release(0), release(1)}, ran(append(everywhere, "dev:1 Canary")...), ""},
		{"only the newest travels", []v1.Release{release(0), release(1), release(2)},
			ran(append(everywhere, "dev:1 Succeeded", "dev:2 Succeeded")...), "booking-1.2.0-qa-1 Promotion"},
		{"newer than what waits", []v1.Release{release(0), release(1), release(2)},
			ran(append(everywhere, "dev:1 Succeeded", "dev:2 Succeeded", "qa:1 AwaitingApproval")...), "booking-1.2.0-qa-1 Promotion"},
		{"not older than what waits", []v1.Release{release(0), release(1), release(2)},
			ran(append(everywhere, "dev:1 Succeeded", "dev:2 Succeeded", "qa:2 AwaitingApproval")...), ""},
		{"a blocked release stays", []v1.Release{release(0), release(1, blocked)}, ran(append(everywhere, "dev:1 Succeeded")...), ""},
		{"what a blocked one overtook goes again", []v1.Release{release(0), release(1), release(2, blocked)},
			ran(append(everywhere, "dev:1 Succeeded", "dev:2 Succeeded", "qa:1 Superseded", "qa:2 RolledBack")...), "booking-1.1.0-qa-2 Promotion"},
		{"a drill stays", []v1.Release{release(0), release(1, drilled)}, ran(everywhere...), ""},
		{"a running drill holds nobody up", []v1.Release{release(0), release(1), release(2, drilled)},
			ran(append(everywhere, "dev:2 Preparing")...), "booking-1.1.0-dev-1 Promotion"},
		{"what was taken back is not tried again", []v1.Release{release(0), release(1)}, ran(append(everywhere, "dev:1 RolledBack")...), ""},
		{"after a rollback nothing older goes", []v1.Release{release(0), release(1), release(2, blocked)},
			ran("dev:1 Succeeded", "dev:2 Succeeded", "dev:1 Succeeded", "qa:1 Succeeded", "uat:1 Succeeded", "prod:1 Succeeded"), ""},
		{"an environment where it never ran", []v1.Release{release(0), release(1)},
			ran("dev:1 Succeeded", "qa:1 Succeeded", "uat:1 Succeeded"), "booking-1.1.0-prod-1 Bootstrap"},
		{"a fix for a first release that does not start", []v1.Release{release(0, blocked), release(1)},
			ran("dev:0 Preparing", "qa:0 RolledBack", "uat:0 Succeeded", "prod:0 Succeeded"),
			"booking-1.1.0-dev-1 Bootstrap, booking-1.1.0-qa-1 Bootstrap"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, r := range Promotions(kestrel(), "booking", test.releases, test.rollouts) {
				got = append(got, r.Name+" "+string(r.Spec.Kind))
				if r.Spec.RequestedBy != Policy || r.Labels[v1.LabelEnvironment] != r.Spec.Environment {
					t.Errorf("%+v", r)
				}
			}
			if got := strings.Join(got, ", "); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func build(commit, image string, age time.Duration) v1.Build {
	b := v1.Build{
		ObjectMeta: metav1.ObjectMeta{Name: BuildName("booking", commit), CreationTimestamp: metav1.NewTime(dawn.Add(-age))},
		Spec:       v1.BuildSpec{Service: "booking", Commit: commit, Ref: "refs/heads/main"},
		Status:     v1.BuildStatus{Phase: v1.BuildSucceeded, Image: image},
	}
	if image == "" {
		b.Status.Phase = v1.BuildFailed
	}
	return b
}

func TestNextRelease(t *testing.T) {
	config := map[string]v1.ServiceConfig{"dev": {}}
	tests := []struct {
		name     string
		head     string
		builds   []v1.Build
		releases []v1.Release
		digest   string
		want     string // image and digest
	}{
		{"nothing was built", "a", nil, nil, "c", ""},
		{"the first", "a", []v1.Build{build("a", "image-0", 0)}, nil, "c", "image-0 c"},
		{"nothing changed", "a", []v1.Build{build("a", "image-0", 0)}, []v1.Release{release(0)}, "c", ""},
		{"a setting changed", "a", []v1.Build{build("a", "image-0", 0)}, []v1.Release{release(0)}, "d", "image-0 d"},
		{"a commit changed the image", "b", []v1.Build{build("a", "image-0", 1), build("b", "image-1", 0)}, []v1.Release{release(0)}, "c", "image-1 c"},
		{"a commit changed nothing in the image", "b", []v1.Build{build("a", "image-0", 1), build("b", "image-0", 0)}, []v1.Release{release(0)}, "c", ""},
		{"the head cannot be built", "b", []v1.Build{build("a", "image-0", 1), build("b", "", 0)}, []v1.Release{release(0)}, "c", ""},
		{"the head cannot be built and a setting changed", "b", []v1.Build{build("a", "image-0", 1), build("b", "", 0)}, []v1.Release{release(0)}, "d", "image-0 d"},
		{"the branch went back", "a", []v1.Build{build("a", "image-0", 9), build("b", "image-1", 1)}, []v1.Release{release(0), release(1)}, "c", "image-0 c"},
		{"the newest is blocked and nothing changed", "a", []v1.Build{build("a", "image-0", 0)}, []v1.Release{release(0, blocked)}, "c", ""},
		{"a drill does not count", "a", []v1.Build{build("a", "image-0", 0)}, []v1.Release{release(0), release(1, drilled)}, "c", ""},
		{"no head known, an older build", "", []v1.Build{build("a", "image-0", 0)}, nil, "c", "image-0 c"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := ""
			if spec, ok := NextRelease(Code{Service: "booking", Ref: "refs/heads/main", Head: test.head, Builds: test.builds}, test.releases, config, test.digest); ok {
				got = spec.Image + " " + spec.ConfigDigest
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestNextNumber(t *testing.T) {
	if n := NextNumber("booking", nil, 0); n != 0 {
		t.Errorf("the first is %d", n)
	}
	if n := NextNumber("booking", []v1.Release{release(3)}, 0); n != 4 {
		t.Errorf("after 3 comes %d", n)
	}
	if n := NextNumber("booking", []v1.Release{release(3)}, 9); n != 9 {
		t.Errorf("9 was promised, got %d", n)
	}
}
