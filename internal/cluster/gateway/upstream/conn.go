package upstream

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"syscall"
	"time"
)

// maxHead bounds the header of a response in bytes.
const maxHead = 1 << 20

// errHead is met by a response whose header does not end.
var errHead = errors.New("the response header is larger than 1 MiB")

// past is a deadline that makes blocked reads and writes return at once.
var past = time.Unix(1, 0)

// Conn is one connection, used for one exchange at a time. The exchange is
// Start, Send, Receive, and then either Release or Abandon.
type Conn struct {
	pool   *Pool
	raw    net.Conn
	in     *bufio.Reader
	out    []byte
	budget int64 // of header bytes still allowed
	since  time.Time
	reused bool

	stop     func() bool // ends the watch of the context
	deadline bool
}

// limited is the connection as the buffered reader sees it.
type limited Conn

func (l *limited) Read(p []byte) (int, error) {
	if l.budget <= 0 {
		return 0, errHead
	}
	if int64(len(p)) > l.budget {
		p = p[:l.budget]
	}
	n, err := l.raw.Read(p)
	l.budget -= int64(n)
	return n, err
}

// Start begins an exchange that is broken off when ctx ends or the deadline,
// if there is one, passes.
func (c *Conn) Start(ctx context.Context, deadline time.Time) {
	raw := c.raw
	c.stop = context.AfterFunc(ctx, func() { _ = raw.SetDeadline(past) })
	if !deadline.IsZero() {
		c.deadline = true
		_ = raw.SetDeadline(deadline)
		// The context may have ended just before: its deadline must win.
		if ctx.Err() != nil {
			_ = raw.SetDeadline(past)
		}
	}
}

// Reused reports whether the connection served an exchange before.
func (c *Conn) Reused() bool { return c.reused }

// Head is the buffer in which a request is assembled; it starts empty.
func (c *Conn) Head() []byte { return c.out[:0] }

// Send writes the assembled request, as far as it is in memory. Sent reports
// whether any byte left.
func (c *Conn) Send(head []byte) (sent bool, err error) {
	c.out = head
	n, err := c.raw.Write(head)
	if cap(c.out) > 64<<10 {
		c.out = nil
	}
	return n > 0, err
}

// Body streams a request body: length bytes, or chunks when length is negative,
// followed by the trailer.
func (c *Conn) Body(body io.Reader, length int64, trailer func() http.Header, buf []byte) error {
	if length >= 0 {
		n, err := io.CopyBuffer(onlyWriter{c.raw}, io.LimitReader(body, length), buf)
		if err == nil && n < length {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	var frame []byte
	for {
		n, err := body.Read(buf)
		if n > 0 {
			frame = strconv.AppendInt(frame[:0], int64(n), 16)
			frame = append(frame, "\r\n"...)
			frame = append(frame, buf[:n]...)
			frame = append(frame, "\r\n"...)
			if _, werr := c.raw.Write(frame); werr != nil {
				return werr
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	frame = append(frame[:0], "0\r\n"...)
	for name, values := range trailer() {
		for _, v := range values {
			frame = AppendHeader(frame, name, v)
		}
	}
	frame = append(frame, "\r\n"...)
	_, err := c.raw.Write(frame)
	return err
}

// onlyWriter hides ReadFrom, which would bypass the buffer.
type onlyWriter struct{ io.Writer }

// AppendHeader appends one header line.
func AppendHeader(b []byte, name, value string) []byte {
	b = append(b, name...)
	b = append(b, ": "...)
	b = append(b, value...)
	return append(b, "\r\n"...)
}

// Wait blocks until the first byte of an answer is there. Its error means that
// there was none.
func (c *Conn) Wait() error {
	c.budget = maxHead
	_, err := c.in.Peek(1)
	return err
}

// Receive reads the header of the answer to r, calling early for each
// informational one before it.
func (c *Conn) Receive(r *http.Request, early func(*http.Response)) (*http.Response, error) {
	for range 10 {
		c.budget = maxHead
		resp, err := http.ReadResponse(c.in, r)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode >= 200 || resp.StatusCode == http.StatusSwitchingProtocols {
			c.budget = 1<<63 - 1
			return resp, nil
		}
		if resp.StatusCode != http.StatusContinue {
			early(resp)
		}
	}
	return nil, errors.New("too many informational answers")
}

// Buffered reports whether more of the body is already here.
func (c *Conn) Buffered() bool { return c.in.Buffered() > 0 }

// Release ends the exchange; keep says that both messages were complete and
// that neither side asked to close.
func (c *Conn) Release(keep bool) {
	if !c.stop() || !keep || c.in.Buffered() > 0 {
		// A stop that came too late may still set a deadline.
		_ = c.raw.Close()
		return
	}
	if c.deadline {
		c.deadline = false
		_ = c.raw.SetDeadline(time.Time{})
	}
	c.pool.put(c)
}

// Unused puts back a connection whose exchange never started.
func (c *Conn) Unused() { c.pool.put(c) }

// Break closes the connection under an exchange, which then fails.
func (c *Conn) Break() { _ = c.raw.Close() }

// Unblock makes a Body that is under way on this connection return.
func (c *Conn) Unblock() { _ = c.raw.SetWriteDeadline(past) }

// Hijack hands the connection over: what was read ahead, and the connection
// without deadline. The caller closes it.
func (c *Conn) Hijack() (io.Reader, net.Conn) {
	c.stop()
	c.budget = 1<<63 - 1
	_ = c.raw.SetDeadline(time.Time{})
	return c.in, c.raw
}

// TimedOut reports whether err is a passed deadline.
func TimedOut(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// Reset reports whether err is a connection that the other side closed or
// reset.
func Reset(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed)
}
