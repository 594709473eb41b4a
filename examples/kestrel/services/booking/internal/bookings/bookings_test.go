package bookings

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"kestrelcars.example/booking/internal/serve"
)

// fleet stands in for the service at the wire.
type fleet struct {
	mu       sync.Mutex
	reserved map[string]bool
	made     int
	status   int // answer with this instead
}

func (f *fleet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.status != 0:
		w.WriteHeader(f.status)
		fmt.Fprint(w, `{"error":"told to"}`)
	case r.Method == http.MethodPost:
		f.made++
		id := fmt.Sprintf("R%d", f.made)
		f.reserved[id] = true
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"reservation":{"id":%q,"car":"ben-suv-001"}}`, id)
	case r.Method == http.MethodDelete:
		delete(f.reserved, strings.TrimPrefix(r.URL.Path, "/v1/reservations/"))
		fmt.Fprint(w, `{}`)
	}
}

func start(t *testing.T, settings map[string]string) (*fleet, func(method, path, key, body string) (int, string)) {
	t.Helper()
	f := &fleet{reserved: map[string]bool{}}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	getenv := func(key string) string {
		if key == "FLEET_URL" {
			return server.URL
		}
		return settings[key]
	}
	app, err := serve.New("booking", getenv)
	if err != nil {
		t.Fatal(err)
	}
	api, err := NewAPI(app, getenv)
	if err != nil {
		t.Fatal(err)
	}
	api.Register(app)
	return f, func(method, path, key, body string) (int, string) {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Idempotency-Key", key)
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
}

const good = `{"customer":"asha","city":"bengaluru","class":"suv","from":"2026-05-01","to":"2026-05-04"}`

func booked(t *testing.T, body string) Booking {
	t.Helper()
	var got struct{ Booking Booking }
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return got.Booking
}

func TestBookGetCancel(t *testing.T) {
	f, do := start(t, map[string]string{"CURRENCY": "EUR"})
	status, body := do("POST", "/v1/bookings", "", good)
	b := booked(t, body)
	if status != 201 || b.Car != "ben-suv-001" || b.Amount != 3*3700 || b.Currency != "EUR" || b.Status != Confirmed {
		t.Fatalf("booked: %d %s", status, body)
	}
	if status, body := do("GET", "/v1/bookings/"+b.ID, "", ""); status != 200 || booked(t, body) != b {
		t.Errorf("read again: %d %s", status, body)
	}
	if status, body := do("GET", "/v1/bookings?customer=asha", "", ""); status != 200 || !strings.Contains(body, b.ID) {
		t.Errorf("listed: %d %s", status, body)
	}
	if _, body := do("GET", "/v1/bookings?customer=vikram", "", ""); strings.Contains(body, b.ID) {
		t.Errorf("listed for somebody else: %s", body)
	}
	if status, body := do("DELETE", "/v1/bookings/"+b.ID, "", ""); status != 200 || booked(t, body).Status != Cancelled {
		t.Errorf("cancelled: %d %s", status, body)
	}
	if len(f.reserved) != 0 {
		t.Errorf("still reserved: %v", f.reserved)
	}
	if status, _ := do("GET", "/v1/bookings/KS-NONE", "", ""); status != 404 {
		t.Errorf("an unknown booking: %d", status)
	}
}

func TestIdempotency(t *testing.T) {
	f, do := start(t, nil)
	_, first := do("POST", "/v1/bookings", "key-1", good)
	status, again := do("POST", "/v1/bookings", "key-1", good)
	if status != 200 || booked(t, again).ID != booked(t, first).ID || f.made != 1 {
		t.Errorf("the same request again: %d %s, %d reservations", status, again, f.made)
	}
	if status, _ := do("POST", "/v1/bookings", "key-1", strings.Replace(good, "suv", "sedan", 1)); status != 422 {
		t.Errorf("the same key for another request: %d", status)
	}
	f.status = 503
	if status, _ := do("POST", "/v1/bookings", "key-2", good); status != 502 {
		t.Errorf("fleet is down: %d", status)
	}
	f.status = 409
	if status, _ := do("POST", "/v1/bookings", "key-2", good); status != 409 {
		t.Errorf("fleet has no car: %d", status)
	}
	f.status = 0
	if status, _ := do("POST", "/v1/bookings", "key-2", good); status != 201 {
		t.Errorf("tried again with the same key: %d", status)
	}
}

func TestACarIsReleasedWhenTheBookingFails(t *testing.T) {
	f, do := start(t, map[string]string{"MAX_BOOKINGS": "1"})
	if status, _ := do("POST", "/v1/bookings", "", good); status != 201 {
		t.Fatalf("the first booking: %d", status)
	}
	if status, _ := do("POST", "/v1/bookings", "", good); status != 503 {
		t.Errorf("one too many: %d", status)
	}
	if f.made != 2 || len(f.reserved) != 1 {
		t.Errorf("%d reservations were made, %d are left", f.made, len(f.reserved))
	}
}

func TestValidation(t *testing.T) {
	f, do := start(t, nil)
	for _, change := range [][2]string{
		{`"asha"`, `""`}, {`"bengaluru"`, `""`}, {`"suv"`, `"boat"`}, {"2026-05-01", "soon"}, {"2026-05-04", "later"},
		{"2026-05-04", "2026-05-01"}, {"2026-05-04", "2027-05-01"},
	} {
		if status, body := do("POST", "/v1/bookings", "", strings.Replace(good, change[0], change[1], 1)); status != 422 {
			t.Errorf("%s: %d %s", change[1], status, body)
		}
	}
	if status, _ := do("POST", "/v1/bookings", "", `{"customer":`); status != 400 {
		t.Errorf("no JSON: %d", status)
	}
	if f.made != 0 {
		t.Errorf("%d cars were reserved", f.made)
	}
}

func TestInProgress(t *testing.T) {
	s := NewStore(10)
	if _, done, err := s.Begin("k", []byte("x")); done || err != nil {
		t.Fatal(done, err)
	}
	if _, _, err := s.Begin("k", []byte("x")); err != ErrInProgress {
		t.Errorf("a second request meanwhile: %v", err)
	}
	s.Abort("k")
	if _, _, err := s.Begin("k", []byte("y")); err != nil {
		t.Errorf("after the first failed: %v", err)
	}
}

func TestSettings(t *testing.T) {
	app, err := serve.New("booking", func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []map[string]string{
		{}, {"FLEET_URL": "http://fleet", "CURRENCY": "rupees"}, {"FLEET_URL": "http://fleet", "MAX_BOOKINGS": "0"},
	} {
		if _, err := NewAPI(app, func(key string) string { return bad[key] }); err == nil {
			t.Errorf("%v was accepted", bad)
		}
	}
}
