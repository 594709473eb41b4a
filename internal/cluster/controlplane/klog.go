package controlplane

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"

	"k8s.io/klog/v2"
)

// takeKlog sends what Kubernetes logs to our logger, and turns its fatal
// errors, which would end the process at once, into an ordered stop.
//
// A component that is stopped complains about every other one that is gone:
// from the moment stopping is set nothing is logged any more.
func takeKlog(cfg Config, stopping *atomic.Bool, fail func(error)) {
	klog.SetSlogLogger(slog.New(quiet{cfg.Components.Handler(), stopping}))
	klog.OsExit = func(code int) {
		fail(fmt.Errorf("a component gave up (exit code %d), its reason is in the log", code))
		select {} // the caller counts on not coming back
	}
}

// harmless begins messages that are logged as errors in normal operation. Who
// reads the log because something is wrong must not stumble over them.
var harmless = []string{
	// The watch of the authority files, at every start.
	"The manifest file is empty, ignoring.",
	// The default Service, at every start with the endpoint reconciler off.
	"Found stale data, removed previous endpoints on kubernetes service",
	// A pod without a sample yet. The autoscaler says so in its conditions.
	"failed to compute desired number of replicas",
}

// quiet drops harmless messages, and all of them while stopping.
type quiet struct {
	slog.Handler
	stopping *atomic.Bool
}

// Handle implements slog.Handler.
func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	if q.stopping.Load() {
		return nil
	}
	text := r.Message
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "err" {
			text = a.Value.String()
		}
		return a.Key != "err"
	})
	for _, h := range harmless {
		if strings.HasPrefix(r.Message, h) || strings.HasPrefix(text, h) {
			return nil
		}
	}
	return q.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (q quiet) WithAttrs(a []slog.Attr) slog.Handler {
	return quiet{q.Handler.WithAttrs(a), q.stopping}
}

// WithGroup implements slog.Handler.
func (q quiet) WithGroup(name string) slog.Handler {
	return quiet{q.Handler.WithGroup(name), q.stopping}
}
