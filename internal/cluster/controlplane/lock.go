package controlplane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

const (
	lockTimeout  = 15 * time.Second
	lockInterval = 50 * time.Millisecond
)

// lockData takes the directory of the database for this process. A control
// plane that is still stopping has some seconds to let go. The kernel releases
// the lock with the process, whatever its end.
func lockData(ctx context.Context, dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("lock database: %w", err)
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("lock database: %w", err)
	}
	timeout := time.NewTimer(lockTimeout)
	defer timeout.Stop()
	tick := time.NewTicker(lockInterval)
	defer tick.Stop()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			f.Close()
			return nil, fmt.Errorf("lock database %s: %w", dir, err)
		}
		select {
		case <-tick.C:
		case <-timeout.C:
			f.Close()
			return nil, fmt.Errorf("lock database %s: another paddock-engine is using it", dir)
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("lock database %s: %w", dir, ctx.Err())
		}
	}
}
