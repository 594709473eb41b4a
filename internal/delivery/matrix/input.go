package matrix

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/delivery/rollout"
	"paddock.dev/internal/model"
)

// Input is everything that is known about a platform at one moment. The order
// of the lists does not matter.
type Input struct {
	Platform  *model.Platform
	Builds    []v1.Build
	Releases  []v1.Release
	Rollouts  []v1.Rollout
	Approvals []v1.Approval
	Sets      []Set
	// Gateway and Console are addresses such as 127.0.0.1:8080; empty when
	// unknown.
	Gateway, Console string
	Now              time.Time
}

// Set counts the pods of one release in one environment.
type Set struct {
	Environment, Release string
	Ready, Desired       int32
}

// SetOf reads the counts from the set's Deployment.
func SetOf(d *appsv1.Deployment) Set {
	s := Set{
		Environment: d.Labels[v1.LabelEnvironment],
		Release:     d.Labels[v1.LabelRelease],
		Ready:       d.Status.ReadyReplicas,
		Desired:     1, // what the API server takes an absent number for
	}
	if d.Spec.Replicas != nil {
		s.Desired = *d.Spec.Replicas
	}
	return s
}

// place is one service in one environment.
type place struct{ environment, service string }

// index is the input arranged for look-ups.
type index struct {
	Input
	releases map[string]*v1.Release
	rollouts map[string]*v1.Rollout
	sets     map[[2]string]Set // environment, release
	// byPlace holds the rollouts of a place in the order they were made.
	byPlace map[place][]v1.Rollout
	// current is the rollout that each place points at the result of.
	current map[place]*v1.Rollout
}

func indexed(in Input) *index {
	x := &index{
		Input:    in,
		releases: make(map[string]*v1.Release, len(in.Releases)),
		rollouts: make(map[string]*v1.Rollout, len(in.Rollouts)),
		sets:     make(map[[2]string]Set, len(in.Sets)),
		byPlace:  map[place][]v1.Rollout{},
		current:  map[place]*v1.Rollout{},
	}
	for i := range in.Releases {
		x.releases[in.Releases[i].Name] = &in.Releases[i]
	}
	for _, s := range in.Sets {
		x.sets[[2]string{s.Environment, s.Release}] = s
	}
	for i := range in.Rollouts {
		r := &in.Rollouts[i]
		x.rollouts[r.Name] = r
		at := place{r.Spec.Environment, r.Spec.Service}
		x.byPlace[at] = append(x.byPlace[at], *r)
	}
	for at, rollouts := range x.byPlace {
		sortRollouts(rollouts)
		x.current[at] = rollout.Current(rollouts)
	}
	return x
}

// version of a release, which may have been pruned: its name is then all that
// is left, <service>-<version>.
func (x *index) version(service, release string) string {
	if r := x.releases[release]; r != nil {
		return r.Spec.Version
	}
	if prefix := service + "-"; len(release) > len(prefix) && release[:len(prefix)] == prefix {
		return release[len(prefix):]
	}
	return release
}
