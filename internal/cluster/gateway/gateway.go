package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"

	"paddock.dev/internal/cluster/gateway/accesslog"
	"paddock.dev/internal/cluster/gateway/figures"
)

const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 75 * time.Second
	maxHeader     = 64 << 10
	// drainTime is what requests in flight get when the gateway stops.
	drainTime = 5 * time.Second
)

// Config of a gateway. Listener is required, and owned by the gateway once New
// returned it.
type Config struct {
	// Listener for the requests of customers.
	Listener net.Listener
	// Local turns an endpoint's address into the one that reaches it from this
	// host; nil means that they are the same.
	Local func(netip.Addr) netip.Addr
	// AccessLog gets one line for each request, nil for none.
	AccessLog io.Writer
	// Watch sees each new connection to an endpoint; what it returns is used in
	// its place. Nil sees nothing.
	Watch  func(net.Conn) net.Conn
	Logger *slog.Logger
	// Now is the clock of figures and logs, time.Now when nil.
	Now func() time.Time
}

// Figures is what a backend answered in a span of time.
type Figures = figures.Figures

// Gateway is the data plane and its controller.
type Gateway struct {
	cfg     Config
	log     *slog.Logger
	now     func() time.Time
	live    atomic.Pointer[live]
	book    figures.Book
	metrics *metrics
	lines   *accesslog.Writer // nil for none

	applying  sync.Mutex // one table after the other
	endpoints map[netip.AddrPort]*endpoint
	targets   map[routingKey]*meter

	services sync.Map // types.NamespacedName -> *entrance
	front    *entrance

	// closing ends upgraded connections and mirrored requests, which no server
	// waits for; both are counted in detached.
	closing   context.Context
	close     context.CancelFunc
	detaching sync.Mutex
	detached  sync.WaitGroup
	mirrors   chan struct{}

	bodyTimeout time.Duration // for a small request body; tests shorten it

	reports reports
}

// New makes a gateway that answers 503 until its first table is there.
func New(cfg Config) (*Gateway, error) {
	if cfg.Listener == nil {
		return nil, errors.New("gateway: no listener")
	}
	if cfg.Local == nil {
		cfg.Local = func(a netip.Addr) netip.Addr { return a }
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	g := &Gateway{
		cfg: cfg, log: cfg.Logger.With("component", "gateway"), now: cfg.Now,
		endpoints: map[netip.AddrPort]*endpoint{},
		targets:   map[routingKey]*meter{},
		mirrors:   make(chan struct{}, 64),

		bodyTimeout: headerTimeout,
	}
	g.front = &entrance{g: g, balancer: "app/paddock/gateway"}
	g.closing, g.close = context.WithCancel(context.Background())
	g.reports.dirty = make(chan struct{}, 1)
	if cfg.AccessLog != nil {
		g.lines = accesslog.NewWriter(cfg.AccessLog)
	}
	g.metrics = newMetrics(g.lines)
	return g, nil
}

// Addr is where the gateway listens.
func (g *Gateway) Addr() net.Addr { return g.cfg.Listener.Addr() }

// Figures of a backend Service since a moment, at most an hour ago. The
// resolution is a second: the whole second of since counts.
func (g *Gateway) Figures(namespace, backendService string, since time.Time) Figures {
	return g.book.Since(figures.Key{Namespace: namespace, Service: backendService}, since)
}

// Collector exposes the gateway's Prometheus metrics.
func (g *Gateway) Collector() prometheus.Collector { return g.metrics }

// ServiceHandler serves the requests that come to a Service's own address, by
// the HTTPRoutes whose parent it is; false means that there are none. The
// handler stays valid: it looks at the table of each request's moment.
func (g *Gateway) ServiceHandler(namespace, service string) (http.Handler, bool) {
	name := types.NamespacedName{Namespace: namespace, Name: service}
	l := g.live.Load()
	if l == nil || !l.table.HasService(name) {
		return nil, false
	}
	if h, ok := g.services.Load(name); ok {
		return h.(*entrance), true
	}
	h, _ := g.services.LoadOrStore(name, &entrance{g: g, service: &name, balancer: "app/" + namespace + "-" + service + "/mesh"})
	return h.(*entrance), true
}

// ServeHTTP answers as the listener does.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) { g.front.ServeHTTP(w, r) }

// Run serves until ctx is done; then it takes no new connections, gives the
// requests in flight five seconds, and returns.
func (g *Gateway) Run(ctx context.Context) error {
	server := &http.Server{
		Handler:           g.front,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(g.log.Handler(), slog.LevelDebug),
		ConnContext:       connTrace,
	}
	var owned sync.WaitGroup
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	owned.Go(func() { g.sweep(background) })
	if g.lines != nil {
		owned.Go(func() { g.lines.Run(background) })
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(g.cfg.Listener) }()

	var err error
	select {
	case err = <-served:
		err = fmt.Errorf("gateway: serve: %w", err)
	case <-ctx.Done():
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
		if server.Shutdown(drain) != nil {
			_ = server.Close()
		}
		cancel()
		<-served
	}
	g.detaching.Lock()
	g.close()
	g.detaching.Unlock()
	g.detached.Wait()
	g.applying.Lock()
	for _, e := range g.endpoints {
		e.pool.Close()
	}
	g.applying.Unlock()
	stop()
	owned.Wait()
	return err
}

// detach counts work that no server waits for, unless the gateway is closing.
func (g *Gateway) detach() bool {
	g.detaching.Lock()
	defer g.detaching.Unlock()
	if g.closing.Err() != nil {
		return false
	}
	g.detached.Add(1)
	return true
}

// sweep closes connections that were idle for too long and forgets figures
// that nobody can ask for any more.
func (g *Gateway) sweep(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := time.Now()
		g.applying.Lock()
		pools := make([]*endpoint, 0, len(g.endpoints))
		for _, e := range g.endpoints {
			pools = append(pools, e)
		}
		g.applying.Unlock()
		for _, e := range pools {
			e.pool.Sweep(now)
		}
		if n%60 == 59 {
			g.forget(g.now())
		}
	}
}

type connKey struct{}

// connTrace gives each connection the ID that the access log names it by.
func connTrace(ctx context.Context, _ net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, "TID_"+string(randomHex(nil, 16)))
}
