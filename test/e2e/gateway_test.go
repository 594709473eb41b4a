package e2e_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/cluster/gateway"
	"paddock.dev/internal/cluster/gateway/routing"
	"paddock.dev/internal/cluster/network"
	"paddock.dev/internal/kube"
)

// routed is a gateway and the Services' addresses, driven by a real API
// server, in a namespace of the test.
type routed struct {
	*testing.T
	api       client.Client // reads through the manager's cache
	live      client.Reader // reads from the API server
	gateway   *gateway.Gateway
	services  *network.Services
	namespace string
}

// onHost is the loopback network's mapping.
func onHost(a netip.Addr) netip.Addr {
	if b := a.As4(); b[0] == 10 {
		b[0] = 127
		return netip.AddrFrom4(b)
	}
	return a
}

func newRouted(t *testing.T) *routed {
	t.Helper()
	installCRDs(t)
	scheme, err := kube.NewScheme()
	if err != nil {
		t.Fatal(err)
	}
	mgr, err := ctrl.NewManager(restConfig(t), ctrl.Options{Scheme: scheme, Metrics: server.Options{BindAddress: "0"}})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	g, err := gateway.New(gateway.Config{Listener: l, Local: onHost, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	s, err := network.NewServices(network.ServicesConfig{
		Local:  onHost,
		HTTP:   func(n types.NamespacedName) (http.Handler, bool) { return g.ServiceHandler(n.Namespace, n.Name) },
		Logger: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, setup := range []func(ctrl.Manager) error{g.SetupWithManager, s.SetupWithManager} {
		if err := setup(mgr); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for name, run := range map[string]func(context.Context) error{"manager": mgr.Start, "gateway": g.Run, "services": s.Run} {
		running.Go(func() {
			if err := run(ctx); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	t.Cleanup(func() { cancel(); running.Wait() })

	w := &routed{T: t, api: mgr.GetClient(), live: mgr.GetAPIReader(), gateway: g, services: s, namespace: fmt.Sprintf("traffic-%d", time.Now().UnixNano())}
	class := &gatewayv1.GatewayClass{ObjectMeta: metav1.ObjectMeta{Name: w.namespace}, Spec: gatewayv1.GatewayClassSpec{ControllerName: routing.Controller}}
	w.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.namespace}}, class,
		&gatewayv1.Gateway{ObjectMeta: w.named("public"), Spec: gatewayv1.GatewaySpec{
			GatewayClassName: gatewayv1.ObjectName(w.namespace),
			Listeners:        []gatewayv1.Listener{{Name: "http", Port: 80, Protocol: gatewayv1.HTTPProtocolType}},
		}})
	t.Cleanup(func() { _ = w.api.Delete(context.Background(), class) })
	return w
}

func (w *routed) named(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: w.namespace, Name: name}
}

func (w *routed) create(objects ...client.Object) {
	w.Helper()
	for _, o := range objects {
		if err := w.api.Create(w.Context(), o); err != nil {
			w.Fatal(err)
		}
	}
}

// set makes a headless Service with one endpoint that answers with its name,
// and returns the count of its requests and its slice.
func (w *routed) set(name, address string) (*atomic.Int64, *discoveryv1.EndpointSlice) {
	w.Helper()
	l, err := net.Listen("tcp", onHost(netip.MustParseAddr(address)).String()+":0")
	if err != nil {
		w.Skipf("127.0.0.0/8 is not local here: %v", err)
	}
	seen := &atomic.Int64{}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		seen.Add(1)
		_, _ = io.WriteString(rw, name)
	})}}
	s.Start()
	w.Cleanup(s.Close)
	port, number := "http", int32(l.Addr().(*net.TCPAddr).Port)
	svc := &corev1.Service{ObjectMeta: w.named(name), Spec: corev1.ServiceSpec{ClusterIP: corev1.ClusterIPNone, Ports: []corev1.ServicePort{{Name: port, Port: 8080}}}}
	svc.Labels = map[string]string{v1.LabelRelease: name}
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta: w.named(name), AddressType: discoveryv1.AddressTypeIPv4,
		Ports:     []discoveryv1.EndpointPort{{Name: &port, Port: &number}},
		Endpoints: []discoveryv1.Endpoint{{Addresses: []string{address}}},
	}
	slice.Labels = map[string]string{discoveryv1.LabelServiceName: name}
	w.create(svc, slice)
	return seen, slice
}

// route shares the requests for booking between two sets.
func (w *routed) route(first, second int32) *gatewayv1.HTTPRoute {
	group, kind, port := gatewayv1.Group(""), gatewayv1.Kind("Service"), gatewayv1.PortNumber(8080)
	ref := func(name string, weight int32) gatewayv1.HTTPBackendRef {
		return gatewayv1.HTTPBackendRef{BackendRef: gatewayv1.BackendRef{BackendObjectReference: gatewayv1.BackendObjectReference{Name: gatewayv1.ObjectName(name), Port: &port}, Weight: &weight}}
	}
	return &gatewayv1.HTTPRoute{ObjectMeta: w.named("booking"), Spec: gatewayv1.HTTPRouteSpec{
		CommonRouteSpec: gatewayv1.CommonRouteSpec{ParentRefs: []gatewayv1.ParentReference{{Name: "public"}, {Group: &group, Kind: &kind, Name: "booking", Port: &port}}},
		Hostnames:       []gatewayv1.Hostname{gatewayv1.Hostname(w.namespace + ".example")},
		Rules:           []gatewayv1.HTTPRouteRule{{BackendRefs: []gatewayv1.HTTPBackendRef{ref("booking-1", first), ref("booking-2", second)}}},
	}}
}

// eventually waits for a condition of the world.
func (w *routed) eventually(what string, ok func() (bool, string)) {
	w.Helper()
	last := ""
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		var done bool
		if done, last = ok(); done {
			return
		}
	}
	w.Fatalf("%s: still %s after 30 s", what, last)
}

// observed waits until every parent of the route reports a condition for the
// route's present generation. It asks the API server: right after an update the
// cache may still hold the old generation, which was observed long ago.
func (w *routed) observed(kind string, status metav1.ConditionStatus) {
	w.Helper()
	w.eventually(kind+" = "+string(status), func() (bool, string) {
		var r gatewayv1.HTTPRoute
		if err := w.live.Get(w.Context(), client.ObjectKey{Namespace: w.namespace, Name: "booking"}, &r); err != nil {
			return false, err.Error()
		}
		if len(r.Status.Parents) != 2 {
			return false, fmt.Sprintf("%d parents", len(r.Status.Parents))
		}
		for _, p := range r.Status.Parents {
			c := meta.FindStatusCondition(p.Conditions, kind)
			if c == nil || c.Status != status || c.ObservedGeneration != r.Generation {
				return false, fmt.Sprintf("generation %d, %+v", r.Generation, c)
			}
		}
		return true, ""
	})
}

func (w *routed) get(url, host string) (int, string) {
	w.Helper()
	r, err := http.NewRequestWithContext(w.Context(), http.MethodGet, url, nil)
	if err != nil {
		w.Fatal(err)
	}
	r.Host = host
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b)
}

// TestTrafficFollowsTheWeights is a promotion as delivery does it: when the
// route's status has observed the change, the old set gets nothing more, from
// customers or from other services.
func TestTrafficFollowsTheWeights(t *testing.T) {
	w := newRouted(t)
	first, slice := w.set("booking-1", "10.244.77.1")
	second, _ := w.set("booking-2", "10.244.77.2")
	vip := &corev1.Service{ObjectMeta: w.named("booking"), Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "http", Port: 8080}}}}
	w.create(vip, w.route(100, 0))
	w.observed("Accepted", metav1.ConditionTrue)
	w.observed("ResolvedRefs", metav1.ConditionTrue)

	customers := "http://" + w.gateway.Addr().String() + "/"
	callers := "http://" + onHost(netip.MustParseAddr(vip.Spec.ClusterIP)).String() + ":8080/"
	ask := func(want string) {
		t.Helper()
		w.eventually("the answer of "+want, func() (bool, string) {
			code, body := w.get(customers, w.namespace+".example")
			vcode, vbody := w.get(callers, "booking")
			return code == 200 && vcode == 200 && body == want && vbody == want, fmt.Sprint(code, body, vcode, vbody)
		})
	}
	ask("booking-1")
	if n := second.Load(); n != 0 {
		t.Fatalf("the set of weight 0 got %d requests", n)
	}

	stop := make(chan struct{})
	var load sync.WaitGroup
	var failed atomic.Int64
	for _, target := range []string{customers, callers} {
		load.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if code, _ := w.get(target, w.namespace+".example"); code != 200 {
					failed.Add(1)
				}
			}
		})
	}
	var route gatewayv1.HTTPRoute
	if err := w.api.Get(t.Context(), client.ObjectKey{Namespace: w.namespace, Name: "booking"}, &route); err != nil {
		t.Fatal(err)
	}
	route.Spec = w.route(0, 100).Spec
	changed := time.Now()
	if err := w.api.Update(t.Context(), &route); err != nil {
		t.Fatal(err)
	}
	w.observed("Accepted", metav1.ConditionTrue)
	t.Logf("observed %s after the change", time.Since(changed).Round(time.Millisecond))
	before, then := first.Load(), second.Load()
	w.eventually("100 more requests", func() (bool, string) { return second.Load() >= then+100, fmt.Sprint(second.Load()) })
	close(stop)
	load.Wait()
	if n := first.Load() - before; n != 0 || failed.Load() != 0 {
		t.Errorf("%d requests to the old set after the flip, %d failures", n, failed.Load())
	}
	if f := w.gateway.Figures(w.namespace, "booking-2", changed); f.Requests < 100 || f.Errors != 0 {
		t.Errorf("figures %d/%d", f.Errors, f.Requests)
	}

	// Back, after the old set has lost its endpoint: 503 that says so.
	slice.Endpoints = []discoveryv1.Endpoint{}
	if err := w.api.Update(t.Context(), slice); err != nil {
		t.Fatal(err)
	}
	if err := w.api.Get(t.Context(), client.ObjectKeyFromObject(&route), &route); err != nil {
		t.Fatal(err)
	}
	route.Spec = w.route(100, 0).Spec
	if err := w.api.Update(t.Context(), &route); err != nil {
		t.Fatal(err)
	}
	w.eventually("503", func() (bool, string) {
		code, body := w.get(customers, w.namespace+".example")
		return code == 503 && strings.Contains(body, "no ready endpoint"), fmt.Sprint(code, body)
	})
	// And without the Service: status says what is missing.
	if err := w.api.Delete(t.Context(), &corev1.Service{ObjectMeta: w.named("booking-1")}); err != nil {
		t.Fatal(err)
	}
	w.observed("ResolvedRefs", metav1.ConditionFalse)
	w.observed("Accepted", metav1.ConditionTrue)
}

// TestGatewayStatus has the class and the Gateway report that they are served.
func TestGatewayStatus(t *testing.T) {
	w := newRouted(t)
	w.create(&corev1.Service{ObjectMeta: w.named("booking"), Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "http", Port: 8080}}}}, w.route(1, 1))
	w.observed("ResolvedRefs", metav1.ConditionFalse) // the sets are not there
	w.eventually("status of class and Gateway", func() (bool, string) {
		var class gatewayv1.GatewayClass
		var gw gatewayv1.Gateway
		if err := w.api.Get(t.Context(), client.ObjectKey{Name: w.namespace}, &class); err != nil {
			return false, err.Error()
		}
		if err := w.api.Get(t.Context(), client.ObjectKey{Namespace: w.namespace, Name: "public"}, &gw); err != nil {
			return false, err.Error()
		}
		ok := meta.IsStatusConditionTrue(class.Status.Conditions, "Accepted") &&
			meta.IsStatusConditionTrue(gw.Status.Conditions, "Programmed") &&
			len(gw.Status.Listeners) == 1 && gw.Status.Listeners[0].AttachedRoutes == 1 &&
			len(gw.Status.Addresses) == 1
		return ok, fmt.Sprintf("%+v %+v", class.Status, gw.Status)
	})
}
