package gateway

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"

	"paddock.dev/internal/cluster/gateway/upstream"
)

// upgrade hands the client's connection and the endpoint's to each other, for
// WebSockets and the like. Timeouts end with the handshake; the connections
// live until either side closes or the gateway stops.
func (x *exchange) upgrade(conn *upstream.Conn, resp *http.Response) outcome {
	asked, given := upgradeOf(x.r.Header), upgradeOf(resp.Header)
	if asked == "" || !strings.EqualFold(asked, given) {
		conn.Release(false)
		x.failed(http.StatusBadGateway, "the answer switches to a protocol that was not asked for")
		return answered
	}
	if !x.g.detach() {
		conn.Release(false)
		x.failed(http.StatusServiceUnavailable, "the gateway is stopping")
		return answered
	}
	defer x.g.detached.Done()
	client, buffered, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		conn.Release(false)
		x.failed(http.StatusBadGateway, "this connection cannot be upgraded")
		return answered
	}
	defer client.Close()
	from, backend := conn.Hijack()
	defer backend.Close()
	x.upgraded, x.status = true, resp.StatusCode
	// Counted now: how long a conversation lasts says nothing about the backend.
	x.target.meter.record(x.g.now(), x.since(), resp.StatusCode, false)

	h := http.Header{}
	copyHeader(h, resp.Header)
	x.decorate(h)
	h["Connection"], h["Upgrade"] = []string{"Upgrade"}, []string{given}
	b := []byte("HTTP/1.1 101 Switching Protocols\r\n")
	for name, values := range h {
		for _, v := range values {
			b = upstream.AppendHeader(b, name, v)
		}
	}
	if _, err := client.Write(append(b, "\r\n"...)); err != nil {
		return answered
	}

	stop := context.AfterFunc(x.g.closing, func() {
		_ = client.Close()
		_ = backend.Close()
	})
	defer stop()
	var both sync.WaitGroup
	var up, down int64
	end := func(error) {
		_ = client.Close()
		_ = backend.Close()
	}
	both.Go(func() {
		defer x.contain("upgraded connection", end)
		up = pass(backend, client, buffered.Reader)
	})
	both.Go(func() {
		defer x.contain("upgraded connection", end)
		down = pass(client, backend, from)
	})
	both.Wait()
	x.received += up
	x.sent += down
	return answered
}

// pass copies one direction and then closes it. When it broke, both directions
// end: there is nothing left to say to a peer that is gone.
func pass(to, from net.Conn, r io.Reader) int64 {
	n, err := io.Copy(to, r)
	if half, ok := to.(interface{ CloseWrite() error }); ok && err == nil {
		_ = half.CloseWrite()
		return n
	}
	_ = to.Close()
	_ = from.Close()
	return n
}
