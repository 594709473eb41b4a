package proc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// tick is the unit of CPU time in /proc: USER_HZ, 100 on every Linux that Go
// supports.
const tick = 10 * time.Millisecond

func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }

// waitExited blocks until the child has ended and leaves it to be reaped.
func waitExited(pid int) {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// bootID tells one start of the machine from the next.
var bootID = sync.OnceValue(func() string {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(id))
})

// stat is one line of /proc/PID/stat.
type stat struct {
	state        byte
	parent       int
	group        int
	cpu          time.Duration // of the process and of the children it has waited for
	started      uint64
	residentSize int64
}

var errStat = errors.New("not a line of /proc/PID/stat")

// parseStat reads the line. The name is in parentheses and may hold anything,
// also parentheses and line ends, so the fields begin after the last one.
func parseStat(line []byte) (stat, error) {
	end := bytes.LastIndexByte(line, ')')
	if end < 0 {
		return stat{}, errStat
	}
	f := bytes.Fields(line[end+1:]) // f[0] is field 3
	if len(f) < 22 || len(f[0]) != 1 {
		return stat{}, errStat
	}
	var bad error
	number := func(field int) int64 {
		n, err := strconv.ParseInt(string(f[field-3]), 10, 64)
		if err != nil {
			bad = fmt.Errorf("%w: field %d: %q", errStat, field, f[field-3])
		}
		return n
	}
	s := stat{
		state:        f[0][0],
		parent:       int(number(4)),
		group:        int(number(5)),
		cpu:          time.Duration(number(14)+number(15)+number(16)+number(17)) * tick,
		started:      uint64(number(22)),
		residentSize: number(24) * int64(os.Getpagesize()),
	}
	return s, bad
}

// readStat reads through a buffer that its caller keeps; a line has at most a
// few hundred bytes.
func readStat(pid int, buffer []byte) (stat, error) {
	file, err := os.Open("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return stat{}, err
	}
	defer file.Close()
	n, err := file.Read(buffer)
	if err != nil && !errors.Is(err, io.EOF) {
		return stat{}, err
	}
	return parseStat(buffer[:n])
}

// mainThread reports whether the calling thread is the process's first.
func mainThread() bool { return unix.Gettid() == os.Getpid() }

// StartTime is when the process started. A process that has ended and only
// waits for its parent is not alive.
func StartTime(pid int) (started uint64, alive bool) {
	s, err := readStat(pid, make([]byte, 1024))
	if err != nil || s.state == 'Z' || s.state == 'X' {
		return 0, false
	}
	return s.started, true
}

// numbers lists the processes of the machine.
func numbers() ([]int, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	pids := make([]int, 0, len(names))
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// marked finds the living processes that carry the token. Those of other users
// cannot be read and are not ours.
func marked(token string) []int {
	pids, err := numbers()
	if err != nil {
		return nil
	}
	needle := []byte(mark + "=" + token)
	var found []int
	for _, pid := range pids {
		environment, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
		if err != nil || !bytes.Contains(environment, needle) {
			continue
		}
		if _, alive := StartTime(pid); alive {
			found = append(found, pid)
		}
	}
	return found
}
