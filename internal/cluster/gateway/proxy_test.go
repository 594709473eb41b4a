package gateway

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// one is a world with one backend.
func one(t testing.TB, cfg Config, h http.Handler) *world {
	w := newWorld(t, cfg)
	w.backend("booking-1", h)
	w.weights = []weight{{"booking-1", 1}}
	w.put()
	return w
}

func TestWhatTheBackendSees(t *testing.T) {
	var got *http.Request
	w := one(t, Config{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r.Clone(context.Background()) }))
	r := w.request("GET", "/a%2Fb/c?x=1&y", nil)
	r.Header = http.Header{
		"X-Custom": {"1", "2"}, "Connection": {"X-Hop"}, "X-Hop": {"secret"}, "Keep-Alive": {"5"},
		"X-Forwarded-For": {"192.0.2.1"}, "Te": {"trailers"}, "User-Agent": {"test"},
	}
	w.get(w.client(), r)
	if got.RequestURI != "/a%2Fb/c?x=1&y" || got.Host != "api.example" {
		t.Errorf("request %s %s", got.Host, got.RequestURI)
	}
	for name, want := range map[string]string{
		"X-Custom": "1,2", "X-Hop": "", "Keep-Alive": "", "X-Forwarded-For": "192.0.2.1, 127.0.0.1",
		"X-Forwarded-Host": "api.example", "X-Forwarded-Proto": "http", "Te": "trailers", "User-Agent": "test",
	} {
		if have := strings.Join(got.Header[name], ","); have != want {
			t.Errorf("%s is %q, want %q", name, have, want)
		}
	}
	if tp := got.Header.Get("Traceparent"); !validTraceparent(tp) {
		t.Errorf("traceparent %q", tp)
	}
	const mine = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	r = w.request("GET", "/", nil)
	r.Header.Set("Traceparent", mine)
	w.get(w.client(), r)
	if tp := got.Header.Get("Traceparent"); tp != mine {
		t.Errorf("traceparent %q, want that of the client", tp)
	}
	r = w.request("GET", "/", nil)
	r.Header.Set("Traceparent", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01")
	w.get(w.client(), r)
	if tp := got.Header.Get("Traceparent"); !validTraceparent(tp) {
		t.Errorf("a broken traceparent became %q", tp)
	}
}

func TestFilters(t *testing.T) {
	var got *http.Request
	w := one(t, Config{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Clone(context.Background())
		w.Header().Set("Server", "secret")
	}))
	host := gatewayv1.PreciseHostname("internal")
	path := "/v2"
	w.edit = func(r *gatewayv1.HTTPRoute) {
		rule := &r.Spec.Rules[0]
		prefix := "/v1"
		rule.Matches = []gatewayv1.HTTPRouteMatch{{Path: &gatewayv1.HTTPPathMatch{Value: &prefix}}}
		rule.Filters = []gatewayv1.HTTPRouteFilter{
			{Type: "RequestHeaderModifier", RequestHeaderModifier: &gatewayv1.HTTPHeaderFilter{Set: []gatewayv1.HTTPHeader{{Name: "x-set", Value: "s"}}, Add: []gatewayv1.HTTPHeader{{Name: "x-add", Value: "a"}}, Remove: []string{"x-remove"}}},
			{Type: "ResponseHeaderModifier", ResponseHeaderModifier: &gatewayv1.HTTPHeaderFilter{Remove: []string{"server"}, Set: []gatewayv1.HTTPHeader{{Name: "x-frame", Value: "deny"}}}},
			{Type: "URLRewrite", URLRewrite: &gatewayv1.HTTPURLRewriteFilter{Hostname: &host, Path: &gatewayv1.HTTPPathModifier{Type: "ReplacePrefixMatch", ReplacePrefixMatch: &path}}},
		}
	}
	w.put()
	r := w.request("GET", "/v1/x?y=1", nil)
	r.Header = http.Header{"X-Set": {"old"}, "X-Add": {"0"}, "X-Remove": {"1"}}
	resp, _ := w.get(w.client(), r)
	if got.Host != "internal" || got.RequestURI != "/v2/x?y=1" || got.Header.Get("X-Set") != "s" || strings.Join(got.Header["X-Add"], ",") != "0,a" || got.Header.Get("X-Remove") != "" {
		t.Errorf("backend got %s %s %v", got.Host, got.RequestURI, got.Header)
	}
	if resp.Header.Get("Server") != "" || resp.Header.Get("X-Frame") != "deny" {
		t.Errorf("answer %v", resp.Header)
	}
}

func TestRedirect(t *testing.T) {
	w := one(t, Config{}, say("never"))
	scheme := "https"
	w.edit = func(r *gatewayv1.HTTPRoute) {
		r.Spec.Rules[0].BackendRefs = nil
		r.Spec.Rules[0].Filters = []gatewayv1.HTTPRouteFilter{{Type: "RequestRedirect", RequestRedirect: &gatewayv1.HTTPRequestRedirectFilter{Scheme: &scheme}}}
	}
	w.put()
	resp, _ := w.get(w.client(), w.request("GET", "/x?y", nil))
	if resp.StatusCode != 302 || resp.Header.Get("Location") != "https://api.example/x?y" {
		t.Errorf("%s %s", resp.Status, resp.Header.Get("Location"))
	}
}

func TestErrorsSayWhat(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.client()
	check := func(status int, words ...string) {
		t.Helper()
		resp, body := w.get(c, w.request("GET", "/v1/bookings?secret=1", nil))
		if resp.StatusCode != status || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") || strings.Contains(body, "secret") {
			t.Errorf("%s %q", resp.Status, body)
		}
		for _, word := range append(words, "api.example/v1/bookings") {
			if !strings.Contains(body, word) {
				t.Errorf("%q does not say %q", body, word)
			}
		}
	}
	check(503, "no routing table yet")
	w.weights = []weight{{"booking-1", 1}}
	w.edit = func(r *gatewayv1.HTTPRoute) { r.Spec.Hostnames = []gatewayv1.Hostname{"other.example"} }
	w.put()
	check(404, "no route")
	w.edit = nil
	w.put()
	check(503, "booking-1 in prod has no ready endpoint")
	if f := w.Figures("prod", "booking-1", time.Time{}); f.Requests != 1 || f.Errors != 1 {
		t.Errorf("figures %d/%d", f.Errors, f.Requests)
	}
	dead := w.backend("booking-1", say(""))
	dead.Close()
	w.put()
	check(502, "no endpoint of booking-1 in prod accepts connections", "refused")
	w.weights = []weight{{"booking-1", 0}}
	w.put()
	check(500, "no backend")
}

func TestLocalhostSuffix(t *testing.T) {
	w := one(t, Config{}, say("ok"))
	for host, want := range map[string]int{"api.example.localhost": 200, "api.example.localhost:8080": 200, "localhost": 404, "x.localhost": 404} {
		r := w.request("GET", "/", nil)
		r.Host = host
		if resp, _ := w.get(w.client(), r); resp.StatusCode != want {
			t.Errorf("%s: %s, want %d", host, resp.Status, want)
		}
	}
}

func TestTimeouts(t *testing.T) {
	release := make(chan struct{})
	w := newWorld(t, Config{})
	w.backend("booking-1", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		discard(r)
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer close(release)
	w.weights = []weight{{"booking-1", 1}}
	for name, timeouts := range map[string]*gatewayv1.HTTPRouteTimeouts{
		"request": {Request: duration("100ms")},
		"backend": {BackendRequest: duration("100ms")},
		"both":    {Request: duration("5s"), BackendRequest: duration("50ms")},
	} {
		w.edit = func(r *gatewayv1.HTTPRoute) { r.Spec.Rules[0].Timeouts = timeouts }
		w.put()
		for _, r := range []*http.Request{w.request("GET", "/", nil), w.request("POST", "/", strings.NewReader(strings.Repeat("x", 3*smallBody)))} {
			if resp, body := w.get(w.client(), r); resp.StatusCode != 504 || !strings.Contains(body, "no answer in time") {
				t.Errorf("%s %s: %s %q", name, r.Method, resp.Status, body)
			}
		}
	}
	if f := w.Figures("prod", "booking-1", time.Time{}); f.Errors != 6 {
		t.Errorf("%d errors", f.Errors)
	}
}

func duration(d gatewayv1.Duration) *gatewayv1.Duration { return &d }

func TestServiceHandler(t *testing.T) {
	w := one(t, Config{}, say("mesh"))
	if _, ok := w.ServiceHandler("prod", "nobody"); ok {
		t.Error("a Service without routes has a handler")
	}
	h, ok := w.ServiceHandler("prod", "booking")
	if !ok {
		t.Fatal("no handler")
	}
	rec := &recorder{header: http.Header{}}
	r := w.request("GET", "/", nil)
	r.Host, r.RemoteAddr, r.RequestURI = "booking:8080", "127.0.0.1:1", "/"
	h.ServeHTTP(rec, r)
	if rec.status != 200 || rec.body.String() != "mesh" || rec.header.Get("Paddock-Release") != "booking-1" {
		t.Errorf("%d %q %v", rec.status, rec.body.String(), rec.header)
	}
	if !w.live.Load().table.HasService(types.NamespacedName{Namespace: "prod", Name: "booking"}) {
		t.Error("no routes")
	}
}

type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(n int) { r.status = n }

func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }

func TestMirror(t *testing.T) {
	w := newWorld(t, Config{})
	w.backend("booking-1", say("real"))
	got := make(chan string, 1)
	w.backend("booking-2", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.Method + " " + discard(r) }))
	w.weights = []weight{{"booking-1", 1}, {"booking-2", 0}}
	w.edit = func(r *gatewayv1.HTTPRoute) {
		port := gatewayv1.PortNumber(80)
		r.Spec.Rules[0].Filters = []gatewayv1.HTTPRouteFilter{{Type: "RequestMirror", RequestMirror: &gatewayv1.HTTPRequestMirrorFilter{BackendRef: gatewayv1.BackendObjectReference{Name: "booking-2", Port: &port}}}}
	}
	w.put()
	if resp, body := w.get(w.client(), w.request("POST", "/", strings.NewReader("copy"))); body != "real" {
		t.Fatalf("%s %q", resp.Status, body)
	}
	if text := <-got; text != "POST copy" {
		t.Errorf("mirrored %q", text)
	}
	if f := w.Figures("prod", "booking-2", time.Time{}); f.Requests != 0 {
		t.Error("a mirrored request is counted")
	}
}
