package gateway

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestUpgradeOfAStreamedBody has a backend switch protocols while the client
// still sends its body, and then read all that comes.
func TestUpgradeOfAStreamedBody(t *testing.T) {
	// As much as fits between the client and a backend that does not read, and
	// more: the upload is busy writing when the answer comes.
	const flood = 64 << 20
	for name, length := range map[string]string{
		"chunks":            "Transfer-Encoding: chunked",
		"a declared length": fmt.Sprintf("Content-Length: %d", flood),
	} {
		t.Run(name, func(t *testing.T) {
			ended := make(chan struct{}, 1)
			w := one(t, Config{}, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Upgrade") == "" {
					_, _ = io.WriteString(rw, "fine")
					return
				}
				c, _, err := http.NewResponseController(rw).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				defer c.Close()
				time.Sleep(50 * time.Millisecond) // the upload fills the buffers
				_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
				time.Sleep(50 * time.Millisecond)
				_, _ = io.Copy(io.Discard, c)
				ended <- struct{}{}
			}))
			c, err := net.Dial("tcp", w.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(10 * time.Second))
			_, _ = io.WriteString(c, "POST /ws HTTP/1.1\r\nHost: api.example\r\nConnection: Upgrade\r\nUpgrade: echo\r\n"+length+"\r\n\r\n")
			go func() {
				data := strings.Repeat("x", 64<<10)
				if strings.HasPrefix(length, "Transfer") {
					data = fmt.Sprintf("%x\r\n%s\r\n", len(data), data)
				}
				for n := 0; n < flood; n += 64 << 10 {
					if _, err := io.WriteString(c, data); err != nil {
						return
					}
				}
			}()
			resp, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body) // the reset may cut it
			if resp.StatusCode != http.StatusBadGateway || !resp.Close {
				t.Errorf("%s, close %v, %q", resp.Status, resp.Close, body)
			}
			select {
			case <-ended:
			case <-time.After(10 * time.Second):
				t.Error("the backend's connection is still open")
			}
			if resp, body := w.get(w.client(), w.request("GET", "/", nil)); resp.StatusCode != 200 || body != "fine" {
				t.Errorf("afterwards: %s %q", resp.Status, body)
			}
		})
	}
}

// TestSlowSmallBody has a client that announces more than it sends.
func TestSlowSmallBody(t *testing.T) {
	w := one(t, Config{}, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		time.Sleep(300 * time.Millisecond)
		_, _ = io.WriteString(rw, discard(r))
	}))
	w.bodyTimeout = 200 * time.Millisecond
	w.put()
	c, err := net.Dial("tcp", w.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	in := bufio.NewReader(c)
	// A body that is there in time sets no limit to the answer, nor to the next
	// request on the connection.
	for range 2 {
		_, _ = io.WriteString(c, "POST / HTTP/1.1\r\nHost: api.example\r\nContent-Length: 4\r\n\r\nbody")
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != 200 || string(b) != "body" {
			t.Fatalf("%s %q %v", resp.Status, b, err)
		}
		time.Sleep(250 * time.Millisecond)
	}
	_, _ = io.WriteString(c, "POST / HTTP/1.1\r\nHost: api.example\r\nContent-Length: 100\r\n\r\nb")
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusRequestTimeout || !resp.Close || !strings.Contains(string(b), "did not come in time") {
		t.Errorf("%s, close %v, %q", resp.Status, resp.Close, b)
	}
	if _, err := in.ReadByte(); err != io.EOF {
		t.Errorf("the connection is still open: %v", err)
	}
}

// bomb panics when it is read.
type bomb struct{ net.Conn }

func (bomb) Read([]byte) (int, error) { panic("boom") }

// hijackable is an answer whose connection can be taken over.
type hijackable struct {
	*httptest.ResponseRecorder
	conn net.Conn
}

func (h hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.conn, bufio.NewReadWriter(bufio.NewReader(h.conn), bufio.NewWriter(h.conn)), nil
}

// TestPanicsStayInTheirExchange has the goroutines of an exchange panic.
func TestPanicsStayInTheirExchange(t *testing.T) {
	var log lockedBuffer
	w := one(t, Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" {
			_, _ = io.WriteString(rw, discard(r))
			return
		}
		c, _, err := http.NewResponseController(rw).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		_, _ = io.Copy(io.Discard, c)
	}))

	r := httptest.NewRequest("POST", "http://api.example/upload", io.NopCloser(bomb{}))
	r.ContentLength = -1
	answer := httptest.NewRecorder()
	w.ServeHTTP(answer, r)
	if answer.Code != http.StatusBadGateway {
		t.Errorf("upload: %d %s", answer.Code, answer.Body)
	}
	log.wait(t, "where=upload panic=boom")

	here, there := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, there) }()
	r = httptest.NewRequest("GET", "http://api.example/ws", nil)
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", "echo")
	w.ServeHTTP(hijackable{httptest.NewRecorder(), bomb{here}}, r)
	if _, err := here.Write([]byte("x")); err == nil {
		t.Error("the client's connection is still open")
	}
	log.wait(t, `where="upgraded connection" panic=boom`)

	if resp, body := w.get(w.client(), w.request("POST", "/", strings.NewReader("fine"))); resp.StatusCode != 200 || body != "fine" {
		t.Errorf("afterwards: %s %q", resp.Status, body)
	}
}
