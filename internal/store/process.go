package store

import (
	"fmt"
	"os"

	"paddock.dev/internal/proc"
)

// Process names one incarnation of a process. The number alone does not: the
// kernel gives it to another process later.
type Process struct {
	PID int `json:"pid"`
	// StartTicks is when it started, as the kernel counts it; it is only compared.
	StartTicks uint64 `json:"startTicks"`
}

// Self is the calling process.
func Self() (Process, error) { return Lookup(os.Getpid()) }

// Lookup is the process that has the number now.
func Lookup(pid int) (Process, error) {
	started, alive := proc.StartTime(pid)
	if !alive {
		return Process{}, fmt.Errorf("process %d does not run", pid)
	}
	return Process{PID: pid, StartTicks: started}, nil
}

// Alive reports whether this very process still runs. A zombie, dead but not
// yet collected by its parent, does not.
func (p Process) Alive() bool {
	if p.PID <= 0 {
		return false
	}
	started, alive := proc.StartTime(p.PID)
	return alive && started == p.StartTicks
}
