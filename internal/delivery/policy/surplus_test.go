package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "paddock.dev/api/v1"
)

func TestSurplus(t *testing.T) {
	now := dawn.Add(24 * time.Hour)
	built := func(n int64) string { return fmt.Sprintf("booking-build%d", n) }
	// Releases 0 to 79 of a commit each, drills 80 to 99.
	var releases []v1.Release
	var builds []v1.Build
	for n := range int64(100) {
		r := release(n)
		r.Spec.Build, r.Spec.Drill = built(n), n >= 80
		releases = append(releases, r)
		finished := metav1.NewTime(dawn)
		builds = append(builds, v1.Build{
			ObjectMeta: metav1.ObjectMeta{Name: built(n)},
			Spec:       v1.BuildSpec{Service: "booking", Commit: fmt.Sprintf("commit%d", n)},
			Status:     v1.BuildStatus{Phase: v1.BuildSucceeded, FinishedAt: &finished},
		})
	}
	numbers := func(from, to int64) (all []int64) {
		for n := from; n < to; n++ {
			all = append(all, n)
		}
		return all
	}
	without := func(all []int64, gone ...int64) []int64 {
		return slices.DeleteFunc(slices.Clone(all), func(n int64) bool { return slices.Contains(gone, n) })
	}
	old := slices.Concat(numbers(0, 30), numbers(80, 90))
	tests := []struct {
		name             string
		rollouts         []v1.Rollout
		change           func(c *Code)
		few              bool // only the newest 50 and 10
		releases, builds []int64
	}{
		{"few", nil, nil, true, nil, without(old, 4)},
		{"nothing points at the old ones", nil, nil, false, old, without(old, 4)},
		{"a rollout points at them", ran("prod:3 Succeeded", "dev:81 RolledBack"), nil, false, without(old, 3, 81), without(old, 3, 4, 81)},
		{"a rollout would go back to one", []v1.Rollout{{Status: v1.RolloutStatus{Phase: v1.RolloutCanary, Previous: ReleaseName("booking", Version(7))}}},
			nil, false, without(old, 7), without(old, 4, 7)},
		{"a build runs", nil, func(c *Code) { c.Builds[9].Status.Phase = v1.BuildRunning }, false, old, without(old, 4, 9)},
		{"a build failed long ago", nil, func(c *Code) { c.Builds[9].Status.Phase = v1.BuildFailed }, false, old, without(old, 4)},
		{"a build ended just now", nil, func(c *Code) {
			just := metav1.NewTime(now.Add(-time.Minute))
			c.Builds[9].Status.FinishedAt = &just
		}, false, old, without(old, 4, 9)},
		{"somebody else's build", nil, func(c *Code) { c.Builds[9].Spec.Service = "search" }, false, old, without(old, 4, 9)},
		{"the head is not known", nil, func(c *Code) { c.Head = "" }, false, old, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			code := Code{Service: "booking", Head: "commit4", Builds: slices.Clone(builds)}
			if test.change != nil {
				test.change(&code)
			}
			given := releases
			if test.few {
				given = slices.Concat(releases[30:80], releases[90:])
			}
			gotReleases, gotBuilds := Surplus(code, given, test.rollouts, now)
			var wantReleases, wantBuilds []string
			for _, n := range test.releases {
				wantReleases = append(wantReleases, ReleaseName("booking", Version(n)))
			}
			for _, n := range test.builds {
				wantBuilds = append(wantBuilds, built(n))
			}
			for what, lists := range map[string][2][]string{"releases": {gotReleases, wantReleases}, "builds": {gotBuilds, wantBuilds}} {
				got, want := slices.Sorted(slices.Values(lists[0])), slices.Sorted(slices.Values(lists[1]))
				if !slices.Equal(got, want) {
					t.Errorf("%s\ngot  %s\nwant %s", what, strings.Join(got, " "), strings.Join(want, " "))
				}
			}
		})
	}
	if r, b := Surplus(Code{Service: "booking", Head: "commit4", Builds: builds}, nil, nil, now); len(r)+len(b) > 0 {
		t.Errorf("before the first release: %v %v", r, b)
	}
}
