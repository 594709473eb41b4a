package offhours

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"paddock.dev/internal/automation"
)

// Cloud is what the function asks of AWS.
type Cloud interface {
	World(ctx context.Context) (World, error)
	Stop(ctx context.Context, ids []string) error
	Start(ctx context.Context, ids []string) error
	Terminate(ctx context.Context, ids []string) error
	// Scale sets a group's size, and remembers the present one on it when asked.
	Scale(ctx context.Context, s Scaling) error
	// States are the state of each machine, and whether its checks are well.
	States(ctx context.Context, ids []string) (map[string]State, error)
}

// State is what EC2 says of a machine.
type State struct {
	Name string // running, stopped, …
	// Well says that the checks of the machine and of its host are passed.
	Well bool
}

// Request is what the clock sends.
type Request struct {
	// Action is start or stop.
	Action string `json:"action"`
	// DryRun only says what would be done; it is the default.
	DryRun *bool `json:"dryRun"`
}

// Result is what the function answers.
type Result struct {
	Steps   int  `json:"steps"`
	Actions int  `json:"actions"`
	Passed  int  `json:"passed"`
	DryRun  bool `json:"dryRun"`
}

// Function is off-hours with all that it needs.
type Function struct {
	Scope automation.Scope
	Waves [][]string
	Cloud Cloud
	Log   *slog.Logger
	// Pause waits between two looks at machines; it ends early with the context.
	Pause func(context.Context, time.Duration) error
}

// patience is how long it waits between two looks.
const patience = 10 * time.Second

// Run does what the request says. Called again after a failure it goes on from
// where things are.
func (f *Function) Run(ctx context.Context, r Request) (Result, error) {
	dry := r.DryRun == nil || *r.DryRun
	result := Result{DryRun: dry}
	if err := f.Scope.MayChange(); err != nil {
		return result, err
	}
	world, err := f.Cloud.World(ctx)
	if err != nil {
		return result, err
	}
	var steps []Step
	switch r.Action {
	case "stop":
		steps = Stop(f.Scope, world, f.Waves)
	case "start":
		steps = Start(f.Scope, world, f.Waves)
	default:
		return result, fmt.Errorf("the action %q is neither start nor stop", r.Action)
	}
	for _, s := range steps {
		for _, p := range s.Passed {
			f.Log.InfoContext(ctx, "passed over", "id", p.ID, "reason", p.Reason)
		}
		result.Passed += len(s.Passed)
		n, err := f.step(ctx, s, dry)
		result.Actions += n
		if err != nil {
			return result, fmt.Errorf("step %q: %w", s.Name, err)
		}
		result.Steps++
	}
	return result, nil
}

// step does one step and waits until it is so.
func (f *Function) step(ctx context.Context, s Step, dry bool) (int, error) {
	var errs []error
	n := 0
	act := func(a automation.Action, do func(context.Context) error) {
		n++
		errs = append(errs, a.Act(ctx, f.Log, dry, do))
	}
	for _, g := range s.Scale {
		act(automation.Action{Verb: "scale", Kind: string(g.Group.Kind), ID: g.Group.Name, Detail: g.Group.Size.String() + " to " + g.To.String(), Reason: s.Name},
			func(ctx context.Context) error { return f.Cloud.Scale(ctx, g) })
	}
	machines := func(verb string, list []Machine, wanted string, do func(context.Context, []string) error) {
		for _, m := range list {
			if m.State == wanted {
				continue
			}
			act(automation.Action{Verb: verb, Kind: "machine", ID: m.ID, Detail: m.Tags[automation.TagStore], Reason: s.Name},
				func(ctx context.Context) error { return do(ctx, []string{m.ID}) })
		}
	}
	machines("terminate", s.Terminate, "terminated", f.Cloud.Terminate)
	machines("stop", s.Stop, "stopped", f.Cloud.Stop)
	machines("start", s.Start, "running", f.Cloud.Start)
	if err := errors.Join(errs...); err != nil || dry {
		return n, err
	}
	if err := f.wait(ctx, s.Stop, func(st State) bool { return st.Name == "stopped" }); err != nil {
		return n, err
	}
	return n, f.wait(ctx, s.Start, func(st State) bool { return st.Name == "running" && st.Well })
}

// wait looks until all machines are as they should be.
func (f *Function) wait(ctx context.Context, list []Machine, so func(State) bool) error {
	if len(list) == 0 {
		return nil
	}
	var ids []string
	for _, m := range list {
		ids = append(ids, m.ID)
	}
	for {
		states, err := f.Cloud.States(ctx, ids)
		if err != nil {
			return err
		}
		var missing []string
		for _, id := range ids {
			if !so(states[id]) {
				missing = append(missing, id)
			}
		}
		if len(missing) == 0 {
			return nil
		}
		if err := f.Pause(ctx, patience); err != nil {
			return fmt.Errorf("still waiting for %v: %w", missing, err)
		}
	}
}
