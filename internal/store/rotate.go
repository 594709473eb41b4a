package store

import (
	"errors"
	"os"
	"sync"
)

// RotatingFile is a log that does not fill the disk: when it has reached its
// limit it becomes <path>.1, replacing the one before, and a new one begins. It
// is safe for concurrent use; each Write is one piece.
type RotatingFile struct {
	path  string
	limit int64

	mu   sync.Mutex
	file *os.File
	size int64
}

// OpenRotating appends to a file and keeps it below limit bytes.
func OpenRotating(path string, limit int64) (*RotatingFile, error) {
	r := &RotatingFile{path: path, limit: limit}
	return r, r.open()
}

func (r *RotatingFile) open() error {
	file, err := os.OpenFile(r.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(err, file.Close())
	}
	r.file, r.size = file, info.Size()
	return nil
}

// Write implements io.Writer.
func (r *RotatingFile) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		return 0, os.ErrClosed
	}
	if r.size > 0 && r.size+int64(len(p)) > r.limit {
		r.rotate()
	}
	n, err := r.file.Write(p)
	r.size += int64(n)
	return n, err
}

// rotate begins a new file. One that cannot be begun leaves the old one in its
// place, growing: losing lines is worse.
func (r *RotatingFile) rotate() {
	aside := r.path + ".1"
	if os.Rename(r.path, aside) != nil {
		return
	}
	old := r.file
	if r.open() != nil {
		_ = os.Rename(aside, r.path)
		return
	}
	_ = old.Close()
}

// Close implements io.Closer.
func (r *RotatingFile) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	r.file = nil
	return err
}
