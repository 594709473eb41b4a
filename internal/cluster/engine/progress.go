package engine

import (
	"fmt"
	"io"
	"time"
)

// Stage is what a build is doing.
type Stage string

// The stages, in their order.
const (
	// Waiting for another process that builds.
	Waiting Stage = "waiting for another build"
	// Listing what the program is made of, downloading it if need be.
	Listing Stage = "reading dependencies"
	// Compiling what Go has not compiled before.
	Compiling Stage = "compiling"
	// Linking the packages to one program.
	Linking Stage = "linking"
	// Done means that the program is in the cache.
	Done Stage = "done"
	// Failed means that there will be an error.
	Failed Stage = "failed"
)

// Progress of a build.
type Progress struct {
	Stage   Stage
	Elapsed time.Duration
	// Compiled counts the packages that had to be compiled so far, of Total
	// that the program is made of. It can stay far below.
	Compiled, Total int
	// Package is the one that was started last.
	Package string
}

// String is one line without its end.
func (p Progress) String() string {
	text := "building " + Program + ": " + string(p.Stage)
	if p.Stage == Compiling && p.Compiled > 0 {
		text += fmt.Sprintf(" %d of %d packages", p.Compiled, p.Total)
	}
	return text + " " + p.Elapsed.Round(time.Second).String()
}

// plainInterval is how often a log is told that a long stage goes on.
const plainInterval = 15 * time.Second

// Printer returns an OnProgress function. On a terminal one line is rewritten in
// place and removed at the end; elsewhere a line is added for each stage, and
// every 15 seconds within one.
func Printer(w io.Writer, terminal bool) func(Progress) {
	if terminal {
		return func(p Progress) {
			const home, clear = "\r", "\x1b[K"
			text := home + p.String() + clear
			if p.Stage == Done || p.Stage == Failed {
				text = home + clear
			}
			_, _ = io.WriteString(w, text) // progress is not worth an error
		}
	}
	var last Progress
	return func(p Progress) {
		if p.Stage == last.Stage && p.Elapsed-last.Elapsed < plainInterval {
			return
		}
		last = p
		_, _ = fmt.Fprintln(w, p)
	}
}
