package policy

import (
	"cmp"
	"slices"
	"time"

	v1 "paddock.dev/api/v1"
)

const (
	// keepReleases and keepDrills are how many of a service's releases are kept
	// although nothing points at them.
	keepReleases = 50
	keepDrills   = 10
	// keepBuild is how long a finished build is kept that no release names:
	// whoever asked for it, such as a drill, may be about to make one, and people
	// read why it failed.
	keepBuild = time.Hour
)

// Surplus are the releases and builds that nobody needs any more, by name. What
// a rollout points at stays, and with a release the build that it came from; so
// does the build of the branch's head.
//
// The newest release of each sort always stays: the next number follows from
// it for those who do not ask the counter.
func Surplus(code Code, releases []v1.Release, rollouts []v1.Rollout, now time.Time) (oldReleases, oldBuilds []string) {
	needed := map[string]bool{}
	for _, r := range rollouts {
		needed[r.Spec.Release] = true
		needed[r.Status.Previous] = true
	}
	own := slices.DeleteFunc(slices.Clone(releases), func(r v1.Release) bool { return r.Spec.Service != code.Service })
	slices.SortFunc(own, func(a, b v1.Release) int { return cmp.Compare(b.Spec.Number, a.Spec.Number) })
	room := map[bool]int{false: keepReleases, true: keepDrills}
	builds := map[string]bool{}
	kept := 0
	for _, r := range own {
		room[r.Spec.Drill]--
		if room[r.Spec.Drill] < 0 && !needed[r.Name] {
			oldReleases = append(oldReleases, r.Name)
			continue
		}
		kept++
		builds[r.Spec.Build] = true
	}
	if kept == 0 || code.Head == "" {
		// The first release is yet to be made, of any of the builds; or nobody
		// knows which build is the head's.
		return oldReleases, nil
	}
	for _, b := range code.Builds {
		if b.Spec.Service == code.Service && b.Spec.Commit != code.Head && !builds[b.Name] && over(b, now) {
			oldBuilds = append(oldBuilds, b.Name)
		}
	}
	slices.Sort(oldBuilds)
	return oldReleases, oldBuilds
}

// over reports whether the build ended long enough ago.
func over(b v1.Build, now time.Time) bool {
	done := b.Status.Phase == v1.BuildSucceeded || b.Status.Phase == v1.BuildFailed
	return done && b.Status.FinishedAt != nil && !now.Before(b.Status.FinishedAt.Add(keepBuild))
}
