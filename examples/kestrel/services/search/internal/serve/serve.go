// Package serve is what every Kestrel service does the same way: settings,
// health, metrics, logs, traces, faults on purpose, and stopping in order. Each
// service carries its own copy, so that it builds from its own directory.
package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// drain is how long a stopping service still answers new requests, while its
// readiness says that it wants none.
const drain = time.Second

// App is one service process.
type App struct {
	Name, Version, Environment string
	Log                        *slog.Logger

	addr     string
	figures  string // address of figures and health in the clear; empty without
	identity *identity
	mux      *http.ServeMux
	metrics  *metrics
	faults   faults
	stopping atomic.Bool
}

// New reads the settings that all services share: HOST, PORT, METRICS_PORT,
// LOG_LEVEL, PADDOCK_VERSION, PADDOCK_ENVIRONMENT, FAULT_ERROR_RATE,
// FAULT_LATENCY, and the files of its certificate (see newIdentity).
func New(name string, getenv func(string) string) (*App, error) {
	or := func(key, fallback string) string {
		if v := getenv(key); v != "" {
			return v
		}
		return fallback
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(or("LOG_LEVEL", "info"))); err != nil {
		return nil, fmt.Errorf("LOG_LEVEL: %w", err)
	}
	faults, err := parseFaults(getenv("FAULT_ERROR_RATE"), getenv("FAULT_LATENCY"))
	if err != nil {
		return nil, err
	}
	a := &App{
		Name: name, Version: or("PADDOCK_VERSION", "0.0.0"), Environment: or("PADDOCK_ENVIRONMENT", "local"),
		addr: net.JoinHostPort(getenv("HOST"), or("PORT", "8080")),
		mux:  http.NewServeMux(), metrics: newMetrics(), faults: faults,
	}
	a.Log = newLogger(os.Stdout, level).With("service", name, "version", a.Version, "environment", a.Environment)
	if a.identity, err = newIdentity(getenv, a.Log); err != nil {
		return nil, err
	}
	if port := getenv("METRICS_PORT"); port != "" {
		a.figures = net.JoinHostPort(getenv("HOST"), port)
	}
	a.watch(a.mux)
	a.mux.Handle("/", a.endpoint(func(*http.Request) (any, error) {
		return nil, Errorf(http.StatusNotFound, "no such endpoint")
	}))
	return a, nil
}

// watch adds what those ask who look after the service.
func (a *App) watch(mux *http.ServeMux) {
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz/live", func(w http.ResponseWriter, r *http.Request) { a.health(w, true) })
	mux.HandleFunc("GET /healthz/ready", func(w http.ResponseWriter, r *http.Request) { a.health(w, !a.stopping.Load()) })
}

func (a *App) health(w http.ResponseWriter, ok bool) {
	if !ok {
		a.write(w, http.StatusServiceUnavailable, map[string]string{"status": "stopping"})
		return
	}
	a.write(w, http.StatusOK, map[string]string{"status": "ok"})
}

// Handle adds a business endpoint. Faults on purpose strike here only.
func (a *App) Handle(pattern string, h Endpoint) {
	a.mux.Handle(pattern, a.endpoint(a.faults.wrap(h)))
}

// ServeHTTP answers with traces, metrics and a log line around the endpoint.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	trace := traceOf(r.Header.Get("traceparent"))
	r = r.WithContext(withTrace(r.Context(), trace))
	rec := &recorder{ResponseWriter: w, status: http.StatusOK}
	a.mux.ServeHTTP(rec, r)
	took := time.Since(started)
	a.metrics.served(r.Pattern, rec.status, took)
	level := slog.LevelDebug // probes and scrapes
	if rec.business {
		level = slog.LevelInfo
	}
	a.Log.Log(r.Context(), level, "request", "method", r.Method, "path", r.URL.Path, "status", rec.status, "took_ms", float64(took.Microseconds())/1000)
}

// Run serves until the context ends, then says "not ready", keeps answering for
// a moment, and finishes what is under way.
func (a *App) Run(ctx context.Context) error {
	servers, failed, err := a.listen()
	defer func() {
		for _, s := range servers {
			s.Close()
		}
	}()
	if err != nil {
		return err
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	a.stopping.Store(true)
	a.Log.Info("stopping")
	select {
	case err := <-failed:
		return err
	case <-time.After(drain):
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	for _, s := range servers {
		if err := s.Shutdown(stop); err != nil {
			return err
		}
	}
	for range servers {
		if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
			return err
		}
	}
	return nil
}

// listen starts answering: customers and other services, with TLS where the
// service has a certificate, and those who look after it.
func (a *App) listen() (servers []*http.Server, failed chan error, err error) {
	failed = make(chan error, 2)
	add := func(addr string, handler http.Handler, identity *identity) error {
		listener, err := net.Listen("tcp", addr)
		if err != nil {
			return err
		}
		s := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 90 * time.Second}
		if identity != nil {
			s.TLSConfig = identity.server()
			go func() { failed <- s.ServeTLS(listener, "", "") }()
		} else {
			go func() { failed <- s.Serve(listener) }()
		}
		servers = append(servers, s)
		a.Log.Info("serving", "address", listener.Addr().String(), "tls", identity != nil)
		return nil
	}
	if err := add(a.addr, a, a.identity); err != nil {
		return servers, failed, err
	}
	if a.figures == "" {
		return servers, failed, nil
	}
	mux := http.NewServeMux()
	a.watch(mux)
	return servers, failed, add(a.figures, mux, nil)
}
