// Package controlplane runs the real Kubernetes control plane in one process:
// etcd, API server, controller manager and scheduler, with metrics.k8s.io
// served in place.
//
// It knows how those components are configured, in which order they start and
// stop, and what they leave behind in a process. It refuses to know about pods,
// services, delivery, and who supervises it. It is the only package that
// imports k8s.io/kubernetes: keep it small, everything that imports it takes
// minutes to compile and half a minute to link.
//
// The components keep flags, feature gates and registries in process-wide
// variables, so a process can run one control plane, once.
package controlplane

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync/atomic"
	"time"

	"paddock.dev/internal/cluster/pki"
)

// stopTimeout bounds the whole stop. Nothing is lost when it passes: etcd has
// every acknowledged write on disk.
const stopTimeout = 5 * time.Second

// abandonTimeout is for a stop in the middle of the start: components wait for
// one another then and do not listen.
const abandonTimeout = 500 * time.Millisecond

// The start is bound by CPU, so it runs with Go's usual heap growth. Afterwards
// the control plane is idle nearly all the time and a larger heap would never
// pay: settle later it is told to keep less. GOGC in the environment wins.
const (
	gcPercent = 50
	settle    = 15 * time.Second
)

// Config says where a control plane lives.
type Config struct {
	// Data is the directory of one platform: pki and etcd are below it.
	Data string
	// Run is the directory of unix sockets. Its path must be short.
	Run string
	// Listener is where the API server listens. Run closes it.
	Listener net.Listener
	// Services is the range of cluster addresses of Services.
	Services netip.Prefix
	// Figures is the unix socket of the node agent's figures.
	Figures string
	// Logger is for this package, Components for what Kubernetes itself says.
	Logger, Components *slog.Logger
	// Now reads the clock.
	Now func() time.Time
}

var started atomic.Bool

// Run starts the control plane and blocks until ctx is done or a component
// fails. It then stops everything within five seconds. It returns nil after a
// normal stop. It can be called once in the life of a process.
func Run(ctx context.Context, cfg Config) error {
	if !started.CompareAndSwap(false, true) {
		return errors.New("control plane: a process can start it only once")
	}
	begin := cfg.Now()
	keys, err := pki.Open(filepath.Join(cfg.Data, "pki"))
	if err != nil {
		return fmt.Errorf("control plane: %w", err)
	}
	lock, err := lockData(ctx, filepath.Join(cfg.Data, "etcd"))
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("control plane: %w", err)
	}
	defer lock.Close()

	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var stopping atomic.Bool
	takeKlog(cfg, &stopping, fail)

	db, err := startEtcd(cfg)
	if err != nil {
		return fmt.Errorf("control plane: %w", err)
	}
	defer db.close()
	cfg.Logger.Info("etcd answers", "after", cfg.Now().Sub(begin).Round(time.Millisecond).String())

	err = runAPI(ctx, cfg, keys, db, begin, &stopping)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = errors.Join(cause, err)
	}
	if err != nil {
		return fmt.Errorf("control plane: %w", err)
	}
	return nil
}

// runAPI runs the API server, and inside its lifetime the components that need
// it. The order of the stop matters: were the API server first, every
// controller would log and retry against a closed door.
func runAPI(ctx context.Context, cfg Config, keys *pki.Store, db *database, begin time.Time, stopping *atomic.Bool) error {
	background := context.WithoutCancel(ctx)
	apiContext, stopAPI := context.WithCancel(background)
	defer stopAPI()
	var server server
	built := start("API server", func() (err error) {
		server, err = newAPIServer(apiContext, cfg, keys, db.endpoint)
		return err
	})
	select {
	case <-built.done:
		if built.err != nil {
			return built.err
		}
	case <-ctx.Done(): // building takes seconds and cannot be interrupted
		return nil
	}
	api := start("API server", func() error { return server.Run(apiContext) })

	clientContext, stopClients := context.WithCancel(background)
	defer stopClients()
	healthy := make(chan struct{})
	gate := start("wait for API server", func() error { return waitHealthy(clientContext, cfg, keys, healthy) })
	controllers := start("controller manager", func() error { return runControllerManager(clientContext, cfg, keys, healthy) })
	scheduler := start("scheduler", func() error { return runScheduler(clientContext, cfg, keys, healthy) })

	var result error
	ready := healthy // nil once said
	var settled <-chan time.Time
	for running := true; running; {
		select {
		case <-ready:
			cfg.Logger.Info("control plane is ready", "address", cfg.Listener.Addr().String(),
				"after", cfg.Now().Sub(begin).Round(time.Millisecond).String())
			ready = nil
			settled = time.After(settle)
			continue
		case <-settled:
			if os.Getenv("GOGC") == "" {
				debug.SetGCPercent(gcPercent)
				debug.FreeOSMemory()
			}
			continue
		case <-ctx.Done():
		case err := <-db.failed:
			result = fmt.Errorf("etcd: %w", err)
		case <-api.done:
			result = api.ended()
		case <-controllers.done:
			result = controllers.ended()
		case <-scheduler.done:
			result = scheduler.ended()
		}
		running = false
	}

	stopping.Store(true)
	stop := cfg.Now()
	limit := stopTimeout
	if ready != nil {
		limit = abandonTimeout
	}
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	stopClients()
	ok := waitFor(deadline.C, gate, controllers, scheduler)
	stopAPI()
	if ok = ok && waitFor(deadline.C, api); !ok {
		cfg.Logger.Warn("control plane did not stop in time and is cut off", "timeout", limit.String())
	}
	cfg.Logger.Info("control plane has stopped", "after", cfg.Now().Sub(stop).Round(time.Millisecond).String())
	return result
}

// task is a component that runs in a goroutine of its own.
type task struct {
	name string
	done chan struct{} // closed when run has returned
	err  error         // to be read after done
}

func start(name string, run func() error) *task {
	t := &task{name: name, done: make(chan struct{})}
	go func() {
		defer close(t.done)
		t.err = run()
	}()
	return t
}

// ended is the error of a component that returned although nobody stopped it.
func (t *task) ended() error {
	if t.err == nil {
		return fmt.Errorf("%s ended by itself", t.name)
	}
	return fmt.Errorf("%s: %w", t.name, t.err)
}

// waitFor waits for all tasks and says whether they ended before the deadline.
func waitFor(deadline <-chan time.Time, tasks ...*task) bool {
	for _, t := range tasks {
		select {
		case <-t.done:
		case <-deadline:
			return false
		}
	}
	return true
}
