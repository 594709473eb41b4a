package gateway

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"paddock.dev/internal/cluster/gateway/routing"
)

// SetupWithManager adds the controller that keeps the table and the status
// up to date. The manager's scheme must know client-go's types and
// gateway.networking.k8s.io/v1.
func (g *Gateway) SetupWithManager(mgr manager.Manager) error {
	// Every object contributes to the one table, so every event leads to the
	// same work; events that come while it is done are done together.
	all := handler.EnqueueRequestsFromMapFunc(func(context.Context, client.Object) []reconcile.Request {
		return []reconcile.Request{{NamespacedName: types.NamespacedName{Name: "table"}}}
	})
	// Our own status writes change no generation and need no new table.
	spec := builder.WithPredicates(predicate.GenerationChangedPredicate{})
	skip := true // the names are global, and a test may run two gateways
	err := builder.ControllerManagedBy(mgr).Named("gateway").
		WithOptions(controller.Options{SkipNameValidation: &skip}).
		Watches(&gatewayv1.GatewayClass{}, all, spec).
		Watches(&gatewayv1.Gateway{}, all, spec).
		Watches(&gatewayv1.HTTPRoute{}, all, spec).
		Watches(&gatewayv1.ReferenceGrant{}, all).
		Watches(&corev1.Namespace{}, all).
		Watches(&corev1.Service{}, all).
		Watches(&discoveryv1.EndpointSlice{}, all).
		Complete(reconcile.Func(func(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
			return reconcile.Result{}, g.reconcile(ctx, mgr.GetClient())
		}))
	if err != nil {
		return fmt.Errorf("gateway controller: %w", err)
	}
	// Status is written beside the controller: a slow API server must not hold
	// up the next table.
	if err := mgr.Add(manager.RunnableFunc(func(ctx context.Context) error {
		g.writeReports(ctx, mgr.GetClient())
		return nil
	})); err != nil {
		return fmt.Errorf("gateway status: %w", err)
	}
	return nil
}

// reconcile builds a table of what the cache holds, makes it live, and only
// then hands on the status that belongs to it.
func (g *Gateway) reconcile(ctx context.Context, cache client.Reader) error {
	s, err := snapshot(ctx, cache)
	if err != nil {
		return err
	}
	s.Address = g.Addr().String()
	table, report := routing.Build(s)
	g.apply(table)
	g.reports.put(report)
	return nil
}

// snapshot reads the cache. The objects are shared with it and only read.
func snapshot(ctx context.Context, cache client.Reader) (routing.Snapshot, error) {
	var (
		classes    gatewayv1.GatewayClassList
		gateways   gatewayv1.GatewayList
		routes     gatewayv1.HTTPRouteList
		grants     gatewayv1.ReferenceGrantList
		namespaces corev1.NamespaceList
		services   corev1.ServiceList
		slices     discoveryv1.EndpointSliceList
	)
	for _, list := range []client.ObjectList{&classes, &gateways, &routes, &grants, &namespaces, &services, &slices} {
		if err := cache.List(ctx, list, client.UnsafeDisableDeepCopy); err != nil {
			return routing.Snapshot{}, fmt.Errorf("list %T: %w", list, err)
		}
	}
	return routing.Snapshot{
		Classes: classes.Items, Gateways: gateways.Items, Routes: routes.Items, Grants: grants.Items,
		Namespaces: namespaces.Items, Services: services.Items, Slices: slices.Items,
	}, nil
}
