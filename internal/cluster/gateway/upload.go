package gateway

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"paddock.dev/internal/cluster/gateway/upstream"
)

// upload streams a request body while the answer is awaited. The handler does
// not return before the upload has ended.
type upload struct {
	body bodyReader
	done chan error
}

// bodyReader remembers how far the client's body came.
type bodyReader struct {
	r      io.Reader
	length int64 // -1 when not declared
	n      atomic.Int64
	ended  atomic.Bool // all of it was read
	cut    atomic.Bool // we stopped reading
	broken atomic.Bool // the client stopped sending
}

// Read implements io.Reader.
func (b *bodyReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	total := b.n.Add(int64(n))
	switch {
	case err == nil || errors.Is(err, io.EOF):
		if err != nil || b.length >= 0 && total >= b.length {
			b.ended.Store(true)
		}
	case !b.cut.Load():
		b.broken.Store(true)
	}
	return n, err
}

func (x *exchange) upload(conn *upstream.Conn) *upload {
	// An answer may come before the body is through; without this the server
	// would read the rest of the body itself before the answer goes out.
	_ = http.NewResponseController(x.w).EnableFullDuplex()
	up := &upload{done: make(chan error, 1), body: bodyReader{r: x.r.Body, length: x.r.ContentLength}}
	go func() {
		defer x.contain("upload", func(err error) {
			conn.Break()
			up.done <- err
		})
		buf := copyBuffers.Get().(*[]byte)
		defer copyBuffers.Put(buf)
		err := conn.Body(&up.body, x.r.ContentLength, func() http.Header { return x.r.Trailer }, *buf)
		if up.body.broken.Load() {
			conn.Break() // or the backend would wait for the rest
		}
		up.done <- err
	}()
	return up
}

// finish ends the upload after an answer, and reports whether all of it went
// out.
func (up *upload) finish(x *exchange, conn *upstream.Conn) bool {
	if !up.body.ended.Load() {
		select {
		case err := <-up.done:
			up.count(x)
			return err == nil
		default:
			up.abort(x, conn)
			return false
		}
	}
	// All of it was read; at most the last write is under way. A backend that
	// answered without reading must not hold us, though.
	timer := time.AfterFunc(time.Second, conn.Unblock)
	defer timer.Stop()
	err := <-up.done
	up.count(x)
	return err == nil
}

// abort ends the upload at once, and reports whether the client had broken its
// body. After half a body the client's connection is of no use, so cutting its
// reads does no harm.
func (up *upload) abort(x *exchange, conn *upstream.Conn) (broken bool) {
	conn.Unblock()
	if !up.body.ended.Load() {
		up.body.cut.Store(true)
		_ = http.NewResponseController(x.w).SetReadDeadline(time.Unix(1, 0))
	}
	<-up.done
	up.count(x)
	return up.body.broken.Load()
}

// count adds a body of undeclared size to the bytes received; others are
// counted by their declaration.
func (up *upload) count(x *exchange) {
	if x.r.ContentLength < 0 {
		x.received += up.body.n.Load()
	}
}
