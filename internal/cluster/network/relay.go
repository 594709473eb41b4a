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
	// flows notes what is relayed, in the name of service.
	flows   *FlowLog
	service string
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
		r.flows.Refused(r.service, client)
		// A reset says "nobody is here", a close would say "that was all".
		_ = client.SetLinger(0)
		return
	}
	defer server.Close()
	flow := r.flows.Open(r.service, addrPort(client.RemoteAddr()), server)
	stop := context.AfterFunc(ctx, func() {
		flow.sample()
		_ = client.Close()
		_ = server.Close()
	})
	defer stop()
	var both sync.WaitGroup
	var sent, received int64
	both.Go(func() { sent = half(server, client, flow) })
	both.Go(func() { received = half(client, server, flow) })
	both.Wait()
	flow.End(sent, received)
}

// half passes one direction to its end and says so to the receiver, which may
// go on sending. It returns how many bytes that were.
func half(to, from *net.TCPConn, flow *Flow) int64 {
	n, err := io.Copy(to, from)
	if err != nil {
		flow.sample()
		// The receiver must not take a broken stream for a whole one.
		_ = to.SetLinger(0)
		_ = to.Close()
		_ = from.Close()
		return n
	}
	_ = to.CloseWrite()
	return n
}
