package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"paddock.dev/internal/cluster/runtime/crilog"
	"paddock.dev/internal/proc"
)

// drain is how long the log is read after the end of the last process, in case
// somebody else has inherited the pipe.
const drain = time.Second

// fresh is for how long one look at all processes answers for every container.
const fresh = 500 * time.Millisecond

// ProcessConfig is what a Process runtime needs.
type ProcessConfig struct {
	Dir    string // for records of running processes
	Logger *slog.Logger
}

// Process runs containers as processes of this host. The root directory is
// where commands and the working directory are found; nothing hides the rest
// of the host, and nothing is enforced.
type Process struct {
	keeper *proc.Keeper
	logger *slog.Logger

	mu      sync.Mutex
	running map[*process]struct{}
	sampler proc.Sampler
	sampled time.Time
	usages  map[int]proc.Usage
}

// NewProcess prepares the runtime of level process.
func NewProcess(cfg ProcessConfig) (*Process, error) {
	keeper, err := proc.NewKeeper(cfg.Dir)
	if err != nil {
		return nil, err
	}
	return &Process{keeper: keeper, logger: cfg.Logger, running: map[*process]struct{}{}}, nil
}

// Level is "process".
func (r *Process) Level() string { return "process" }

// Recover kills the processes that a killed predecessor left.
func (r *Process) Recover(ctx context.Context) ([]string, error) {
	records, err := r.keeper.Recover(ctx)
	ids := make([]string, 0, len(records))
	for _, record := range records {
		ids = append(ids, record.Name)
	}
	return ids, err
}

// Start starts a container.
func (r *Process) Start(ctx context.Context, spec Spec) (Container, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	cmd, err := command(spec, spec.Command)
	if err != nil {
		return nil, err
	}
	log, err := crilog.Create(spec.Log, time.Now)
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	c := &process{runtime: r, spec: spec, log: log, done: make(chan struct{})}
	if err := c.start(cmd); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	r.mu.Lock()
	r.running[c] = struct{}{}
	r.mu.Unlock()
	go c.wait()
	return c, nil
}

// Close kills what still runs and waits for its end.
func (r *Process) Close() error {
	r.mu.Lock()
	left := make([]*process, 0, len(r.running))
	for c := range r.running {
		left = append(left, c)
	}
	r.mu.Unlock()
	for _, c := range left {
		_ = c.Kill()
	}
	for _, c := range left {
		<-c.done
	}
	r.keeper.Close()
	return nil
}

// usage answers for one container from a look at all of them.
func (r *Process) usage(pid int) (proc.Usage, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.sampled) > fresh {
		roots := make([]int, 0, len(r.running))
		for c := range r.running {
			roots = append(roots, c.Pid())
		}
		usages, err := r.sampler.Sample(roots)
		if err != nil {
			return proc.Usage{}, err
		}
		r.usages, r.sampled = usages, time.Now()
	}
	u, ok := r.usages[pid]
	if !ok {
		return proc.Usage{}, errNoUsage
	}
	return u, nil
}

var errNoUsage = errors.New("the container has not been looked at yet, or has ended")

// command prepares a command as the container would find it.
func command(spec Spec, words []string) (*exec.Cmd, error) {
	if len(words) == 0 {
		words = []string{""}
	}
	file, err := lookup(spec.Rootfs, spec.Dir, spec.Env, words[0])
	if err != nil {
		return nil, err
	}
	dir, err := Within(spec.Rootfs, spec.Dir)
	if err != nil {
		return nil, fmt.Errorf("working directory: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("working directory: %w", err)
	}
	return &exec.Cmd{Path: file, Args: words, Env: spec.Env, Dir: filepath.Clean(dir)}, nil
}

type process struct {
	runtime *Process
	spec    Spec
	log     *crilog.File
	proc    *proc.Process
	streams []*os.File
	copying sync.WaitGroup
	done    chan struct{}
	exit    Exit
}

// start connects the streams to the log and starts the first process.
func (c *process) start(cmd *exec.Cmd) error {
	var ends []*os.File
	defer func() {
		for _, f := range ends {
			f.Close()
		}
	}()
	for _, stream := range []struct {
		name string
		to   *io.Writer
	}{{crilog.Stdout, &cmd.Stdout}, {crilog.Stderr, &cmd.Stderr}} {
		r, w, err := os.Pipe()
		if err != nil {
			return err
		}
		ends = append(ends, w)
		c.streams = append(c.streams, r)
		*stream.to = w
		c.copying.Go(func() { _ = c.log.Copy(stream.name, r) })
	}
	p, err := c.runtime.keeper.Start(c.spec.ID, cmd)
	if err != nil {
		for _, f := range c.streams {
			f.Close()
		}
		return err
	}
	c.proc = p
	return nil
}

func (c *process) wait() {
	err := c.proc.Wait()
	at := time.Now()
	for _, f := range c.streams {
		_ = f.SetReadDeadline(at.Add(drain))
	}
	c.copying.Wait()
	for _, f := range c.streams {
		f.Close()
	}
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		err = nil // that is the exit code
	}
	c.exit = Exit{Code: -1, At: at, Err: errors.Join(err, c.log.Close())}
	if state := c.proc.State(); state != nil {
		c.exit.Code = state.ExitCode()
		if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
			c.exit.Signal = ws.Signal()
			c.exit.Code = 128 + int(ws.Signal())
		}
	}
	c.runtime.mu.Lock()
	delete(c.runtime.running, c)
	c.runtime.mu.Unlock()
	close(c.done)
}

func (c *process) ID() string                      { return c.spec.ID }
func (c *process) Pid() int                        { return c.proc.Pid() }
func (c *process) Done() <-chan struct{}           { return c.done }
func (c *process) Signal(sig syscall.Signal) error { return c.proc.Signal(sig) }
func (c *process) Kill() error                     { return c.proc.Kill() }
func (c *process) Log() *crilog.File               { return c.log }

func (c *process) Exit() Exit {
	<-c.done
	return c.exit
}

func (c *process) Usage() (Usage, error) {
	u, err := c.runtime.usage(c.Pid())
	return Usage{CPU: u.CPU, MemoryBytes: u.Resident}, err
}

// Exec runs a command with the environment and the working directory of the
// container. Its group is killed when ctx is done.
func (c *process) Exec(ctx context.Context, words []string, output io.Writer) (int, error) {
	cmd, err := command(c.spec, words)
	if err != nil {
		return -1, err
	}
	cmd.Stdout, cmd.Stderr = output, output
	// A descendant that got away may keep the output open for ever.
	cmd.WaitDelay = drain
	p, err := c.runtime.keeper.Start(fmt.Sprintf("%s exec %p", c.spec.ID, cmd), cmd)
	if err != nil {
		return -1, err
	}
	stop := context.AfterFunc(ctx, func() { _ = p.Kill() })
	defer stop()
	err = p.Wait()
	var failed *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return -1, context.Cause(ctx)
	case err == nil, errors.As(err, &failed), errors.Is(err, exec.ErrWaitDelay):
		return p.State().ExitCode(), nil
	}
	return -1, err
}
