// Package lines feeds the lines of many log files to a few workers at once. It
// knows how to unpack files, cut large ones into pieces, number lines and hand
// results back in the order of the files; it refuses to know what a line says.
//
// Memory is bounded by the number of workers: a file is never held, a line that
// is longer than MaxLine is counted and skipped.
package lines

import (
	"context"
	"io"
	"runtime"
	"sync"
	"sync/atomic"

	"paddock.dev/internal/objects"
)

const (
	// BlockSize is how much a worker reads at once, in bytes.
	BlockSize = 256 << 10
	// MaxLine is the longest line that is read, in bytes. Log lines of AWS stay
	// below 32 KiB.
	MaxLine = 64 << 10
	// pieceSize is where large files are cut. It is small enough to share out a
	// gigabyte and large enough that seams cost nothing.
	pieceSize = 16 << 20
)

// File is one object that is being read.
type File struct {
	Name string
	// Index counts files from 0 in the order of the locations.
	Index int
	// Size is in bytes as stored, -1 when unknown.
	Size int64
}

// Handler takes the lines of one piece after the other. Each worker has one of
// its own, so it needs no lock.
type Handler interface {
	// Begin announces a piece. Head is the first line of the file, which the
	// piece contains only if first; if not first, lines of a header that begin
	// with # follow it.
	Begin(p *Piece, head []byte, first bool)
	// Block takes whole lines. Each ends with a newline, except perhaps the last
	// of the file. The bytes are valid until it returns.
	Block(lines []byte)
	// Long reports a line of n bytes that was skipped, and how it begins.
	Long(n int64, begin []byte)
	// End says that the piece is over, and with err why too early. It returns
	// the number of lines seen and what Collect shall get.
	End(err error) (lines int64, out any)
}

// Whole reads a file that has no lines, such as Parquet, in one go. It is called
// instead of Block for files that begin with Magic.
type Whole interface {
	Handler
	// Magic is how such files begin, 4 bytes.
	Magic() string
	// ReadAll reads the file and stops when the context ends.
	ReadAll(ctx context.Context, r io.ReaderAt, size int64) error
}

// Piece is a file or a part of one.
type Piece struct {
	File *File
	run  *run
	seq  int
	last bool
	from io.ReadCloser
	// span is the part of a large file; its end is 0 for a file read as a stream.
	start, end int64
	shared     *shared
	head       []byte
	base       int64 // of line numbers, known when it is this piece's turn
}

// Part reports whether the piece was cut out of a file, so that others are read
// without knowing what its lines say.
func (p *Piece) Part() bool { return p.end > 0 }

// Early waits until all earlier pieces are collected and hands out what there
// is by now, so that a handler need not keep it until End.
func (p *Piece) Early(out any) {
	p.run.await(p)
	p.run.opt.Collect(p.File, p.base, out)
}

// Options say what to read and how.
type Options struct {
	// Stores are read in this order.
	Stores []objects.Store
	// Workers is the number of handlers; 0 is one for each processor.
	Workers int
	// New makes the handler of a worker.
	New func() Handler
	// Collect gets what handlers return from End, in the order of files and
	// lines and one at a time, with the number of lines of the file before it.
	Collect func(f *File, before int64, out any)
	// Problem gets what could not be listed or read, in no particular order but
	// one at a time.
	Problem func(name string, err error)
	// Progress may be nil.
	Progress *Progress
}

// Progress is how far the reading is. All of it may be read at any time.
type Progress struct {
	Files, FilesDone atomic.Int64
	// Bytes are as stored; Read is how many have been taken.
	Bytes, Read atomic.Int64
	// Listed is set when Files and Bytes are final.
	Listed atomic.Bool
	// Unknown is set when the size of a file is not known.
	Unknown atomic.Bool
}

type run struct {
	opt Options
	// turn guards next, bases and calls of Collect and Problem.
	turn  sync.Mutex
	moved *sync.Cond
	next  int
	lines map[*File]int64
}

// Read reads everything and returns when all workers are done. When the context
// ends it stops early; what was read so far has been handed over.
func Read(ctx context.Context, opt Options) error {
	if opt.Workers <= 0 {
		opt.Workers = runtime.GOMAXPROCS(0)
	}
	if opt.Progress == nil {
		opt.Progress = &Progress{}
	}
	r := &run{opt: opt, lines: map[*File]int64{}}
	r.moved = sync.NewCond(&r.turn)
	pieces := make(chan *Piece)
	var workers sync.WaitGroup
	for range opt.Workers {
		workers.Go(func() {
			w := worker{run: r, handler: opt.New()}
			for p := range pieces {
				w.piece(ctx, p)
			}
		})
	}
	l := lister{run: r, pieces: pieces}
	l.list(ctx)
	close(pieces)
	workers.Wait()
	return ctx.Err()
}

func (r *run) problem(name string, err error) {
	r.turn.Lock()
	defer r.turn.Unlock()
	r.opt.Problem(name, err)
}

// await returns when it is the piece's turn. Earlier pieces never wait for
// later ones, so it ends.
func (r *run) await(p *Piece) {
	r.turn.Lock()
	for r.next != p.seq {
		r.moved.Wait()
	}
	p.base = r.lines[p.File]
	r.turn.Unlock()
}

// done hands over the result of a piece and lets the next one go.
func (r *run) done(p *Piece, lines int64, out any) {
	r.await(p)
	r.turn.Lock()
	r.opt.Collect(p.File, p.base, out)
	if p.last {
		delete(r.lines, p.File)
		r.opt.Progress.FilesDone.Add(1)
	} else {
		r.lines[p.File] = p.base + lines
	}
	r.next++
	r.moved.Broadcast()
	r.turn.Unlock()
}
