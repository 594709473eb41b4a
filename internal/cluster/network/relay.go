package network

import (
	"context"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// dialTime bounds a connection attempt; endpoints are on this host.
const dialTime = 2 * time.Second

// relay passes TCP connections to the ready endpoints of one Service port, in
// turn.
type relay struct {
	endpoints atomic.Pointer[[]netip.AddrPort] // addresses of this host
	next      atomic.Uint32
}

func (r *relay) set(to []netip.AddrPort) {
	if old := r.endpoints.Load(); old == nil || !slices.Equal(*old, to) {
		r.endpoints.Store(&to)
	}
}

// dial connects to one endpoint; one that refuses is passed over.
func (r *relay) dial(ctx context.Context) (*net.TCPConn, bool) {
	all := r.endpoints.Load()
	if all == nil {
		return nil, false
	}
	d := net.Dialer{Timeout: dialTime}
	start := int(r.next.Add(1))
	for i := range *all {
		c, err := d.DialContext(ctx, "tcp", (*all)[(start+i)%len(*all)].String())
		if err == nil {
			return c.(*net.TCPConn), true
		}
	}
	return nil, false
}

// serve relays one connection until both sides are done or ctx ends. An idle
// connection may stay idle: TCP keep-alive finds peers that are gone. As in
// kube-proxy, a connection outlives the readiness of its endpoint.
func (r *relay) serve(ctx context.Context, client *net.TCPConn) {
	defer client.Close()
	server, ok := r.dial(ctx)
	if !ok {
		// A reset says "nobody is here", a close would say "that was all".
		_ = client.SetLinger(0)
		return
	}
	defer server.Close()
	stop := context.AfterFunc(ctx, func() {
		_ = client.Close()
		_ = server.Close()
	})
	defer stop()
	var both sync.WaitGroup
	both.Go(func() { half(server, client) })
	both.Go(func() { half(client, server) })
	both.Wait()
}

// half passes one direction to its end and says so to the receiver, which may
// go on sending.
func half(to, from *net.TCPConn) {
	if _, err := io.Copy(to, from); err != nil {
		// The receiver must not take a broken stream for a whole one.
		_ = to.SetLinger(0)
		_ = to.Close()
		_ = from.Close()
		return
	}
	_ = to.CloseWrite()
}
