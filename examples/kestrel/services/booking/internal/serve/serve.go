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
	mux      *http.ServeMux
	metrics  *metrics
	faults   faults
	stopping atomic.Bool
}

// New reads the settings that all services share: HOST, PORT, LOG_LEVEL,
// PADDOCK_VERSION, PADDOCK_ENVIRONMENT, FAULT_ERROR_RATE and FAULT_LATENCY.
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
	a.mux.Handle("GET /metrics", promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{}))
	a.mux.HandleFunc("GET /healthz/live", func(w http.ResponseWriter, r *http.Request) { a.health(w, true) })
	a.mux.HandleFunc("GET /healthz/ready", func(w http.ResponseWriter, r *http.Request) { a.health(w, !a.stopping.Load()) })
	a.mux.Handle("/", a.endpoint(func(*http.Request) (any, error) {
		return nil, Errorf(http.StatusNotFound, "no such endpoint")
	}))
	return a, nil
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
	listener, err := net.Listen("tcp", a.addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: a, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 90 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	a.Log.Info("serving", "address", listener.Addr().String())
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
	if err := server.Shutdown(stop); err != nil {
		return err
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
