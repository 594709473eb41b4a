package access

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"

	"paddock.dev/internal/forensics/lines"
	"paddock.dev/internal/objects"
)

// Follower reads files that grow, and files that appear, each line once. It is
// not safe for concurrent use.
type Follower struct {
	in      Input
	analyst *Analyst
	led     *ledger
	files   map[string]*followed
	bytes   int64
	buf     []byte
}

// followed is one file.
type followed struct {
	count *Count
	file  *os.File // kept open, so that its end is read also after a rotation
	rest  []byte   // the beginning of a line
	long  int64    // bytes of a line that is too long
	done  bool     // it does not grow
}

// NewFollower begins at the beginning of everything.
func NewFollower(in Input) *Follower {
	return &Follower{in: in, analyst: NewAnalyst(in.Options), led: newLedger(in.Rejects), files: map[string]*followed{}, buf: make([]byte, lines.BlockSize)}
}

// Close closes the files.
func (f *Follower) Close() {
	for _, x := range f.files {
		if x.file != nil {
			x.file.Close()
		}
	}
}

// Report answers for what was read so far.
func (f *Follower) Report(ctx context.Context, ask Asking) (*Report, error) {
	r := f.analyst.Report(ctx, ask)
	r.Read.Files, r.Read.Bytes = int64(len(f.files)), f.bytes
	f.led.into(r)
	return r, f.led.err
}

// Poll reads what is new and reports whether there was any. What cannot be read
// is in the report; it is not tried again.
func (f *Follower) Poll(ctx context.Context) (bool, error) {
	news := false
	for _, store := range f.in.Stores {
		for object, err := range store.List(ctx) {
			if ctx.Err() != nil {
				return news, ctx.Err()
			}
			if err != nil {
				f.fail(object.Name, err)
				continue
			}
			n, err := f.object(ctx, store, object)
			if err != nil && ctx.Err() == nil {
				f.fail(object.Name, err)
			}
			f.bytes += n
			news = news || n > 0
		}
	}
	return news, ctx.Err()
}

// fail remembers what went wrong, once for each file.
func (f *Follower) fail(name string, err error) {
	x := f.files[name]
	if x == nil {
		x = &followed{}
		f.files[name] = x
	}
	if !x.done {
		x.done = true
		f.led.failed(name, err)
	}
}

func (f *Follower) object(ctx context.Context, store objects.Store, o objects.Object) (int64, error) {
	x := f.files[o.Name]
	if x != nil && x.done {
		return 0, nil
	}
	if x != nil && x.file != nil {
		n, err := f.grown(ctx, o.Name, x)
		if err != nil || !rotated(x.file, o.Name) {
			return n, err
		}
		f.end(o.Name, x)
		x.file.Close()
		delete(f.files, o.Name)
		m, err := f.begin(ctx, store, o)
		return n + m, err
	}
	return f.begin(ctx, store, o)
}

// rotated reports whether another file has the name by now, or this one was cut.
func rotated(file *os.File, name string) bool {
	was, err1 := file.Stat()
	is, err2 := os.Stat(name)
	if err1 != nil || err2 != nil {
		return false // until the next one is there, this one may still grow
	}
	at, err := file.Seek(0, io.SeekCurrent)
	return !os.SameFile(was, is) || err == nil && is.Size() < at
}

// begin reads a file from its beginning.
func (f *Follower) begin(ctx context.Context, store objects.Store, o objects.Object) (int64, error) {
	r, err := store.Open(ctx, o.Key)
	if err != nil {
		return 0, err
	}
	x := &followed{count: f.in.handler(f.analyst)}
	x.count.Begin(nil, nil, true)
	f.files[o.Name] = x
	if file, ok := r.(*os.File); ok && regular(file) {
		head := make([]byte, 4)
		n, _ := file.ReadAt(head, 0)
		if !packed(head[:n]) {
			x.file = file
			return f.grown(ctx, o.Name, x)
		}
	}
	defer r.Close()
	x.done = true
	u, _, err := objects.Decompressed(r)
	if err != nil {
		return 0, err
	}
	defer u.Close()
	n, err := f.copy(ctx, o.Name, x, u)
	f.end(o.Name, x)
	return n, err
}

func regular(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode().IsRegular()
}

// packed knows the first bytes of gzip and zstd.
func packed(head []byte) bool {
	return bytes.HasPrefix(head, []byte{0x1f, 0x8b}) || bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd})
}

func (f *Follower) grown(ctx context.Context, name string, x *followed) (int64, error) {
	return f.copy(ctx, name, x, x.file)
}

// copy counts the whole lines that there are.
func (f *Follower) copy(ctx context.Context, name string, x *followed, r io.Reader) (int64, error) {
	var total int64
	for {
		n, err := r.Read(f.buf)
		total += int64(n)
		f.feed(x, f.buf[:n])
		f.take(name, x)
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return total, err
		}
	}
}

func (f *Follower) feed(x *followed, data []byte) {
	if len(x.rest) > 0 || x.long > 0 { // first the end of the line that was begun
		end := bytes.IndexByte(data, '\n')
		piece := data[:end+1]
		if end < 0 {
			piece = data
		}
		data = data[len(piece):]
		if x.long > 0 {
			x.long += int64(len(piece))
		} else if x.rest = append(x.rest, piece...); len(x.rest) > lines.MaxLine {
			x.long = int64(len(x.rest))
		}
		if end < 0 {
			return
		}
		f.flush(x)
	}
	whole := bytes.LastIndexByte(data, '\n') + 1
	x.count.Block(data[:whole])
	x.rest = append(x.rest[:0], data[whole:]...)
	if len(x.rest) > lines.MaxLine {
		x.long = int64(len(x.rest))
	}
}

// flush counts the line that has been put together.
func (f *Follower) flush(x *followed) {
	if x.long > 0 {
		x.count.Long(x.long, x.rest[:min(len(x.rest), shown)])
	} else if len(x.rest) > 0 {
		x.count.Block(x.rest)
	}
	x.rest, x.long = x.rest[:0], 0
}

// end counts the last line of a file that does not grow any more, which may have
// no newline.
func (f *Follower) end(name string, x *followed) {
	f.flush(x)
	f.take(name, x)
}

// take hands what was counted to the ledger. Line numbers go on over it.
func (f *Follower) take(name string, x *followed) {
	_, out := x.count.End(nil)
	f.led.take(name, 0, out.(Outcome))
}
