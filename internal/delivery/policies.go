package delivery

import (
	"context"
	"fmt"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/compile/kubernetes"
	"paddock.dev/internal/delivery/policy"
	"paddock.dev/internal/model"
)

// counterName is the ConfigMap that remembers the next number of every
// service's releases, so that a deleted release does not give its number away.
const counterName = "release-numbers"

// reconcilePolicy makes the release and the rollouts that a service lacks.
func (d *Delivery) reconcilePolicy(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	service := request.Name
	p := d.opts.Platform()
	if p == nil || sourceOf(p, service) == nil {
		return reconcile.Result{}, nil
	}
	var builds v1.BuildList
	var releases v1.ReleaseList
	for _, list := range []client.ObjectList{&builds, &releases} {
		if err := d.client.List(ctx, list, client.InNamespace(v1.SystemNamespace), client.MatchingFields{byService: service}); err != nil {
			return reconcile.Result{}, fmt.Errorf("list what %s has: %w", service, err)
		}
	}
	head, err := d.opts.Source.Head(ctx, service, p.Delivery.Branch)
	if err != nil {
		return reconcile.Result{}, fmt.Errorf("head of %s of %s: %w", p.Delivery.Branch, service, err)
	}
	code := policy.Code{Service: service, Ref: policy.BranchRef(p.Delivery.Branch), Head: head.ID, Builds: builds.Items}
	config, digest := kubernetes.ReleaseConfig(p, service)
	if spec, missing := policy.NextRelease(code, releases.Items, config, digest); missing {
		made, err := d.createRelease(ctx, spec, releases.Items)
		if err != nil {
			return reconcile.Result{}, err
		}
		releases.Items = append(releases.Items, *made)
	}
	if err := d.linkBuilds(ctx, code, releases.Items); err != nil {
		return reconcile.Result{}, err
	}
	if err := d.promote(ctx, p, service, releases.Items); err != nil {
		return reconcile.Result{}, err
	}
	return d.later(d.opts.Resync), d.prune(ctx, code, releases.Items)
}

func (d *Delivery) createRelease(ctx context.Context, spec v1.ReleaseSpec, releases []v1.Release) (*v1.Release, error) {
	number, err := d.takeNumber(ctx, spec.Service, releases)
	if err != nil {
		return nil, err
	}
	spec.Number, spec.Version = number, policy.Version(number)
	r := &v1.Release{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: v1.SystemNamespace, Name: policy.ReleaseName(spec.Service, spec.Version),
			Labels: map[string]string{v1.LabelService: spec.Service},
		},
		Spec: spec,
	}
	// A number that somebody took meanwhile is refused; the next pass sees it.
	if err := d.client.Create(ctx, r); err != nil {
		return nil, fmt.Errorf("create release %s: %w", r.Name, err)
	}
	d.events.Eventf(r, nil, corev1.EventTypeNormal, "Released", "Release", "%s has image %s of commit %s, configuration %s", r.Name, spec.Image, spec.Commit, spec.ConfigDigest)
	d.log.Info("made a release", "release", r.Name, "commit", spec.Commit, "config", spec.ConfigDigest)
	return r, nil
}

// takeNumber takes the next number out of the counter before it is used: dying
// in between wastes a number and never gives one out twice.
func (d *Delivery) takeNumber(ctx context.Context, service string, releases []v1.Release) (int64, error) {
	counter := &corev1.ConfigMap{}
	err := d.client.Get(ctx, system(counterName), counter)
	exists := err == nil
	if err != nil && !apierrors.IsNotFound(err) {
		return 0, fmt.Errorf("read the release numbers: %w", err)
	}
	stored, err := strconv.ParseInt(counter.Data[service], 10, 64)
	if err != nil {
		stored = 0
	}
	number := policy.NextNumber(service, releases, stored)
	if counter.Data == nil {
		counter.Data = map[string]string{}
	}
	counter.Data[service] = strconv.FormatInt(number+1, 10)
	if exists {
		err = d.client.Update(ctx, counter)
	} else {
		counter.Namespace, counter.Name = v1.SystemNamespace, counterName
		err = d.client.Create(ctx, counter)
	}
	if err != nil {
		return 0, fmt.Errorf("take release number %d of %s: %w", number, service, err)
	}
	return number, nil
}

// linkBuilds writes into each build of the branch which release has its image.
func (d *Delivery) linkBuilds(ctx context.Context, code policy.Code, releases []v1.Release) error {
	for i := range code.Builds {
		b := &code.Builds[i]
		if b.Status.Phase != v1.BuildSucceeded || b.Status.Release != "" || b.Spec.Ref != code.Ref {
			continue
		}
		if r := releaseOf(b, releases); r != "" {
			if err := d.updateBuild(ctx, b.DeepCopy(), func(s *v1.BuildStatus) { s.Release = r }); err != nil {
				return err
			}
		}
	}
	return nil
}

// releaseOf is the oldest release with the build's image.
func releaseOf(b *v1.Build, releases []v1.Release) string {
	var oldest *v1.Release
	for i := range releases {
		r := &releases[i]
		if r.Spec.Image == b.Status.Image && !r.Spec.Drill && (oldest == nil || r.Spec.Number < oldest.Spec.Number) {
			oldest = r
		}
	}
	if oldest == nil {
		return ""
	}
	return oldest.Name
}

// promote makes the rollouts that carry the releases along the path.
func (d *Delivery) promote(ctx context.Context, p *model.Platform, service string, releases []v1.Release) error {
	var rollouts v1.RolloutList
	if err := d.client.List(ctx, &rollouts, client.InNamespace(v1.SystemNamespace), client.MatchingFields{byService: service}); err != nil {
		return fmt.Errorf("list the rollouts of %s: %w", service, err)
	}
	for _, r := range policy.Promotions(p, service, releases, rollouts.Items) {
		if err := d.client.Create(ctx, &r); err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("create rollout %s: %w", r.Name, err)
		}
		d.log.Info("made a rollout", "rollout", r.Name, "kind", r.Spec.Kind)
	}
	return nil
}
