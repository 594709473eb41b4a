package gateway

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// load sends requests from several clients until stopped, half of them POST
// with bodies from nothing to more than is buffered, and reports every answer
// that is not the echo of the request.
type load struct {
	sent     atomic.Int64
	failures chan string
	stop     context.CancelFunc
	all      sync.WaitGroup
}

func (w *world) load(clients int) *load {
	ctx, cancel := context.WithCancel(context.Background())
	l := &load{failures: make(chan string, 1000), stop: cancel}
	bodies := []string{"", "small", strings.Repeat("x", smallBody), strings.Repeat("y", 5*smallBody)}
	for c := range clients {
		client := w.client()
		l.all.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				method, body := http.MethodGet, ""
				if i%2 == 1 {
					method, body = http.MethodPost, bodies[(c+i/2)%len(bodies)]
				}
				resp, err := client.Do(w.request(method, "/echo", strings.NewReader(body)))
				l.sent.Add(1)
				if err != nil {
					l.fail(fmt.Sprintf("%s of %d bytes: %v", method, len(body), err))
					continue
				}
				b, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				if err != nil || resp.StatusCode != 200 || string(b) != body {
					l.fail(fmt.Sprintf("%s of %d bytes: %s, %d bytes (%.80q), %v", method, len(body), resp.Status, len(b), b, err))
				}
			}
		})
	}
	return l
}

func (l *load) fail(text string) {
	select {
	case l.failures <- text:
	default:
	}
}

func (l *load) end(t testing.TB) {
	t.Helper()
	l.stop()
	l.all.Wait()
	close(l.failures)
	n := 0
	for f := range l.failures {
		if n++; n <= 5 {
			t.Error(f)
		}
	}
	if n > 0 {
		t.Errorf("%d of %d requests failed", n, l.sent.Load())
	}
}

var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusTeapot)
		return
	}
	_, _ = w.Write(b)
})

// after waits until n more requests were sent.
func (l *load) after(t testing.TB, n int64) {
	t.Helper()
	for target, deadline := l.sent.Load()+n, time.Now().Add(20*time.Second); l.sent.Load() < target; {
		if time.Now().After(deadline) {
			t.Fatal("the load does not move")
		}
		time.Sleep(time.Millisecond)
	}
}

// TestRollingPods replaces every pod again and again, as a Deployment does: the
// new one becomes ready, the old one leaves the endpoints, its preStop pause
// lets what is under way end, and then it shuts down.
func TestRollingPods(t *testing.T) {
	w := newWorld(t, Config{})
	w.weights = []weight{{"booking-1", 100}}
	pods := []*httptest.Server{w.backend("booking-1", echo), w.backend("booking-1", echo), w.backend("booking-1", echo)}
	w.put()
	l := w.load(8)
	for range 40 {
		fresh := httptest.NewServer(echo)
		defer fresh.Close()
		pods = append(pods, fresh)
		old, leaving := pods[0], w.endpoint(pods[0])
		pods = pods[1:]
		w.ready["booking-1"] = []netip.AddrPort{addressOf(pods[0]), addressOf(pods[1]), addressOf(pods[2])}
		w.put()
		leaving.drained(t)
		if err := old.Config.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		l.after(t, 10)
	}
	l.end(t)
	t.Logf("%d requests while 40 pods were replaced", l.sent.Load())
}

// TestPodsThatVanish takes pods away before the table knows: connections are
// refused and kept ones are dead. Requests that are safe to repeat must not
// notice.
func TestPodsThatVanish(t *testing.T) {
	w := newWorld(t, Config{})
	w.weights = []weight{{"booking-1", 100}}
	pods := []*httptest.Server{w.backend("booking-1", say("ok")), w.backend("booking-1", say("ok"))}
	w.put()
	c := w.client()
	for round := range 10 {
		for range 20 {
			if resp, body := w.get(c, w.request("GET", "/", nil)); resp.StatusCode != 200 || body != "ok" {
				t.Fatalf("round %d: %s %q", round, resp.Status, body)
			}
		}
		// Its listener and all its connections, at once.
		pods[0].Listener.Close()
		pods[0].CloseClientConnections()
		for range 20 {
			if resp, body := w.get(c, w.request("GET", "/", nil)); resp.StatusCode != 200 || body != "ok" {
				t.Fatalf("round %d, after a pod vanished: %s %q", round, resp.Status, body)
			}
			// No request goes out on a connection that is known to be dead, and one
			// that is refused goes elsewhere: POST is safe here too.
			if resp, body := w.get(c, w.request("POST", "/", strings.NewReader("x"))); resp.StatusCode != 200 || body != "ok" {
				t.Fatalf("round %d, POST after a pod vanished: %s %q", round, resp.Status, body)
			}
		}
		fresh := httptest.NewServer(say("ok"))
		defer fresh.Close()
		pods = []*httptest.Server{pods[1], fresh}
		w.ready["booking-1"] = []netip.AddrPort{addressOf(pods[0]), addressOf(pods[1])}
		w.put()
	}
}

func TestWeightsAreKept(t *testing.T) {
	w := newWorld(t, Config{})
	w.backend("booking-1", say("1"))
	w.backend("booking-2", say("2"))
	w.weights = []weight{{"booking-1", 90}, {"booking-2", 10}}
	w.put()
	c, n, second := w.client(), 3000, 0
	for range n {
		resp, body := w.get(c, w.request("GET", "/", nil))
		if body == "2" {
			second++
		}
		if want := "booking-" + body; resp.Header.Get("Paddock-Release") != want {
			t.Fatalf("Paddock-Release %q, want %q", resp.Header.Get("Paddock-Release"), want)
		}
	}
	// Five standard deviations of a binomial distribution.
	if off := math.Abs(float64(second) - 0.1*float64(n)); off > 5*math.Sqrt(float64(n)*0.1*0.9) {
		t.Errorf("%d of %d went to the backend of weight 10 %%", second, n)
	}
	f1, f2 := w.Figures("prod", "booking-1", time.Time{}), w.Figures("prod", "booking-2", time.Time{})
	if f1.Requests+f2.Requests != int64(n) || f2.Requests != int64(second) || f1.Errors+f2.Errors != 0 {
		t.Errorf("figures %d and %d of %d", f1.Requests, f2.Requests, n)
	}
}

// TestNotOneRequestAfterTheFlip flips a backend to weight 0 under load. When
// the flip has returned, its pods get nothing more, not even the request that
// had been given to them a moment before.
func TestNotOneRequestAfterTheFlip(t *testing.T) {
	w := newWorld(t, Config{})
	var flipped atomic.Bool
	var late, seen atomic.Int64
	w.backend("booking-1", echo)
	canary := w.backend("booking-2", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		seen.Add(1)
		if flipped.Load() {
			late.Add(1)
		}
		echo(rw, r)
	}))
	w.weights = []weight{{"booking-1", 50}, {"booking-2", 50}}
	w.put()
	l := w.load(8)
	for range 30 {
		w.weights = []weight{{"booking-1", 50}, {"booking-2", 50}}
		w.put()
		l.after(t, 50)
		e := w.endpoint(canary)
		w.weights = []weight{{"booking-1", 100}, {"booking-2", 0}}
		w.put()
		// What was written before the flip may still be on its way into the
		// handler; nothing is added to it.
		e.drained(t)
		before := seen.Load()
		flipped.Store(true)
		l.after(t, 50)
		if got := seen.Load(); got != before {
			t.Fatalf("%d requests after the flip", got-before)
		}
		flipped.Store(false)
	}
	l.end(t)
	if late.Load() != 0 || seen.Load() == 0 {
		t.Errorf("%d late requests of %d", late.Load(), seen.Load())
	}
}

// endpoint is what the gateway knows of a server's address, live or not.
func (w *world) endpoint(s *httptest.Server) *endpoint {
	w.Helper()
	w.applying.Lock()
	defer w.applying.Unlock()
	e := w.endpoints[addressOf(s)]
	if e == nil {
		w.Fatal("the server is not an endpoint")
	}
	return e
}

// drained waits until nothing is under way at an endpoint.
func (e *endpoint) drained(t testing.TB) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); e.active.Load() != 0; {
		if time.Now().After(deadline) {
			t.Fatalf("%d exchanges do not end", e.active.Load())
		}
		time.Sleep(100 * time.Microsecond)
	}
}

// TestMissingCanary has a canary without ready pods: its requests are answered
// by the stable set, and count as its errors.
func TestMissingCanary(t *testing.T) {
	for name, damage := range map[string]func(*world){
		"no endpoints": func(w *world) {},
		"endpoint that refuses": func(w *world) {
			dead := w.backend("booking-2", say("never"))
			dead.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Config{})
			w.backend("booking-1", say("stable"))
			w.backend("booking-3", say("retired"))
			damage(w)
			w.weights = []weight{{"booking-1", 70}, {"booking-2", 30}, {"booking-3", 0}}
			w.put()
			c := w.client()
			for range 200 {
				if resp, body := w.get(c, w.request("POST", "/", nil)); resp.StatusCode != 200 || body != "stable" {
					t.Fatalf("%s %q", resp.Status, body)
				}
			}
			stable, canary := w.Figures("prod", "booking-1", time.Time{}), w.Figures("prod", "booking-2", time.Time{})
			if stable.Requests != 200 || stable.Errors != 0 || canary.Requests < 20 || canary.Requests != canary.Errors {
				t.Errorf("stable %d/%d, canary %d/%d", stable.Errors, stable.Requests, canary.Errors, canary.Requests)
			}
		})
	}
}

func TestAReferenceThatDoesNotResolveFailsItsShare(t *testing.T) {
	w := newWorld(t, Config{})
	w.backend("booking-1", say("ok"))
	w.weights = []weight{{"booking-1", 50}}
	w.edit = func(r *gatewayv1.HTTPRoute) {
		port, n := gatewayv1.PortNumber(80), int32(50)
		r.Spec.Rules[0].BackendRefs = append(r.Spec.Rules[0].BackendRefs, gatewayv1.HTTPBackendRef{BackendRef: gatewayv1.BackendRef{
			BackendObjectReference: gatewayv1.BackendObjectReference{Name: "gone", Port: &port}, Weight: &n}})
	}
	w.put()
	c, count := w.client(), map[int]int{}
	for range 200 {
		resp, _ := w.get(c, w.request("GET", "/", nil))
		count[resp.StatusCode]++
	}
	if count[200]+count[500] != 200 || count[500] < 50 || count[200] < 50 {
		t.Errorf("answers %v", count)
	}
}
