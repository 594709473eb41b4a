// Package runtime starts containers. A level of isolation is an implementation
// of Runtime; process, the first one, runs a container as ordinary processes of
// this host and enforces nothing.
//
// It knows root directories, commands and log files. What a pod is, when to
// restart and whether a container is well, it refuses to know.
package runtime

import (
	"context"
	"io"
	"syscall"
	"time"

	"paddock.dev/internal/cluster/runtime/crilog"
)

// Runtime starts containers at one level of isolation.
type Runtime interface {
	// Level is the level of isolation: "process".
	Level() string
	// Recover ends what a killed predecessor left running and returns the IDs.
	// Call it before the first Start.
	Recover(ctx context.Context) ([]string, error)
	// Start starts a container. The context bounds the start, not the run.
	Start(ctx context.Context, spec Spec) (Container, error)
	// Close ends what still runs.
	Close() error
}

// Spec is one run of one container.
type Spec struct {
	ID      string   // unique among all runs
	Rootfs  string   // directory of the unpacked image
	Command []string // entry point and arguments; the first is looked up in Rootfs
	Env     []string // NAME=value; all that the container gets
	Dir     string   // working directory as the container sees it; "" for /
	Log     string   // path of the log file
	Limits  Limits
}

// Limits are upper bounds; 0 is none. Level process does not enforce them.
type Limits struct {
	CPUMilli    int64
	MemoryBytes int64
}

// Container is a container that was started.
type Container interface {
	ID() string
	// Pid is the number of its first process on this host.
	Pid() int
	// Done is closed when it has ended and all its processes are gone.
	Done() <-chan struct{}
	// Exit is how it ended; valid once Done is closed.
	Exit() Exit
	// Log is its log, to follow it.
	Log() *crilog.File
	// Signal is sent to its first process.
	Signal(sig syscall.Signal) error
	// Kill ends all of its processes.
	Kill() error
	// Usage is what all of its processes use.
	Usage() (Usage, error)
	// Exec runs another command beside it, as a probe does, and returns the exit
	// code. An error means that the command could not be run to its end.
	Exec(ctx context.Context, command []string, output io.Writer) (code int, err error)
}

// Exit is how a container ended.
type Exit struct {
	Code   int            // 128 + signal when a signal ended it
	Signal syscall.Signal // 0 when it ended by itself
	At     time.Time
	Err    error // what went wrong around it, such as its log
}

// Usage is what a container uses.
type Usage struct {
	CPU         time.Duration // since it started
	MemoryBytes int64         // resident
}

// Stop asks a container to end and ends it after the grace period. It returns
// once the container is gone.
func Stop(c Container, grace time.Duration) {
	if grace > 0 {
		_ = c.Signal(syscall.SIGTERM)
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-c.Done():
			return
		case <-timer.C:
		}
	}
	_ = c.Kill()
	<-c.Done()
}
