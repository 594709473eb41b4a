package restorecheck

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// Event is what EventBridge says about a restore: that its state changed
// ("Monitoring AWS Backup events using Amazon EventBridge"). Only the id is
// believed; all else is asked for.
type Event struct {
	Detail struct {
		Job string `json:"restoreJobId"`
	} `json:"detail"`
}

// Cloud is what the function asks of AWS.
type Cloud interface {
	Job(ctx context.Context, id string) (Job, error)
	// Look at what was restored.
	Look(ctx context.Context, j Job) (Thing, error)
	// SourceBytes is how large the source is now, 0 when it is gone.
	SourceBytes(ctx context.Context, j Job) (int64, error)
	// Report tells AWS Backup.
	Report(ctx context.Context, job string, v Verdict) error
}

// Result is the answer to an event.
type Result struct {
	Job    string  `json:"job"`
	Status string  `json:"status"`
	Checks []Check `json:"checks,omitempty"`
	// Skipped says why nothing was judged.
	Skipped string `json:"skipped,omitempty"`
}

// Function is the check with all that it needs.
type Function struct {
	Cloud Cloud
	// Environment whose restore tests are judged, and the beginning of their
	// plans' names.
	Environment, Plans string
	// Key is the ARN of the key that encrypts what is restored.
	Key   string
	Log   *slog.Logger
	Pause func(context.Context, time.Duration) error
}

// What is on its way is looked at again: a machine answers its status checks
// after some minutes. Twenty looks fit into what a function may last.
const (
	looks = 20
	apart = 30 * time.Second
)

// Run judges one restore. An error means that it could not be judged yet: the
// call is repeated, and in the end an alarm tells people. It is not reported as
// a copy that is bad.
func (f *Function) Run(ctx context.Context, e Event) (Result, error) {
	if e.Detail.Job == "" {
		return Result{}, errors.New("the event names no restore")
	}
	j, err := f.Cloud.Job(ctx, e.Detail.Job)
	if err != nil {
		return Result{}, err
	}
	r := Result{Job: j.ID}
	switch {
	case j.Status != "COMPLETED":
		r.Skipped = "it is " + j.Status
	case j.Plan == "":
		r.Skipped = "somebody restored by hand"
	case !strings.HasPrefix(j.Plan, f.Plans):
		r.Skipped = "it is of the plan " + j.Plan + ", another environment's"
	}
	if r.Skipped != "" {
		f.Log.InfoContext(ctx, "skipped", "job", j.ID, "reason", r.Skipped)
		return r, nil
	}
	t, err := f.settled(ctx, j)
	if err != nil {
		return r, err
	}
	source, err := f.Cloud.SourceBytes(ctx, j)
	if err != nil {
		return r, err
	}
	r.Checks = Decide(j, t, Want{Environment: f.Environment, Key: f.Key, SourceBytes: source})
	v := Judge(r.Checks)
	r.Status = status(v)
	if err := f.Cloud.Report(ctx, j.ID, v); err != nil {
		return r, err
	}
	level := slog.LevelInfo
	if !v.Fine {
		level = slog.LevelError
	}
	// The alarm counts these lines by their message and status.
	f.Log.Log(ctx, level, "validated", "status", r.Status, "job", j.ID, "kind", j.Kind, "source", j.Source, "restored", j.Restored, "detail", v.Message)
	return r, nil
}

// settled looks until nothing is on its way any more.
func (f *Function) settled(ctx context.Context, j Job) (Thing, error) {
	for i := 1; ; i++ {
		t, err := f.Cloud.Look(ctx, j)
		if err != nil || !t.Pending || i == looks {
			return t, err
		}
		if err := f.Pause(ctx, apart); err != nil {
			return t, fmt.Errorf("%s is still %s: %w", j.Restored, t.State, err)
		}
	}
}

func status(v Verdict) string {
	if v.Fine {
		return "SUCCESSFUL"
	}
	return "FAILED"
}
