package upstream

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"
)

// server hands the test every connection that it accepts.
func server(t testing.TB) (*Pool, net.Listener, chan net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	conns := make(chan net.Conn, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns <- c
		}
	}()
	return NewPool(l.Addr().String()), l, conns
}

func kept(t *testing.T, p *Pool) *Conn {
	t.Helper()
	c, err := p.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.Start(t.Context(), time.Time{})
	c.Release(true)
	return c
}

// eventually waits for what the kernel needs a moment for.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
	}
}

func TestAKeptConnectionIsUsedAgain(t *testing.T) {
	p, _, _ := server(t)
	c := kept(t, p)
	if got := p.Idle(); got != c || !got.Reused() {
		t.Fatalf("got %p, kept %p", got, c)
	}
	if p.Idle() != nil {
		t.Fatal("one connection was given twice")
	}
}

func TestAConnectionThatTheServerTouchedIsNotUsed(t *testing.T) {
	for name, touch := range map[string]func(net.Conn){
		"closed": func(c net.Conn) { c.Close() },
		"spoken": func(c net.Conn) { _, _ = c.Write([]byte("HTTP/1.1 408 Request Timeout\r\n\r\n")) },
	} {
		t.Run(name, func(t *testing.T) {
			p, _, conns := server(t)
			c := kept(t, p)
			touch(<-conns)
			eventually(t, "the connection still looks quiet", func() bool { return !c.quiet() })
			if p.Idle() != nil {
				t.Fatal("it was given out")
			}
		})
	}
}

func TestAnOldConnectionIsSweptAway(t *testing.T) {
	p, _, conns := server(t)
	kept(t, p)
	p.Sweep(time.Now())
	if len(p.idle) != 1 {
		t.Fatal("a new connection was swept away")
	}
	p.Sweep(time.Now().Add(idleTime))
	if len(p.idle) != 0 {
		t.Fatal("an old connection was kept")
	}
	if _, err := (<-conns).Read(make([]byte, 1)); err == nil {
		t.Fatal("it is still open")
	}
}

func TestAClosedPoolKeepsNothing(t *testing.T) {
	p, _, _ := server(t)
	busy, err := p.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	kept(t, p)
	p.Close()
	busy.Start(t.Context(), time.Time{})
	busy.Release(true)
	if p.Idle() != nil {
		t.Fatal("a connection was kept")
	}
}

func TestARefusedEndpointIsDownForAMoment(t *testing.T) {
	p, l, _ := server(t)
	l.Close()
	if _, err := p.Dial(t.Context()); err == nil {
		t.Fatal("connected")
	}
	if now := time.Now(); !p.Down(now) || p.Down(now.Add(downTime)) {
		t.Fatal("not down, or for too long")
	}
}

func TestAContextBreaksAnExchange(t *testing.T) {
	p, _, _ := server(t)
	c, err := p.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	c.Start(ctx, time.Now().Add(time.Hour))
	cancel()
	if err := c.Wait(); !TimedOut(err) {
		t.Fatalf("error %v", err)
	}
	c.Release(true)
	if p.Idle() != nil {
		t.Fatal("a broken connection was kept")
	}
}

// FuzzAnswer feeds arbitrary bytes as an answer: whatever they are, reading
// ends and does not panic.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
	f.Add([]byte("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, _, conns := server(t)
		c, err := p.Dial(t.Context())
		if err != nil {
			t.Skip(err)
		}
		peer := <-conns
		go func() { _, _ = peer.Write(b); peer.Close() }()
		c.Start(t.Context(), time.Now().Add(5*time.Second))
		if c.Wait() == nil {
			if resp, err := c.Receive(&http.Request{Method: "GET"}, func(*http.Response) {}); err == nil && resp.StatusCode < 100 {
				t.Errorf("status %d", resp.StatusCode)
			}
		}
		c.Release(false)
	})
}
