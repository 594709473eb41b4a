package serve

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func env(values map[string]string) func(string) string {
	return func(key string) string { return values[key] }
}

func app(t *testing.T, values map[string]string) *App {
	t.Helper()
	a, err := New("test", env(values))
	if err != nil {
		t.Fatal(err)
	}
	a.Handle("GET /v1/hello", func(*http.Request) (any, error) { return map[string]string{"hello": "world"}, nil })
	return a
}

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w
}

func TestEveryAnswerIsStamped(t *testing.T) {
	a := app(t, map[string]string{"PADDOCK_VERSION": "1.13.0", "PADDOCK_ENVIRONMENT": "qa"})
	for path, status := range map[string]int{"/v1/hello": 200, "/v1/nothing": 404, "/healthz/live": 200, "/healthz/ready": 200} {
		w := get(a, path)
		var got struct{ Version, Environment string }
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != status || got.Version != "1.13.0" || got.Environment != "qa" {
			t.Errorf("%s: %d %s (%v)", path, w.Code, w.Body, err)
		}
	}
	if body := get(a, "/metrics").Body.String(); !strings.Contains(body, `http_server_request_duration_seconds_count{code="200",route="GET /v1/hello"} 1`) {
		t.Errorf("no histogram of the endpoint in\n%s", body)
	}
}

func TestFaults(t *testing.T) {
	a := app(t, map[string]string{"FAULT_ERROR_RATE": "100%", "FAULT_LATENCY": "1ms"})
	if w := get(a, "/v1/hello"); w.Code != 500 {
		t.Errorf("answered %d", w.Code)
	}
	if w := get(a, "/healthz/ready"); w.Code != 200 {
		t.Errorf("health answered %d", w.Code)
	}
	for _, bad := range []map[string]string{
		{"FAULT_ERROR_RATE": "many"}, {"FAULT_ERROR_RATE": "120%"}, {"FAULT_ERROR_RATE": "NaN"}, {"FAULT_LATENCY": "soon"}, {"FAULT_LATENCY": "-1s"},
	} {
		if _, err := New("test", env(bad)); err == nil {
			t.Errorf("%v was accepted", bad)
		}
	}
	if f, err := parseFaults("20%", ""); err != nil || f.errorRate != 0.2 {
		t.Errorf("20%% is %v (%v)", f, err)
	}
}

func TestTheTraceIsPassedOn(t *testing.T) {
	const caller = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	var got string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Get("traceparent")
		io.WriteString(w, `{"answer":42}`)
	}))
	defer other.Close()
	a := app(t, nil)
	client, err := a.Client("search", env(map[string]string{"SEARCH_URL": other.URL}))
	if err != nil {
		t.Fatal(err)
	}
	var out struct{ Answer int }
	a.Handle("GET /v1/pass", func(r *http.Request) (any, error) {
		return out, client.Do(r.Context(), Call{Method: "GET", Path: "/", Out: &out})
	})
	r := httptest.NewRequest("GET", "/v1/pass", nil)
	r.Header.Set("traceparent", caller)
	a.ServeHTTP(httptest.NewRecorder(), r)
	if !strings.HasPrefix(got, caller[:36]) || got == caller || out.Answer != 42 {
		t.Errorf("the other service saw %q and answered %d", got, out.Answer)
	}
	if _, err := a.Client("fleet", env(nil)); err == nil || !strings.Contains(err.Error(), "FLEET_URL") {
		t.Errorf("without an address: %v", err)
	}
}

func TestClientErrors(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/conflict":
			w.WriteHeader(409)
			io.WriteString(w, `{"error":"taken"}`)
		case "/broken":
			w.WriteHeader(500)
		case "/slow":
			<-r.Context().Done()
		}
	}))
	defer other.Close()
	client, err := app(t, nil).Client("fleet", env(map[string]string{"FLEET_URL": other.URL}))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/conflict": 409, "/broken": 502, "/slow": 504} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if err := client.Do(ctx, Call{Method: "GET", Path: path}); Status(err) != want {
			t.Errorf("%s: %v, want status %d", path, err, want)
		}
		cancel()
	}
}

func TestRunStopsInOrder(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(free.Addr().String())
	free.Close()
	a := app(t, map[string]string{"HOST": host, "PORT": port})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	ready := func() int {
		res, err := http.Get("http://" + net.JoinHostPort(host, port) + "/healthz/ready")
		if err != nil {
			return 0
		}
		res.Body.Close()
		return res.StatusCode
	}
	for ready() != 200 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	for ready() == 200 {
		time.Sleep(time.Millisecond)
	}
	if err := <-done; err != nil {
		t.Errorf("stopped with %v", err)
	}
}
