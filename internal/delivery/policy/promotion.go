package policy

import (
	"fmt"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/delivery/rollout"
	"paddock.dev/internal/model"
)

// Policy is who asked for a rollout when no person did.
const Policy = "policy"

// Promotions are the rollouts that a service lacks. A release enters the first
// environment of the path at once and the next one when it has succeeded in the
// one before. Where the service never ran, the newest release goes in without
// waiting for anything: there is nothing it could harm.
//
// Blocked releases and those made for drills do not travel, and nothing enters
// an environment that runs something newer.
func Promotions(p *model.Platform, service string, releases []v1.Release, rollouts []v1.Rollout) []v1.Rollout {
	var missing []v1.Rollout
	before := ""
	for _, name := range p.Delivery.Path {
		env, ok := p.Environment(name)
		if !ok {
			continue
		}
		if _, ok := env.Service(service); !ok {
			continue
		}
		here := In(service, name, rollouts)
		current := rollout.Current(here)
		kind := v1.RolloutPromotion
		verified := func(*v1.Release) bool { return true }
		switch {
		case current == nil:
			kind = v1.RolloutBootstrap
		case before != "":
			there := In(service, before, rollouts)
			verified = func(r *v1.Release) bool { return rollout.Verified(there, r.Name) }
		}
		before = name

		least := int64(-1)
		if current != nil {
			least = number(current.Spec.Release, releases)
		}
		candidate := newestFor(service, name, releases, func(r *v1.Release) bool { return r.Spec.Number > least && verified(r) })
		if candidate != nil && !tried(here, candidate, releases) {
			missing = append(missing, order(candidate, name, kind, here))
		}
	}
	return missing
}

// In are the rollouts of one service in one environment.
func In(service, environment string, rollouts []v1.Rollout) []v1.Rollout {
	var here []v1.Rollout
	for _, r := range rollouts {
		if r.Spec.Service == service && r.Spec.Environment == environment {
			here = append(here, r)
		}
	}
	return here
}

func newestFor(service, environment string, releases []v1.Release, allowed func(*v1.Release) bool) *v1.Release {
	var newest *v1.Release
	for i := range releases {
		r := &releases[i]
		if r.Spec.Service != service || r.Spec.Drill || r.Status.Blocked != "" || !allowed(r) {
			continue
		}
		if _, ok := r.Spec.Config[environment]; ok && (newest == nil || r.Spec.Number > newest.Spec.Number) {
			newest = r
		}
	}
	return newest
}

// tried reports whether the release is on its way into the environment, or was
// there and came back, or something newer is on its way.
func tried(here []v1.Rollout, candidate *v1.Release, releases []v1.Release) bool {
	for _, r := range here {
		switch r.Status.Phase {
		case v1.RolloutSuperseded:
			continue // what overtook it is gone; it may go again
		case v1.RolloutSucceeded, v1.RolloutRolledBack:
			if r.Spec.Release == candidate.Name {
				return true
			}
		default:
			// A way back and a drill pass; they do not stop what is newer.
			if r.Spec.Kind != v1.RolloutRollback && number(r.Spec.Release, releases) >= candidate.Spec.Number && !drill(r.Spec.Release, releases) {
				return true
			}
		}
	}
	return false
}

func drill(release string, releases []v1.Release) bool {
	for _, r := range releases {
		if r.Name == release {
			return r.Spec.Drill
		}
	}
	return false
}

// number of a release; -1 when it is gone.
func number(release string, releases []v1.Release) int64 {
	for _, r := range releases {
		if r.Name == release {
			return r.Spec.Number
		}
	}
	return -1
}

func order(release *v1.Release, environment string, kind v1.RolloutKind, here []v1.Rollout) v1.Rollout {
	return New(v1.RolloutSpec{
		Service: release.Spec.Service, Environment: environment, Release: release.Name,
		Kind: kind, RequestedBy: Policy,
	}, here)
}

// New is a rollout with the next free name: <release>-<environment>-<attempt>.
// The name follows from what is there, so two that decide the same at once make
// the same object, and the API server refuses the second.
func New(spec v1.RolloutSpec, here []v1.Rollout) v1.Rollout {
	stem := spec.Release + "-" + spec.Environment + "-"
	attempt := 1
	for _, r := range here {
		if n, err := strconv.Atoi(strings.TrimPrefix(r.Name, stem)); err == nil && strings.HasPrefix(r.Name, stem) {
			attempt = max(attempt, n+1)
		}
	}
	return v1.Rollout{
		TypeMeta: metav1.TypeMeta{APIVersion: v1.GroupVersion.String(), Kind: "Rollout"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace: v1.SystemNamespace, Name: fmt.Sprintf("%s%d", stem, attempt),
			Labels: map[string]string{v1.LabelService: spec.Service, v1.LabelEnvironment: spec.Environment, v1.LabelRelease: spec.Release},
		},
		Spec: spec,
	}
}
