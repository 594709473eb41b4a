package routing

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	"sigs.k8s.io/yaml"

	v1 "paddock.dev/api/v1"
)

// base is a class, a Gateway that takes routes of all namespaces on any host,
// and Services a, b and c in prod with one ready endpoint each.
func base() Snapshot {
	all := gatewayv1.NamespacesFromAll
	s := Snapshot{
		Address: "127.0.0.1:8080",
		Classes: []gatewayv1.GatewayClass{{ObjectMeta: metav1.ObjectMeta{Name: "paddock", Generation: 1}, Spec: gatewayv1.GatewayClassSpec{ControllerName: Controller}}},
		Gateways: []gatewayv1.Gateway{{
			ObjectMeta: metav1.ObjectMeta{Namespace: "sys", Name: "public", Generation: 3},
			Spec: gatewayv1.GatewaySpec{GatewayClassName: "paddock", Listeners: []gatewayv1.Listener{{
				Name: "http", Port: 80, Protocol: gatewayv1.HTTPProtocolType,
				AllowedRoutes: &gatewayv1.AllowedRoutes{Namespaces: &gatewayv1.RouteNamespaces{From: &all}},
			}}},
		}},
		Namespaces: []corev1.Namespace{{ObjectMeta: metav1.ObjectMeta{Name: "prod", Labels: map[string]string{"stage": "production"}}}, {ObjectMeta: metav1.ObjectMeta{Name: "sys"}}},
	}
	for i, name := range []string{"a", "b", "c"} {
		s.addService("prod", name, "10.244.0."+string(rune('1'+i)))
	}
	return s
}

func (s *Snapshot) addService(namespace, name string, endpoints ...string) {
	port, number := "http", int32(3000)
	s.Services = append(s.Services, corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{v1.LabelRelease: name + "-1.0.0"}},
		Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: port, Port: 80}, {Name: "admin", Port: 81}}},
	})
	slice := discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{discoveryv1.LabelServiceName: name}},
		Ports:      []discoveryv1.EndpointPort{{Name: &port, Port: &number}},
	}
	for _, e := range endpoints {
		slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{Addresses: []string{e}})
	}
	s.Slices = append(s.Slices, slice)
}

// route reads the spec of a route in prod that is made at second age.
func route(t testing.TB, name string, age int, spec string) gatewayv1.HTTPRoute {
	t.Helper()
	r := gatewayv1.HTTPRoute{ObjectMeta: metav1.ObjectMeta{
		Namespace: "prod", Name: name, Generation: 7,
		CreationTimestamp: metav1.NewTime(time.Unix(int64(age), 0)),
	}}
	if err := yaml.UnmarshalStrict([]byte(spec), &r.Spec); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return r
}

const public = "parentRefs: [{namespace: sys, name: public}]\n"

// to is a rule's backend of weight 1.
func to(service string) string { return "backendRefs: [{name: " + service + ", port: 80}]" }

func request(method, host, target string, headers ...string) *http.Request {
	u, err := url.ParseRequestURI(target)
	if err != nil {
		u = &url.URL{Path: target}
	}
	r := &http.Request{Method: method, Host: host, URL: u, Header: http.Header{}, RequestURI: target}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

// where names the backend of the first reference that a request reaches, "404"
// without a rule.
func where(t *Table, m Match, ok bool) string {
	switch {
	case !ok:
		return "404"
	case m.Rule.Fault != "" || m.Rule.Total == 0:
		return "500"
	case m.Rule.Refs[0].Backend < 0:
		return "500"
	}
	return t.Backends[m.Rule.Refs[0].Backend].Service
}

func conditionOf(list []metav1.Condition, kind string) metav1.Condition {
	for _, c := range list {
		if c.Type == kind {
			return c
		}
	}
	return metav1.Condition{}
}
