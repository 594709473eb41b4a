package lines

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"sync/atomic"

	"paddock.dev/internal/objects"
)

// ahead is how many files are opened before their turn, so that the answer time
// of a distant store is not waited for once a file.
const ahead = 8

// lister turns stores into pieces, in order.
type lister struct {
	*run
	pieces chan<- *Piece
	seq    int
}

// opening is a file whose opening has begun.
type opening struct {
	file *File
	r    io.ReadCloser
	err  error
	done chan struct{}
}

func (l *lister) list(ctx context.Context) {
	opened := make(chan *opening, ahead)
	go func() {
		defer close(opened)
		l.open(ctx, opened)
		l.opt.Progress.Listed.Store(true)
	}()
	for o := range opened {
		<-o.done
		if o.err != nil {
			if ctx.Err() == nil {
				l.problem(o.file.Name, o.err)
			}
			l.opt.Progress.FilesDone.Add(1)
			continue
		}
		if ctx.Err() != nil || !l.file(ctx, o) {
			o.r.Close()
		}
	}
}

// open begins to open every file of every store.
func (l *lister) open(ctx context.Context, opened chan<- *opening) {
	n := 0
	for _, store := range l.opt.Stores {
		for object, err := range store.List(ctx) {
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				l.problem(object.Name, err)
				continue
			}
			l.opt.Progress.Files.Add(1)
			if object.Size >= 0 {
				l.opt.Progress.Bytes.Add(object.Size)
			} else {
				l.opt.Progress.Unknown.Store(true)
			}
			o := &opening{file: &File{Name: object.Name, Index: n, Size: object.Size}, done: make(chan struct{})}
			n++
			go func(store objects.Store, key string) {
				defer close(o.done)
				o.r, o.err = store.Open(ctx, key)
			}(store, object.Key)
			opened <- o
		}
	}
}

// file sends a file's pieces and reports whether somebody will close it.
func (l *lister) file(ctx context.Context, o *opening) bool {
	f, ok := o.r.(*os.File)
	if ok && o.file.Size > pieceSize*3/2 {
		head, plain, err := firstLine(f)
		if err == nil && plain {
			return l.cut(ctx, o.file, f, head)
		}
	}
	return l.send(ctx, &Piece{File: o.file, from: o.r, last: true})
}

// cut sends a large text file in pieces.
func (l *lister) cut(ctx context.Context, file *File, f *os.File, head []byte) bool {
	n := (file.Size + pieceSize - 1) / pieceSize
	s := &shared{File: f}
	s.users.Store(n)
	for i := range n {
		p := &Piece{File: file, shared: s, start: i * pieceSize, end: min((i+1)*pieceSize, file.Size), head: head, last: i == n-1}
		if !l.send(ctx, p) {
			s.drop(n - i)
			return true
		}
	}
	return true
}

func (l *lister) send(ctx context.Context, p *Piece) bool {
	p.run, p.seq = l.run, l.seq
	select {
	case l.pieces <- p:
		l.seq++
		return true
	case <-ctx.Done():
		return false
	}
}

// firstLine is the first line of a file with the lines of a header behind it that
// begin with #, empty when it is too long, and whether the file is text, as far
// as its first bytes tell.
func firstLine(f io.ReaderAt) (line []byte, plain bool, err error) {
	buf := make([]byte, MaxLine)
	n, err := f.ReadAt(buf, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, err
	}
	buf = buf[:n]
	r, how, err := objects.Decompressed(bytes.NewReader(buf))
	if err != nil || how != objects.None {
		return nil, false, err
	}
	r.Close()
	if bytes.HasPrefix(buf, []byte("PAR1")) {
		return nil, false, nil
	}
	end := bytes.IndexByte(buf, '\n')
	if end < 0 {
		return nil, true, nil
	}
	for end+1 < len(buf) && buf[end+1] == '#' {
		n := bytes.IndexByte(buf[end+1:], '\n')
		if n < 0 {
			break
		}
		end += n + 1
	}
	return bytes.Clone(buf[:end]), true, nil
}

// shared is a file that several pieces read; the last one closes it.
type shared struct {
	*os.File
	users atomic.Int64
}

func (s *shared) drop(n int64) {
	if s.users.Add(-n) == 0 {
		s.Close()
	}
}
