package engine

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// buildFlags do not contain -trimpath: it would make every package another one
// than that which go build and go test of the same tree have compiled already,
// and ten minutes of compiling would be done twice on every developer's machine.
var buildFlags = []string{"-ldflags=-s -w"}

const (
	reportInterval = 200 * time.Millisecond
	keepBuilds     = 90 * 24 * time.Hour
	// stopBuild is how long go build may take to clean up after an interrupt.
	stopBuild = 5 * time.Second
)

// builder makes the program for one version of the source.
type builder struct {
	source source
	cache  string
	key    string
	report func(Progress)
	begin  time.Time
}

// ensure returns the cached program, or builds it. Of several processes that
// want it at the same time one builds and the others wait.
func (b *builder) ensure(ctx context.Context) (string, error) {
	dir := filepath.Join(b.cache, b.key)
	program := filepath.Join(dir, Program)
	if runnable(program) {
		b.touch(dir)
		return program, nil
	}
	b.begin = time.Now()
	if _, err := exec.LookPath("go"); err != nil {
		return "", &NotFoundError{Tried: []string{"the source tree is " + string(b.source), "but there is no go command to build it with"}}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("build %s: %w", Program, err)
	}
	unlock, err := b.lock(ctx)
	if err != nil {
		return "", fmt.Errorf("build %s: %w", Program, err)
	}
	defer unlock()
	if runnable(program) { // somebody else was faster
		return program, nil
	}
	if err := b.build(ctx, program); err != nil {
		b.say(Progress{Stage: Failed})
		return "", fmt.Errorf("build %s: %w", Program, err)
	}
	b.prune()
	return program, nil
}

// lock takes the right to build in this cache. The kernel gives it back when the
// process ends, whatever its end.
func (b *builder) lock(ctx context.Context) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(b.cache, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	tick := time.NewTicker(reportInterval)
	defer tick.Stop()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
		}
		b.say(Progress{Stage: Waiting})
		select {
		case <-tick.C:
		case <-ctx.Done():
			f.Close()
			b.say(Progress{Stage: Failed})
			return nil, ctx.Err()
		}
	}
}

func (b *builder) say(p Progress) {
	if b.report != nil {
		p.Elapsed = time.Since(b.begin)
		b.report(p)
	}
}

// build compiles and links to a temporary name and renames it, so the program
// is whole whenever it is there.
func (b *builder) build(ctx context.Context, program string) error {
	pkg := module + "/cmd/" + Program
	total, err := b.count(ctx, pkg)
	if err != nil {
		return err
	}

	temporary := fmt.Sprintf("%s.%d", program, os.Getpid())
	defer os.Remove(temporary)
	build := b.goCommand(ctx, append(append([]string{"build", "-v"}, buildFlags...), "-o", temporary, pkg)...)
	if err := b.watch(ctx, build, pkg, total); err != nil {
		return err
	}
	if err := os.Rename(temporary, program); err != nil {
		return err
	}
	b.say(Progress{Stage: Done, Compiled: total, Total: total})
	return nil
}

// count counts the packages that the program is made of. It is where modules are
// downloaded on a new machine, so it can take a while.
func (b *builder) count(ctx context.Context, pkg string) (int, error) {
	list := b.goCommand(ctx, "list", "-deps", pkg)
	var out, complaint bytes.Buffer
	list.Stdout, list.Stderr = &out, &complaint
	if err := list.Start(); err != nil {
		return 0, commandError(ctx, list, err, "")
	}
	ended := make(chan error, 1)
	go func() { ended <- list.Wait() }()
	tick := time.NewTicker(reportInterval)
	defer tick.Stop()
	for {
		b.say(Progress{Stage: Listing})
		select {
		case err := <-ended:
			if err != nil {
				return 0, commandError(ctx, list, err, complaint.String())
			}
			return bytes.Count(out.Bytes(), []byte("\n")), nil
		case <-tick.C:
		}
	}
}

// watch runs go build -v, which names a package when it starts to compile it.
// Packages in Go's cache are not named. Everything else it prints is the error.
func (b *builder) watch(ctx context.Context, build *exec.Cmd, pkg string, total int) error {
	r, w := io.Pipe()
	build.Stdout, build.Stderr = w, w
	if err := build.Start(); err != nil {
		return commandError(ctx, build, err, "")
	}
	ended := make(chan error, 1)
	go func() {
		err := build.Wait()
		w.Close()
		ended <- err
	}()
	lines := make(chan string)
	go func() {
		defer close(lines)
		s := bufio.NewScanner(r)
		for s.Scan() {
			lines <- s.Text()
		}
		_, _ = io.Copy(io.Discard, r) // after a line that is too long
	}()

	p := Progress{Stage: Compiling, Total: total}
	var complaint []string
	tick := time.NewTicker(reportInterval)
	defer tick.Stop()
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				if err := <-ended; err != nil {
					return commandError(ctx, build, err, strings.Join(complaint, "\n"))
				}
				return nil
			}
			switch {
			case line == pkg:
				p.Stage, p.Package = Linking, ""
				p.Compiled++
			case strings.ContainsAny(line, " :#\t"):
				complaint = append(complaint, line)
			default:
				p.Compiled++
				p.Package = line
			}
		case <-tick.C:
			b.say(p)
		}
	}
}

// goCommand is interrupted, not killed, when ctx is done: go build removes its
// temporary files then, and its compilers end with it.
func (b *builder) goCommand(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = string(b.source)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = stopBuild
	return cmd
}

// commandError keeps the command, so that it can be tried by hand, and what it
// said.
func commandError(ctx context.Context, cmd *exec.Cmd, err error, complaint string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	text := strings.TrimSpace(complaint)
	if text != "" {
		text = "\n" + text
	}
	return fmt.Errorf("(cd %s && %s): %w%s", cmd.Dir, strings.Join(cmd.Args, " "), err, text)
}

// touch marks a cached program as used.
func (b *builder) touch(dir string) {
	now := time.Now()
	_ = os.Chtimes(dir, now, now) // a cache that cannot be written still works
}

// prune removes the programs of other versions that nobody started for months.
// One that runs is not harmed until it has to be started again, so the time is
// longer than any platform can be expected to run.
func (b *builder) prune() {
	entries, err := os.ReadDir(b.cache)
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && e.IsDir() && e.Name() != b.key && time.Since(info.ModTime()) > keepBuilds {
			_ = os.RemoveAll(filepath.Join(b.cache, e.Name())) // tried again next time
		}
	}
}
