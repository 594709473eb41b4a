// Command fleet knows Kestrel's cars and who has them when.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"kestrelcars.example/fleet/internal/cars"
	"kestrelcars.example/fleet/internal/serve"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, "fleet:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, getenv func(string) string) error {
	app, err := serve.New("fleet", getenv)
	if err != nil {
		return err
	}
	size := 40
	if s := getenv("CARS_PER_CLASS"); s != "" {
		if size, err = strconv.Atoi(s); err != nil || size < 1 || size > 10_000 {
			return fmt.Errorf("CARS_PER_CLASS %q is not a number from 1 to 10000", s)
		}
	}
	cars.NewAPI(cars.NewFleet(size)).Register(app)
	return app.Run(ctx)
}
