package store

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// Process names one incarnation of a process. The number alone does not: the
// kernel gives it to another process later.
type Process struct {
	PID int `json:"pid"`
	// StartTicks is when it started, in clock ticks since the machine booted
	// (field 22 of /proc/<pid>/stat).
	StartTicks uint64 `json:"startTicks"`
}

// Self is the calling process.
func Self() (Process, error) { return Lookup(os.Getpid()) }

// Lookup is the process that has the number now.
func Lookup(pid int) (Process, error) {
	ticks, err := startTicks(pid)
	if err != nil {
		return Process{}, err
	}
	return Process{PID: pid, StartTicks: ticks}, nil
}

// Alive reports whether this very process still runs. A zombie, dead but not
// yet collected by its parent, does not.
func (p Process) Alive() bool {
	if p.PID <= 0 {
		return false
	}
	data, err := os.ReadFile(statPath(p.PID))
	if err != nil {
		return false
	}
	state, ticks, err := parseStat(data)
	return err == nil && state != 'Z' && state != 'X' && ticks == p.StartTicks
}

func startTicks(pid int) (uint64, error) {
	data, err := os.ReadFile(statPath(pid))
	if err != nil {
		return 0, err
	}
	_, ticks, err := parseStat(data)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", statPath(pid), err)
	}
	return ticks, nil
}

func statPath(pid int) string { return "/proc/" + strconv.Itoa(pid) + "/stat" }

// parseStat takes the state and the start time out of /proc/<pid>/stat. The
// second field is the program's name in parentheses, which may itself hold
// blanks and parentheses: everything of interest follows the last one.
func parseStat(data []byte) (state byte, ticks uint64, err error) {
	end := bytes.LastIndexByte(data, ')')
	if end < 0 {
		return 0, 0, fmt.Errorf("no program name in %q", data)
	}
	fields := bytes.Fields(data[end+1:])
	const first, start = 3, 22 // fields[0] is the third
	if len(fields) <= start-first || len(fields[0]) != 1 {
		return 0, 0, fmt.Errorf("too few fields in %q", data)
	}
	ticks, err = strconv.ParseUint(string(fields[start-first]), 10, 64)
	return fields[0][0], ticks, err
}
