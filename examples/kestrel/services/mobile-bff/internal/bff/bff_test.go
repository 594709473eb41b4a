package bff

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"kestrelcars.example/mobile-bff/internal/serve"
)

// world is the app between two services that answer as told.
type world struct {
	app             *serve.App
	search, booking atomic.Value // func(http.ResponseWriter, *http.Request)
}

type handler = func(http.ResponseWriter, *http.Request)

func say(status int, body string) handler {
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func start(t *testing.T, timeout string) *world {
	t.Helper()
	w := &world{}
	w.search.Store(say(200, `{"city":"mumbai","from":"2026-05-01","to":"2026-05-02","offers":[{"n":1},{"n":2},{"n":3},{"n":4}]}`))
	w.booking.Store(say(200, `{"bookings":[{"id":"KS-1"}]}`))
	serverOf := func(v *atomic.Value) string {
		s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { v.Load().(handler)(rw, r) }))
		t.Cleanup(s.Close)
		return s.URL
	}
	settings := map[string]string{"SEARCH_URL": serverOf(&w.search), "BOOKING_URL": serverOf(&w.booking), "UPSTREAM_TIMEOUT": timeout}
	getenv := func(key string) string { return settings[key] }
	app, err := serve.New("mobile-bff", getenv)
	if err != nil {
		t.Fatal(err)
	}
	api, err := NewAPI(app, getenv)
	if err != nil {
		t.Fatal(err)
	}
	api.Register(app)
	w.app = app
	return w
}

func (w *world) do(method, path, body string) (int, string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Idempotency-Key", "tap-1")
	rec := httptest.NewRecorder()
	w.app.ServeHTTP(rec, r)
	return rec.Code, rec.Body.String()
}

func TestHome(t *testing.T) {
	w := start(t, "")
	if status, body := w.do("GET", "/v1/home?customer=asha", ""); status != 200 || strings.Contains(body, "degraded") ||
		!strings.Contains(body, `{"n":3}`) || strings.Contains(body, `{"n":4}`) || !strings.Contains(body, "KS-1") {
		t.Errorf("everything works: %d %s", status, body)
	}
	w.booking.Store(say(500, `{}`))
	if status, body := w.do("GET", "/v1/home?customer=asha", ""); status != 200 || !strings.Contains(body, `"degraded":["bookings"]`) {
		t.Errorf("booking fails: %d %s", status, body)
	}
	w.search.Store(say(500, `{}`))
	if status, body := w.do("GET", "/v1/home?customer=asha", ""); status != 502 {
		t.Errorf("both fail: %d %s", status, body)
	}
	w.booking.Store(say(200, `{"bookings":[]}`))
	if status, body := w.do("GET", "/v1/home?customer=asha", ""); status != 200 || !strings.Contains(body, `"degraded":["offers"]`) {
		t.Errorf("search fails: %d %s", status, body)
	}
}

func TestDeadline(t *testing.T) {
	w := start(t, "50ms")
	w.search.Store(handler(hang))
	if status, body := w.do("GET", "/v1/cars", ""); status != 504 {
		t.Errorf("search hangs: %d %s", status, body)
	}
	if status, body := w.do("GET", "/v1/home?customer=asha", ""); status != 200 || !strings.Contains(body, `"degraded":["offers"]`) {
		t.Errorf("search hangs: %d %s", status, body)
	}
}

func TestPassingOn(t *testing.T) {
	w := start(t, "")
	var query, key string
	w.search.Store(handler(func(rw http.ResponseWriter, r *http.Request) {
		query = r.URL.RawQuery
		fmt.Fprint(rw, `{"city":"delhi","offers":[]}`)
	}))
	if status, body := w.do("GET", "/v1/cars?city=delhi&class=suv&debug=1", ""); status != 200 || query != "city=delhi&class=suv" || !strings.Contains(body, "delhi") {
		t.Errorf("cars: %d %s, search was asked %s", status, body, query)
	}
	w.booking.Store(handler(func(rw http.ResponseWriter, r *http.Request) {
		key = r.Header.Get("Idempotency-Key")
		rw.WriteHeader(201)
		fmt.Fprint(rw, `{"version":"9.9.9","booking":{"id":"KS-2"}}`)
	}))
	if status, body := w.do("POST", "/v1/bookings", `{"customer":"asha"}`); status != 201 || key != "tap-1" || !strings.Contains(body, "KS-2") || strings.Contains(body, "9.9.9") {
		t.Errorf("book: %d %s with key %q", status, body, key)
	}
	w.booking.Store(say(409, `{"error":"no car"}`))
	if status, body := w.do("POST", "/v1/bookings", `{}`); status != 409 || !strings.Contains(body, "no car") {
		t.Errorf("no car: %d %s", status, body)
	}
	if status, _ := w.do("POST", "/v1/bookings", `{"`); status != 400 {
		t.Errorf("no JSON: %d", status)
	}
	w.booking.Store(say(404, `{"error":"no such booking"}`))
	if status, _ := w.do("GET", "/v1/bookings/KS-9", ""); status != 404 {
		t.Errorf("unknown booking: %d", status)
	}
}
