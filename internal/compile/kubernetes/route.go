package kubernetes

import (
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/model"
)

// requestTimeout bounds a customer's request from the first byte to the last.
const requestTimeout = "30s"

// Share is the part of a service's requests that one set receives.
type Share struct {
	Release *v1.Release
	// Percent of the requests, 0 to 100; the shares of a service add up to 100.
	Percent int32
}

// Routes share the requests for a service among its sets. There is one route
// for the calls of other services (its parent is the Service itself, as Gateway
// API's GAMMA initiative has it), and one for each public host.
func Routes(p *model.Platform, env model.Environment, s model.Service, shares []Share) []client.Object {
	labels := serviceLabels(p, env.Name, s.Name)
	backends := backendRefs(env.Name, s, shares)

	group, kind := gatewayv1.Group(""), gatewayv1.Kind("Service")
	servicePort := gatewayv1.PortNumber(s.Port)
	objects := []client.Object{route(env.Name, s.Name, labels, nil,
		gatewayv1.ParentReference{Group: &group, Kind: &kind, Name: gatewayv1.ObjectName(s.Name), Port: &servicePort},
		[]gatewayv1.HTTPRouteMatch{match("/")}, backends)}

	system := gatewayv1.Namespace(v1.SystemNamespace)
	for i, host := range hosts(s.Routes) {
		var matches []gatewayv1.HTTPRouteMatch
		for _, r := range s.Routes {
			if r.Host == host {
				matches = append(matches, match(r.Path))
			}
		}
		name := s.Name + "-public"
		if i > 0 {
			name += "-" + strconv.Itoa(i+1)
		}
		objects = append(objects, route(env.Name, name, labels, []gatewayv1.Hostname{gatewayv1.Hostname(host)},
			gatewayv1.ParentReference{Namespace: &system, Name: GatewayName}, matches, backends))
	}
	return objects
}

func hosts(routes []model.Route) []string {
	var all []string
	for _, r := range routes {
		if !slices.Contains(all, r.Host) {
			all = append(all, r.Host)
		}
	}
	slices.Sort(all)
	return all
}

func backendRefs(env string, s model.Service, shares []Share) []gatewayv1.HTTPBackendRef {
	refs := make([]gatewayv1.HTTPBackendRef, 0, len(shares))
	for _, share := range shares {
		weight, number := share.Percent, gatewayv1.PortNumber(s.Port)
		// The port is the set's own: the file may have changed it since.
		if cfg, ok := share.Release.Spec.Config[env]; ok {
			number = gatewayv1.PortNumber(cfg.Port)
		}
		refs = append(refs, gatewayv1.HTTPBackendRef{BackendRef: gatewayv1.BackendRef{
			BackendObjectReference: gatewayv1.BackendObjectReference{
				Name: gatewayv1.ObjectName(SetName(share.Release.Spec.Service, share.Release.Spec.Version)),
				Port: &number,
			},
			Weight: &weight,
		}})
	}
	return refs
}

func match(path string) gatewayv1.HTTPRouteMatch {
	prefix := gatewayv1.PathMatchPathPrefix
	if path == "" || !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return gatewayv1.HTTPRouteMatch{Path: &gatewayv1.HTTPPathMatch{Type: &prefix, Value: &path}}
}

func route(namespace, name string, labels map[string]string, hosts []gatewayv1.Hostname, parent gatewayv1.ParentReference, matches []gatewayv1.HTTPRouteMatch, backends []gatewayv1.HTTPBackendRef) *gatewayv1.HTTPRoute {
	timeout := gatewayv1.Duration(requestTimeout)
	return &gatewayv1.HTTPRoute{
		TypeMeta:   metav1.TypeMeta{APIVersion: gatewayv1.GroupVersion.String(), Kind: "HTTPRoute"},
		ObjectMeta: meta(namespace, name, labels),
		Spec: gatewayv1.HTTPRouteSpec{
			CommonRouteSpec: gatewayv1.CommonRouteSpec{ParentRefs: []gatewayv1.ParentReference{parent}},
			Hostnames:       hosts,
			Rules: []gatewayv1.HTTPRouteRule{{
				Matches:     matches,
				BackendRefs: backends,
				Timeouts:    &gatewayv1.HTTPRouteTimeouts{Request: &timeout},
			}},
		},
	}
}
