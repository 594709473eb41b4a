package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// stack is the parts that run, in the order in which they were started. Each has
// a context of its own, so that they end one after the other, the last first:
// nothing is taken away from under a part that still needs it.
type stack struct {
	logger *slog.Logger
	parts  []*part
	// failed gets the first part that ended by itself.
	failed chan error
}

type part struct {
	name   string
	cancel context.CancelFunc
	done   chan struct{}
	err    error
}

func newStack(logger *slog.Logger) *stack {
	return &stack{logger: logger, failed: make(chan error, 1)}
}

// start runs a part until its context is done. A part that returns before that,
// with or without an error, has failed.
func (s *stack) start(name string, run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	p := &part{name: name, cancel: cancel, done: make(chan struct{})}
	s.parts = append(s.parts, p)
	go func() {
		defer close(p.done)
		p.err = run(ctx)
		if ctx.Err() != nil {
			return
		}
		err := p.err
		if err == nil {
			err = errors.New("ended by itself")
		}
		select {
		case s.failed <- fmt.Errorf("%s: %w", name, err):
		default: // an earlier one is the cause
		}
	}()
}

// stop ends the parts in reverse order. A part that does not end within its
// patience is left behind and named in the error, and the next is stopped.
func (s *stack) stop(patience time.Duration) error {
	var errs []error
	for _, p := range slices.Backward(s.parts) {
		began := time.Now()
		p.cancel()
		select {
		case <-p.done:
			s.logger.Debug("part stopped", "part", p.name, "took", time.Since(began))
			if p.err != nil && !errors.Is(p.err, context.Canceled) {
				errs = append(errs, fmt.Errorf("stop %s: %w", p.name, p.err))
			}
		case <-time.After(patience):
			errs = append(errs, fmt.Errorf("stop %s: not done after %s", p.name, patience))
		}
	}
	s.parts = nil
	return errors.Join(errs...)
}
