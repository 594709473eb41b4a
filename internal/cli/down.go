package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/store"
)

func newDown(a *app) *cobra.Command {
	var wipe, yes bool
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "down",
		Short: "Stop the platform; the next start goes on where it was",
		Example: `  paddock down

  # and forget everything: releases, history, images, pushed commits
  paddock down --wipe`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			name, layout, err := a.locate()
			if err != nil {
				return err
			}
			if wipe && !yes {
				if err := a.confirmWipe(name, layout); err != nil {
					return err
				}
			}
			if err := a.stop(cmd.Context(), name, layout, wait); err != nil || !wipe {
				return err
			}
			return a.wipe(name, layout)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&wipe, "wipe", false, "also remove all its data, once it has stopped")
	f.BoolVar(&yes, "yes", false, "do not ask before removing data")
	f.DurationVar(&wait, "wait", time.Minute, "how long it may take to stop")
	return cmd
}

func (a *app) confirmWipe(name string, layout store.Layout) error {
	if !a.streams.InTerminal {
		return usage("confirm", "Removing all data must be confirmed", "Add --yes")
	}
	fmt.Fprintf(a.streams.Err, "This removes %s: every release, image, pushed commit and the history.\nWrite the platform's name to go on (%s): ", layout.Dir(), name)
	answer, _ := bufio.NewReader(a.streams.In).ReadString('\n')
	if strings.TrimSpace(answer) != name {
		return diag.Problem{Severity: diag.Error, ID: "not-confirmed", Summary: "Nothing was removed"}
	}
	return nil
}

// stop asks the supervisor to end and waits until it has.
func (a *app) stop(ctx context.Context, name string, layout store.Layout, wait time.Duration) error {
	supervisor, err := holder(layout)
	if err != nil {
		return err
	}
	if !supervisor.Alive() {
		fmt.Fprintf(a.streams.Err, "%s does not run.\n", name)
		return nil
	}
	// The handle is taken before the start time is compared again, so the signal
	// cannot reach a stranger who got the number in between.
	process, err := os.FindProcess(supervisor.PID)
	if err != nil {
		return fmt.Errorf("find the supervisor: %w", err)
	}
	defer func() { _ = process.Release() }()
	if supervisor.Alive() {
		if err := process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return diag.Problem{Severity: diag.Error, ID: "not-yours", Summary: fmt.Sprintf("The supervisor of %s cannot be asked to stop", name), Detail: fmt.Sprintf("Process %d: %v.", supervisor.PID, err), Fix: "Run the command as the person who started the platform."}
		}
	}
	if err := a.awaitEnd(ctx, name, supervisor, wait); err != nil {
		return err
	}
	fmt.Fprintf(a.streams.Err, "%s has stopped.\n", name)
	return nil
}

// holder is the supervisor, by its lock, which it signs first, or by its state.
func holder(layout store.Layout) (store.Process, error) {
	h, held, err := layout.Holder()
	if err != nil {
		return store.Process{}, err
	}
	if held && h.PID != 0 {
		return h.Process, nil
	}
	state, _, err := layout.ReadState()
	return state.Process, err
}

func (a *app) awaitEnd(ctx context.Context, name string, p store.Process, wait time.Duration) error {
	began := a.cfg.Now()
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	said := 0
	if a.streams.ErrTerminal {
		defer func() { fmt.Fprint(a.streams.Err, "\r\x1b[K") }()
	} else {
		fmt.Fprintf(a.streams.Err, "Stopping %s (process %d).\n", name, p.PID)
	}
	for p.Alive() {
		if seconds := int(a.cfg.Now().Sub(began) / time.Second); a.streams.ErrTerminal && seconds != said {
			said = seconds
			fmt.Fprintf(a.streams.Err, "\rStopping %s: %d s", name, seconds)
		}
		select {
		case <-ctx.Done():
			if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return ctx.Err()
			}
			return diag.Problem{Severity: diag.Error, ID: "still-running", Summary: fmt.Sprintf("%s still runs after %v", name, wait), Detail: "Killing it is safe: the next start finds and cleans up what is left.", Fix: fmt.Sprintf("End it: kill -9 %d", p.PID)}
		case <-tick.C:
		}
	}
	return nil
}

// wipe removes the data while holding the lock, so that no start comes between.
func (a *app) wipe(name string, layout store.Layout) error {
	lock, err := layout.Acquire(a.cfg.Now())
	if err != nil {
		return fmt.Errorf("the data is in use: %w", err)
	}
	defer func() { _ = lock.Release() }()
	if err := removeAll(layout.Dir()); err != nil {
		return fmt.Errorf("remove %s: %w", layout.Dir(), err)
	}
	fmt.Fprintf(a.streams.Err, "The data of %s is removed.\n", name)
	return nil
}
