package routing

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// gateway is one of our Gateways while a table is built.
type gateway struct {
	object    *gatewayv1.Gateway
	name      types.NamespacedName
	listeners []*gatewayListener
}

type gatewayListener struct {
	spec     *gatewayv1.Listener
	hostname string
	fault    *metav1.Condition // why the listener takes no routes
	kinds    []gatewayv1.RouteGroupKind
	badKinds bool
	attached int32
}

func class(c *gatewayv1.GatewayClass) (ClassReport, bool) {
	accepted := condition(string(gatewayv1.GatewayClassConditionStatusAccepted), true, string(gatewayv1.GatewayClassReasonAccepted), "served by the gateway of this process", c.Generation)
	if c.Spec.ParametersRef != nil {
		accepted = condition(accepted.Type, false, string(gatewayv1.GatewayClassReasonInvalidParameters), "parametersRef is not supported; remove it", c.Generation)
	}
	return ClassReport{Name: c.Name, Conditions: []metav1.Condition{accepted}}, accepted.Status == metav1.ConditionTrue
}

func parseGateway(g *gatewayv1.Gateway) *gateway {
	out := &gateway{object: g, name: types.NamespacedName{Namespace: g.Namespace, Name: g.Name}}
	type place struct {
		port gatewayv1.PortNumber
		host string
	}
	taken := map[place]bool{}
	for i := range g.Spec.Listeners {
		l := &gatewayListener{spec: &g.Spec.Listeners[i]}
		if h := l.spec.Hostname; h != nil {
			l.hostname = strings.ToLower(string(*h))
		}
		l.kinds, l.badKinds = kinds(l.spec)
		at := place{l.spec.Port, l.hostname}
		switch {
		case l.spec.Protocol != gatewayv1.HTTPProtocolType:
			c := condition(string(gatewayv1.ListenerConditionAccepted), false, string(gatewayv1.ListenerReasonUnsupportedProtocol), "only protocol HTTP is supported", g.Generation)
			l.fault = &c
		case taken[at]:
			c := condition(string(gatewayv1.ListenerConditionConflicted), true, string(gatewayv1.ListenerReasonHostnameConflict), "an earlier listener has the same port and hostname", g.Generation)
			l.fault = &c
		}
		taken[at] = true
		out.listeners = append(out.listeners, l)
	}
	return out
}

// kinds returns the route kinds that a listener takes and that we know, and
// whether it names others.
func kinds(l *gatewayv1.Listener) ([]gatewayv1.RouteGroupKind, bool) {
	group := gatewayv1.Group(gatewayv1.GroupName)
	http := gatewayv1.RouteGroupKind{Group: &group, Kind: "HTTPRoute"}
	if l.AllowedRoutes == nil || len(l.AllowedRoutes.Kinds) == 0 {
		return []gatewayv1.RouteGroupKind{http}, false
	}
	known, bad := []gatewayv1.RouteGroupKind{}, false
	for _, k := range l.AllowedRoutes.Kinds {
		if k.Kind == http.Kind && (k.Group == nil || *k.Group == group) {
			known = []gatewayv1.RouteGroupKind{http}
		} else {
			bad = true
		}
	}
	return known, bad
}

// allows reports whether routes of the namespace may attach.
func (l *gatewayListener) allows(g *gateway, namespace string, b *builder) bool {
	if len(l.kinds) == 0 {
		return false
	}
	from, selector := gatewayv1.NamespacesFromSame, (*metav1.LabelSelector)(nil)
	if a := l.spec.AllowedRoutes; a != nil && a.Namespaces != nil {
		if a.Namespaces.From != nil {
			from = *a.Namespaces.From
		}
		selector = a.Namespaces.Selector
	}
	switch from {
	case gatewayv1.NamespacesFromAll:
		return true
	case gatewayv1.NamespacesFromSame:
		return namespace == g.name.Namespace
	case gatewayv1.NamespacesFromSelector:
		s, err := metav1.LabelSelectorAsSelector(selector)
		ns := b.namespaces[namespace]
		return err == nil && ns != nil && s.Matches(labels.Set(ns.Labels))
	}
	return false
}

// attach finds the listeners of a Gateway that take a route, with the hosts of
// the route that count there. Without any, the reason says why.
func (g *gateway) attach(r *gatewayv1.HTTPRoute, ref gatewayv1.ParentReference, b *builder) (map[*gatewayListener][]string, reason) {
	out := map[*gatewayListener][]string{}
	why := reason{gatewayv1.RouteReasonNoMatchingParent, "the Gateway has no such listener"}
	for _, l := range g.listeners {
		if ref.SectionName != nil && *ref.SectionName != l.spec.Name || ref.Port != nil && *ref.Port != l.spec.Port {
			continue
		}
		if l.fault != nil {
			why = reason{gatewayv1.RouteReasonNoMatchingParent, "listener " + string(l.spec.Name) + " is not valid: " + l.fault.Message}
			continue
		}
		if !l.allows(g, r.Namespace, b) {
			why = reason{gatewayv1.RouteReasonNotAllowedByListeners, "listener " + string(l.spec.Name) + " does not take HTTPRoutes of namespace " + r.Namespace}
			continue
		}
		hosts := intersect(l.hostname, r.Spec.Hostnames)
		if len(hosts) == 0 {
			why = reason{gatewayv1.RouteReasonNoMatchingListenerHostname, "no hostname of the route is one of listener " + string(l.spec.Name)}
			continue
		}
		out[l] = hosts
	}
	return out, why
}

// intersect returns the route's host patterns that share a host with the
// listener's; "" stands for every host.
func intersect(listener string, route []gatewayv1.Hostname) []string {
	if len(route) == 0 {
		return []string{""}
	}
	var out []string
	for _, h := range route {
		host := strings.ToLower(string(h))
		if (listener == "" || overlap(listener, host)) && !slices.Contains(out, host) {
			out = append(out, host)
		}
	}
	return out
}

func overlap(a, b string) bool {
	wa, wildA := strings.CutPrefix(a, "*")
	wb, wildB := strings.CutPrefix(b, "*")
	switch {
	case wildA && wildB:
		return strings.HasSuffix(wa, wb) || strings.HasSuffix(wb, wa)
	case wildA:
		return strings.HasSuffix(b, wa) && len(b) > len(wa)
	case wildB:
		return strings.HasSuffix(a, wb) && len(a) > len(wb)
	}
	return a == b
}

// report is the Gateway's status once all routes are attached. Every listener
// is served on the one address that the process listens on, whatever port it
// names.
func (g *gateway) report(address string) GatewayReport {
	generation := g.object.Generation
	valid := 0
	status := gatewayv1.GatewayStatus{}
	for _, l := range g.listeners {
		s := gatewayv1.ListenerStatus{Name: l.spec.Name, SupportedKinds: l.kinds, AttachedRoutes: l.attached}
		accepted := condition(string(gatewayv1.ListenerConditionAccepted), true, string(gatewayv1.ListenerReasonAccepted), "", generation)
		conflicted := condition(string(gatewayv1.ListenerConditionConflicted), false, string(gatewayv1.ListenerReasonNoConflicts), "", generation)
		resolved := condition(string(gatewayv1.ListenerConditionResolvedRefs), true, string(gatewayv1.ListenerReasonResolvedRefs), "", generation)
		programmed := condition(string(gatewayv1.ListenerConditionProgrammed), true, string(gatewayv1.ListenerReasonProgrammed), "", generation)
		if l.badKinds {
			resolved = condition(resolved.Type, false, string(gatewayv1.ListenerReasonInvalidRouteKinds), "only HTTPRoute is supported", generation)
		}
		if l.fault == nil {
			valid++
		} else {
			programmed = condition(programmed.Type, false, string(gatewayv1.ListenerReasonInvalid), l.fault.Message, generation)
			if l.fault.Type == conflicted.Type {
				conflicted = *l.fault
				accepted = condition(accepted.Type, false, string(gatewayv1.ListenerReasonHostnameConflict), l.fault.Message, generation)
			} else {
				accepted = *l.fault
			}
		}
		s.Conditions = []metav1.Condition{accepted, conflicted, resolved, programmed}
		status.Listeners = append(status.Listeners, s)
	}
	accepted := condition(string(gatewayv1.GatewayConditionAccepted), valid > 0, string(gatewayv1.GatewayReasonAccepted), "", generation)
	programmed := condition(string(gatewayv1.GatewayConditionProgrammed), valid > 0, string(gatewayv1.GatewayReasonProgrammed), "serving on "+address, generation)
	if valid < len(g.listeners) {
		accepted.Reason, accepted.Message = string(gatewayv1.GatewayReasonListenersNotValid), "some listeners are not valid; see their conditions"
	}
	if valid == 0 {
		programmed.Reason, programmed.Message = string(gatewayv1.GatewayReasonInvalid), "no listener is valid"
	} else if host := addressHost(address); host != "" {
		ip := gatewayv1.IPAddressType
		status.Addresses = []gatewayv1.GatewayStatusAddress{{Type: &ip, Value: host}}
	}
	status.Conditions = []metav1.Condition{accepted, programmed}
	return GatewayReport{Name: g.name, Status: status}
}
