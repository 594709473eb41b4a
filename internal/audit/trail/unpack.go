package trail

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// digestLimit bounds what is unpacked into memory, in bytes: 100,000 log files in one
// hour make 40 MB of them. Log files are hashed as they are unpacked, so that
// they need no limit.
const digestLimit = 256 << 20

// unpacker unpacks and hashes one file after another.
type unpacker struct {
	in  *bufio.Reader
	gz  *gzip.Reader
	sum hash.Hash
	buf []byte
}

var unpackers = sync.Pool{New: func() any {
	return &unpacker{in: bufio.NewReaderSize(nil, 128<<10), gz: new(gzip.Reader), sum: sha256.New(), buf: make([]byte, 64<<10)}
}}

// corruptError says that the bytes are no gzip file, and not that they could
// not be read.
type corruptError struct{ error }

func (e corruptError) Unwrap() error { return e.error }

// source remembers the error of reading, which a decompressor reports as its own.
type source struct {
	io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// hashes are those of a file's unpacked content: of all of it, and of its first
// gzip member. They differ when something was put behind it.
type hashes struct{ all, first [sha256.Size]byte }

// unpack hashes the unpacked content of a gzip file; to, if not nil, is given it
// as well. Data behind the last member that is no gzip is an error after the
// first hash is known.
func unpack(r io.Reader, to io.Writer) (h hashes, err error) {
	u := unpackers.Get().(*unpacker)
	defer unpackers.Put(u)
	src := &source{Reader: r}
	u.in.Reset(src)
	u.sum.Reset()
	defer func() {
		if err == nil {
			return
		}
		if src.err != nil {
			err = src.err
		} else {
			err = corruptError{err}
		}
	}()
	for member := 0; ; member++ {
		if err := u.gz.Reset(u.in); err != nil {
			if errors.Is(err, io.EOF) && member > 0 {
				break
			}
			if errors.Is(err, io.EOF) {
				err = errors.New("it is empty")
			}
			return h, err
		}
		u.gz.Multistream(false)
		for {
			n, err := u.gz.Read(u.buf)
			u.sum.Write(u.buf[:n])
			if to != nil && n > 0 {
				if _, err := to.Write(u.buf[:n]); err != nil {
					return h, err
				}
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return h, err
			}
		}
		u.sum.Sum(h.all[:0])
		if member == 0 {
			h.first = h.all
		}
	}
	return h, nil
}

// bounded is a buffer that refuses to grow beyond a limit.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > digestLimit {
		return 0, fmt.Errorf("it unpacks to more than %d MiB", digestLimit>>20)
	}
	return b.Buffer.Write(p)
}
