// Package e2e_test runs the real thing: the test binary is also the paddock
// command and the engine, so that `go test` alone builds and starts all of it.
package e2e_test

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/go-logr/logr"
	"github.com/rogpeppe/go-internal/testscript"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"paddock.dev/internal/cli"
	"paddock.dev/internal/cluster/controlplane"
)

func TestMain(m *testing.M) {
	ctrllog.SetLogger(logr.Discard()) // the tests' own clients have nothing to say
	testscript.Main(withCleanup{m}, map[string]func(){
		"paddock":        command(cli.Run),
		"paddock-engine": command(controlplane.Main),
	})
}

// command is what the main package of a command does, and nothing more.
func command(run func(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int) func() {
	return func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
}

// withCleanup stops what the tests of this package share, once they are done.
type withCleanup struct{ m *testing.M }

func (w withCleanup) Run() int {
	defer stopShared()
	return w.m.Run()
}
