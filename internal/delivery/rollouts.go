package delivery

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/compile/kubernetes"
	"paddock.dev/internal/delivery/rollout"
	"paddock.dev/internal/kube"
	"paddock.dev/internal/model"
)

const (
	// changesAtOnce bounds how many decisions one pass writes: more than any
	// chain of phases has, few enough to show a loop.
	changesAtOnce = 16
	// soon is how long to wait for something that is being made right now.
	soon = 100 * time.Millisecond
)

// reconcileRollout takes one service in one environment as far as it can go now.
func (d *Delivery) reconcileRollout(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	p := d.opts.Platform()
	if p == nil {
		return reconcile.Result{}, nil
	}
	place := request.NamespacedName
	var o *rollout.Observation
	for range changesAtOnce {
		var err error
		if o, err = d.observe(ctx, p, place); err != nil {
			return reconcile.Result{}, fmt.Errorf("observe %s in %s: %w", place.Name, place.Namespace, err)
		}
		decision, change := rollout.Decide(o)
		if !change {
			break
		}
		if err := d.write(ctx, o, decision); err != nil {
			return reconcile.Result{}, err
		}
		if running := rollout.Running(o.Rollouts); running != nil && running.Name == decision.Rollout && !decision.Moves() {
			break // a message or figures; there would be new ones every time
		}
	}

	waitsFor, err := d.act(ctx, p, place, o, rollout.Desired(o))
	if err != nil {
		return reconcile.Result{}, err
	}
	if waitsFor != "" {
		return reconcile.Result{RequeueAfter: soon}, nil
	}
	if err := d.forget(ctx, o); err != nil {
		return reconcile.Result{}, err
	}
	return d.later(rollout.Next(o, d.opts.Resync)), nil
}

// write makes a decision known, the block first. What was observed follows, so
// that acting on it is right whether or not it is observed again.
func (d *Delivery) write(ctx context.Context, o *rollout.Observation, decision rollout.Decision) error {
	if decision.Block != "" {
		if err := d.block(ctx, o, decision.Block, decision.BlockReason); err != nil {
			return err
		}
	}
	for i := range o.Rollouts {
		r := &o.Rollouts[i]
		if r.Name != decision.Rollout {
			continue
		}
		// The version that was observed goes along: over somebody else's write the
		// API server refuses, and the next pass sees it.
		r.Status = decision.Status
		if err := d.client.Status().Update(ctx, r); err != nil {
			return fmt.Errorf("status of rollout %s: %w", r.Name, err)
		}
		if decision.Moves() {
			d.announce(r, decision.From.Phase)
		}
	}
	return nil
}

func (d *Delivery) announce(r *v1.Rollout, from v1.RolloutPhase) {
	kind := corev1.EventTypeNormal
	if p := r.Status.Phase; p == v1.RolloutRollingBack || p == v1.RolloutRolledBack {
		kind = corev1.EventTypeWarning
	}
	d.events.Eventf(r, nil, kind, string(r.Status.Phase), "Rollout", "%s", short(r.Status.Message))
	d.log.Info("rollout", "name", r.Name, "from", from, "to", r.Status.Phase, "step", r.Status.Step, "weight", r.Status.Weight, "message", r.Status.Message)
}

func (d *Delivery) block(ctx context.Context, o *rollout.Observation, name, reason string) error {
	r := o.Releases[name]
	if r == nil || r.Status.Blocked != "" {
		return nil
	}
	now := metav1.NewTime(o.Now)
	r.Status.Blocked, r.Status.BlockedAt = reason, &now
	if err := d.client.Status().Update(ctx, r); err != nil {
		return fmt.Errorf("block release %s: %w", name, err)
	}
	d.events.Eventf(r, nil, corev1.EventTypeWarning, "Blocked", "Release", "%s", short(reason))
	d.log.Info("blocked a release", "release", name, "reason", reason)
	return nil
}

// act makes the sets and the route what they are to be. It says what it waits
// for, when something must be there first.
func (d *Delivery) act(ctx context.Context, p *model.Platform, place types.NamespacedName, o *rollout.Observation, state rollout.State) (waitsFor string, err error) {
	env, _ := p.Environment(place.Namespace)
	service, _ := env.Service(place.Name)
	var objs []client.Object
	for _, name := range state.Sets {
		r := o.Releases[name]
		if r == nil {
			// Leaving it out would take away what serves customers.
			return "", fmt.Errorf("%s in %s: the release %s is gone; nothing is changed until it is back or another one is promoted", place.Name, place.Namespace, name)
		}
		set := kubernetes.Set(p, place.Namespace, r)
		if _, runs := o.Sets[name]; !runs && len(set) > 0 {
			waitsFor, err = d.reachable(ctx, place.Namespace, append([]string{place.Name}, declared(env, r.Spec.Config[place.Namespace].Uses)...))
			if waitsFor != "" || err != nil {
				return waitsFor, err
			}
		}
		objs = append(objs, set...)
	}
	if len(state.Shares) > 0 {
		shares := make([]kubernetes.Share, 0, len(state.Shares))
		for _, s := range state.Shares {
			shares = append(shares, kubernetes.Share{Release: o.Releases[s.Release], Percent: s.Percent})
		}
		objs = append(objs, kubernetes.Routes(p, env, service, shares)...)
	}
	result, err := kube.Apply(ctx, d.client, kube.Owner, system(serviceInventory+place.Namespace+"."+place.Name), objs)
	d.logApply("service", place.String(), result)
	if err != nil {
		if running := rollout.Running(o.Rollouts); running != nil && !apierrors.IsConflict(err) {
			d.events.Eventf(running, nil, corev1.EventTypeWarning, "ApplyFailed", "Apply", "%s", short(err.Error()))
		}
		return "", fmt.Errorf("%s in %s: %w", place.Name, place.Namespace, err)
	}
	return "", nil
}

// declared are the services that are in the environment; a release may use one
// that is gone.
func declared(env model.Environment, services []string) []string {
	var all []string
	for _, name := range services {
		if _, ok := env.Service(name); ok {
			all = append(all, name)
		}
	}
	return all
}

// forget removes old rollouts, their approvals first: a later rollout of the
// same name must not inherit them.
func (d *Delivery) forget(ctx context.Context, o *rollout.Observation) error {
	for _, name := range rollout.Expired(o.Rollouts, o.Releases) {
		for i := range o.Approvals {
			if a := &o.Approvals[i]; a.Spec.Rollout == name {
				if err := d.client.Delete(ctx, a); client.IgnoreNotFound(err) != nil {
					return fmt.Errorf("remove approval %s: %w", a.Name, err)
				}
			}
		}
		old := &v1.Rollout{ObjectMeta: metav1.ObjectMeta{Namespace: v1.SystemNamespace, Name: name}}
		if err := d.client.Delete(ctx, old); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("remove rollout %s: %w", name, err)
		}
	}
	return nil
}
