package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"paddock.dev/internal/cluster/engine"
	"paddock.dev/internal/compile/kubernetes"
	"paddock.dev/internal/diag"
	"paddock.dev/internal/server"
	"paddock.dev/internal/spec"
)

// up runs the platform here, or in a process of its own.
func up(ctx context.Context, o UpOptions, s Streams) error {
	file, err := filepath.Abs(o.File)
	if err != nil {
		return err
	}
	read, problems := spec.LoadFile(file)
	if err := diag.WriteText(s.Err, problems, diag.TextOptions{Color: s.ErrColor}); err != nil {
		return err
	}
	if read == nil {
		return errInput
	}
	if o.Detach {
		return detach(ctx, o, s)
	}
	if idle := idlePaths(read.Idle()); len(idle) > 0 {
		fmt.Fprintf(s.Err, "Checked and drawn, and not acted on here yet: %s.\n", strings.Join(idle, ", "))
	}
	if _, scaled := kubernetes.Local(read.Platform); scaled {
		fmt.Fprintln(s.Err, "Scaled to one machine: at most 2 replicas of a service to begin with, and 6 under load.")
	}
	began := time.Now()
	say := func(text string) { fmt.Fprintf(s.Err, "%6.1fs  %s\n", time.Since(began).Seconds(), safe(text)) }
	return server.Run(ctx, server.Config{
		File: file, Root: o.Data, Gateway: o.Gateway, Console: o.Console, By: o.Person, Wait: o.Wait,
		Engine: engine.Options{OnProgress: engine.Printer(s.Err, s.ErrTerminal)},
		Say:    say,
		Ready:  func(r server.Ready) { printReady(s.Out, r) },
		Now:    time.Now,
	})
}

// detach knows by these beginnings of lines that the answer starts and ends.
const (
	readyLine = "ready in "
	lastLine  = "Ctrl-C stops it "
)

// printReady is the answer of `paddock up`: where everything is.
func printReady(w io.Writer, r server.Ready) {
	if len(r.Waiting) > 0 {
		fmt.Fprintf(w, "\n%s%.1fs, except for\n", readyLine, r.Took.Seconds())
		for _, what := range r.Waiting {
			fmt.Fprintf(w, "  %s\n", safe(what))
		}
		fmt.Fprintln(w)
	} else {
		fmt.Fprintf(w, "\n%s%.1fs (the Kubernetes API after %.1fs)\n\n", readyLine, r.Took.Seconds(), r.APIServer.Seconds())
	}
	fmt.Fprintf(w, "  customers   http://%s\n  dashboard   http://%s\n  git         http://%s/git/SERVICE.git\n  kubectl     export KUBECONFIG=%s\n",
		r.Gateway, r.Console, r.Console, r.Kubeconfig)
	if len(r.Declared) > 0 {
		fmt.Fprintf(w, "\nDeclared only, without source: %s\n", strings.Join(r.Declared, ", "))
	}
	fmt.Fprintf(w, "\n%sin order; `paddock status -w` in another terminal shows it.\n", lastLine)
}

// detach starts the same command in a session of its own and shows what it says
// until everything serves.
func detach(ctx context.Context, o UpOptions, s Streams) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	logs, err := os.CreateTemp("", "paddock-up-*.log")
	if err != nil {
		return err
	}
	defer logs.Close()
	defer os.Remove(logs.Name())
	cmd := exec.Command(self, "up", o.File, "--data", o.Data, "--gateway", o.Gateway, "--console", o.Console, "--isolation", o.Isolation, "--wait", o.Wait.String())
	cmd.Args[0] = os.Args[0]
	cmd.Stdout, cmd.Stderr = logs, logs
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()

	said, err := os.Open(logs.Name())
	if err != nil {
		return err
	}
	defer said.Close()
	lines := bufio.NewReader(said)
	ready := false
	for {
		line, err := lines.ReadString('\n')
		for ; err == nil; line, err = lines.ReadString('\n') {
			ready = ready || strings.HasPrefix(line, readyLine)
			if strings.HasPrefix(line, lastLine) {
				fmt.Fprintln(s.Out, "It runs on in the background; `paddock down` stops it.")
				return nil
			}
			if ready {
				fmt.Fprint(s.Out, line)
			} else {
				fmt.Fprint(s.Err, line)
			}
		}
		select {
		case err := <-done:
			rest, _ := io.ReadAll(lines)
			_, _ = s.Err.Write(append([]byte(line), rest...))
			if err == nil {
				err = fmt.Errorf("the platform stopped")
			}
			return fmt.Errorf("paddock up: %w", err)
		case <-ctx.Done():
			_ = cmd.Process.Signal(syscall.SIGTERM)
			<-done
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
			// Half a line stays in the reader's hands until the rest is there.
			if line != "" {
				lines = bufio.NewReader(io.MultiReader(strings.NewReader(line), said))
			}
		}
	}
}
