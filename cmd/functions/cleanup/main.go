// Command cleanup is the function that marks and deletes what nobody uses. It
// wires package cleanup to AWS.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"paddock.dev/internal/automation"
	"paddock.dev/internal/automation/cleanup"
)

func main() { lambda.Start(handle) }

func handle(ctx context.Context, r cleanup.Request) (cleanup.Result, error) {
	scope, err := automation.ScopeFrom(os.Getenv)
	if err != nil {
		return cleanup.Result{}, err
	}
	days, err := strconv.Atoi(os.Getenv("PADDOCK_GRACE_DAYS"))
	if err != nil || days < 1 {
		return cleanup.Result{}, fmt.Errorf("PADDOCK_GRACE_DAYS is %q, not a number of days", os.Getenv("PADDOCK_GRACE_DAYS"))
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return cleanup.Result{}, err
	}
	f := cleanup.Function{
		Scope: scope, Grace: time.Duration(days) * 24 * time.Hour,
		Cloud: &cleanup.AWS{EC2: ec2.NewFromConfig(cfg)},
		Log:   slog.New(slog.NewJSONHandler(os.Stdout, nil)).With("environment", scope.Environment),
		Now:   time.Now,
	}
	return f.Run(ctx, r)
}
