package delivery

import (
	"context"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/manager"
)

const (
	// heartbeat is how often the process notices that it is awake.
	heartbeat = time.Second
	// asleep is a pause between two heartbeats that no busy machine explains: the
	// process was stopped, or the laptop was suspended, and all pods with it.
	asleep = 30 * time.Second
)

// awake knows since when the process runs without a pause. It is not state: it
// is true of this process only, and begins anew with it.
type awake struct {
	mu          sync.Mutex
	since, last time.Time
}

// look says since when, and takes note that it is awake now.
func (a *awake) look(now time.Time) time.Time {
	// The reading of the monotonic clock goes: it stands still during a sleep.
	now = now.Round(0)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.since.IsZero() || now.Sub(a.last) >= asleep {
		a.since = now
	}
	if now.After(a.last) {
		a.last = now
	}
	return a.since
}

// stayAwake looks at the clock until the manager stops.
func (d *Delivery) stayAwake(mgr manager.Manager) error {
	return mgr.Add(manager.RunnableFunc(func(ctx context.Context) error {
		beat := time.NewTicker(heartbeat)
		defer beat.Stop()
		for {
			d.awake.look(d.opts.Clock.Now())
			select {
			case <-ctx.Done():
				return nil
			case <-beat.C:
			}
		}
	}))
}
