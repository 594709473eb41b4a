package proc

import (
	"errors"
	"time"
)

// Usage is what a process and its descendants use together.
type Usage struct {
	CPU       time.Duration // since they started; grows only
	Resident  int64         // bytes of memory
	Processes int
}

// ErrUnsupported is the answer where the system does not tell.
var ErrUnsupported = errors.New("usage of processes is not known on this system")
