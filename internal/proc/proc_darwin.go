package proc

import (
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// dieWithParent does nothing: macOS has no such signal, so the next Keeper
// cleans up.
func dieWithParent(*syscall.SysProcAttr) {}

// waitExited does nothing: macOS cannot wait without reaping here, and Wait
// kills the group a moment later.
func waitExited(int) {}

// mainThread does not matter here: there is no death signal.
func mainThread() bool { return false }

var bootID = sync.OnceValue(func() string {
	t, err := unix.SysctlTimeval("kern.boottime")
	if err != nil {
		return ""
	}
	return strconv.FormatInt(t.Sec, 10)
})

// StartTime is when the process started. A process that has ended and only
// waits for its parent is not alive.
func StartTime(pid int) (started uint64, alive bool) {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	const zombie = 5
	if err != nil || int(info.Proc.P_pid) != pid || info.Proc.P_stat == zombie {
		return 0, false
	}
	return uint64(info.Proc.P_starttime.Sec)*1e6 + uint64(info.Proc.P_starttime.Usec), true
}

// marked finds nothing: the environment of a process cannot be read here, so
// only the leader is found again.
func marked(string) []int { return nil }

// Sampler reads the usage of process trees.
type Sampler struct{}

// Sample is not supported here.
func (s *Sampler) Sample([]int) (map[int]Usage, error) { return nil, ErrUnsupported }
