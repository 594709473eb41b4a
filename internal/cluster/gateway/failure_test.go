package gateway

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// raw is a backend that reads a request and then does to the connection what
// the test says.
func raw(t *testing.T, w *world, service string, act func(n int, c *net.TCPConn)) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	w.ready[service] = append(w.ready[service], netip.MustParseAddrPort(l.Addr().String()))
	var n atomic.Int64
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				in := bufio.NewReader(c)
				for {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, r.Body)
					act(int(n.Add(1)), c.(*net.TCPConn))
				}
			}()
		}
	}()
}

func TestRetriesOnlyWhatIsSafe(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	for _, c := range []struct {
		name, method, body, key string
		status                  int
		asked                   int64
	}{
		{"GET", "GET", "", "", 200, 2},
		{"PUT with a small body", "PUT", "x", "", 200, 2},
		{"POST", "POST", "x", "", 502, 1},
		{"POST that says it may be repeated", "POST", "x", "k", 200, 2},
		{"PUT with a streamed body", "PUT", strings.Repeat("x", 2*smallBody), "", 502, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, Config{})
			var asked atomic.Int64
			act := func(_ int, conn *net.TCPConn) {
				if asked.Add(1) == 1 {
					conn.Close() // after the request, before an answer
					return
				}
				_, _ = io.WriteString(conn, ok)
			}
			raw(t, w, "booking-1", act)
			raw(t, w, "booking-1", act)
			w.weights = []weight{{"booking-1", 1}}
			w.put()
			r := w.request(c.method, "/", strings.NewReader(c.body))
			if c.key != "" {
				r.Header.Set("Idempotency-Key", c.key)
			}
			resp, body := w.get(w.client(), r)
			if resp.StatusCode != c.status || asked.Load() != c.asked {
				t.Errorf("%s %q after %d attempts", resp.Status, body, asked.Load())
			}
		})
	}
}

func TestAnswersThatBreak(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		status int // 0 for a broken connection
	}{
		"half a body":                 {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", 0},
		"half a chunk":                {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha", 0},
		"not HTTP":                    {"SSH-2.0-OpenSSH\r\n\r\n", 502},
		"half a header":               {"HTTP/1.1 200 OK\r\nContent-", 502},
		"two lengths":                 {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 502},
		"a header without end":        {"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 2<<20), 502},
		"an upgrade nobody asked for": {"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", 502},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Config{})
			raw(t, w, "booking-1", func(_ int, conn *net.TCPConn) {
				_, _ = io.WriteString(conn, c.answer)
				conn.Close()
			})
			w.weights = []weight{{"booking-1", 1}}
			w.put()
			resp, err := w.client().Do(w.request("GET", "/", nil))
			if err == nil {
				_, err = io.ReadAll(resp.Body)
				resp.Body.Close()
			}
			switch {
			case c.status == 0 && err == nil:
				t.Error("the client took it for a whole answer")
			case c.status != 0 && (err != nil || resp.StatusCode != c.status):
				t.Errorf("%v %v", resp, err)
			}
			w.settledErrors(t, 1)
		})
	}
}

// settledErrors waits until so many errors are counted: the client may know
// before the gateway has counted.
func (w *world) settledErrors(t *testing.T, want int64) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; {
		f := w.Figures("prod", "booking-1", time.Time{})
		if f.Errors == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d errors are counted, want %d", f.Errors, want)
		}
		time.Sleep(time.Millisecond)
	}
}

// TestClientsThatGiveUp count against a backend that hangs, and not when they
// leave at once.
func TestClientsThatGiveUp(t *testing.T) {
	now := struct {
		sync.Mutex
		t time.Time
	}{t: time.Unix(1800000000, 0)}
	clock := func() time.Time { now.Lock(); defer now.Unlock(); return now.t }
	var leave atomic.Pointer[context.CancelFunc]
	var hang time.Duration
	w := newWorld(t, Config{Now: clock})
	w.backend("booking-1", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		now.Lock()
		now.t = now.t.Add(hang)
		now.Unlock()
		(*leave.Load())()
		<-r.Context().Done()
	}))
	w.weights = []weight{{"booking-1", 1}}
	w.put()
	var requests int64
	for _, c := range []struct {
		hang   time.Duration
		errors int64
	}{{100 * time.Millisecond, 0}, {1100 * time.Millisecond, 1}} {
		ctx, cancel := context.WithCancel(t.Context())
		leave.Store(&cancel)
		hang = c.hang
		if resp, err := w.client().Do(w.request("GET", "/", nil).WithContext(ctx)); err == nil {
			t.Fatal(resp.Status)
		}
		requests++
		for deadline := time.Now().Add(10 * time.Second); w.Figures("prod", "booking-1", time.Time{}).Requests != requests; {
			if time.Now().After(deadline) {
				t.Fatal("the request is not counted")
			}
			time.Sleep(time.Millisecond)
		}
		if f := w.Figures("prod", "booking-1", time.Time{}); f.Errors != c.errors {
			t.Errorf("left after %s: %d errors", c.hang, f.Errors)
		}
	}
}
