package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	readyTimeout  = 60 * time.Second
	readyInterval = 50 * time.Millisecond
	// hopeless is how many children in a row may die before the first one has
	// served: waiting longer would only repeat the same failure.
	hopeless = 4
	// tailLines of the log go into the error.
	tailLines = 20
)

// Missing is the answer of an engine that runs but is not ready: the names of
// the checks that do not pass yet.
type Missing []string

// Error lists the checks.
func (m Missing) Error() string { return "waiting for " + strings.Join(m, ", ") }

// NotReadyError says why an engine did not become ready.
type NotReadyError struct {
	Name string
	// After is how long Ready waited.
	After time.Duration
	// Reason is what the last probe said, or how the children died.
	Reason error
	// LogFile is the engine's log and Tail its last lines.
	LogFile string
	Tail    string
}

// Error is a sentence followed by the tail of the log.
func (e *NotReadyError) Error() string {
	text := fmt.Sprintf("engine %s is not ready after %s: %v", e.Name, e.After.Round(100*time.Millisecond), e.Reason)
	if e.Tail != "" {
		text += fmt.Sprintf("\nlast lines of %s:\n%s", e.LogFile, e.Tail)
	}
	return text
}

// Unwrap is the reason.
func (e *NotReadyError) Unwrap() error { return e.Reason }

// Ready waits until the engine serves, for 60 seconds at most, or less if its
// children die one after another. The error is a *NotReadyError, or that of ctx.
func (e *Engine) Ready(ctx context.Context) error {
	begin := time.Now()
	limited, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	tick := time.NewTicker(readyInterval)
	defer tick.Stop()
	reason := errors.New("it was not started")
	for {
		if e.Pid() != 0 {
			err := e.cfg.Probe(limited)
			if err == nil {
				e.mu.Lock()
				e.ready = true
				e.mu.Unlock()
				return nil
			}
			// A probe that was cut off knows less than the one before it.
			if limited.Err() == nil {
				reason = err
			}
		}
		e.mu.Lock()
		dead := !e.ready && e.exits >= hopeless
		if e.pid == 0 && e.last != nil || dead {
			reason = fmt.Errorf("it died %d times, the last time: %w", e.exits, e.last)
		}
		e.mu.Unlock()
		if !dead {
			select {
			case <-tick.C:
				continue
			case <-limited.Done():
			}
		}
		if ctx.Err() != nil {
			return fmt.Errorf("wait for engine %s: %w", e.cfg.Name, ctx.Err())
		}
		return &NotReadyError{
			Name:    e.cfg.Name,
			After:   time.Since(begin),
			Reason:  reason,
			LogFile: e.cfg.LogFile,
			Tail:    tail(e.cfg.LogFile, tailLines),
		}
	}
}
