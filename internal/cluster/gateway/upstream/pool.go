// Package upstream speaks HTTP/1.1 to one endpoint over connections that are
// kept and used again. It knows when a request may be sent a second time: it
// tells apart that nothing was sent, that no byte came back, and that an answer
// had begun. It does not know routes, Services or what a retry is good for.
//
// It exists beside net/http's Transport because a gateway needs exactly that
// knowledge, and because a goroutine hand-over for each request and response is
// half of what a proxied request costs.
package upstream

import (
	"bufio"
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxIdle connections are kept for one endpoint.
	maxIdle = 256
	// idleTime is how long a connection is kept unused. Many servers close after
	// 5 s (Node's default), and a request that meets that close is lost, so ours
	// is shorter.
	idleTime = 4 * time.Second
	// dialTime bounds a connection attempt; endpoints are near.
	dialTime = 2 * time.Second
	// downTime is how long an endpoint that refused a connection is asked last.
	downTime = time.Second
)

// Pool holds the connections to one endpoint.
type Pool struct {
	// Watch sees each new connection; what it returns is used in its place. Nil
	// sees nothing. It is set before the first Dial.
	Watch func(net.Conn) net.Conn

	address string

	mu     sync.Mutex
	idle   []*Conn
	closed bool

	down atomic.Int64 // unix nanoseconds until which the endpoint is asked last
}

// NewPool makes a pool for host:port. It dials nothing yet.
func NewPool(address string) *Pool { return &Pool{address: address} }

// Address is the host:port that the pool dials.
func (p *Pool) Address() string { return p.address }

// Down reports whether the endpoint has just refused a connection.
func (p *Pool) Down(now time.Time) bool {
	until := p.down.Load()
	return until != 0 && now.UnixNano() < until
}

// Idle returns a kept connection that the server has not closed, or nil.
func (p *Pool) Idle() *Conn {
	for {
		p.mu.Lock()
		n := len(p.idle)
		if n == 0 {
			p.mu.Unlock()
			return nil
		}
		// The one used last: the others can grow old and be closed.
		c := p.idle[n-1]
		p.idle[n-1] = nil
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		if time.Since(c.since) < idleTime && c.quiet() {
			c.reused = true
			return c
		}
		_ = c.raw.Close()
	}
}

// Dial opens a connection. An error means that nothing was sent.
func (p *Pool) Dial(ctx context.Context) (*Conn, error) {
	d := net.Dialer{Timeout: dialTime}
	raw, err := d.DialContext(ctx, "tcp", p.address)
	if err != nil {
		if ctx.Err() == nil {
			p.down.Store(time.Now().Add(downTime).UnixNano())
		}
		return nil, err
	}
	if p.down.Load() != 0 {
		p.down.Store(0)
	}
	if p.Watch != nil {
		raw = p.Watch(raw)
	}
	c := &Conn{pool: p, raw: raw}
	c.in = bufio.NewReaderSize((*limited)(c), 4<<10)
	return c, nil
}

// put keeps a connection whose exchange ended cleanly.
func (p *Pool) put(c *Conn) {
	c.since = time.Now()
	p.mu.Lock()
	if !p.closed && len(p.idle) < maxIdle {
		p.idle = append(p.idle, c)
		c = nil
	}
	p.mu.Unlock()
	if c != nil {
		_ = c.raw.Close()
	}
}

// Close closes the idle connections; those in use end with their exchange.
func (p *Pool) Close() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	for _, c := range idle {
		_ = c.raw.Close()
	}
}

// Sweep closes the connections that were idle for too long.
func (p *Pool) Sweep(now time.Time) {
	var old []*Conn
	p.mu.Lock()
	// Oldest first: the slice is a stack.
	n := 0
	for n < len(p.idle) && now.Sub(p.idle[n].since) >= idleTime {
		n++
	}
	if n > 0 {
		old = append(old, p.idle[:n]...)
		rest := copy(p.idle, p.idle[n:])
		clear(p.idle[rest:])
		p.idle = p.idle[:rest]
	}
	p.mu.Unlock()
	for _, c := range old {
		_ = c.raw.Close()
	}
}
