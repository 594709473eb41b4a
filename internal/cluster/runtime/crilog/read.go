package crilog

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"time"
)

// Options say which part of a log is wanted.
type Options struct {
	Tail       int64     // the last lines only; negative for all
	Since      time.Time // only what was written at or after this moment
	Timestamps bool      // before each line
	Limit      int64     // bytes at most; 0 for all
	Stream     string    // only Stdout or Stderr; "" for both

	// Follow waits for more until the log ends or the context is done; nil
	// reads what is there.
	Follow *File
}

// Read writes the lines of a log to w, without the columns of the format. It
// calls flush, when not nil, before it waits for more.
func Read(ctx context.Context, w io.Writer, path string, o Options, flush func()) error {
	r := &reader{w: w, o: o, left: o.Limit}
	if o.Limit <= 0 {
		r.left = -1
	}
	old, skip, err := r.position(path)
	if err != nil {
		return err
	}
	for _, name := range old {
		// A file that was put aside a moment ago has the next number now; what
		// is lost then would have been too old a moment later anyway.
		if skip, err = r.file(name, skip); err != nil {
			return r.end(err)
		}
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { file.Close() }()
	in := bufio.NewReaderSize(file, 32<<10)
	for {
		var changed <-chan struct{}
		ended := true
		if o.Follow != nil {
			changed, ended = o.Follow.watch()
		}
		if skip, err = r.lines(in, skip); err != nil {
			return r.end(err)
		}
		if moved(file, path) {
			// The rest of the old file was read above or is read now.
			if skip, err = r.lines(in, skip); err != nil {
				return r.end(err)
			}
			next, err := os.Open(path)
			if err != nil {
				return err
			}
			file.Close()
			file = next
			r.pending = nil
			in.Reset(file)
			continue
		}
		if ended {
			return r.end(nil)
		}
		if flush != nil {
			flush()
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}

// moved says whether the file was put aside.
func moved(file *os.File, path string) bool {
	open, err := file.Stat()
	if err != nil {
		return false
	}
	now, err := os.Stat(path)
	return err == nil && !os.SameFile(open, now)
}

var errLimit = errors.New("limit reached")

type reader struct {
	w       io.Writer
	o       Options
	left    int64  // bytes that may be written; negative without limit
	pending []byte // a line of the file that has no end yet
	midLine bool   // parts of a line were written
	scratch []byte
}

func (r *reader) end(err error) error {
	if errors.Is(err, errLimit) {
		return nil
	}
	return err
}

// position says which files put aside to read first, and how many lines to
// leave out at the beginning.
func (r *reader) position(path string) (old []string, skip int64, err error) {
	for i := keep; i > 0; i-- {
		if _, err := os.Stat(aside(path, i)); err == nil {
			old = append(old, aside(path, i))
		}
	}
	if r.o.Tail < 0 {
		return old, 0, nil
	}
	// Only as many of the old files as hold the lines that are wanted.
	total, err := r.count(path)
	if err != nil {
		return nil, 0, err
	}
	first := len(old)
	for first > 0 && total < r.o.Tail {
		first--
		n, err := r.count(old[first])
		if err != nil {
			return nil, 0, err
		}
		total += n
	}
	return old[first:], max(total-r.o.Tail, 0), nil
}

// count is the number of lines of a file that pass the options.
func (r *reader) count(path string) (n int64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	in := bufio.NewReaderSize(file, 64<<10)
	for {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return 0, err
		}
		if rec, err := parseRecord(line); err == nil && r.wanted(rec) && !rec.part {
			n++
		}
	}
}

func (r *reader) wanted(rec record) bool {
	return !rec.time.Before(r.o.Since) && (r.o.Stream == "" || r.o.Stream == string(rec.stream))
}

func (r *reader) file(path string, skip int64) (int64, error) {
	file, err := os.Open(path)
	if os.IsNotExist(err) {
		return skip, nil
	}
	if err != nil {
		return skip, err
	}
	defer file.Close()
	skip, err = r.lines(bufio.NewReaderSize(file, 64<<10), skip)
	r.pending = nil
	return skip, err
}

// lines writes all whole lines that are there, less the first skip.
func (r *reader) lines(in *bufio.Reader, skip int64) (int64, error) {
	for {
		chunk, err := in.ReadSlice('\n')
		if len(r.pending) > 0 || err != nil {
			r.pending = append(r.pending, chunk...)
			chunk = r.pending
		}
		switch {
		case errors.Is(err, io.EOF):
			return skip, nil // the rest of this line may come
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil:
			return skip, err
		}
		rec, bad := parseRecord(chunk)
		r.pending = r.pending[:0]
		if bad != nil || !r.wanted(rec) {
			continue
		}
		if skip > 0 {
			if !rec.part {
				skip--
			}
			continue
		}
		if err := r.write(rec); err != nil {
			return skip, err
		}
	}
}

func (r *reader) write(rec record) error {
	b := r.scratch[:0]
	if r.o.Timestamps && !r.midLine {
		b = append(append(b, rec.stamp...), ' ')
	}
	b = append(b, rec.text...)
	if !rec.part {
		b = append(b, '\n')
	}
	r.midLine = rec.part
	r.scratch = b
	limited := r.left >= 0 && int64(len(b)) >= r.left
	if limited {
		b = b[:r.left]
	}
	n, err := r.w.Write(b)
	if r.left >= 0 {
		r.left -= int64(n)
	}
	if err == nil && limited {
		err = errLimit
	}
	return err
}
