// Package web is the console's listener: the dashboard, its JSON, and the doors
// of the git host, the registry and the metrics. It knows how to show a status
// and refuses to know where one comes from; it changes nothing.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	v1 "paddock.dev/api/v1"
)

// Config is what the console needs.
type Config struct {
	// Listener on which it answers; Run closes it.
	Listener net.Listener
	// Status and History are asked for every page. Both must be given.
	Status  func(context.Context) (v1.Status, error)
	History func(context.Context) (v1.History, error)
	// Git answers below /git/, Registry below /v2/, Metrics at /metrics; the
	// paths arrive unchanged. What is nil is not found.
	Git, Registry, Metrics http.Handler
	// Interval at which the status is looked at for open pages; 0 is 1 s.
	Interval time.Duration
	// Now is the clock of relative times; nil is time.Now.
	Now    func() time.Time
	Logger *slog.Logger
}

func (c *Config) validate() error {
	switch {
	case c.Listener == nil:
		return errors.New("web: no listener")
	case c.Status == nil || c.History == nil:
		return errors.New("web: no source of status and history")
	case c.Logger == nil:
		return errors.New("web: no logger")
	}
	if c.Interval == 0 {
		c.Interval = time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return nil
}

// Server is the console.
type Server struct {
	cfg     Config
	changes *changes
	http    *http.Server
}

// New makes the console; Run serves it.
func New(cfg Config) (*Server, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, changes: newChanges(cfg)}
	s.http = &http.Server{
		Handler: s.Handler(),
		// No limit on bodies: a push or an image layer may take its time.
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(cfg.Logger.Handler(), slog.LevelDebug),
	}
	return s, nil
}

// Run serves until ctx is done and then lets requests finish for a moment.
func (s *Server) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	// Event streams live as long as their request's context: ending it with ctx
	// is what lets Shutdown finish.
	s.http.BaseContext = func(net.Listener) context.Context { return ctx }

	served := make(chan error, 1)
	go func() { served <- s.http.Serve(s.cfg.Listener) }()
	watched := make(chan struct{})
	go func() { defer close(watched); s.changes.run(ctx) }()

	var err error
	select {
	case <-ctx.Done():
		deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		if s.http.Shutdown(deadline) != nil {
			_ = s.http.Close()
		}
		err = <-served
	case err = <-served:
		stop()
	}
	<-watched
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve the console: %w", err)
}

// Handler answers everything that the listener does.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", s.browser(s.page))
	mux.Handle("GET /fragment", s.browser(s.fragment))
	mux.Handle("GET /events", s.browser(s.events))
	mux.Handle("GET /static/{file}", s.browser(static))
	mux.Handle("GET /api/v1/status", s.browser(s.status))
	mux.Handle("GET /api/v1/history", s.browser(s.history))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") })
	for path, handler := range map[string]http.Handler{"/git/": s.cfg.Git, "/v2/": s.cfg.Registry, "GET /metrics": s.cfg.Metrics} {
		if handler != nil {
			mux.Handle(path, handler)
		}
	}
	return onlyOurHosts(http.NewCrossOriginProtection().Handler(mux))
}
