package gateway

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// TestUpgrade speaks a protocol of its own over an upgraded connection.
func TestUpgrade(t *testing.T) {
	var log lockedBuffer
	w := one(t, Config{AccessLog: &log}, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "echo" || r.Header.Get("Connection") != "Upgrade" {
			http.Error(rw, "not an upgrade", 400)
			return
		}
		c, buf, err := http.NewResponseController(rw).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello ")
		_, _ = io.Copy(c, buf)
		_, _ = io.WriteString(c, " bye")
	}))
	// A timeout ends with the handshake.
	w.edit = func(r *gatewayv1.HTTPRoute) {
		r.Spec.Rules[0].Timeouts = &gatewayv1.HTTPRouteTimeouts{Request: duration("200ms")}
	}
	w.put()
	c, err := net.Dial("tcp", w.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	_, _ = io.WriteString(c, "GET /ws HTTP/1.1\r\nHost: api.example\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	in := bufio.NewReader(c)
	resp, err := http.ReadResponse(in, nil)
	if err != nil || resp.StatusCode != 101 || resp.Header.Get("Upgrade") != "echo" || resp.Header.Get("Paddock-Release") != "booking-1" {
		t.Fatalf("%v %v", resp, err)
	}
	buf := make([]byte, 6)
	if _, err := io.ReadFull(in, buf); err != nil || string(buf) != "hello " {
		t.Fatalf("%q %v", buf, err)
	}
	// The endpoint leaves and the timeout passes; the conversation goes on.
	w.ready["booking-1"] = nil
	w.put()
	time.Sleep(250 * time.Millisecond) // the timeout itself is what is tested
	if _, err := io.WriteString(c, "there"); err != nil {
		t.Fatal(err)
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(in)
	if err != nil || string(rest) != "there bye" {
		t.Fatalf("%q %v", rest, err)
	}
	if line := log.wait(t, "/ws"); !strings.HasPrefix(line, "ws ") || !strings.Contains(line, " 101 101 ") {
		t.Errorf("line %s", line)
	}
}

func TestUpgradeEndsWithTheGateway(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g, err := New(Config{Listener: l})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	w := &world{TB: t, Gateway: g, ready: map[string][]netip.AddrPort{}, weights: []weight{{"booking-1", 1}}}
	w.backend("booking-1", http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(rw).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		_, _ = io.Copy(io.Discard, c)
	}))
	w.put()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: api.example\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	in := bufio.NewReader(c)
	if resp, err := http.ReadResponse(in, nil); err != nil || resp.StatusCode != 101 {
		t.Fatal(resp, err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if _, err := in.ReadByte(); err == nil {
		t.Error("the upgraded connection is still open")
	}
}

// TestStreams reads an event while the backend still waits to send the next.
func TestStreams(t *testing.T) {
	for _, length := range []string{"", "10"} {
		next := make(chan struct{})
		w := one(t, Config{}, http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			if length != "" {
				rw.Header().Set("Content-Length", length)
			}
			for _, part := range []string{"first", "other"} {
				_, _ = io.WriteString(rw, part)
				rw.(http.Flusher).Flush()
				<-next
			}
		}))
		resp, err := w.client().Do(w.request("GET", "/", nil))
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 5)
		for _, want := range []string{"first", "other"} {
			if _, err := io.ReadFull(resp.Body, buf); err != nil || string(buf) != want {
				t.Fatalf("%q %v", buf, err)
			}
			next <- struct{}{}
		}
		resp.Body.Close()
	}
}

// TestUploads sends bodies that are streamed, in both directions at once, with
// trailers.
func TestUploads(t *testing.T) {
	w := one(t, Config{}, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Trailer", "X-Sum")
		_ = http.NewResponseController(rw).EnableFullDuplex()
		n, _ := io.Copy(rw, r.Body)
		rw.Header().Set("X-Sum", fmt.Sprint(n, r.Trailer.Get("X-Mine")))
	}))
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // 1 MiB
	for _, chunked := range []bool{false, true} {
		r := w.request("POST", "/", bytes.NewReader(big))
		want := "1048576"
		if chunked {
			r.ContentLength, r.Trailer, want = -1, http.Header{"X-Mine": {"yes"}}, "1048576yes"
		}
		resp, body := w.get(w.client(), r)
		if resp.StatusCode != 200 || body != string(big) || strings.ReplaceAll(resp.Trailer.Get("X-Sum"), " ", "") != want {
			t.Errorf("chunked %v: %s, %d bytes, trailer %v", chunked, resp.Status, len(body), resp.Trailer)
		}
	}
}

// TestAnswerBeforeTheBody has a backend that refuses a body it has not read.
func TestAnswerBeforeTheBody(t *testing.T) {
	w := one(t, Config{}, http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		http.Error(rw, "too large", http.StatusRequestEntityTooLarge)
	}))
	for range 20 {
		c := w.client()
		body, stop := io.Pipe() // never ends
		r := w.request("POST", "/", body)
		r.ContentLength = 1 << 20
		go func() { _, _ = stop.Write(make([]byte, 1<<10)) }()
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if b, _ := io.ReadAll(resp.Body); resp.StatusCode != 413 || string(b) != "too large\n" {
			t.Fatalf("%s %q", resp.Status, b)
		}
		resp.Body.Close()
		stop.CloseWithError(errors.New("enough"))
	}
}

func TestBodylessAnswers(t *testing.T) {
	w := one(t, Config{}, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/304":
			rw.Header().Set("Etag", `"x"`)
			rw.WriteHeader(304)
		case "/204":
			rw.WriteHeader(204)
		case "/early":
			rw.Header().Set("Link", "</style.css>; rel=preload")
			rw.WriteHeader(103)
			fallthrough
		default:
			_, _ = io.WriteString(rw, "body")
		}
	}))
	c := w.client()
	for _, q := range []struct {
		method, path string
		status       int
		length       int64
		body         string
	}{
		{"HEAD", "/", 200, 4, ""}, {"GET", "/304", 304, 0, ""}, {"GET", "/204", 204, 0, ""}, {"GET", "/early", 200, 4, "body"}, {"GET", "/", 200, 4, "body"},
	} {
		resp, body := w.get(c, w.request(q.method, q.path, nil))
		if resp.StatusCode != q.status || resp.ContentLength != q.length || body != q.body {
			t.Errorf("%s %s: %s, length %d, %q", q.method, q.path, resp.Status, resp.ContentLength, body)
		}
	}
}
