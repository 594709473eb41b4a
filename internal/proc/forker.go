package proc

import (
	"errors"
	"os/exec"
	"runtime"
	"sync"
)

// errClosed is answered to a start after Close.
var errClosed = errors.New("the starter of processes is closed")

// forker starts every process from one thread. Linux sends the death signal of
// a child when the thread that forked it ends, not when the process does, so
// that thread has to live exactly as long as the children may.
type forker struct {
	requests chan forkRequest
	stop     chan struct{}
	once     sync.Once
}

type forkRequest struct {
	cmd   *exec.Cmd
	reply chan error
}

func newForker() *forker {
	f := &forker{requests: make(chan forkRequest), stop: make(chan struct{})}
	go f.loop(func() {})
	return f
}

// loop tells when it has a thread of its own.
func (f *forker) loop(locked func()) {
	runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
	if mainThread() {
		// Go parks the main thread instead of ending it, so the children would
		// outlive us. It cannot be picked again while we hold it.
		elsewhere := make(chan struct{})
		go f.loop(func() { close(elsewhere) })
		<-elsewhere
		runtime.UnlockOSThread()
		locked()
		return
	}
	locked()
	for {
		select {
		case r := <-f.requests:
			r.reply <- r.cmd.Start()
		case <-f.stop:
			return
		}
	}
}

func (f *forker) start(cmd *exec.Cmd) error {
	r := forkRequest{cmd: cmd, reply: make(chan error, 1)}
	select {
	case f.requests <- r:
		return <-r.reply
	case <-f.stop:
		return errClosed
	}
}

// close ends the thread, and with it, on Linux, every process it started.
func (f *forker) close() { f.once.Do(func() { close(f.stop) }) }
