package routing

import (
	"reflect"
	"strings"
	"testing"

	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

func TestRouteConditions(t *testing.T) {
	for name, c := range map[string]struct {
		spec     string
		edit     func(*Snapshot)
		accepted string // reason
		resolved string // reason
		want     string // of GET h/
	}{
		"good":                         {spec: public + "rules: [{" + to("a") + "}]", accepted: "Accepted", resolved: "ResolvedRefs", want: "a"},
		"no such listener":             {spec: "parentRefs: [{namespace: sys, name: public, sectionName: x}]\nrules: [{" + to("a") + "}]", accepted: "NoMatchingParent", resolved: "ResolvedRefs", want: "404"},
		"no such port":                 {spec: "parentRefs: [{namespace: sys, name: public, port: 81}]\nrules: [{" + to("a") + "}]", accepted: "NoMatchingParent", resolved: "ResolvedRefs", want: "404"},
		"missing Service":              {spec: public + "rules: [{" + to("nobody") + "}]", accepted: "Accepted", resolved: "BackendNotFound", want: "500"},
		"missing port":                 {spec: public + "rules: [{backendRefs: [{name: a, port: 99}]}]", accepted: "Accepted", resolved: "BackendNotFound", want: "500"},
		"not a Service":                {spec: public + "rules: [{backendRefs: [{group: x, kind: Bucket, name: a}]}]", accepted: "Accepted", resolved: "InvalidKind", want: "500"},
		"another namespace":            {spec: public + "rules: [{backendRefs: [{namespace: sys, name: s, port: 80}]}]", edit: func(s *Snapshot) { s.addService("sys", "s", "10.244.9.9") }, accepted: "Accepted", resolved: "RefNotPermitted", want: "500"},
		"another namespace, granted":   {spec: public + "rules: [{backendRefs: [{namespace: sys, name: s, port: 80}]}]", edit: grant("prod", "s"), accepted: "Accepted", resolved: "ResolvedRefs", want: "s"},
		"granted to somebody else":     {spec: public + "rules: [{backendRefs: [{namespace: sys, name: s, port: 80}]}]", edit: grant("qa", "s"), accepted: "Accepted", resolved: "RefNotPermitted", want: "500"},
		"granted for something else":   {spec: public + "rules: [{backendRefs: [{namespace: sys, name: s, port: 80}]}]", edit: grant("prod", "t"), accepted: "Accepted", resolved: "RefNotPermitted", want: "500"},
		"weight 0 everywhere":          {spec: public + "rules: [{backendRefs: [{name: a, port: 80, weight: 0}]}]", accepted: "Accepted", resolved: "ResolvedRefs", want: "500"},
		"no backends":                  {spec: public + "rules: [{}]", accepted: "Accepted", resolved: "ResolvedRefs", want: "500"},
		"filter that is not supported": {spec: public + "rules: [{filters: [{type: ExtensionRef, extensionRef: {group: x, kind: Y, name: z}}], " + to("a") + "}]", accepted: "UnsupportedValue", resolved: "ResolvedRefs", want: "404"},
		"bad expression":               {spec: public + "rules: [{matches: [{path: {type: RegularExpression, value: '('}}], " + to("a") + "}]", accepted: "UnsupportedValue", resolved: "ResolvedRefs", want: "404"},
		"header that smuggles":         {spec: public + "rules: [{filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: X-A, value: \"1\\r\\nX-B: 2\"}]}}], " + to("a") + "}]", accepted: "UnsupportedValue", resolved: "ResolvedRefs", want: "404"},
		"header that frames":           {spec: public + "rules: [{filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: content-length, value: '1'}]}}], " + to("a") + "}]", accepted: "UnsupportedValue", resolved: "ResolvedRefs", want: "404"},
		"listener of one namespace":    {spec: public + "rules: [{" + to("a") + "}]", edit: func(s *Snapshot) { s.Gateways[0].Spec.Listeners[0].AllowedRoutes = nil }, accepted: "NotAllowedByListeners", resolved: "ResolvedRefs", want: "404"},
		"listener by label":            {spec: public + "rules: [{" + to("a") + "}]", edit: bySelector("production"), accepted: "Accepted", resolved: "ResolvedRefs", want: "a"},
		"listener by another label":    {spec: public + "rules: [{" + to("a") + "}]", edit: bySelector("test"), accepted: "NotAllowedByListeners", resolved: "ResolvedRefs", want: "404"},
		"no shared host":               {spec: public + "hostnames: [a.org]\nrules: [{" + to("a") + "}]", edit: listenerHost("*.com"), accepted: "NoMatchingListenerHostname", resolved: "ResolvedRefs", want: "404"},
		"a Service elsewhere":          {spec: "parentRefs: [{group: '', kind: Service, namespace: sys, name: x}]\nrules: [{" + to("a") + "}]", accepted: "UnsupportedValue", resolved: "ResolvedRefs", want: "404"},
		"a Service that is not there":  {spec: "parentRefs: [{group: '', kind: Service, name: x}]\nrules: [{" + to("a") + "}]", accepted: "NoMatchingParent", resolved: "ResolvedRefs", want: "404"},
	} {
		t.Run(name, func(t *testing.T) {
			s := base()
			if c.edit != nil {
				c.edit(&s)
			}
			s.Routes = append(s.Routes, route(t, "r", 1, c.spec))
			table, report := Build(s)
			p := report.Routes[0].Parents[0]
			accepted, resolved := conditionOf(p.Conditions, "Accepted"), conditionOf(p.Conditions, "ResolvedRefs")
			if accepted.Reason != c.accepted || resolved.Reason != c.resolved {
				t.Errorf("conditions %s (%s) and %s (%s), want %s and %s", accepted.Reason, accepted.Message, resolved.Reason, resolved.Message, c.accepted, c.resolved)
			}
			if (accepted.Reason == "Accepted") != (accepted.Status == metav1.ConditionTrue) || (resolved.Reason == "ResolvedRefs") != (resolved.Status == metav1.ConditionTrue) {
				t.Errorf("status and reason disagree: %+v %+v", accepted, resolved)
			}
			if accepted.ObservedGeneration != 7 || resolved.ObservedGeneration != 7 {
				t.Error("the observed generation is not the route's")
			}
			m, ok := table.Match(request("GET", "h", "/"))
			if got := where(table, m, ok); got != c.want {
				t.Errorf("GET / goes to %s, want %s", got, c.want)
			}
		})
	}
}

func grant(from, name string) func(*Snapshot) {
	return func(s *Snapshot) {
		s.addService("sys", "s", "10.244.9.9")
		to := gatewayv1.ObjectName(name)
		s.Grants = append(s.Grants, gatewayv1.ReferenceGrant{
			ObjectMeta: metav1.ObjectMeta{Namespace: "sys", Name: "g"},
			Spec: gatewayv1.ReferenceGrantSpec{
				From: []gatewayv1.ReferenceGrantFrom{{Group: gatewayv1.GroupName, Kind: "HTTPRoute", Namespace: gatewayv1.Namespace(from)}},
				To:   []gatewayv1.ReferenceGrantTo{{Kind: "Service", Name: &to}},
			},
		})
	}
}

func bySelector(stage string) func(*Snapshot) {
	return func(s *Snapshot) {
		from := gatewayv1.NamespacesFromSelector
		s.Gateways[0].Spec.Listeners[0].AllowedRoutes = &gatewayv1.AllowedRoutes{Namespaces: &gatewayv1.RouteNamespaces{
			From: &from, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"stage": stage}}}}
	}
}

func listenerHost(h gatewayv1.Hostname) func(*Snapshot) {
	return func(s *Snapshot) { s.Gateways[0].Spec.Listeners[0].Hostname = &h }
}

func TestForeignParentsGetNoStatus(t *testing.T) {
	s := base()
	s.Gateways = append(s.Gateways, gatewayv1.Gateway{ObjectMeta: metav1.ObjectMeta{Namespace: "prod", Name: "alb"}, Spec: gatewayv1.GatewaySpec{GatewayClassName: "amazon"}})
	s.Routes = append(s.Routes, route(t, "r", 1, "parentRefs: [{name: alb}, {name: nobody}, {group: x, kind: Mesh, name: m}]\nrules: [{"+to("a")+"}]"))
	table, report := Build(s)
	if len(report.Routes[0].Parents) != 0 || len(report.Gateways) != 1 {
		t.Fatalf("report %+v", report)
	}
	if _, ok := table.Match(request("GET", "h", "/")); ok {
		t.Fatal("a route of another controller is served")
	}
}

func TestGatewayConditions(t *testing.T) {
	s := base()
	l := s.Gateways[0].Spec.Listeners[0]
	tls, twin := l, l
	tls.Name, tls.Protocol, tls.Port = "tls", gatewayv1.HTTPSProtocolType, 443
	twin.Name = "twin"
	s.Gateways[0].Spec.Listeners = append(s.Gateways[0].Spec.Listeners, tls, twin)
	_, report := Build(s)
	g := report.Gateways[0].Status
	if c := conditionOf(g.Conditions, "Programmed"); c.Status != "True" || c.ObservedGeneration != 3 {
		t.Errorf("Programmed %+v", c)
	}
	if c := conditionOf(g.Conditions, "Accepted"); c.Status != "True" || c.Reason != "ListenersNotValid" {
		t.Errorf("Accepted %+v", c)
	}
	if g.Addresses[0].Value != "127.0.0.1" {
		t.Errorf("addresses %+v", g.Addresses)
	}
	if c := conditionOf(g.Listeners[1].Conditions, "Accepted"); c.Status != "False" || c.Reason != "UnsupportedProtocol" {
		t.Errorf("tls %+v", c)
	}
	if c := conditionOf(g.Listeners[2].Conditions, "Conflicted"); c.Status != "True" {
		t.Errorf("twin %+v", c)
	}
	s.Gateways[0].Spec.Listeners = s.Gateways[0].Spec.Listeners[1:2]
	_, report = Build(s)
	for _, c := range report.Gateways[0].Status.Conditions {
		if c.Status != "False" {
			t.Errorf("a gateway without valid listeners: %+v", c)
		}
	}
}

func TestWeights(t *testing.T) {
	s := base()
	s.Routes = append(s.Routes, route(t, "r", 1, public+"rules: [{backendRefs: [{name: a, port: 80, weight: 95}, {name: b, port: 80, weight: 5}, {name: c, port: 80, weight: 0}, {name: gone, port: 80, weight: 0}]}]"))
	table, report := Build(s)
	m, _ := table.Match(request("GET", "h", "/"))
	if m.Rule.Total != 100 || len(m.Rule.Refs) != 2 || len(table.Backends) != 2 {
		t.Fatalf("rule %+v, backends %+v", m.Rule, table.Backends)
	}
	// A reference without weight is still checked.
	if c := conditionOf(report.Routes[0].Parents[0].Conditions, "ResolvedRefs"); c.Status != "False" || !strings.Contains(c.Message, "gone") {
		t.Errorf("ResolvedRefs %+v", c)
	}
	if b := table.Backends[0]; b.Release != "a-1.0.0" || b.Endpoints[0].String() != "10.244.0.1:3000" {
		t.Errorf("backend %+v", b)
	}
}

func TestOnlyReadyEndpoints(t *testing.T) {
	s := base()
	yes, no := true, false
	s.Slices[0].Endpoints = []discoveryv1.Endpoint{
		{Addresses: []string{"10.244.0.4"}, Conditions: discoveryv1.EndpointConditions{Ready: &no, Serving: &yes, Terminating: &yes}},
		{Addresses: []string{"10.244.0.3"}, Conditions: discoveryv1.EndpointConditions{Ready: &yes}},
		{Addresses: []string{"10.244.0.2"}},
		{Addresses: []string{"10.244.0.3", "nonsense"}},
	}
	s.Routes = append(s.Routes, route(t, "r", 1, public+"rules: [{"+to("a")+"}]"))
	table, _ := Build(s)
	if got := table.Backends[0].Endpoints; len(got) != 2 || got[0].String() != "10.244.0.2:3000" || got[1].String() != "10.244.0.3:3000" {
		t.Fatalf("endpoints %v", got)
	}
}

func TestPartlyInvalid(t *testing.T) {
	s := base()
	s.Routes = append(s.Routes, route(t, "r", 1, public+"rules: [{matches: [{path: {value: /x}}], filters: [{type: CORS, cors: {}}], "+to("a")+"}, {"+to("b")+"}]"))
	table, report := Build(s)
	p := report.Routes[0].Parents[0].Conditions
	if c := conditionOf(p, "PartiallyInvalid"); c.Status != "True" || !strings.Contains(c.Message, "rule 1") {
		t.Errorf("PartiallyInvalid %+v", c)
	}
	for target, want := range map[string]string{"/x": "500", "/y": "b"} {
		m, ok := table.Match(request("GET", "h", target))
		if got := where(table, m, ok); got != want {
			t.Errorf("%s goes to %s, want %s", target, got, want)
		}
	}
}

func TestSameObjectsSameTable(t *testing.T) {
	build := func(reverse bool) (*Table, Report) {
		s := base()
		s.Routes = append(s.Routes, route(t, "r", 1, public+"rules: [{"+to("a")+"}]"), route(t, "q", 1, public+"rules: [{"+to("b")+"}]"))
		if reverse {
			s.Routes[0], s.Routes[1] = s.Routes[1], s.Routes[0]
			s.Services[0], s.Services[1] = s.Services[1], s.Services[0]
		}
		return Build(s)
	}
	t1, r1 := build(false)
	t2, r2 := build(true)
	if !reflect.DeepEqual(t1.Backends, t2.Backends) || !reflect.DeepEqual(r1, r2) {
		t.Fatal("the order of the input shows in the output")
	}
}
