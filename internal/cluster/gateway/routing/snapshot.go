package routing

import (
	"net/netip"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// Controller is the controllerName of the gateway classes that are ours, and
// the name under which route status is written.
const Controller gatewayv1.GatewayController = "paddock.dev/gateway"

// Snapshot is everything that a table is made of, read at one moment. Build
// only reads it.
type Snapshot struct {
	// Address of the gateway's listener, reported in the status of Gateways.
	Address    string
	Classes    []gatewayv1.GatewayClass
	Gateways   []gatewayv1.Gateway
	Routes     []gatewayv1.HTTPRoute
	Grants     []gatewayv1.ReferenceGrant
	Namespaces []corev1.Namespace
	Services   []corev1.Service
	Slices     []discoveryv1.EndpointSlice
}

// Backend is one port of one Service with the endpoints that are ready.
type Backend struct {
	Namespace, Service string
	// Release is the Service's release label, empty when it has none.
	Release string
	Port    int32
	// Endpoints as the API names them, sorted.
	Endpoints []netip.AddrPort
}

// Rule says what happens to the requests that match it.
type Rule struct {
	Route types.NamespacedName
	// Priority of the rule in its route, from 1.
	Priority int
	// Fault, when not empty, is why every request gets status 500. A rule with a
	// filter that is not understood must fail rather than skip the filter.
	Fault    string
	Redirect *Redirect
	Rewrite  *Rewrite
	// Request and Response are header changes.
	Request, Response Headers
	Mirrors           []Mirror
	// Refs have a weight above 0 each; a set at weight 0 is not in the table at
	// all, so nothing can send it a request.
	Refs []Ref
	// Total of the weights.
	Total uint32
	// RequestTimeout bounds the whole exchange, BackendTimeout each attempt; 0
	// means no bound.
	RequestTimeout, BackendTimeout time.Duration
}

// Ref is a share of a rule's requests.
type Ref struct {
	Weight uint32
	// Backend is an index into Table.Backends, -1 for a reference that does not
	// resolve: its share gets status 500, and Why says the reason.
	Backend           int
	Why               string
	Request, Response Headers
}

// Mirror gets a copy of Numerator in Denominator requests.
type Mirror struct {
	Backend                int
	Numerator, Denominator uint32
}

// Report is the status of what is ours. Conditions carry no times; whoever
// writes them knows the clock and what was there before.
type Report struct {
	Classes  []ClassReport
	Gateways []GatewayReport
	Routes   []RouteReport
}

// ClassReport is the status of one GatewayClass.
type ClassReport struct {
	Name       string
	Conditions []metav1.Condition
}

// GatewayReport is the status of one Gateway.
type GatewayReport struct {
	Name   types.NamespacedName
	Status gatewayv1.GatewayStatus
}

// RouteReport is the status of one HTTPRoute at the parents that are ours; it
// may have none.
type RouteReport struct {
	Name    types.NamespacedName
	Parents []gatewayv1.RouteParentStatus
}
