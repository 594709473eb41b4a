package accesslog

import (
	"context"
	"io"
	"sync"
)

// room is how many bytes of lines wait for the writer at most.
const room = 4 << 20

// Writer writes records to an io.Writer without ever waiting for it: lines that
// find no room are dropped and counted.
type Writer struct {
	out  io.Writer
	wake chan struct{}

	mu      sync.Mutex
	pending []byte
	dropped int64
	err     error
}

// NewWriter makes a writer; nothing is written before Run.
func NewWriter(out io.Writer) *Writer {
	return &Writer{out: out, wake: make(chan struct{}, 1)}
}

// Write takes one record.
func (w *Writer) Write(r *Record) {
	w.mu.Lock()
	if len(w.pending) >= room {
		w.dropped++
		w.mu.Unlock()
		return
	}
	first := len(w.pending) == 0
	w.pending = r.Append(w.pending)
	w.mu.Unlock()
	if first {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// Dropped is the number of lines that were lost, for lack of room or because
// they could not be written.
func (w *Writer) Dropped() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dropped
}

// Err is the last error of the io.Writer, nil after a write that succeeded.
func (w *Writer) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// Run writes until ctx is done, and then what is still waiting.
func (w *Writer) Run(ctx context.Context) {
	var spare []byte
	for done := false; !done; {
		select {
		case <-w.wake:
		case <-ctx.Done():
			done = true
		}
		spare = w.flush(spare)
	}
}

func (w *Writer) flush(spare []byte) []byte {
	w.mu.Lock()
	lines := w.pending
	w.pending = spare[:0]
	w.mu.Unlock()
	if len(lines) == 0 {
		return lines
	}
	n, err := w.out.Write(lines)
	w.mu.Lock()
	w.err = err
	if err != nil {
		for _, c := range lines[n:] {
			if c == '\n' {
				w.dropped++
			}
		}
	}
	w.mu.Unlock()
	return lines
}
