package kube

import (
	"context"
	"fmt"
	"time"
)

// Wait asks until the answer is yes, at most every interval. The state is one
// phrase on what is missing; when ctx ends first, the error says it, so that a
// timeout reads "wait for the gateway: 2 of 4 routes are programmed".
func Wait(ctx context.Context, what string, interval time.Duration, ask func(context.Context) (done bool, state string, err error)) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	state := "nothing was seen yet"
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %s: %w", what, state, context.Cause(ctx))
		case <-timer.C:
		}
		done, now, err := ask(ctx)
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("wait for %s: %w", what, err)
		}
		if done && err == nil {
			return nil
		}
		if now != "" {
			state = now
		}
		timer.Reset(interval)
	}
}
