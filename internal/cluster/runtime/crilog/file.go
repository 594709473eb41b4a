package crilog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

const (
	// maxSize is when a file is put aside, in bytes.
	maxSize = 10 << 20
	// keep is how many files put aside stay, as path.1 (the newest) and path.2.
	keep = 2
)

// File is the log of one run of a container. Its writers may be used at the
// same time.
type File struct {
	path string
	now  func() time.Time

	mu      sync.Mutex
	file    *os.File
	size    int64
	scratch []byte
	closed  bool
	failed  error
	changed chan struct{} // closed at the next change, when somebody watches
}

// Create begins a log file, and makes its directory. An earlier file with this
// name is continued.
func Create(path string, now func() time.Time) (*File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f := &File{path: path, now: now}
	return f, f.open()
}

func (f *File) open() error {
	file, err := os.OpenFile(f.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(err, file.Close())
	}
	f.file, f.size = file, info.Size()
	return nil
}

// Copy writes a stream of the container to the file until it ends. A line is
// written when its end arrives, when it is too long, or when the stream ends.
// It reads on when the disk is full: a container must not stop for its log.
func (f *File) Copy(stream string, r io.Reader) error {
	buffer := make([]byte, maxText)
	held := 0
	for {
		n, err := r.Read(buffer[held:])
		held += n
		rest := buffer[:held]
		for {
			line, after, whole := bytes.Cut(rest, []byte{'\n'})
			if !whole {
				break
			}
			f.write(stream, false, line)
			rest = after
		}
		held = copy(buffer, rest)
		if held == len(buffer) {
			f.write(stream, true, buffer)
			held = 0
		}
		if err != nil {
			if held > 0 {
				f.write(stream, false, buffer[:held])
			}
			if err == io.EOF || errors.Is(err, fs.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded) {
				return nil
			}
			return err
		}
	}
}

func (f *File) write(stream string, part bool, text []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	f.scratch = appendRecord(f.scratch[:0], f.now(), stream, part, text)
	if f.size > 0 && f.size+int64(len(f.scratch)) > maxSize {
		if err := f.rotate(); err != nil {
			f.failed = err
			return
		}
	}
	n, err := f.file.Write(f.scratch)
	f.size += int64(n)
	if err != nil {
		f.failed = err
	}
	f.wake()
}

func (f *File) rotate() error {
	if err := f.file.Close(); err != nil {
		return err
	}
	for i := keep - 1; i > 0; i-- {
		if err := os.Rename(aside(f.path, i), aside(f.path, i+1)); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	if err := os.Rename(f.path, aside(f.path, 1)); err != nil {
		return err
	}
	return f.open()
}

func aside(path string, i int) string { return path + "." + strconv.Itoa(i) }

func (f *File) wake() {
	if f.changed != nil {
		close(f.changed)
		f.changed = nil
	}
}

// watch returns a channel that is closed at the next change, and whether the
// log has ended. Ask before reading, so that nothing is missed.
func (f *File) watch() (changed <-chan struct{}, ended bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.changed == nil {
		f.changed = make(chan struct{})
	}
	return f.changed, f.closed
}

// Close ends the log. It reports what could not be written.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	f.wake()
	if err := errors.Join(f.failed, f.file.Close()); err != nil {
		return fmt.Errorf("log %s: %w", f.path, err)
	}
	return nil
}

// Remove deletes a log file and what was put aside.
func Remove(path string) error {
	var all error
	for i := 0; i <= keep; i++ {
		name := path
		if i > 0 {
			name = aside(path, i)
		}
		if err := os.Remove(name); err != nil && !os.IsNotExist(err) {
			all = errors.Join(all, err)
		}
	}
	return all
}
