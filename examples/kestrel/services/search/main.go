// Command search says which cars Kestrel offers where, when and for how much.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"kestrelcars.example/search/internal/catalogue"
	"kestrelcars.example/search/internal/serve"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, "search:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, getenv func(string) string) error {
	app, err := serve.New("search", getenv)
	if err != nil {
		return err
	}
	api, err := catalogue.NewAPI(getenv)
	if err != nil {
		return err
	}
	api.Register(app)
	return app.Run(ctx)
}
