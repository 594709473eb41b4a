// Command restore-check is the function that judges what restore tests bring
// back. It wires package restorecheck to AWS.
package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"paddock.dev/internal/automation"
	"paddock.dev/internal/automation/restorecheck"
)

func main() { lambda.Start(handle) }

func handle(ctx context.Context, e restorecheck.Event) (restorecheck.Result, error) {
	scope, err := automation.ScopeFrom(os.Getenv)
	if err != nil {
		return restorecheck.Result{}, err
	}
	key, plans := os.Getenv("PADDOCK_KEY"), os.Getenv("PADDOCK_RESTORE_PLANS")
	if key == "" || plans == "" {
		return restorecheck.Result{}, errors.New("PADDOCK_KEY and PADDOCK_RESTORE_PLANS are not set: nobody says what must hold")
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return restorecheck.Result{}, err
	}
	f := restorecheck.Function{
		Cloud:       &restorecheck.AWS{Backup: backup.NewFromConfig(cfg), EC2: ec2.NewFromConfig(cfg), RDS: rds.NewFromConfig(cfg), S3: s3.NewFromConfig(cfg)},
		Environment: scope.Environment, Plans: plans, Key: key,
		Log:   slog.New(slog.NewJSONHandler(os.Stdout, nil)).With("environment", scope.Environment),
		Pause: pause,
	}
	return f.Run(ctx, e)
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
