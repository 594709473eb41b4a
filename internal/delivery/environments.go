package delivery

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/compile/kubernetes"
	"paddock.dev/internal/kube"
)

// everywhere is the key of what exists once: the gateway, and the look for
// environments and services that the platform no longer has.
const everywhere = "*"

// Inventories are named for what they list. The names of environments and
// services have no dots.
const (
	environmentInventory = "environment."
	serviceInventory     = "service."
)

// GatewayController is the name under which the gateway takes on Gateways.
const GatewayController = gatewayv1.GatewayController("paddock.dev/gateway")

// reconcileEnvironment makes the objects of one environment what the platform
// says, without the sets and routes, which belong to rollouts.
func (d *Delivery) reconcileEnvironment(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	p := d.opts.Platform()
	if p == nil {
		return reconcile.Result{}, nil
	}
	if request.Name == everywhere {
		if err := d.applyGateway(ctx); err != nil {
			return reconcile.Result{}, err
		}
		return d.later(d.opts.Resync), d.findForgotten(ctx)
	}
	var objs []client.Object
	env, declared := p.Environment(request.Name)
	if declared {
		objs = kubernetes.Environment(p, env)
		for _, s := range env.Services {
			objs = append(objs, kubernetes.Service(p, env, s)...)
		}
	}
	result, err := kube.Apply(ctx, d.client, kube.Owner, system(environmentInventory+request.Name), objs)
	d.logApply("environment", request.Name, result)
	if err != nil {
		return reconcile.Result{}, fmt.Errorf("environment %s: %w", request.Name, err)
	}
	if !declared {
		return reconcile.Result{}, nil
	}
	return d.later(d.opts.Resync), nil
}

func (d *Delivery) logApply(what, name string, r kube.Result) {
	if len(r.Applied)+len(r.Pruned) > 0 {
		d.log.Info("applied", what, name, "applied", len(r.Applied), "unchanged", len(r.Unchanged), "pruned", len(r.Pruned))
	}
}

// applyGateway makes the class and the public gateway.
func (d *Delivery) applyGateway(ctx context.Context) error {
	all := gatewayv1.NamespacesFromAll
	objs := []client.Object{
		&gatewayv1.GatewayClass{
			TypeMeta:   metav1.TypeMeta{APIVersion: gatewayv1.GroupVersion.String(), Kind: "GatewayClass"},
			ObjectMeta: metav1.ObjectMeta{Name: kubernetes.GatewayClass},
			Spec:       gatewayv1.GatewayClassSpec{ControllerName: GatewayController},
		},
		&gatewayv1.Gateway{
			TypeMeta:   metav1.TypeMeta{APIVersion: gatewayv1.GroupVersion.String(), Kind: "Gateway"},
			ObjectMeta: metav1.ObjectMeta{Namespace: v1.SystemNamespace, Name: kubernetes.GatewayName},
			Spec: gatewayv1.GatewaySpec{
				GatewayClassName: kubernetes.GatewayClass,
				Listeners: []gatewayv1.Listener{{
					Name: "http", Protocol: gatewayv1.HTTPProtocolType, Port: gatewayv1.PortNumber(d.opts.GatewayPort),
					AllowedRoutes: &gatewayv1.AllowedRoutes{Namespaces: &gatewayv1.RouteNamespaces{From: &all}},
				}},
			},
		},
	}
	_, err := kube.Apply(ctx, d.client, kube.Owner, system("gateway"), objs)
	if err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	return nil
}

// findForgotten looks for inventories of what the platform no longer has, and
// has them emptied by whoever owns them.
func (d *Delivery) findForgotten(ctx context.Context) error {
	p := d.opts.Platform()
	var inventories corev1.ConfigMapList
	if err := d.client.List(ctx, &inventories, client.InNamespace(v1.SystemNamespace)); err != nil {
		return fmt.Errorf("list inventories: %w", err)
	}
	for _, inv := range inventories.Items {
		if env, ok := strings.CutPrefix(inv.Name, environmentInventory); ok {
			if _, declared := p.Environment(env); !declared {
				d.environments.add(types.NamespacedName{Name: env})
			}
		}
		if place, ok := strings.CutPrefix(inv.Name, serviceInventory); ok {
			name, service, _ := strings.Cut(place, ".")
			env, _ := p.Environment(name)
			if _, declared := env.Service(service); !declared {
				d.rollouts.add(types.NamespacedName{Namespace: name, Name: service})
			}
		}
	}
	return nil
}

// reachable says what keeps a service's pods from finding what they use, or
// nothing: a pod is told the addresses of services once, when it starts.
func (d *Delivery) reachable(ctx context.Context, environment string, services []string) (string, error) {
	if err := d.client.Get(ctx, types.NamespacedName{Name: environment}, &corev1.Namespace{}); err != nil {
		if apierrors.IsNotFound(err) {
			return "namespace " + environment, nil
		}
		return "", fmt.Errorf("read namespace %s: %w", environment, err)
	}
	for _, name := range services {
		err := d.client.Get(ctx, types.NamespacedName{Namespace: environment, Name: name}, &corev1.Service{})
		switch {
		case apierrors.IsNotFound(err):
			return "the address of " + name, nil
		case err != nil:
			return "", fmt.Errorf("read service %s in %s: %w", name, environment, err)
		}
	}
	return "", nil
}
