package flows

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"paddock.dev/internal/forensics/lines"
	"paddock.dev/internal/objects"
)

// Follow reads a text file to its end and goes on with what is appended, until
// the context ends. A file that is replaced or shortened is read to its end and
// then anew from the start, as log rotation wants it. At each tick it looks; told
// gets a report whenever there is something new. It returns the last report.
func Follow(ctx context.Context, path string, opt Options, tick <-chan time.Time, told func(*Report)) (*Report, error) {
	s, err := newShared(&opt)
	if err != nil {
		return nil, err
	}
	f := &follower{path: path, opt: &opt, worker: newWorker(s), collector: &collector{shared: s, rejects: opt.Rejects, report: empty()}, buf: make([]byte, lines.BlockSize)}
	defer f.close()
	if err := f.open(); err != nil {
		return nil, err
	}
	for {
		news, err := f.read(ctx)
		if err != nil && ctx.Err() == nil {
			f.collector.problem(path, err)
			return f.report(), f.collector.writeErr
		}
		if news {
			told(f.report())
		}
		select {
		case <-ctx.Done():
			f.last()
			return f.report(), f.collector.writeErr
		case <-tick:
		}
	}
}

// follower is one file that grows.
type follower struct {
	path      string
	opt       *Options
	worker    *worker
	collector *collector
	file      *os.File
	at        int64 // how much of the file was read
	begun     bool  // the first line is known
	buf       []byte
	rest      []byte // the beginning of a line
	long      int64  // bytes of a line that is too long
	taken     int64  // bytes of all files
	files     int64
}

func (f *follower) open() error {
	file, err := os.Open(f.path)
	if err != nil {
		return fmt.Errorf("%s: %w", f.path, errors.Unwrap(err))
	}
	head := make([]byte, 4)
	n, _ := file.ReadAt(head, 0)
	r, how, err := objects.Decompressed(bytes.NewReader(head[:n]))
	if err != nil || how != objects.None || string(head[:n]) == "PAR1" {
		file.Close()
		return fmt.Errorf("%s: only text grows line by line; read a packed file without --follow", f.path)
	}
	r.Close()
	f.file, f.at, f.begun, f.rest, f.long = file, 0, false, nil, 0
	f.files++
	return nil
}

func (f *follower) close() {
	if f.file != nil {
		f.file.Close()
	}
}

// read takes what is there and reports whether there was anything.
func (f *follower) read(ctx context.Context) (bool, error) {
	news := false
	for {
		n, err := f.file.Read(f.buf)
		f.at += int64(n)
		f.taken += int64(n)
		f.take(f.buf[:n])
		news = news || n > 0
		if err != nil && !errors.Is(err, io.EOF) {
			return news, err
		}
		if ctx.Err() != nil {
			return news, ctx.Err()
		}
		if n > 0 {
			continue
		}
		moved, err := f.moved()
		if err != nil || !moved {
			return news, err
		}
	}
}

// moved opens the file that took this one's place, if there is one.
func (f *follower) moved() (bool, error) {
	now, err := os.Stat(f.path)
	if err != nil {
		return false, nil // between two files of a rotation
	}
	was, err := f.file.Stat()
	if err != nil {
		return false, err
	}
	if os.SameFile(was, now) && now.Size() >= f.at {
		return false, nil
	}
	f.last()
	f.file.Close()
	return true, f.open()
}

// take gives whole lines to the worker and keeps the rest.
func (f *follower) take(data []byte) {
	whole := bytes.LastIndexByte(data, '\n') + 1
	if whole == 0 {
		if f.long == 0 && len(f.rest)+len(data) <= lines.MaxLine {
			f.rest = append(f.rest, data...)
			return
		}
		f.long += int64(len(f.rest) + len(data))
		f.rest = f.rest[:0]
		return
	}
	if f.long > 0 || len(f.rest) > 0 {
		end := bytes.IndexByte(data, '\n') + 1
		if f.long > 0 {
			f.begin(nil)
			f.worker.Long(f.long+int64(end-1), nil)
			f.long = 0
		} else {
			f.block(append(f.rest, data[:end]...))
		}
		f.rest = f.rest[:0]
		data, whole = data[end:], whole-end
	}
	if whole > 0 {
		f.block(data[:whole])
	}
	f.rest = append(f.rest[:0], data[whole:]...)
}

func (f *follower) block(b []byte) {
	first, _, _ := bytes.Cut(b, []byte("\n"))
	f.begin(first)
	f.worker.Block(b)
}

func (f *follower) begin(head []byte) {
	if !f.begun {
		f.worker.Begin(nil, head, true)
		f.begun = true
	}
}

// last takes a line that was never ended.
func (f *follower) last() {
	if len(f.rest) > 0 {
		f.block(append([]byte(nil), f.rest...))
		f.rest = f.rest[:0]
	}
	f.settle()
}

// settle hands over what the worker found; its line numbers go on.
func (f *follower) settle() {
	_, out := f.worker.End(nil)
	f.collector.collect(&lines.File{Name: f.path}, 0, out)
	f.collector.handIn(&f.worker.totals)
	f.worker.totals = newTotals()
	if f.worker.layout != nil {
		f.worker.use(f.worker.layout)
	}
}

// report answers for everything so far.
func (f *follower) report() *Report {
	f.settle()
	r := *f.collector.report
	r.Read.Files, r.Read.Bytes = f.files, f.taken
	c := *f.collector
	c.report = &r
	r.Rejects, r.Failed = append([]Reject{}, r.Rejects...), append([]Failure{}, r.Failed...)
	c.finish(f.opt)
	return &r
}
