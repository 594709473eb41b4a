// Command expiry is the function that says which certificates end soon, and
// which keys and secrets are too old. It wires package expiry to AWS.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"paddock.dev/internal/automation"
	"paddock.dev/internal/automation/expiry"
)

func main() { lambda.Start(handle) }

func handle(ctx context.Context) (expiry.Result, error) {
	scope, err := automation.ScopeFrom(os.Getenv)
	if err != nil {
		return expiry.Result{}, err
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return expiry.Result{}, err
	}
	f := expiry.Function{
		Cloud: &expiry.AWS{ACM: acm.NewFromConfig(cfg), IAM: iam.NewFromConfig(cfg), Secrets: secretsmanager.NewFromConfig(cfg)},
		Log:   slog.New(slog.NewJSONHandler(os.Stdout, nil)).With("environment", scope.Environment),
		Now:   time.Now,
	}
	return f.Run(ctx)
}
