package lines

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"

	"paddock.dev/internal/objects"
)

type worker struct {
	run     *run
	handler Handler
	buf     []byte
}

// piece reads one piece and hands over its result.
func (w *worker) piece(ctx context.Context, p *Piece) {
	var err error
	if p.shared != nil {
		w.handler.Begin(p, p.head, p.start == 0)
		err = w.span(ctx, p)
		p.shared.drop(1)
	} else {
		// A pipe that nobody writes to waits for ever, unless it is closed.
		stop := context.AfterFunc(ctx, func() { p.from.Close() })
		err = w.stream(ctx, p)
		stop()
		p.from.Close()
	}
	n, out := w.handler.End(err)
	if err != nil && ctx.Err() == nil {
		w.run.problem(p.File.Name, err)
	}
	w.run.done(p, n, out)
}

// span reads the lines that begin in a part of a large file. The one that
// reaches over its start belongs to the part before.
func (w *worker) span(ctx context.Context, p *Piece) error {
	from := p.start
	if from > 0 {
		from-- // a newline just before the start means that a line begins at it
	}
	src := &counted{r: io.NewSectionReader(p.shared, from, 1<<62), n: w.run.opt.Progress}
	f := feed{ctx: ctx, src: src, handler: w.handler, buf: w.buffer()}
	if p.start > 0 {
		f.skip, f.at = true, -1
	}
	f.limit = p.end - p.start
	return f.run()
}

func (w *worker) stream(ctx context.Context, p *Piece) error {
	src := &counted{r: p.from, n: w.run.opt.Progress}
	b := bufio.NewReaderSize(src, 4<<10)
	if whole, ok := w.handler.(Whole); ok {
		magic := whole.Magic()
		if head, _ := b.Peek(len(magic)); string(head) == magic {
			whole.Begin(p, nil, true)
			return w.whole(ctx, whole, p, b)
		}
	}
	r, _, err := objects.Decompressed(b)
	if err != nil {
		w.handler.Begin(p, nil, true)
		return err
	}
	defer r.Close()
	f := feed{ctx: ctx, src: r, handler: w.handler, buf: w.buffer(), limit: 1 << 62, begin: func(head []byte) { w.handler.Begin(p, head, true) }}
	return f.run()
}

// whole gives a file to be read at any place. What cannot be, such as an S3
// object, is first copied to a temporary file.
func (w *worker) whole(ctx context.Context, h Whole, p *Piece, rest io.Reader) error {
	if f, ok := p.from.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			w.run.opt.Progress.Read.Add(info.Size())
			return h.ReadAll(ctx, f, info.Size())
		}
	}
	tmp, err := os.CreateTemp("", "paddock-*.log")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	defer tmp.Close()
	size, err := io.Copy(tmp, rest)
	if err != nil {
		return err
	}
	return h.ReadAll(ctx, tmp, size)
}

func (w *worker) buffer() []byte {
	if w.buf == nil {
		w.buf = make([]byte, BlockSize+MaxLine)
	}
	return w.buf
}

// counted counts the stored bytes taken.
type counted struct {
	r io.Reader
	n *Progress
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Read.Add(int64(n))
	return n, err
}

// feed cuts a stream into blocks of whole lines.
type feed struct {
	ctx     context.Context
	src     io.Reader
	handler Handler
	buf     []byte
	// at is the place of buf[0] in the piece; lines that begin at limit or later
	// are another piece's.
	at, limit int64
	// skip is set while the rest of an unwanted line is passed over.
	skip bool
	// begin is called once with the first line, when there is nobody to know it
	// before.
	begin func(head []byte)
}

func (f *feed) run() error {
	held := 0 // bytes of an unfinished line at the start of buf
	var long int64
	var longBegin []byte
	defer func() {
		if f.begin != nil {
			f.begin(nil)
		}
	}()
	for {
		if err := f.ctx.Err(); err != nil {
			return err
		}
		n, err := readBlock(f.src, f.buf[held:])
		data := f.buf[:held+n]
		ended := err != nil
		if f.skip || long > 0 {
			end := bytes.IndexByte(data, '\n')
			if end < 0 && !ended {
				if long > 0 {
					long += int64(len(data))
				}
				f.at += int64(len(data))
				held = 0
				continue
			}
			over := end + 1 // the rest of the line with its newline
			if end < 0 {
				end, over = len(data), len(data)
			}
			if long > 0 {
				f.handler.Long(long+int64(end), longBegin)
				long = 0
			}
			f.skip = false
			f.at += int64(over)
			data = data[over:]
		}
		if f.at >= f.limit {
			return nil
		}
		whole := bytes.LastIndexByte(data, '\n') + 1
		if ended {
			whole = len(data)
		}
		stop := false
		if f.at+int64(whole) > f.limit {
			// The last line of the piece is the one that begins before its end.
			cut := int(f.limit-f.at) - 1
			if end := bytes.IndexByte(data[cut:whole], '\n'); end >= 0 {
				whole, stop = cut+end+1, true
			}
		}
		if whole > 0 {
			f.first(data[:whole])
			f.handler.Block(data[:whole])
		}
		if stop {
			return nil
		}
		if ended {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		f.at += int64(whole)
		rest := data[whole:]
		if f.at >= f.limit {
			return nil
		}
		if len(rest) > MaxLine {
			f.first(rest)
			long, longBegin = int64(len(rest)), bytes.Clone(rest[:200])
			f.at += int64(len(rest))
			rest = nil
		}
		held = copy(f.buf, rest)
	}
}

// first tells the first line to those who wait for it.
func (f *feed) first(data []byte) {
	if f.begin == nil {
		return
	}
	head := data
	if end := bytes.IndexByte(data, '\n'); end >= 0 {
		head = data[:end]
	}
	f.begin(bytes.Clone(head[:min(len(head), MaxLine)]))
	f.begin = nil
}

// readBlock fills at least half of p: blocks as small as a pipe's would cost
// more calls than lines.
func readBlock(r io.Reader, p []byte) (int, error) {
	n := 0
	for n < len(p)/2 {
		m, err := r.Read(p[n:])
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}
