package expiry

import (
	"context"
	"log/slog"
	"time"
)

// Cloud is what the function asks of AWS.
type Cloud interface {
	Things(ctx context.Context) ([]Thing, error)
}

// Result is the report.
type Result struct {
	Things   int       `json:"things"`
	Findings []Finding `json:"findings"`
}

// Function is the report with all that it needs.
type Function struct {
	Cloud Cloud
	Log   *slog.Logger
	Now   func() time.Time
}

// Run looks and reports. It changes nothing, also in production.
func (f *Function) Run(ctx context.Context) (Result, error) {
	things, err := f.Cloud.Things(ctx)
	if err != nil {
		return Result{}, err
	}
	r := Result{Things: len(things), Findings: Decide(things, f.Now())}
	for _, x := range r.Findings {
		level := slog.LevelWarn
		if x.Severity == Critical {
			level = slog.LevelError
		}
		f.Log.Log(ctx, level, "due", "severity", x.Severity, "kind", x.Kind, "name", x.Name, "reason", x.Reason)
	}
	f.Log.InfoContext(ctx, "report", "things", r.Things, "findings", len(r.Findings))
	return r, nil
}
