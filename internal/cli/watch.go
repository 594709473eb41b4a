package cli

import (
	"context"
	"time"

	"paddock.dev/internal/diag"
)

// every is how often a watching command looks.
const every = time.Second

// repeat calls look at once and then again and again until ctx is done, which
// is the normal end of a command that watches.
func repeat(ctx context.Context, look func(context.Context) error) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := look(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// What a command that watches says when a look fails, and when one succeeds
// again.
const (
	noAnswer    = "The platform's API does not answer; waiting for it."
	answerAgain = "The platform's API answers again."
)

// patience lets a command that watches outlive an API that does not answer for
// a while: the supervisor restarts the engine.
type patience struct {
	// alive reports whether the supervisor still runs.
	alive func() bool
	// say is told once when it begins to wait, and once when it has not to any
	// more.
	say     func(string)
	waiting bool
}

// failed is told that a look came to nothing. Its answer is nil while waiting
// makes sense.
func (p *patience) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	if !p.alive() {
		return diag.Problem{Severity: diag.Error, ID: "stopped", Summary: "The platform has stopped", Detail: err.Error() + ".", Fix: "Start it again: paddock up"}
	}
	if !p.waiting {
		p.waiting = true
		p.say(noAnswer)
	}
	return nil
}

// answered is told that a look succeeded.
func (p *patience) answered() {
	if p.waiting {
		p.waiting = false
		p.say(answerAgain)
	}
}
