// Command booking takes bookings and reserves a car for each at fleet.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"kestrelcars.example/booking/internal/bookings"
	"kestrelcars.example/booking/internal/serve"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, "booking:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, getenv func(string) string) error {
	app, err := serve.New("booking", getenv)
	if err != nil {
		return err
	}
	api, err := bookings.NewAPI(app, getenv)
	if err != nil {
		return err
	}
	api.Register(app)
	return app.Run(ctx)
}
