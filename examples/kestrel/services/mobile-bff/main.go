// Command mobile-bff is what the mobile app talks to: it asks search and booking
// and puts their answers together.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"kestrelcars.example/mobile-bff/internal/bff"
	"kestrelcars.example/mobile-bff/internal/serve"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, "mobile-bff:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, getenv func(string) string) error {
	app, err := serve.New("mobile-bff", getenv)
	if err != nil {
		return err
	}
	api, err := bff.NewAPI(app, getenv)
	if err != nil {
		return err
	}
	api.Register(app)
	return app.Run(ctx)
}
