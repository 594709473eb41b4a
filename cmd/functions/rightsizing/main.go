// Command rightsizing is the function that says what is larger than it need be.
// It wires package rightsizing to AWS.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"paddock.dev/internal/automation"
	"paddock.dev/internal/automation/rightsizing"
)

func main() { lambda.Start(handle) }

func handle(ctx context.Context) (rightsizing.Result, error) {
	scope, err := automation.ScopeFrom(os.Getenv)
	if err != nil {
		return rightsizing.Result{}, err
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return rightsizing.Result{}, err
	}
	f := rightsizing.Function{
		Scope: scope,
		Cloud: &rightsizing.AWS{Environment: scope.Environment, EC2: ec2.NewFromConfig(cfg), CloudWatch: cloudwatch.NewFromConfig(cfg)},
		Log:   slog.New(slog.NewJSONHandler(os.Stdout, nil)).With("environment", scope.Environment),
		Now:   time.Now,
	}
	return f.Run(ctx)
}
