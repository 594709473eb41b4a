package delivery

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	v1 "paddock.dev/api/v1"
)

type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]

// Fields that the cache is indexed by.
const (
	byService = "delivery.service"
	byPlace   = "delivery.place" // environment/service
)

// SetupWithManager adds the controllers. They begin with everything that the
// platform has.
func (d *Delivery) SetupWithManager(mgr manager.Manager) error {
	consistent := true
	// Decisions follow from what the controllers wrote themselves, so reads wait
	// for the cache to have seen it. The route and the inventories are read from
	// the API server: a stale route would look confirmed, and a stale inventory
	// would forget to prune.
	c, err := client.New(mgr.GetConfig(), client.Options{
		Scheme: mgr.GetScheme(), Mapper: mgr.GetRESTMapper(), HTTPClient: mgr.GetHTTPClient(),
		Cache: &client.CacheOptions{
			Reader:                          mgr.GetCache(),
			DisableFor:                      []client.Object{&corev1.ConfigMap{}, &gatewayv1.HTTPRoute{}},
			EnableReadYourWritesConsistency: &consistent,
		},
	})
	if err != nil {
		return fmt.Errorf("client of the delivery controllers: %w", err)
	}
	d.client = c
	d.events = mgr.GetEventRecorder("paddock-delivery")

	index := mgr.GetFieldIndexer()
	ctx := context.Background() // only registers; nothing runs
	for _, add := range []error{
		index.IndexField(ctx, &v1.Rollout{}, byPlace, func(o client.Object) []string { return []string{placeOf(o).String()} }),
		index.IndexField(ctx, &v1.Rollout{}, byService, func(o client.Object) []string { return []string{serviceOf(o)} }),
		index.IndexField(ctx, &v1.Release{}, byService, func(o client.Object) []string { return []string{serviceOf(o)} }),
		index.IndexField(ctx, &v1.Build{}, byService, func(o client.Object) []string { return []string{serviceOf(o)} }),
	} {
		if add != nil {
			return fmt.Errorf("index the delivery resources: %w", add)
		}
	}

	for _, add := range []error{
		d.stayAwake(mgr), d.setupSources(mgr), d.setupBuilds(mgr), d.setupPolicies(mgr), d.setupEnvironments(mgr), d.setupRollouts(mgr),
	} {
		if add != nil {
			return add
		}
	}
	d.Notify()
	return nil
}

func (d *Delivery) setupSources(mgr manager.Manager) error {
	return named(mgr, "delivery-source", 2).WatchesRawSource(&d.sources).Complete(d.reconciler(d.reconcileSource))
}

func (d *Delivery) setupBuilds(mgr manager.Manager) error {
	return named(mgr, "delivery-build", d.opts.Builds).For(&v1.Build{}).Complete(d.reconciler(d.reconcileBuild))
}

func (d *Delivery) setupPolicies(mgr manager.Manager) error {
	service := handler.EnqueueRequestsFromMapFunc(func(_ context.Context, o client.Object) []reconcile.Request {
		return []reconcile.Request{{NamespacedName: types.NamespacedName{Name: serviceOf(o)}}}
	})
	return named(mgr, "delivery-policy", 2).
		Watches(&v1.Build{}, service).
		Watches(&v1.Release{}, service).
		Watches(&v1.Rollout{}, service, builder.WithPredicates(phaseChanged)).
		WatchesRawSource(&d.policies).
		Complete(d.reconciler(d.reconcilePolicy))
}

func (d *Delivery) setupEnvironments(mgr manager.Manager) error {
	return named(mgr, "delivery-environment", 2).WatchesRawSource(&d.environments).Complete(d.reconciler(d.reconcileEnvironment))
}

func (d *Delivery) setupRollouts(mgr manager.Manager) error {
	place := handler.EnqueueRequestsFromMapFunc(func(_ context.Context, o client.Object) []reconcile.Request {
		if key := placeOf(o); key.Namespace != "" && key.Name != "" {
			return []reconcile.Request{{NamespacedName: key}}
		}
		return nil
	})
	return named(mgr, "delivery-rollout", 4).
		// Its own writes of figures and messages must not wake it: there would be
		// new figures every time.
		Watches(&v1.Rollout{}, place, builder.WithPredicates(phaseChanged)).
		Watches(&v1.Release{}, handler.EnqueueRequestsFromMapFunc(d.placesOfRelease)).
		Watches(&v1.Approval{}, handler.EnqueueRequestsFromMapFunc(d.placeOfApproval)).
		Watches(&appsv1.Deployment{}, place).
		Watches(&corev1.Pod{}, place).
		Watches(&discoveryv1.EndpointSlice{}, place).
		Watches(&gatewayv1.HTTPRoute{}, place).
		WatchesRawSource(&d.rollouts).
		Complete(d.reconciler(d.reconcileRollout))
}

func named(mgr manager.Manager, name string, workers int) *builder.Builder {
	return builder.ControllerManagedBy(mgr).Named(name).WithOptions(controller.Options{
		MaxConcurrentReconciles: workers,
		// An environment that is being made refuses what goes into it for a
		// moment; waiting longer than this helps nobody.
		RateLimiter: workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](20*time.Millisecond, 15*time.Second),
	})
}

// reconciler wraps what all of them share: being stopped is no failure, and
// neither is losing a write to somebody who was faster.
func (d *Delivery) reconciler(f reconcile.Func) reconcile.Func {
	return func(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
		result, err := f(ctx, request)
		switch {
		case ctx.Err() != nil:
			return reconcile.Result{}, nil
		case apierrors.IsConflict(err):
			return reconcile.Result{RequeueAfter: soon}, nil
		case err != nil:
			return reconcile.Result{}, err
		}
		return result, nil
	}
}

// phaseChanged lets creation, deletion and changes of the phase through.
var phaseChanged = predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
	before, ok := e.ObjectOld.(*v1.Rollout)
	after, ok2 := e.ObjectNew.(*v1.Rollout)
	return !ok || !ok2 || before.Status.Phase != after.Status.Phase
}}

// serviceOf is the service that a delivery resource is about.
func serviceOf(o client.Object) string {
	switch o := o.(type) {
	case *v1.Build:
		return o.Spec.Service
	case *v1.Release:
		return o.Spec.Service
	case *v1.Rollout:
		return o.Spec.Service
	}
	return o.GetLabels()[v1.LabelService]
}

// placeOf is the environment and the service that an object belongs to.
func placeOf(o client.Object) types.NamespacedName {
	if r, ok := o.(*v1.Rollout); ok {
		return types.NamespacedName{Namespace: r.Spec.Environment, Name: r.Spec.Service}
	}
	return types.NamespacedName{Namespace: o.GetNamespace(), Name: o.GetLabels()[v1.LabelService]}
}

func (d *Delivery) placesOfRelease(_ context.Context, o client.Object) []reconcile.Request {
	var requests []reconcile.Request
	if p := d.opts.Platform(); p != nil {
		for _, env := range p.Environments {
			if _, ok := env.Service(serviceOf(o)); ok {
				requests = append(requests, reconcile.Request{NamespacedName: types.NamespacedName{Namespace: env.Name, Name: serviceOf(o)}})
			}
		}
	}
	return requests
}

func (d *Delivery) placeOfApproval(ctx context.Context, o client.Object) []reconcile.Request {
	a, ok := o.(*v1.Approval)
	if !ok {
		return nil
	}
	r := &v1.Rollout{}
	if err := d.client.Get(ctx, system(a.Spec.Rollout), r); err != nil {
		return nil // an approval of nothing counts for nothing
	}
	return []reconcile.Request{{NamespacedName: placeOf(r)}}
}

// later is the next look at something that nothing seems to happen to. Jitter
// keeps a hundred services from being looked at in one instant.
func (d *Delivery) later(after time.Duration) reconcile.Result {
	if after >= d.opts.Resync {
		after = d.opts.Resync + rand.N(d.opts.Resync/4+1)
	}
	return reconcile.Result{RequeueAfter: after}
}

func system(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: v1.SystemNamespace, Name: name}
}
