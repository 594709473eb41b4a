package build

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"paddock.dev/internal/proc"
)

// recipe counts the ways in which a tree was ever turned into a layer. Raise it
// when anything below changes what comes out.
const recipe = "1"

// golang is the Go compiler of this machine.
type golang struct {
	command, version string
	env              []string
	processes        *proc.Keeper
}

// findGo asks the go command where it keeps things, as the person who runs
// paddock has set it up, once; builds see nothing else of that setup.
func findGo(ctx context.Context, cfg Config, home string) (golang, error) {
	command := cfg.Go
	if command == "" {
		var err error
		if command, err = exec.LookPath("go"); err != nil {
			return golang{}, errors.New("no go command found in PATH; install Go from https://go.dev/dl and start again")
		}
	}
	ask := exec.CommandContext(ctx, command, "env", "-json", "GOVERSION", "GOROOT", "GOCACHE", "GOMODCACHE", "GOPROXY")
	ask.Dir = home // not in a module that asks for another toolchain
	ask.Env = append(os.Environ(), "GOTOOLCHAIN=local", "GOWORK=off")
	out, err := ask.Output()
	if err != nil {
		return golang{}, fmt.Errorf("%s env: %w", command, err)
	}
	var setup struct{ GOVERSION, GOROOT, GOCACHE, GOMODCACHE, GOPROXY string }
	if err := json.Unmarshal(out, &setup); err != nil {
		return golang{}, fmt.Errorf("%s env: %w", command, err)
	}
	if cfg.GoCache != "" {
		setup.GOCACHE = cfg.GoCache
	}
	if cfg.GoModCache != "" {
		setup.GOMODCACHE = cfg.GoModCache
	}
	// The toolchain itself, not a wrapper that may pick another one.
	if own := filepath.Join(setup.GOROOT, "bin", "go"); isFile(own) {
		command = own
	}
	return golang{
		command: command, version: setup.GOVERSION,
		env: []string{
			"PATH=" + filepath.Dir(command) + ":/usr/local/bin:/usr/bin:/bin",
			// A home of its own: no netrc, no ssh keys, no settings of git.
			"HOME=" + home,
			"GOCACHE=" + setup.GOCACHE,
			"GOMODCACHE=" + setup.GOMODCACHE,
			"GOPROXY=" + setup.GOPROXY,
			// What would make two machines differ. Go never changes go.mod by
			// itself; saying -mod=readonly on top only makes its messages worse
			// and a vendor directory useless.
			"GOENV=off", "GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local",
			"CGO_ENABLED=0", "GOOS=linux", "GOARCH=" + runtime.GOARCH,
		},
	}, nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// key names what comes out: the same key, the same bytes. Tests are part of it,
// because a tree whose tests failed must not be found.
func (g golang) key(r Request, tree string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "recipe %s\ngo %s\narch %s\nservice %s\npackage %s\ntree %s\ntest %t\n",
		recipe, g.version, runtime.GOARCH, r.Service, target(r), tree, r.Test))
	return hex.EncodeToString(sum[:])
}

// target is the package to compile.
func target(r Request) string {
	if r.Package == "" {
		return "."
	}
	return r.Package
}

// plainPackage is a path below the module, never an option or another module.
var plainPackage = regexp.MustCompile(`^\.(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$`)

// output is where the program goes, beside the tree.
const output = "program"

func (g golang) build(ctx context.Context, src, tmp string, r Request) error {
	pkg := target(r)
	if !plainPackage.MatchString(pkg) {
		return &Failure{Step: "source", Summary: fmt.Sprintf("package %q is not a path such as ./cmd/server", pkg)}
	}
	args := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", "../" + output, pkg}
	if err := g.run(ctx, "compile", src, tmp, r.Log, args); err != nil {
		return err
	}
	// For a package that is not a command, go writes a library or nothing.
	head := make([]byte, 4)
	f, err := os.Open(filepath.Join(src, "..", output))
	if err == nil {
		_, err = io.ReadFull(f, head)
		f.Close()
	}
	if err != nil || string(head) != "\x7fELF" {
		return &Failure{Step: "compile", Summary: "package " + pkg + " is not a command: it needs package main. Name the right one as source.package"}
	}
	return nil
}

// test compiles as build does, so that the two share what they compiled.
func (g golang) test(ctx context.Context, src, tmp string, r Request) error {
	return g.run(ctx, "test", src, tmp, r.Log, []string{"test", "-trimpath", "./..."})
}

// run is one go command in the tree. What it says goes into the log and, if it
// fails, into the Failure.
func (g golang) run(ctx context.Context, step, src, tmp string, log io.Writer, args []string) error {
	fmt.Fprintf(log, "go %s\n", strings.Join(args, " "))
	log = without{log, src + "/"}
	var said tail
	cmd := exec.Command(g.command, args...)
	cmd.Dir = src
	cmd.Env = append(append([]string{}, g.env...), "TMPDIR="+tmp, "PWD="+src)
	cmd.Stdout = io.MultiWriter(log, without{&said, src + "/"})
	cmd.Stderr = cmd.Stdout
	cmd.WaitDelay = 5 * time.Second
	// The compiler, the linker and tests are its children: all of them end with
	// the command, and all of them with us.
	err := g.await(ctx, step, cmd)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case !errors.As(err, &exit) || !exit.Exited():
		return fmt.Errorf("go %s: %w", args[0], err)
	}
	return &Failure{Step: step, Summary: summary(said.String()), Output: said.String()}
}

// await runs the command to its end, or to that of the context.
func (g golang) await(ctx context.Context, step string, cmd *exec.Cmd) error {
	p, err := g.processes.Start(step+"-"+rand.Text(), cmd)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = p.Kill() })
	defer stop()
	return p.Wait()
}

// position is how the compiler and go vet begin a complaint.
var position = regexp.MustCompile(`^(\./)?[^\s:]+\.(go|mod|s):\d+(:\d+)?: `)

// failedTest is how go test names one.
var failedTest = regexp.MustCompile(`^\s*--- FAIL: `)

// summary is the line that the author has to read first: the first with a
// position, else the first failed test, else the first that is no heading.
func summary(said string) string {
	test, first := "", ""
	for line := range strings.Lines(said) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "# ") || strings.HasPrefix(line, "ok ") || strings.HasPrefix(line, "go: downloading"):
		case test == "" && position.MatchString(line):
			return strings.TrimPrefix(line, "./")
		case test == "" && failedTest.MatchString(line):
			test = strings.TrimSpace(line)
		case first == "":
			first = strings.TrimSpace(line)
		}
	}
	switch {
	case test != "":
		return test
	case first != "":
		return first
	}
	return "the go command failed without a word"
}

// without leaves a directory's name out of what is written: where we work is
// nobody's business. The go command writes whole lines.
type without struct {
	to  io.Writer
	dir string
}

func (w without) Write(p []byte) (int, error) {
	if _, err := w.to.Write(bytes.ReplaceAll(p, []byte(w.dir), nil)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// tail keeps the last part of an output in memory, however long it is.
type tail struct{ buf bytes.Buffer }

const maxTail = 256 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.buf.Write(p)
	if over := t.buf.Len() - 2*maxTail; over > 0 {
		t.buf.Next(t.buf.Len() - maxTail)
	}
	return len(p), nil
}

func (t *tail) String() string { return t.buf.String() }
