package cars

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kestrelcars.example/fleet/internal/serve"
)

func day(n int) time.Time { return time.Date(2026, 5, n, 0, 0, 0, 0, time.UTC) }

func TestReserveAndRelease(t *testing.T) {
	f := NewFleet(1)
	first, err := f.Reserve("mumbai", "suv", day(1), day(4))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Reserve("mumbai", "suv", day(3), day(5)); !errors.Is(err, ErrTaken) {
		t.Errorf("overlapping days: %v", err)
	}
	if _, err := f.Reserve("mumbai", "suv", day(4), day(5)); err != nil {
		t.Errorf("the day of return: %v", err)
	}
	if err := f.Release(first.ID); err != nil {
		t.Fatal(err)
	}
	if err := f.Release(first.ID); !errors.Is(err, ErrUnknown) {
		t.Errorf("released twice: %v", err)
	}
	if _, err := f.Reserve("mumbai", "suv", day(1), day(4)); err != nil {
		t.Errorf("after the release: %v", err)
	}
	if _, err := f.Reserve("atlantis", "suv", day(1), day(4)); !errors.Is(err, ErrTaken) {
		t.Errorf("an unknown city: %v", err)
	}
}

func TestVersionsAreOptimistic(t *testing.T) {
	f := NewFleet(1)
	seen, err := f.Car("mum-suv-001")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Reserve("mumbai", "suv", day(1), day(2)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.SetState(seen.ID, Workshop, seen.Version); !errors.Is(err, ErrMoved) {
		t.Errorf("based on an old version: %v", err)
	}
	now, _ := f.Car(seen.ID)
	if c, err := f.SetState(seen.ID, Workshop, now.Version); err != nil || c.State != Workshop {
		t.Errorf("based on this version: %+v %v", c, err)
	}
	if _, err := f.Reserve("mumbai", "suv", day(10), day(12)); !errors.Is(err, ErrTaken) {
		t.Errorf("a car in the workshop: %v", err)
	}
}

func TestAPI(t *testing.T) {
	app, err := serve.New("fleet", func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	NewAPI(NewFleet(1)).Register(app)
	do := func(method, path, match, body string) (int, string) {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("If-Match", match)
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	const days = `{"city":"delhi","class":"sedan","from":"2026-05-01","to":"2026-05-03"}`
	status, body := do("POST", "/v1/reservations", "", days)
	var made struct{ Reservation Reservation }
	if err := json.Unmarshal([]byte(body), &made); err != nil || status != 201 || made.Reservation.Car != "del-sed-001" {
		t.Fatalf("reserved: %d %s %v", status, body, err)
	}
	for _, c := range []struct {
		method, path, match, body string
		want                      int
	}{
		{"POST", "/v1/reservations", "", days, 409},
		{"POST", "/v1/reservations", "", `{"city":"delhi","class":"sedan","from":"2026-05-03","to":"2026-05-03"}`, 422},
		{"POST", "/v1/reservations", "", `{"city":"delhi","class":"sedan","from":"tomorrow","to":"2026-05-03"}`, 422},
		{"POST", "/v1/reservations", "", `{"town":"delhi"}`, 400},
		{"GET", "/v1/cars?city=delhi", "", "", 200},
		{"GET", "/v1/cars/del-sed-001", "", "", 200},
		{"GET", "/v1/cars/none", "", "", 404},
		{"PUT", "/v1/cars/del-sed-001/state", "", `{"state":"workshop"}`, 428},
		{"PUT", "/v1/cars/del-sed-001/state", `"1"`, `{"state":"workshop"}`, 412},
		{"PUT", "/v1/cars/del-sed-001/state", `"2"`, `{"state":"sunk"}`, 422},
		{"PUT", "/v1/cars/del-sed-001/state", `"2"`, `{"state":"workshop"}`, 200},
		{"DELETE", "/v1/reservations/" + made.Reservation.ID, "", "", 200},
		{"DELETE", "/v1/reservations/" + made.Reservation.ID, "", "", 404},
	} {
		if status, body := do(c.method, c.path, c.match, c.body); status != c.want {
			t.Errorf("%s %s: %d %s, want %d", c.method, c.path, status, body, c.want)
		}
	}
}
