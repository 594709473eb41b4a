// Package engine finds paddock-engine and keeps one of its engines running as a
// child process.
//
// It knows processes: where the program is or how it is built, how a child is
// started, watched, restarted and stopped, and how to ask whether it is ready.
// It refuses to know what an engine does, and links none of it.
package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Defaults of Config.
const (
	// DefaultGrace is a second more than an engine gives itself to stop.
	DefaultGrace      = 6 * time.Second
	DefaultMinBackoff = 250 * time.Millisecond
	DefaultMaxBackoff = 10 * time.Second

	// steady is how long a child must live for the back-off to start anew.
	steady = 30 * time.Second
)

// Config describes one engine.
type Config struct {
	// Name is what messages call the engine, such as kubernetes.
	Name string
	// Path is the program, Args its arguments, Env what is added to the
	// environment of this process.
	Path string
	Args []string
	Env  []string
	// Listener is inherited by every child as file descriptor 3. It keeps its
	// port while a child is being replaced. Run closes it. Optional.
	Listener *net.TCPListener
	// LogFile receives the error output of the children, one after another.
	LogFile string
	// Probe says whether the engine serves. Its error tells what is missing;
	// Missing errors are listed one by one.
	Probe func(context.Context) error
	// OnExit is called after every unexpected end of a child. Optional.
	OnExit func(Exit)
	// Logger must be given.
	Logger *slog.Logger

	// Grace is how long a child may take to stop before it is killed.
	// MinBackoff and MaxBackoff bound the pause before a restart, which doubles
	// each time. Zero values mean the defaults.
	Grace, MinBackoff, MaxBackoff time.Duration
}

func (c *Config) validate() error {
	switch {
	case c.Name == "":
		return errors.New("engine: no name given")
	case c.Path == "":
		return fmt.Errorf("engine %s: no program given", c.Name)
	case c.LogFile == "":
		return fmt.Errorf("engine %s: no log file given", c.Name)
	case c.Probe == nil:
		return fmt.Errorf("engine %s: no probe given", c.Name)
	case c.Logger == nil:
		return fmt.Errorf("engine %s: no logger given", c.Name)
	}
	for _, d := range []struct {
		value   *time.Duration
		instead time.Duration
	}{{&c.Grace, DefaultGrace}, {&c.MinBackoff, DefaultMinBackoff}, {&c.MaxBackoff, DefaultMaxBackoff}} {
		if *d.value <= 0 {
			*d.value = d.instead
		}
	}
	return nil
}

// Exit is the unexpected end of a child.
type Exit struct {
	// Err says how it ended: an exit status, a signal, or why it did not start.
	Err error
	// Lived is how long it ran.
	Lived time.Duration
	// Count is how many children have ended so far.
	Count int
	// RestartIn is the pause before the next one.
	RestartIn time.Duration
}

// Engine is a child process that is replaced when it dies.
type Engine struct {
	cfg Config
	log *slog.Logger

	mu    sync.Mutex
	pid   int // 0 between two children
	exits int
	ready bool // Ready has succeeded once
	last  error
}

// New makes an engine. Nothing is started.
func New(cfg Config) (*Engine, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	return &Engine{cfg: cfg, log: cfg.Logger.With("engine", cfg.Name)}, nil
}

// Pid is the process id of the running child, or 0.
func (e *Engine) Pid() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.pid
}

// Run keeps a child running until ctx is done, then stops it: by the end of its
// input and SIGTERM, and when the grace period passes, by SIGKILL to its whole
// process group. A dead child is replaced for ever, with pauses; Run returns an
// error only when the log file cannot be written.
func (e *Engine) Run(ctx context.Context) error {
	if e.cfg.Listener != nil {
		defer e.cfg.Listener.Close()
	}
	pause := e.cfg.MinBackoff
	for {
		out, err := openLog(e.cfg.LogFile)
		if err != nil {
			return fmt.Errorf("engine %s: %w", e.cfg.Name, err)
		}
		begin := time.Now()
		err = e.runChild(ctx, out)
		out.Close()
		if ctx.Err() != nil {
			return nil
		}
		lived := time.Since(begin)
		if lived >= steady {
			pause = e.cfg.MinBackoff
		}
		e.mu.Lock()
		e.exits++
		e.last = err
		exit := Exit{Err: err, Lived: lived, Count: e.exits, RestartIn: pause}
		e.mu.Unlock()
		e.log.Warn("engine died and is restarted", "error", err, "lived", lived.Round(time.Millisecond).String(), "count", exit.Count, "in", pause.String())
		if e.cfg.OnExit != nil {
			e.cfg.OnExit(exit)
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
		pause = min(2*pause, e.cfg.MaxBackoff)
	}
}

// runChild starts one child and waits for its end, or stops it when ctx is done.
// Its error says how the child ended and is never nil.
func (e *Engine) runChild(ctx context.Context, out *os.File) error {
	cmd := exec.Command(e.cfg.Path, e.cfg.Args...)
	cmd.Env = append(os.Environ(), e.cfg.Env...)
	cmd.Stdout, cmd.Stderr = out, out
	// A group of its own: an interrupt typed at the terminal is for the
	// supervisor, which stops its engines in the right order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if e.cfg.Listener != nil {
		f, err := e.cfg.Listener.File()
		if err != nil {
			return fmt.Errorf("start %s: hand over listener: %w", e.cfg.Path, err)
		}
		defer f.Close()
		cmd.ExtraFiles = []*os.File{f}
	}
	// The child stops when this pipe ends, even if we are killed.
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("start %s: %w", e.cfg.Path, err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", e.cfg.Path, err)
	}
	e.setPid(cmd.Process.Pid)
	defer e.setPid(0)
	e.log.Info("engine started", "pid", cmd.Process.Pid)

	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		// What the child left in its group holds nothing that the next one needs.
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		if err == nil {
			err = errors.New("ended by itself with status 0")
		}
		return err
	case <-ctx.Done():
	}
	begin := time.Now()
	stdin.Close()
	_ = cmd.Process.Signal(syscall.SIGTERM) // it may be gone already
	grace := time.NewTimer(e.cfg.Grace)
	defer grace.Stop()
	select {
	case err = <-ended:
	case <-grace.C:
		e.log.Warn("engine did not stop in time and is killed", "grace", e.cfg.Grace.String())
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		err = <-ended
	}
	e.log.Info("engine stopped", "after", time.Since(begin).Round(time.Millisecond).String(), "status", cmd.ProcessState.String())
	return errors.Join(errors.New("stopped"), err)
}

func (e *Engine) setPid(pid int) {
	e.mu.Lock()
	e.pid = pid
	e.mu.Unlock()
}
