package delivery

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/delivery/policy"
	"paddock.dev/internal/model"
)

// reconcileSource makes sure that the head of the service's branch has a build.
func (d *Delivery) reconcileSource(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	service := request.Name
	p := d.opts.Platform()
	if p == nil || sourceOf(p, service) == nil {
		return reconcile.Result{}, nil
	}
	head, err := d.opts.Source.Head(ctx, service, p.Delivery.Branch)
	if err != nil {
		return reconcile.Result{}, fmt.Errorf("head of %s of %s: %w", p.Delivery.Branch, service, err)
	}
	if head.ID == "" {
		return d.later(d.opts.Resync), nil
	}
	b := &v1.Build{}
	name := policy.BuildName(service, head.ID)
	err = d.client.Get(ctx, system(name), b)
	if err == nil {
		if mayRetry(b.Status, d.awake.look(d.opts.Clock.Now())) {
			err = d.waitBuild(ctx, b, "builds again: it failed before this start, "+b.Status.Message)
		}
		// The branch may have been moved back to what was built long ago: nothing
		// else says so than this.
		d.policies.add(request.NamespacedName)
		return d.later(d.opts.Resync), err
	}
	if !apierrors.IsNotFound(err) {
		return reconcile.Result{}, fmt.Errorf("read build %s: %w", name, err)
	}
	b = newBuild(v1.BuildSpec{
		Service: service, Commit: head.ID, Ref: policy.BranchRef(p.Delivery.Branch),
		Author: head.Author, Subject: head.Subject, PushedBy: head.PushedBy,
	})
	b.Annotations = map[string]string{v1.AnnotationPush: "true"}
	if err := d.client.Create(ctx, b); err != nil && !apierrors.IsAlreadyExists(err) {
		return reconcile.Result{}, fmt.Errorf("create build %s: %w", name, err)
	}
	// The head may be a commit that was built before: policy decides on heads.
	d.policies.add(request.NamespacedName)
	return d.later(d.opts.Resync), nil
}

func newBuild(spec v1.BuildSpec) *v1.Build {
	return &v1.Build{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: v1.SystemNamespace, Name: policy.BuildName(spec.Service, spec.Commit),
			Labels: map[string]string{v1.LabelService: spec.Service},
		},
		Spec: spec,
	}
}

// sourceOf is where the service's code comes from; nil when it has none.
func sourceOf(p *model.Platform, service string) *model.Source {
	for _, env := range p.Environments {
		if s, ok := env.Service(service); ok && s.Source != nil {
			return s.Source
		}
	}
	return nil
}
