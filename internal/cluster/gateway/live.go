package gateway

import (
	"net"
	"net/netip"
	"strconv"
	"sync/atomic"
	"time"

	"paddock.dev/internal/cluster/gateway/figures"
	"paddock.dev/internal/cluster/gateway/routing"
	"paddock.dev/internal/cluster/gateway/upstream"
)

// settleTime bounds the wait for requests that are being written while the
// table changes. Writing a request head takes microseconds; only a peer that
// reads nothing at all can make it last.
const settleTime = time.Second

// live is a table with the connections that serve it.
type live struct {
	table   *routing.Table
	targets []*target // one for each of table.Backends

	// sending counts the requests that are being written under this table. A
	// request is written only if the table is still the live one after it was
	// counted, so once the next table is in place and the count is 0, nothing
	// more can be sent under this one.
	sending atomic.Int64
}

// target is a backend with its endpoints.
type target struct {
	*routing.Backend
	endpoints []*endpoint
	next      atomic.Uint32
	meter     *meter
	release   []string // value of the Paddock-Release header
	group     string   // as the access log names it
}

// endpoint outlives tables, so that its connections do.
type endpoint struct {
	name string // as the API names it
	pool *upstream.Pool
	// active exchanges, upgraded connections included: an endpoint that left the
	// table is drained when there are none.
	active atomic.Int64
}

type routingKey struct{ namespace, service, release string }

// apply makes a table live. When it returns, no request is sent under an older
// one any more, endpoints that are gone have no idle connection, and requests
// in flight go on undisturbed.
func (g *Gateway) apply(t *routing.Table) {
	g.applying.Lock()
	defer g.applying.Unlock()
	next := &live{table: t, targets: make([]*target, len(t.Backends))}
	used := make(map[netip.AddrPort]bool, len(g.endpoints))
	for i := range t.Backends {
		b := &t.Backends[i]
		n := &target{Backend: b, meter: g.meter(b), group: "targetgroup/" + b.Namespace + "/" + b.Service}
		if b.Release != "" {
			n.release = []string{b.Release}
		}
		for _, address := range b.Endpoints {
			e := g.endpoints[address]
			if e == nil {
				local := g.cfg.Local(address.Addr())
				e = &endpoint{
					name: address.String(),
					pool: upstream.NewPool(net.JoinHostPort(local.String(), strconv.Itoa(int(address.Port())))),
				}
				e.pool.Watch = g.cfg.Watch
				g.endpoints[address] = e
			}
			used[address] = true
			n.endpoints = append(n.endpoints, e)
		}
		next.targets[i] = n
	}
	old := g.live.Swap(next)
	if old != nil && !old.settle() {
		g.log.Warn("requests were still being written when the routing table changed", "requests", old.sending.Load())
	}
	for address, e := range g.endpoints {
		if !used[address] {
			e.pool.Close()
			delete(g.endpoints, address)
		}
	}
}

// settle waits until nothing is being written under the table.
func (l *live) settle() bool {
	for deadline := time.Now().Add(settleTime); l.sending.Load() != 0; {
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(50 * time.Microsecond)
	}
	return true
}

// meter returns what counts the requests of a backend. The caller holds
// applying.
func (g *Gateway) meter(b *routing.Backend) *meter {
	key := routingKey{b.Namespace, b.Service, b.Release}
	m := g.targets[key]
	if m == nil {
		m = g.metrics.meter(key, g.book.Series(figures.Key{Namespace: b.Namespace, Service: b.Service}))
		g.targets[key] = m
	}
	return m
}

// forget drops figures and metrics of backends that have left the table and
// had no request for an hour.
func (g *Gateway) forget(now time.Time) {
	g.applying.Lock()
	defer g.applying.Unlock()
	used := map[figures.Key]bool{}
	if l := g.live.Load(); l != nil {
		for _, t := range l.targets {
			used[figures.Key{Namespace: t.Namespace, Service: t.Service}] = true
		}
	}
	g.book.Sweep(now, func(k figures.Key) bool { return used[k] })
	for key, m := range g.targets {
		k := figures.Key{Namespace: key.namespace, Service: key.service}
		if !used[k] && m.idleSince(now.Add(-figures.Kept)) {
			g.metrics.forget(key)
			delete(g.targets, key)
		}
	}
}

// pick returns the endpoint to ask next: round robin, those that have just
// refused a connection last, never one in tried. Nil means that none is left.
func (t *target) pick(now time.Time, tried []*endpoint) *endpoint {
	n := len(t.endpoints)
	if n == 0 {
		return nil
	}
	start := int(t.next.Add(1) % uint32(n))
	var last *endpoint
next:
	for i := range n {
		e := t.endpoints[(start+i)%n]
		for _, x := range tried {
			if x == e {
				continue next
			}
		}
		if !e.pool.Down(now) {
			return e
		}
		if last == nil {
			last = e
		}
	}
	return last
}
