package web

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/diag"
)

var (
	update = flag.Bool("update", false, "rewrite the golden files")
	serve  = flag.String("serve", "", "serve the sample on this address until interrupted, to look at it")
)

func sample[T any](t *testing.T, name string) T {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "delivery", "matrix", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var value T
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// config shows the same platform as the golden files of package matrix.
func config(t *testing.T) Config {
	status, history := sample[v1.Status](t, "status.json"), sample[v1.History](t, "history.json")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return Config{
		Listener: listener,
		Status:   func(context.Context) (v1.Status, error) { return status, nil },
		History:  func(context.Context) (v1.History, error) { return history, nil },
		Now:      func() time.Time { return status.Time },
		Logger:   slog.New(slog.DiscardHandler),
	}
}

func start(t *testing.T, cfg Config) (base string) {
	t.Helper()
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return "http://" + cfg.Listener.Addr().String()
}

func get(t *testing.T, h http.Handler, target string) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Host = "127.0.0.1:8081"
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	data, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestServe is for the eye: go test ./internal/web -run Serve -serve :8081
func TestServe(t *testing.T) {
	if *serve == "" {
		t.Skip("only with -serve")
	}
	cfg := config(t)
	var err error
	if cfg.Listener, err = net.Listen("tcp", *serve); err != nil {
		t.Fatal(err)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestPageGolden(t *testing.T) {
	s, err := New(config(t))
	if err != nil {
		t.Fatal(err)
	}
	answer := get(t, s.Handler(), "/")
	got := body(t, answer)
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s\n%s", answer.Status, got)
	}
	path := filepath.Join("testdata", "page.html")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; look at it with: go test ./internal/web -update && git diff", path)
	}
}

func TestFragmentIsPartOfThePage(t *testing.T) {
	s, err := New(config(t))
	if err != nil {
		t.Fatal(err)
	}
	page, fragment := body(t, get(t, s.Handler(), "/")), body(t, get(t, s.Handler(), "/fragment"))
	if len(fragment) < 1000 || !strings.Contains(page, fragment) {
		t.Error("the script would replace the page by something else than a reload shows")
	}
}

func TestNothingInline(t *testing.T) {
	s, err := New(config(t))
	if err != nil {
		t.Fatal(err)
	}
	answer := get(t, s.Handler(), "/")
	policy := answer.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	page := body(t, answer)
	for _, forbidden := range []string{"<style", "style=", "onclick", "<script>", "javascript:"} {
		if strings.Contains(page, forbidden) {
			t.Errorf("the page contains %s, which its own policy forbids", forbidden)
		}
	}
}

func TestHostileTextStaysText(t *testing.T) {
	cfg := config(t)
	status := sample[v1.Status](t, "status.json")
	status.Approvals[0].Subject = `<script>alert(1)</script>`
	status.Environments[0].Services[0].URLs = []string{"javascript:alert(1)"}
	cfg.Status = func(context.Context) (v1.Status, error) { return status, nil }
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	page := body(t, get(t, s.Handler(), "/"))
	if strings.Contains(page, "<script>alert") || strings.Contains(page, `href="javascript:`) {
		t.Error("text from a commit became part of the page")
	}
}

func TestStaticFilesOfThePageExist(t *testing.T) {
	s, err := New(config(t))
	if err != nil {
		t.Fatal(err)
	}
	page := body(t, get(t, s.Handler(), "/"))
	found := 0
	for _, piece := range strings.Split(page, `"`) {
		if !strings.HasPrefix(piece, "/static/") {
			continue
		}
		found++
		answer := get(t, s.Handler(), piece)
		if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") == "" {
			t.Errorf("%s: %s, type %q", piece, answer.Status, answer.Header.Get("Content-Type"))
		}
	}
	if found < 3 {
		t.Errorf("the page names %d files, want mark, style and script", found)
	}
	if code := get(t, s.Handler(), "/static/other.css").StatusCode; code != http.StatusNotFound {
		t.Errorf("a file that is not there: %d", code)
	}
}

func TestJSONIsTheStatus(t *testing.T) {
	s, err := New(config(t))
	if err != nil {
		t.Fatal(err)
	}
	for path, name := range map[string]string{"/api/v1/status": "status.json", "/api/v1/history": "history.json"} {
		want, err := os.ReadFile(filepath.Join("..", "delivery", "matrix", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if got := body(t, get(t, s.Handler(), path)); got != string(want) {
			t.Errorf("%s differs from the status it was given", path)
		}
	}
}

func TestStartingPlatformHasAPage(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"problem", diag.Problem{Severity: diag.Error, Summary: "The platform has not read its file yet"}, "The platform has not read its file yet."},
		{"error", errors.New("connection refused"), "The platform&#39;s API does not answer: connection refused"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := config(t)
			cfg.Status = func(context.Context) (v1.Status, error) { return v1.Status{}, test.err }
			s, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			answer := get(t, s.Handler(), "/")
			if got := body(t, answer); answer.StatusCode != http.StatusServiceUnavailable || !strings.Contains(got, test.want) {
				t.Errorf("%s\n%s", answer.Status, got)
			}
			if code := get(t, s.Handler(), "/api/v1/status").StatusCode; code != http.StatusServiceUnavailable {
				t.Errorf("json: %d", code)
			}
			if code := get(t, s.Handler(), "/healthz").StatusCode; code != http.StatusOK {
				t.Errorf("healthz: %d", code)
			}
		})
	}
}

func TestWhoMayAsk(t *testing.T) {
	cfg := config(t)
	reached := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, name+" "+r.URL.Path) })
	}
	cfg.Git, cfg.Registry, cfg.Metrics = reached("git"), reached("registry"), reached("metrics")
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, method, target, host string
		header                     map[string]string
		code                       int
		body                       string
	}{
		{name: "git", method: "POST", target: "/git/booking.git/git-receive-pack", host: "127.0.0.1:8081", code: 200, body: "git /git/booking.git/git-receive-pack"},
		{name: "registry", method: "PUT", target: "/v2/booking/manifests/x", host: "registry.paddock.internal", code: 200, body: "registry /v2/booking/manifests/x"},
		{name: "metrics", method: "GET", target: "/metrics", host: "localhost:8081", code: 200, body: "metrics /metrics"},
		{name: "ipv6", method: "GET", target: "/metrics", host: "[::1]:8081", code: 200, body: "metrics /metrics"},
		{name: "name of ours", method: "GET", target: "/metrics", host: "console.localhost", code: 200, body: "metrics /metrics"},
		{name: "name pointed here by others", method: "POST", target: "/git/booking.git/git-receive-pack", host: "evil.example", code: 421},
		{name: "page of another site", method: "POST", target: "/git/booking.git/git-receive-pack", host: "127.0.0.1:8081", header: map[string]string{"Sec-Fetch-Site": "cross-site"}, code: 403},
		{name: "read only", method: "POST", target: "/api/v1/status", host: "127.0.0.1:8081", code: 405},
		{name: "nothing there", method: "GET", target: "/other", host: "127.0.0.1:8081", code: 404},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(test.method, test.target, strings.NewReader("x"))
			r.Host = test.host
			for k, v := range test.header {
				r.Header.Set(k, v)
			}
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			if w.Code != test.code || test.body != "" && w.Body.String() != test.body {
				t.Errorf("%d %q, want %d %q", w.Code, w.Body, test.code, test.body)
			}
		})
	}
}

// TestEventsTellOfChangesOnly reads a real stream: one event at the start, the
// next when the status is another one, and the stream ends with the server.
func TestEventsTellOfChangesOnly(t *testing.T) {
	cfg := config(t)
	status := sample[v1.Status](t, "status.json")
	var weight atomic.Int32
	var asked atomic.Int64
	cfg.Status = func(context.Context) (v1.Status, error) {
		out := status
		out.Time = time.Unix(asked.Add(1), 0) // time alone is no change
		out.Platform = "kestrel-" + string(rune('a'+weight.Load()))
		return out, nil
	}
	cfg.Interval = time.Millisecond
	base := start(t, cfg)
	answer, err := http.Get(base + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if got := answer.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("content type %q", got)
	}
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(answer.Body); s.Scan(); {
			if strings.HasPrefix(s.Text(), "data:") {
				lines <- s.Text()
			}
		}
	}()
	next := func(what string) {
		t.Helper()
		select {
		case <-lines:
		case <-time.After(20 * time.Second):
			t.Fatalf("no event: %s", what)
		}
	}
	next("at the start")
	// The watcher's first look may add one, as it does not know what the page
	// shows. After that, many looks at the same status add none.
	extra := 0
	for seen := asked.Load(); asked.Load() < seen+20; {
		select {
		case <-lines:
			if extra++; extra > 1 {
				t.Fatal("events without a change")
			}
		case <-time.After(time.Millisecond):
		}
	}
	weight.Add(1)
	next("after a change")
}

func TestRunEndsWhileAPageIsOpen(t *testing.T) {
	cfg := config(t)
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	answer, err := http.Get("http://" + cfg.Listener.Addr().String() + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	stop()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("Run waits for the open stream")
	}
}

func TestRunSaysWhyItCannotServe(t *testing.T) {
	cfg := config(t)
	_ = cfg.Listener.Close()
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); err == nil {
		t.Error("a closed listener is no error")
	}
}

func TestNewWantsItsParts(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("a console without anything was made")
	}
}

func BenchmarkFragment(b *testing.B) {
	var status v1.Status
	var history v1.History
	for name, into := range map[string]any{"status.json": &status, "history.json": &history} {
		data, err := os.ReadFile(filepath.Join("..", "delivery", "matrix", "testdata", name))
		if err != nil {
			b.Fatal(err)
		}
		if err := json.Unmarshal(data, into); err != nil {
			b.Fatal(err)
		}
	}
	var out bytes.Buffer
	for b.Loop() {
		out.Reset()
		if err := templates.ExecuteTemplate(&out, "live", newView(status, history, status.Time)); err != nil {
			b.Fatal(err)
		}
	}
}
