package gateway

import (
	"errors"
	"io"
	"net/http"
	"sync"

	"paddock.dev/internal/cluster/gateway/upstream"
)

// errClientBody means that the client's body did not arrive.
var errClientBody = errors.New("the request body ended early")

// copyBuffers hold bodies on their way.
var copyBuffers = sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }}

// attempt sends the request over a connection and passes the answer on. It
// takes over the count in l.sending and the connection.
func (x *exchange) attempt(l *live, conn *upstream.Conn) outcome {
	deadline := x.deadline
	if t := x.rule.BackendTimeout; t > 0 {
		if d := x.g.now().Add(t); deadline.IsZero() || d.Before(deadline) {
			deadline = d
		}
	}
	x.endpoint.active.Add(1)
	defer x.endpoint.active.Add(-1)
	conn.Start(x.r.Context(), deadline)
	sent, err := conn.Send(x.head(conn.Head()))
	l.sending.Add(-1) // after active: whoever waits for both sees the request
	x.sentAt = x.g.now()
	if err != nil {
		conn.Release(false)
		if o := x.broken(err); o != lost || sent {
			return o
		}
		return unsent
	}
	x.mirror(l)

	var up *upload
	if x.streams() {
		up = x.upload(conn)
	}
	if err := conn.Wait(); err != nil {
		if up != nil {
			if up.abort(x, conn) {
				err = errClientBody
			}
		}
		conn.Release(false)
		return x.broken(err)
	}
	resp, err := conn.Receive(x.r, x.early)
	if err != nil {
		if up != nil {
			up.abort(x, conn)
		}
		conn.Release(false)
		switch {
		case x.r.Context().Err() != nil:
			return gone
		case upstream.TimedOut(err):
			return late
		}
		// Something came back, so the request is not sent again.
		x.failed(http.StatusBadGateway, "the answer is not HTTP")
		return answered
	}
	x.headAt = x.g.now()
	x.targetStatus = resp.StatusCode
	if resp.StatusCode == http.StatusSwitchingProtocols {
		if up != nil {
			// The upload reads the client's connection; a second reader on it would
			// take bytes from the first, and net/http panics. Even when the upload
			// has just ended: what a client gets must not depend on who was faster.
			up.abort(x, conn)
			conn.Release(false)
			x.w.Header().Set("Connection", "close") // half a body may be left on it
			x.failed(http.StatusBadGateway, "an upgrade of a request with a streamed body")
			return answered
		}
		return x.upgrade(conn, resp)
	}

	err = x.respond(conn, resp)
	complete := err == nil && !resp.Close
	if up != nil && !up.finish(x, conn) {
		complete = false
	}
	conn.Release(complete)
	x.settle(resp, err)
	return answered
}

// settle counts the request and breaks the client's connection when the answer
// broke off: nothing else tells the client that it is not whole.
func (x *exchange) settle(resp *http.Response, err error) {
	failed := resp.StatusCode >= 500
	client := x.r.Context().Err() != nil || errors.Is(err, errClientWrite)
	if err != nil && !client {
		failed = true
	}
	x.target.meter.record(x.g.now(), x.since(), resp.StatusCode, failed)
	if err != nil {
		x.problem = "the answer broke off"
		panic(http.ErrAbortHandler)
	}
}

// errClientWrite means that the client took no more of the answer.
var errClientWrite = errors.New("the client went away")

// respond passes an answer on. A nil error means that all of it was.
func (x *exchange) respond(conn *upstream.Conn, resp *http.Response) error {
	h := x.w.Header()
	copyHeader(h, resp.Header)
	x.decorate(h)
	for name := range resp.Trailer {
		h.Add("Trailer", name)
	}
	announced := len(resp.Trailer)
	x.status = resp.StatusCode
	x.w.WriteHeader(resp.StatusCode)
	if x.r.Method == http.MethodHead || resp.ContentLength == 0 {
		return nil
	}
	buf := copyBuffers.Get().(*[]byte)
	defer copyBuffers.Put(buf)
	flusher, _ := x.w.(http.Flusher)
	left := resp.ContentLength
	for {
		n, err := resp.Body.Read(*buf)
		if n > 0 {
			w, werr := x.w.Write((*buf)[:n])
			x.sent += int64(w)
			if werr != nil {
				return errClientWrite
			}
			left -= int64(n)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		// What the backend has said so far goes out before we wait for more, so
		// streams are streams; a short answer that is all here goes out at once.
		if flusher != nil && left != 0 && !conn.Buffered() {
			flusher.Flush()
		}
	}
	if len(resp.Trailer) > 0 {
		if announced == 0 && flusher != nil {
			flusher.Flush() // chunks, so that there is a place for the trailer
		}
		for name, values := range resp.Trailer {
			if len(resp.Trailer) != announced {
				name = http.TrailerPrefix + name
			}
			for _, v := range values {
				h.Add(name, v)
			}
		}
	}
	return nil
}

// decorate adds what the gateway says in an answer.
func (x *exchange) decorate(h http.Header) {
	if x.target.release != nil {
		h["Paddock-Release"] = x.target.release
	}
	x.rule.Response.Apply(h)
	x.ref.Response.Apply(h)
	if _, ok := h["Content-Type"]; !ok {
		h["Content-Type"] = nil // or the server would guess one
	}
}

// early passes an informational answer on.
func (x *exchange) early(resp *http.Response) {
	h := x.w.Header()
	copyHeader(h, resp.Header)
	x.w.WriteHeader(resp.StatusCode)
	clear(h)
}
