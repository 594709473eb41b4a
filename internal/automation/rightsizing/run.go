package rightsizing

import (
	"context"
	"log/slog"
	"time"

	"paddock.dev/internal/automation"
)

// Cloud is what the function asks of AWS.
type Cloud interface {
	// Machines of the environment, with what they did since a time.
	Machines(ctx context.Context, since, until time.Time) ([]Machine, error)
	Volumes(ctx context.Context) ([]Volume, error)
}

// Result is the report.
type Result struct {
	Machines int      `json:"machines"`
	Volumes  int      `json:"volumes"`
	Advice   []Advice `json:"advice"`
}

// Function is the report with all that it needs.
type Function struct {
	Scope automation.Scope
	Cloud Cloud
	Log   *slog.Logger
	Now   func() time.Time
}

// span is how far back it looks.
const span = 14 * 24 * time.Hour

// Run looks and reports. It changes nothing, also in production.
func (f *Function) Run(ctx context.Context) (Result, error) {
	until := f.Now().Truncate(time.Hour)
	machines, err := f.Cloud.Machines(ctx, until.Add(-span), until)
	if err != nil {
		return Result{}, err
	}
	volumes, err := f.Cloud.Volumes(ctx)
	if err != nil {
		return Result{}, err
	}
	r := Result{Machines: len(machines), Volumes: len(volumes), Advice: Decide(f.Scope, machines, volumes)}
	for _, a := range r.Advice {
		f.Log.InfoContext(ctx, "advice", "kind", a.Kind, "id", a.ID, "store", a.Store, "from", a.From, "to", a.To, "reason", a.Reason)
	}
	f.Log.InfoContext(ctx, "report", "machines", r.Machines, "volumes", r.Volumes, "advice", len(r.Advice))
	return r, nil
}
