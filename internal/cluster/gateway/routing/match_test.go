package routing

import (
	"testing"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

func TestPrecedence(t *testing.T) {
	type ask struct{ method, host, target, header, want string }
	for name, c := range map[string]struct {
		routes []string // specs without parentRefs, oldest first
		asks   []ask
	}{
		"hosts: a name before a wildcard, a longer wildcard before a shorter, any last": {
			routes: []string{
				"rules: [{" + to("a") + "}]",
				"hostnames: ['*.example.com']\nrules: [{" + to("b") + "}]",
				"hostnames: ['*.dev.example.com', 'api.example.com']\nrules: [{" + to("c") + "}]",
			},
			asks: []ask{
				{"GET", "other.org", "/", "", "a"},
				{"GET", "www.example.com", "/", "", "b"},
				{"GET", "deep.www.example.com:8080", "/", "", "b"},
				{"GET", "x.dev.example.com", "/", "", "c"},
				{"GET", "API.example.com.", "/", "", "c"},
				{"GET", "example.com", "/", "", "a"},
				{"GET", "api.example.com.localhost:8080", "/", "", "c"},
				{"GET", "localhost", "/", "", "a"},
			},
		},
		"a host whose rules do not match leaves the request to the next": {
			routes: []string{
				"hostnames: ['api.example.com']\nrules: [{matches: [{path: {value: /v1}}], " + to("a") + "}]",
				"hostnames: ['*.example.com']\nrules: [{" + to("b") + "}]",
			},
			asks: []ask{{"GET", "api.example.com", "/v1/x", "", "a"}, {"GET", "api.example.com", "/v2", "", "b"}, {"GET", "api.example.org", "/", "", "404"}},
		},
		"paths: exact, then expressions, then the longest prefix by whole segments": {
			routes: []string{
				"rules: [{matches: [{path: {type: PathPrefix, value: /}}], " + to("a") + "}, {matches: [{path: {type: PathPrefix, value: /v1/}}], " + to("b") + "}, {matches: [{path: {type: Exact, value: /v1/bookings}}], " + to("c") + "}]",
				"rules: [{matches: [{path: {type: RegularExpression, value: '/v1/[0-9]+'}}], " + to("c") + "}]",
			},
			asks: []ask{
				{"GET", "h", "/", "", "a"}, {"GET", "h", "/v", "", "a"}, {"GET", "h", "/v10", "", "a"},
				{"GET", "h", "/v1", "", "b"}, {"GET", "h", "/v1/", "", "b"}, {"GET", "h", "/v1/x", "", "b"},
				{"GET", "h", "/v1/bookings", "", "c"}, {"GET", "h", "/v1/bookings/", "", "b"},
				{"GET", "h", "/v1/12", "", "c"}, {"GET", "h", "/v1/12a", "", "b"}, {"GET", "h", "/x/v1/12", "", "a"},
			},
		},
		"then a method, more headers, more query parameters": {
			routes: []string{
				`rules:
- {matches: [{path: {value: /p}, queryParams: [{name: q, value: "1"}, {name: r, value: "2"}]}], ` + to("a") + `}
- {matches: [{path: {value: /p}, headers: [{name: x-a, value: "1"}]}], ` + to("b") + `}
- {matches: [{path: {value: /p}, method: POST}], ` + to("c") + `}`,
			},
			asks: []ask{
				{"GET", "h", "/p?q=1&r=2", "", "a"}, {"GET", "h", "/p?q=1", "", "404"},
				{"GET", "h", "/p?q=1&r=2", "1", "b"}, {"GET", "h", "/p?q=1&q=2&r=2", "", "a"}, {"GET", "h", "/p?q=2&q=1&r=2", "", "404"},
				{"POST", "h", "/p?q=1&r=2", "1", "c"},
			},
		},
		"then the older route, then its name, then the order of rules": {
			routes: []string{
				"rules: [{matches: [{path: {value: /p}}], " + to("a") + "}, {matches: [{path: {value: /p}}], " + to("b") + "}]",
				"rules: [{matches: [{path: {value: /p}}], " + to("c") + "}]",
			},
			asks: []ask{{"GET", "h", "/p", "", "a"}},
		},
		"headers and query parameters by expression must match as a whole": {
			routes: []string{`rules: [{matches: [{headers: [{type: RegularExpression, name: X-A, value: "v[0-9]|w"}], queryParams: [{type: RegularExpression, name: q, value: "a+"}]}], ` + to("a") + "}]"},
			asks: []ask{
				{"GET", "h", "/?q=aa", "v1", "a"}, {"GET", "h", "/?q=aa", "w", "a"}, {"GET", "h", "/?q=aa", "v11", "404"},
				{"GET", "h", "/?q=ab", "v1", "404"}, {"GET", "h", "/?q=aa", "", "404"},
			},
		},
		"of two matches with one header name the first counts": {
			routes: []string{`rules: [{matches: [{headers: [{name: X-A, value: "1"}, {name: x-a, value: "2"}]}], ` + to("a") + "}]"},
			asks:   []ask{{"GET", "h", "/", "1", "a"}, {"GET", "h", "/", "2", "404"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := base()
			for i, spec := range c.routes {
				s.Routes = append(s.Routes, route(t, string(rune('z'-i)), i, public+spec))
			}
			table, report := Build(s)
			for _, r := range report.Routes {
				if a := conditionOf(r.Parents[0].Conditions, "Accepted"); a.Status != "True" {
					t.Fatalf("%s: %s", r.Name, a.Message)
				}
			}
			for _, q := range c.asks {
				r := request(q.method, q.host, q.target)
				if q.header != "" {
					r.Header.Set("X-A", q.header)
				}
				m, ok := table.Match(r)
				if got := where(table, m, ok); got != q.want {
					t.Errorf("%s %s%s [%s] goes to %s, want %s", q.method, q.host, q.target, q.header, got, q.want)
				}
			}
		})
	}
}

func TestTheNameDecidesBetweenRoutesOfOneAge(t *testing.T) {
	s := base()
	s.Routes = append(s.Routes, route(t, "y", 5, public+"rules: [{"+to("b")+"}]"), route(t, "x", 5, public+"rules: [{"+to("a")+"}]"))
	table, _ := Build(s)
	m, ok := table.Match(request("GET", "h", "/"))
	if got := where(table, m, ok); got != "a" {
		t.Fatalf("got %s", got)
	}
}

func TestListenersAreIsolated(t *testing.T) {
	s := base()
	wild, name := gatewayv1.Hostname("*.example.com"), gatewayv1.Hostname("api.example.com")
	first := s.Gateways[0].Spec.Listeners[0]
	second, third := first, first
	second.Name, second.Hostname = "wild", &wild
	third.Name, third.Hostname = "api", &name
	s.Gateways[0].Spec.Listeners = []gatewayv1.Listener{first, second, third}
	s.Routes = append(s.Routes,
		route(t, "any", 1, "parentRefs: [{namespace: sys, name: public, sectionName: http}]\nrules: [{"+to("a")+"}]"),
		route(t, "wild", 1, "parentRefs: [{namespace: sys, name: public, sectionName: wild}]\nhostnames: [www.example.com, '*.org']\nrules: [{"+to("b")+"}]"),
		route(t, "api", 1, "parentRefs: [{namespace: sys, name: public, sectionName: api}]\nrules: [{matches: [{path: {value: /v1}}], "+to("c")+"}]"))
	table, report := Build(s)
	for host, want := range map[string]string{
		"www.example.com": "b", "x.example.com": "404", "api.example.com": "404", "x.org": "a",
	} {
		m, ok := table.Match(request("GET", host, "/"))
		if got := where(table, m, ok); got != want {
			t.Errorf("%s goes to %s, want %s", host, got, want)
		}
	}
	for i, want := range []int32{1, 1, 1} {
		if got := report.Gateways[0].Status.Listeners[i].AttachedRoutes; got != want {
			t.Errorf("listener %d has %d routes, want %d", i, got, want)
		}
	}
}

func TestServiceParents(t *testing.T) {
	s := base()
	s.Routes = append(s.Routes,
		route(t, "mesh", 1, "parentRefs: [{group: '', kind: Service, name: a, port: 80}]\nhostnames: [ignored.example]\nrules: [{matches: [{path: {value: /v1}}], "+to("b")+"}]"),
		route(t, "all", 1, "parentRefs: [{group: '', kind: Service, name: c}]\nrules: [{"+to("a")+"}]"))
	table, _ := Build(s)
	for _, c := range []struct {
		service string
		port    int32
		target  string
		want    string
	}{
		{"a", 80, "/v1/x", "b"}, {"a", 80, "/v2", "404"}, {"a", 81, "/v1", "404"}, {"a", 40000, "/v1", "b"},
		{"c", 80, "/", "a"}, {"c", 81, "/", "a"}, {"b", 80, "/", "404"},
	} {
		m, ok := table.MatchService(keyOf("prod", c.service), c.port, request("GET", "whatever", c.target))
		if got := where(table, m, ok); got != c.want {
			t.Errorf("%s:%d%s goes to %s, want %s", c.service, c.port, c.target, got, c.want)
		}
	}
	if table.HasService(keyOf("prod", "b")) || !table.HasService(keyOf("prod", "a")) {
		t.Error("HasService is wrong")
	}
	if m, ok := table.Match(request("GET", "ignored.example", "/v1")); ok {
		t.Errorf("a mesh route serves the listener: %v", m.Rule.Route)
	}
}
