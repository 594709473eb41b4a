package cleanup

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"paddock.dev/internal/automation"
)

// Cloud is what the function asks of AWS.
type Cloud interface {
	Things(ctx context.Context) ([]Thing, error)
	Mark(ctx context.Context, t Thing, day string) error
	Unmark(ctx context.Context, t Thing) error
	Delete(ctx context.Context, t Thing) error
}

// Request is what the clock sends.
type Request struct {
	// DryRun only says what would be done; it is the default.
	DryRun *bool `json:"dryRun"`
	// Delete what stayed marked. Without it marks are made, and deletions are
	// only said: a person turns them on.
	Delete bool `json:"delete"`
}

// Result is what the function answers.
type Result struct {
	Kept     int `json:"kept"`
	Marked   int `json:"marked"`
	Unmarked int `json:"unmarked"`
	Deleted  int `json:"deleted"`
	// GiB of volumes and snapshots that were deleted, or would be.
	GiB    int  `json:"gib"`
	DryRun bool `json:"dryRun"`
}

// Function is the clean-up with all that it needs.
type Function struct {
	Scope automation.Scope
	// Grace is how long a resource stays marked before it is deleted.
	Grace time.Duration
	Cloud Cloud
	Log   *slog.Logger
	Now   func() time.Time
}

// Run looks at everything and does what was decided. One that fails does not
// keep the others from their turn.
func (f *Function) Run(ctx context.Context, r Request) (Result, error) {
	result := Result{DryRun: r.DryRun == nil || *r.DryRun}
	if err := f.Scope.MayChange(); err != nil {
		return result, err
	}
	things, err := f.Cloud.Things(ctx)
	if err != nil {
		return result, err
	}
	now := f.Now()
	var errs []error
	for _, d := range Decide(f.Scope, things, now, f.Grace) {
		t := d.Thing
		a := automation.Action{Verb: string(d.Verb), Kind: string(t.Kind), ID: t.ID, Reason: d.Reason}
		var do func(context.Context) error
		dry := result.DryRun
		switch d.Verb {
		case Keep:
			result.Kept++
			f.Log.InfoContext(ctx, "kept", "kind", t.Kind, "id", t.ID, "reason", d.Reason)
			continue
		case Mark:
			result.Marked++
			do = func(ctx context.Context) error { return f.Cloud.Mark(ctx, t, now.UTC().Format(time.DateOnly)) }
		case Unmark:
			result.Unmarked++
			do = func(ctx context.Context) error { return f.Cloud.Unmark(ctx, t) }
		case Delete:
			result.Deleted++
			result.GiB += t.GiB
			dry = dry || !r.Delete
			do = func(ctx context.Context) error { return f.Cloud.Delete(ctx, t) }
		}
		errs = append(errs, a.Act(ctx, f.Log, dry, do))
	}
	return result, errors.Join(errs...)
}
