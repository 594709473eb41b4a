package gateway

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// lockedBuffer is a log that can be read while it is written.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// wait returns the line that contains text.
func (b *lockedBuffer) wait(t *testing.T, text string) string {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		b.mu.Lock()
		all := b.buf.String()
		b.mu.Unlock()
		for line := range strings.Lines(all) {
			if strings.Contains(line, text) {
				return line
			}
		}
	}
	t.Fatalf("no line with %q", text)
	return ""
}

func TestAccessLogAndMetrics(t *testing.T) {
	var log lockedBuffer
	w := one(t, Config{AccessLog: &log}, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bad" {
			rw.WriteHeader(500)
		}
		_, _ = io.WriteString(rw, "four")
	}))
	r := w.request("POST", "/good?x", strings.NewReader("12345"))
	r.Header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	w.get(w.client(), r)
	w.get(w.client(), w.request("GET", "/bad", nil))
	target := w.ready["booking-1"][0].String()
	line := log.wait(t, "/good")
	for _, part := range []string{
		" " + target + " ", ` 200 200 5 4 "POST http://api.example:80/good?x HTTP/1.1" "Go-http-client/1.1" - - targetgroup/prod/booking-1 "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736" "-" "-" 1 `,
		` "forward" "-" "-" "` + target + `" "200" "-" "-" TID_`,
	} {
		if !strings.Contains(line, part) {
			t.Errorf("line %s does not contain %q", line, part)
		}
	}
	log.wait(t, ` 500 500 0 4 "GET`)
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(w.Collector()); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]float64{}
	for _, f := range families {
		for _, m := range f.Metric {
			var labels []string
			for _, l := range m.Label {
				labels = append(labels, l.GetValue())
			}
			if m.Counter != nil {
				found[strings.Join(labels, " ")] = m.Counter.GetValue()
			}
		}
	}
	if found["2xx prod booking-1 booking-1"] != 1 || found["5xx prod booking-1 booking-1"] != 1 {
		t.Errorf("metrics %v", found)
	}
}
