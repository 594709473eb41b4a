// Paddock-engine holds the heavy engines of Paddock. It is started and
// supervised by paddock, one process per engine; nobody needs to type it.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"paddock.dev/internal/cluster/controlplane"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return controlplane.Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
}
