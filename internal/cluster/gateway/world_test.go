package gateway

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/cluster/gateway/routing"
)

// world is a gateway that listens, with objects made by the test instead of an
// API server.
type world struct {
	testing.TB
	*Gateway
	url string
	// ready endpoints by Service, and weights of the route in order.
	ready   map[string][]netip.AddrPort
	weights []weight
	edit    func(*gatewayv1.HTTPRoute)
}

type weight struct {
	service string
	n       int32
}

func newWorld(t testing.TB, cfg Config) *world {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Listener = l
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	g, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return &world{TB: t, Gateway: g, url: "http://" + l.Addr().String(), ready: map[string][]netip.AddrPort{}}
}

// put makes the world's present state live.
func (w *world) put() {
	w.Helper()
	table, report := routing.Build(w.snapshot())
	for _, r := range report.Routes {
		for _, p := range r.Parents {
			for _, c := range p.Conditions {
				if c.Type == "Accepted" && c.Status != metav1.ConditionTrue {
					w.Fatalf("route %s: %s", r.Name, c.Message)
				}
			}
		}
	}
	w.apply(table)
}

func (w *world) snapshot() routing.Snapshot {
	s := routing.Snapshot{
		Classes: []gatewayv1.GatewayClass{{ObjectMeta: metav1.ObjectMeta{Name: "paddock"}, Spec: gatewayv1.GatewayClassSpec{ControllerName: routing.Controller}}},
		Gateways: []gatewayv1.Gateway{{
			ObjectMeta: metav1.ObjectMeta{Namespace: "prod", Name: "public"},
			Spec:       gatewayv1.GatewaySpec{GatewayClassName: "paddock", Listeners: []gatewayv1.Listener{{Name: "http", Port: 80, Protocol: gatewayv1.HTTPProtocolType}}},
		}},
	}
	group, kind := gatewayv1.Group(""), gatewayv1.Kind("Service")
	route := gatewayv1.HTTPRoute{
		ObjectMeta: metav1.ObjectMeta{Namespace: "prod", Name: "booking"},
		Spec: gatewayv1.HTTPRouteSpec{
			CommonRouteSpec: gatewayv1.CommonRouteSpec{ParentRefs: []gatewayv1.ParentReference{{Name: "public"}, {Group: &group, Kind: &kind, Name: "booking"}}},
			Hostnames:       []gatewayv1.Hostname{"api.example"},
			Rules:           []gatewayv1.HTTPRouteRule{{}},
		},
	}
	s.Services = append(s.Services, service("booking"))
	seen := map[string]bool{}
	for _, b := range w.weights {
		port := gatewayv1.PortNumber(80)
		n := b.n
		route.Spec.Rules[0].BackendRefs = append(route.Spec.Rules[0].BackendRefs, gatewayv1.HTTPBackendRef{BackendRef: gatewayv1.BackendRef{
			BackendObjectReference: gatewayv1.BackendObjectReference{Name: gatewayv1.ObjectName(b.service), Port: &port}, Weight: &n}})
		if !seen[b.service] {
			seen[b.service] = true
			s.Services = append(s.Services, service(b.service))
		}
		for _, a := range w.ready[b.service] {
			s.Slices = append(s.Slices, slice(b.service, a))
		}
	}
	if w.edit != nil {
		w.edit(&route)
	}
	s.Routes = append(s.Routes, route)
	return s
}

func service(name string) corev1.Service {
	return corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: "prod", Name: name, Labels: map[string]string{v1.LabelRelease: name}},
		Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "http", Port: 80}}},
	}
}

func slice(service string, a netip.AddrPort) discoveryv1.EndpointSlice {
	name, port := "http", int32(a.Port())
	return discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{Namespace: "prod", Name: service + a.String(), Labels: map[string]string{discoveryv1.LabelServiceName: service}},
		Ports:      []discoveryv1.EndpointPort{{Name: &name, Port: &port}},
		Endpoints:  []discoveryv1.Endpoint{{Addresses: []string{a.Addr().String()}}},
	}
}

// backend starts a server and makes it a ready endpoint of a Service.
func (w *world) backend(service string, h http.Handler) *httptest.Server {
	w.Helper()
	s := httptest.NewServer(h)
	w.Cleanup(s.Close)
	w.ready[service] = append(w.ready[service], addressOf(s))
	return s
}

func addressOf(s *httptest.Server) netip.AddrPort {
	return netip.MustParseAddrPort(s.Listener.Addr().String())
}

// client talks to the gateway as api.example.
func (w *world) client() *http.Client {
	t := &http.Transport{MaxIdleConnsPerHost: 64}
	w.Cleanup(t.CloseIdleConnections)
	return &http.Client{Transport: t, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (w *world) request(method, path string, body io.Reader) *http.Request {
	w.Helper()
	r, err := http.NewRequest(method, w.url+path, body)
	if err != nil {
		w.Fatal(err)
	}
	r.Host = "api.example"
	return r
}

// get returns status and body of one request.
func (w *world) get(c *http.Client, r *http.Request) (*http.Response, string) {
	w.Helper()
	resp, err := c.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		w.Fatal(err)
	}
	return resp, string(b)
}

func say(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
}

// discard reads a request body to its end, so that the server keeps the
// connection.
func discard(r *http.Request) string {
	b, _ := io.ReadAll(r.Body)
	return strings.TrimSpace(string(b))
}
