package gateway

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"paddock.dev/internal/cluster/gateway/routing"
)

// reports hands the newest report to whoever writes it; older ones that were
// not written yet are of no interest.
type reports struct {
	newest atomic.Pointer[routing.Report]
	dirty  chan struct{}
}

func (r *reports) put(report routing.Report) {
	r.newest.Store(&report)
	select {
	case r.dirty <- struct{}{}:
	default:
	}
}

// writeReports writes status until ctx is done. What fails is tried again, with
// the newest report of that moment.
func (g *Gateway) writeReports(ctx context.Context, api client.Client) {
	const shortest, longest = 100 * time.Millisecond, 5 * time.Second
	wait := shortest
	retry := time.NewTimer(0)
	if !retry.Stop() {
		<-retry.C
	}
	defer retry.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-g.reports.dirty:
			wait = shortest
		case <-retry.C:
			wait = min(2*wait, longest)
		}
		err := g.writeReport(ctx, api, g.reports.newest.Load())
		if err == nil || ctx.Err() != nil {
			continue
		}
		// A conflict only says that the cache is a moment behind.
		if !apierrors.IsConflict(err) {
			g.log.Warn("gateway status not written", "err", err, "retry", wait)
		}
		retry.Reset(wait)
	}
}

// writeReport writes the status that differs from what the cache shows. Routes
// go first: delivery waits for them.
func (g *Gateway) writeReport(ctx context.Context, api client.Client, report *routing.Report) error {
	var failures []error
	now := metav1.NewTime(g.now())
	for _, r := range report.Routes {
		failures = append(failures, update(ctx, api, r.Name, &gatewayv1.HTTPRoute{}, func(route *gatewayv1.HTTPRoute) bool {
			parents := mergeParents(route.Status.Parents, r.Parents, now)
			if equality.Semantic.DeepEqual(parents, route.Status.Parents) {
				return false
			}
			route.Status.Parents = parents
			return true
		}))
	}
	for _, r := range report.Gateways {
		failures = append(failures, update(ctx, api, r.Name, &gatewayv1.Gateway{}, func(gw *gatewayv1.Gateway) bool {
			status := mergeGateway(gw.Status, r.Status, now)
			if equality.Semantic.DeepEqual(status, gw.Status) {
				return false
			}
			gw.Status = status
			return true
		}))
	}
	for _, r := range report.Classes {
		failures = append(failures, update(ctx, api, types.NamespacedName{Name: r.Name}, &gatewayv1.GatewayClass{}, func(class *gatewayv1.GatewayClass) bool {
			conditions := mergeConditions(class.Status.Conditions, r.Conditions, now)
			if equality.Semantic.DeepEqual(conditions, class.Status.Conditions) {
				return false
			}
			class.Status.Conditions = conditions
			return true
		}))
	}
	return errors.Join(failures...)
}

// update patches an object's status when change wants it. The patch carries the
// version that was read, so that entries of other controllers are not lost. An
// object that is gone needs no status.
func update[T client.Object](ctx context.Context, api client.Client, name types.NamespacedName, object T, change func(T) bool) error {
	if err := api.Get(ctx, name, object); err != nil {
		return client.IgnoreNotFound(err)
	}
	before := object.DeepCopyObject().(client.Object)
	if !change(object) {
		return nil
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	return client.IgnoreNotFound(api.Status().Patch(ctx, object, patch))
}

// mergeParents keeps the parents of other controllers and replaces ours.
func mergeParents(have, ours []gatewayv1.RouteParentStatus, now metav1.Time) []gatewayv1.RouteParentStatus {
	var out []gatewayv1.RouteParentStatus
	for _, p := range have {
		if p.ControllerName != routing.Controller {
			out = append(out, p)
		}
	}
	for _, p := range ours {
		var old []metav1.Condition
		for _, h := range have {
			if h.ControllerName == p.ControllerName && equality.Semantic.DeepEqual(h.ParentRef, p.ParentRef) {
				old = h.Conditions
			}
		}
		p.Conditions = mergeConditions(old, p.Conditions, now)
		out = append(out, p)
	}
	if out == nil {
		out = []gatewayv1.RouteParentStatus{} // the field is required
		if have == nil {
			return nil
		}
	}
	return out
}

func mergeGateway(have, ours gatewayv1.GatewayStatus, now metav1.Time) gatewayv1.GatewayStatus {
	out := ours
	out.AttachedListenerSets = have.AttachedListenerSets
	out.Conditions = mergeConditions(have.Conditions, ours.Conditions, now)
	out.Listeners = make([]gatewayv1.ListenerStatus, len(ours.Listeners))
	for i, l := range ours.Listeners {
		for _, h := range have.Listeners {
			if h.Name == l.Name {
				l.Conditions = mergeConditions(h.Conditions, l.Conditions, now)
			}
		}
		for j := range l.Conditions {
			if l.Conditions[j].LastTransitionTime.IsZero() {
				l.Conditions = mergeConditions(nil, l.Conditions, now)
				break
			}
		}
		out.Listeners[i] = l
	}
	return out
}

// mergeConditions gives conditions their times: that of the last change when
// the status is as it was.
func mergeConditions(have, want []metav1.Condition, now metav1.Time) []metav1.Condition {
	out := make([]metav1.Condition, len(want))
	for i, c := range want {
		c.LastTransitionTime = now.Rfc3339Copy()
		if old := meta.FindStatusCondition(have, c.Type); old != nil && old.Status == c.Status {
			c.LastTransitionTime = old.LastTransitionTime
		}
		out[i] = c
	}
	return out
}
