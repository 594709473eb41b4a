// Command off-hours is the function that stops an environment outside its hours
// and starts it before them. It wires package offhours to AWS.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/eks"

	"paddock.dev/internal/automation"
	"paddock.dev/internal/automation/offhours"
)

func main() { lambda.Start(handle) }

func handle(ctx context.Context, r offhours.Request) (offhours.Result, error) {
	scope, err := automation.ScopeFrom(os.Getenv)
	if err != nil {
		return offhours.Result{}, err
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return offhours.Result{}, err
	}
	f := offhours.Function{
		Scope: scope,
		Waves: offhours.ParseWaves(os.Getenv("PADDOCK_ORDER")),
		Cloud: &offhours.AWS{Environment: scope.Environment, EC2: ec2.NewFromConfig(cfg), EKS: eks.NewFromConfig(cfg), AutoScaling: autoscaling.NewFromConfig(cfg)},
		Log:   slog.New(slog.NewJSONHandler(os.Stdout, nil)).With("environment", scope.Environment, "action", r.Action),
		Pause: pause,
	}
	return f.Run(ctx, r)
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
