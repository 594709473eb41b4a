package network

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// vip listens on one port of one Service's address.
type vip struct {
	service  types.NamespacedName
	http     bool // whether routes may take over; false for ports of other protocols
	listener net.Listener
	relay    relay
	lookup   func(types.NamespacedName) (http.Handler, bool)
	log      *slog.Logger

	server *http.Server
	conns  handedOver
	ctx    context.Context // ends the relayed connections
	cancel context.CancelFunc
	owned  sync.WaitGroup
}

func listen(parent context.Context, at netip.AddrPort, service types.NamespacedName, httpPort bool, lookup func(types.NamespacedName) (http.Handler, bool), flows *FlowLog, log *slog.Logger) (*vip, error) {
	l, err := net.Listen("tcp", at.String())
	if err != nil {
		return nil, err
	}
	v := &vip{service: service, http: httpPort, listener: l, lookup: lookup, log: log}
	v.relay.flows, v.relay.service = flows, service.String()
	v.ctx, v.cancel = context.WithCancel(parent)
	v.conns = handedOver{queue: make(chan net.Conn), closed: make(chan struct{}), addr: l.Addr()}
	v.server = &http.Server{
		Handler:           http.HandlerFunc(v.route),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       75 * time.Second,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	v.owned.Go(v.accept)
	v.owned.Go(func() { _ = v.server.Serve(&v.conns) })
	return v, nil
}

// accept decides for each connection whether it is HTTP that routes share out,
// or bytes.
func (v *vip) accept() {
	for {
		c, err := v.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// Out of file descriptors, most likely: leave some time to close some.
			v.log.Warn("service connection not accepted", "service", v.service.String(), "err", err)
			select {
			case <-v.ctx.Done():
				return
			case <-time.After(50 * time.Millisecond):
			}
			continue
		}
		if v.http && v.lookup != nil {
			if _, ok := v.lookup(v.service); ok {
				v.conns.push(c)
				continue
			}
		}
		v.owned.Go(func() { v.relay.serve(v.ctx, c.(*net.TCPConn)) })
	}
}

// route serves one request with the routes of its moment.
func (v *vip) route(w http.ResponseWriter, r *http.Request) {
	if h, ok := v.lookup(v.service); ok {
		h.ServeHTTP(w, r)
		return
	}
	// The last route went away under an open connection; the next one will be
	// relayed.
	w.Header().Set("Connection", "close")
	http.Error(w, "paddock: "+v.service.String()+" has no route any more; connect again", http.StatusServiceUnavailable)
}

// close stops listening, lets what is under way finish until ctx is done, and
// returns when nothing is left.
func (v *vip) close(ctx context.Context) {
	_ = v.listener.Close()
	stop := context.AfterFunc(ctx, v.cancel)
	defer stop()
	if v.server.Shutdown(ctx) != nil {
		_ = v.server.Close()
	}
	v.owned.Wait()
	v.cancel()
}

// handedOver is a listener of connections that another listener accepted.
type handedOver struct {
	queue  chan net.Conn
	once   sync.Once
	closed chan struct{}
	addr   net.Addr
}

func (h *handedOver) push(c net.Conn) {
	select {
	case h.queue <- c:
	case <-h.closed:
		_ = c.Close()
	}
}

// Accept implements net.Listener.
func (h *handedOver) Accept() (net.Conn, error) {
	select {
	case c := <-h.queue:
		return c, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (h *handedOver) Close() error {
	h.once.Do(func() { close(h.closed) })
	return nil
}

// Addr implements net.Listener.
func (h *handedOver) Addr() net.Addr { return h.addr }
