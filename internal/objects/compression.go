package objects

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Compression is how an object's bytes are packed.
type Compression string

// The compressions that Decompressed knows.
const (
	None Compression = "none"
	Gzip Compression = "gzip"
	Zstd Compression = "zstd"
)

var (
	// ErrTruncated says that compressed data ends before its end. What was there
	// has been read before it.
	ErrTruncated = errors.New("the compressed data is cut off: the rest of the file is missing")
	// ErrBomb says that data unpacks to so many times its size that no log does.
	ErrBomb = errors.New("the compressed data unpacks to more than 200 times its size: not a log, so it is not read any further")
)

const (
	// Logs shrink 5 to 50 times. The ratio is judged after the first bombSize
	// bytes, so that small odd files pass.
	bombRatio = 200
	bombSize  = 256 << 20

	readSize = 256 << 10
	// zstdWindow is the largest window that is unpacked: that of zstd --long.
	zstdWindow = 128 << 20
)

// Decompressed returns the bytes of r unpacked. The first bytes tell how they
// are packed, never a name. Several gzip members or zstd frames one after the
// other are one stream, as when S3 objects are concatenated. Closing it does not
// close r.
func Decompressed(r io.Reader) (io.ReadCloser, Compression, error) {
	in := &counter{r: r}
	b := bufio.NewReaderSize(in, readSize)
	head, err := b.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, None, err
	}
	switch {
	case len(head) >= 2 && head[0] == 0x1f && head[1] == 0x8b: // RFC 1952, 2.3.1
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, Gzip, unpackError(Gzip, err)
		}
		return &unpacked{r: z, close: z.Close, in: in, how: Gzip}, Gzip, nil
	case isZstd(head):
		z, err := zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return nil, Zstd, unpackError(Zstd, err)
		}
		return &unpacked{r: z, close: func() error { z.Close(); return nil }, in: in, how: Zstd}, Zstd, nil
	}
	return io.NopCloser(b), None, nil
}

// isZstd knows the magic numbers of RFC 8878, 3.1.1 and 3.1.2.
func isZstd(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	return string(head[:4]) == "\x28\xb5\x2f\xfd" || head[0]&0xf0 == 0x50 && string(head[1:4]) == "\x2a\x4d\x18"
}

// counter counts the compressed bytes taken.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

type unpacked struct {
	r     io.Reader
	close func() error
	in    *counter
	how   Compression
	out   int64
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	u.out += int64(n)
	if u.out > bombSize && u.out/bombRatio > u.in.n {
		return n, ErrBomb
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = unpackError(u.how, err)
	}
	return n, err
}

func (u *unpacked) Close() error { return u.close() }

func unpackError(how Compression, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return ErrTruncated
	}
	return fmt.Errorf("%s: %w", how, err)
}
