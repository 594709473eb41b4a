package network

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
)

// proxy is a Services whose objects the test makes.
type proxy struct {
	*testing.T
	*Services
	name types.NamespacedName
	port int32 // free at 127.96.0.7
	vip  string
}

func newProxy(t *testing.T, routes func(types.NamespacedName) (http.Handler, bool)) *proxy {
	t.Helper()
	return newProxyWith(t, ServicesConfig{HTTP: routes})
}

func newProxyWith(t *testing.T, cfg ServicesConfig) *proxy {
	t.Helper()
	local := open(t, LoopbackConfig{Path: t.TempDir() + "/a.json"}).Local
	probe, err := net.Listen("tcp", "127.96.0.7:0")
	if err != nil {
		t.Skipf("127.0.0.0/8 is not local here: %v", err)
	}
	vip := probe.Addr().(*net.TCPAddr)
	probe.Close()
	cfg.Local, cfg.Logger = local, slog.New(slog.DiscardHandler)
	s, err := NewServices(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return &proxy{T: t, Services: s, name: types.NamespacedName{Namespace: "prod", Name: "echo"}, port: int32(vip.Port), vip: vip.String()}
}

func (p *proxy) service() *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: p.name.Namespace, Name: p.name.Name},
		Spec:       corev1.ServiceSpec{ClusterIPs: []string{"10.96.0.7"}, Ports: []corev1.ServicePort{{Name: "tcp", Port: p.port}}},
	}
}

// put makes the Service live with these endpoints, given as host addresses
// 127.0.0.1:port.
func (p *proxy) put(addresses ...string) {
	p.Helper()
	var slices []discoveryv1.EndpointSlice
	for _, a := range addresses {
		at := netip.MustParseAddrPort(a)
		name, port := "tcp", int32(at.Port())
		slices = append(slices, discoveryv1.EndpointSlice{
			Ports:     []discoveryv1.EndpointPort{{Name: &name, Port: &port}},
			Endpoints: []discoveryv1.Endpoint{{Addresses: []string{at.Addr().String()}}},
		})
	}
	if err := p.apply(p.name, p.service(), slices); err != nil {
		p.Fatal(err)
	}
}

// echo is a server that says its name, repeats what it gets until the end, and
// then says goodbye: it needs half-close to work.
func (p *proxy) echo(name string) net.Listener {
	p.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.WriteString(c, name+":")
				_, _ = io.Copy(c, c)
				_, _ = io.WriteString(c, ":bye")
			}()
		}
	}()
	return l
}

// ask sends text, closes its half, and returns all that comes back.
func (p *proxy) ask(text string) (string, error) {
	c, err := net.Dial("tcp", p.vip)
	if err != nil {
		return "", err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(c, text); err != nil {
		return "", err
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		return "", err
	}
	b, err := io.ReadAll(c)
	return string(b), err
}

func TestRelayHalfCloseAndRoundRobin(t *testing.T) {
	p := newProxy(t, nil)
	p.put(p.echo("a").Addr().String(), p.echo("b").Addr().String())
	seen := map[string]int{}
	for range 10 {
		got, err := p.ask("hello")
		if err != nil || !strings.HasSuffix(got, ":hello:bye") {
			t.Fatalf("got %q, %v", got, err)
		}
		seen[got[:1]]++
	}
	if seen["a"] != 5 || seen["b"] != 5 {
		t.Fatalf("shares %v", seen)
	}
}

func TestRelayPassesOverAnEndpointThatRefuses(t *testing.T) {
	p := newProxy(t, nil)
	dead := p.echo("dead")
	p.put(dead.Addr().String(), p.echo("b").Addr().String())
	dead.Close()
	for range 6 {
		if got, err := p.ask("x"); err != nil || got != "b:x:bye" {
			t.Fatalf("got %q, %v", got, err)
		}
	}
}

func TestRelayWithoutEndpointsResets(t *testing.T) {
	p := newProxy(t, nil)
	p.put()
	if got, err := p.ask("x"); err == nil {
		t.Fatalf("a Service without endpoints answered %q", got)
	}
}

func TestIdleConnectionOutlivesItsEndpoint(t *testing.T) {
	p := newProxy(t, nil)
	a := p.echo("a")
	p.put(a.Addr().String())
	c, err := net.Dial("tcp", p.vip)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	buf := make([]byte, 8)
	if _, err := io.ReadFull(c, buf[:2]); err != nil {
		t.Fatal(err)
	}
	p.put(p.echo("b").Addr().String())
	if got, err := p.ask("x"); err != nil || got != "b:x:bye" {
		t.Fatalf("a new connection got %q, %v", got, err)
	}
	if _, err := io.WriteString(c, "still"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, buf[:5]); err != nil || string(buf[:5]) != "still" {
		t.Fatalf("the old connection got %q, %v", buf[:5], err)
	}
}

func TestServiceThatGoesAwayStopsListening(t *testing.T) {
	p := newProxy(t, nil)
	p.put(p.echo("a").Addr().String())
	if _, err := p.ask("x"); err != nil {
		t.Fatal(err)
	}
	if err := p.apply(p.name, nil, nil); err != nil {
		t.Fatal(err)
	}
	if got := p.Addresses(); len(got) != 0 {
		t.Fatalf("still listening on %v", got)
	}
	if got, err := p.ask("x"); err == nil {
		t.Fatalf("answered %q", got)
	}
	// And it may come back at once.
	p.put(p.echo("a").Addr().String())
	if _, err := p.ask("x"); err != nil {
		t.Fatal(err)
	}
}

func TestRoutesTakeOverAndLeave(t *testing.T) {
	var routed atomic.Bool
	p := newProxy(t, func(types.NamespacedName) (http.Handler, bool) {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "routed") }), routed.Load()
	})
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "relayed") }))
	defer plain.Close()
	p.put(plain.Listener.Addr().String())
	get := func() string {
		c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
		resp, err := c.Get("http://" + p.vip)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return string(b)
	}
	for i, want := range []string{"relayed", "routed", "relayed"} {
		routed.Store(want == "routed")
		if got := get(); got != want {
			t.Fatalf("step %d: %q, want %q", i, got, want)
		}
	}
}

func TestPortsOfServices(t *testing.T) {
	local := open(t, LoopbackConfig{Path: t.TempDir() + "/a.json"}).Local
	grpc := "kubernetes.io/h2c"
	base := func(edit func(*corev1.Service)) *corev1.Service {
		s := &corev1.Service{Spec: corev1.ServiceSpec{
			ClusterIPs: []string{"10.96.1.2"},
			Ports: []corev1.ServicePort{
				{Name: "http", Port: 8080},
				{Name: "grpc", Port: 9090, AppProtocol: &grpc},
				{Name: "dns", Port: 53, Protocol: corev1.ProtocolUDP},
			},
		}}
		edit(s)
		return s
	}
	no := false
	name, number := "http", int32(3000)
	all := []discoveryv1.EndpointSlice{{
		Ports: []discoveryv1.EndpointPort{{Name: &name, Port: &number}},
		Endpoints: []discoveryv1.Endpoint{
			{Addresses: []string{"10.244.0.9"}},
			{Addresses: []string{"10.244.0.8"}, Conditions: discoveryv1.EndpointConditions{Ready: &no}},
		},
	}}
	for what, c := range map[string]struct {
		edit func(*corev1.Service)
		want string
	}{
		"ClusterIP":     {func(*corev1.Service) {}, "127.96.1.2:8080 true 1; 127.96.1.2:9090 false 0; "},
		"headless":      {func(s *corev1.Service) { s.Spec.ClusterIPs = []string{"None"} }, ""},
		"none yet":      {func(s *corev1.Service) { s.Spec.ClusterIPs = nil }, ""},
		"ExternalName":  {func(s *corev1.Service) { s.Spec.Type = corev1.ServiceTypeExternalName }, ""},
		"another proxy": {func(s *corev1.Service) { s.Labels = map[string]string{LabelProxy: "x"} }, ""},
		"being deleted": {func(s *corev1.Service) { now := metav1.Now(); s.DeletionTimestamp = &now }, ""},
		"foreign range": {func(s *corev1.Service) { s.Spec.ClusterIPs = []string{"172.20.0.1"} }, ""},
	} {
		got := ports(base(c.edit), all, local)
		text := ""
		for _, n := range []uint16{53, 8080, 9090} {
			at := netip.AddrPortFrom(netip.MustParseAddr("127.96.1.2"), n)
			if p, ok := got[at]; ok {
				text += at.String() + " " + strconv.FormatBool(p.http) + " " + strconv.Itoa(len(p.endpoints)) + "; "
			}
		}
		if text != c.want {
			t.Errorf("%s: %q, want %q", what, text, c.want)
		}
	}
	if got := ports(base(func(*corev1.Service) {}), all, local)[netip.MustParseAddrPort("127.96.1.2:8080")]; got.endpoints[0].String() != "127.244.0.9:3000" {
		t.Errorf("endpoint %s", got.endpoints[0])
	}
}

func TestAPortThatIsTakenLeavesTheOthers(t *testing.T) {
	p := newProxy(t, nil)
	taken, err := net.Listen("tcp", "127.96.0.7:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	svc := p.service()
	svc.Spec.Ports = append(svc.Spec.Ports, corev1.ServicePort{Name: "taken", Port: int32(taken.Addr().(*net.TCPAddr).Port)})
	if err := p.apply(p.name, svc, nil); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Fatalf("error %v", err)
	}
	if got := p.Addresses(); len(got) != 1 || got[0] != p.vip {
		t.Fatalf("listening on %v", got)
	}
	taken.Close()
	if err := p.apply(p.name, svc, nil); err != nil {
		t.Fatal(err)
	}
	if got := p.Addresses(); len(got) != 2 {
		t.Fatalf("listening on %v", got)
	}
}

func TestAPortThatCannotBeServedIsReportedOnce(t *testing.T) {
	p := newProxy(t, nil)
	recorder := events.NewFakeRecorder(10)
	p.events = recorder
	at := netip.MustParseAddrPort("127.96.0.7:80")
	denied := explain(at, syscall.EACCES)
	for range 3 {
		p.report(p.service(), denied)
	}
	p.report(p.service(), nil)
	p.report(p.service(), denied) // again, after it had worked
	if n := len(recorder.Events); n != 2 {
		t.Fatalf("%d events, want 2", n)
	}
	if text := <-recorder.Events; !strings.Contains(text, "ListenFailed") || !strings.Contains(text, "use a port from 1024 up") {
		t.Errorf("event %q", text)
	}
}
