package proc

import (
	"errors"
	"os"
	"os/exec"
	"sync"
	"syscall"
)

// Process is one running process group.
type Process struct {
	cmd    *exec.Cmd
	token  string
	record string

	mu     sync.Mutex // held while the number is used, so that it is still ours
	reaped bool
}

// Pid is the number of the leader, and of the group.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// State is how the leader ended; nil before Wait has returned.
func (p *Process) State() *os.ProcessState { return p.cmd.ProcessState }

// Wait blocks until the leader has ended, kills the rest of its group, and
// forgets the record. Its error is that of exec.Cmd.Wait. Call it once.
func (p *Process) Wait() error {
	waitExited(p.Pid())
	p.mu.Lock()
	// The ended leader is not yet reaped and holds the number of the group.
	_ = syscall.Kill(-p.Pid(), syscall.SIGKILL)
	for _, pid := range marked(p.token) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	err := p.cmd.Wait()
	p.reaped = true
	p.mu.Unlock()
	if e := os.Remove(p.record); e != nil && !os.IsNotExist(e) {
		err = errors.Join(err, e)
	}
	return err
}

// Signal sends sig to the leader. It is no error when the leader has ended.
func (p *Process) Signal(sig syscall.Signal) error { return p.send(p.Pid(), sig) }

// Kill ends the whole group at once.
func (p *Process) Kill() error { return p.send(-p.Pid(), syscall.SIGKILL) }

func (p *Process) send(pid int, sig syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reaped {
		return nil
	}
	if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}
