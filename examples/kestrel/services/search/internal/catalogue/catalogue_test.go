package catalogue

import (
	"encoding/json"
	"net/http/httptest"
	"testing"
	"time"

	"kestrelcars.example/search/internal/serve"
)

func TestPrice(t *testing.T) {
	friday := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct{ days, want int }{
		{1, 1000},
		{2, 2250},              // Saturday
		{3, 3500},              // Sunday
		{6, 6500},              // Monday to Wednesday
		{7, 7400},              // the seventh day
		{9, 7400 + 900 + 1125}, // Friday and Saturday
	} {
		if days, total := price(1000, friday, friday.AddDate(0, 0, c.days)); days != c.days || total != c.want {
			t.Errorf("%d days cost %d, want %d", days, total, c.want)
		}
	}
}

func TestSearch(t *testing.T) {
	app, err := serve.New("search", func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	api, err := NewAPI(func(key string) string { return map[string]string{"DEFAULT_CITY": "Mumbai", "MAX_RESULTS": "2"}[key] })
	if err != nil {
		t.Fatal(err)
	}
	api.Register(app)
	for _, c := range []struct {
		query  string
		status int
		city   string
		offers int
	}{
		{"", 200, "mumbai", 2},
		{"?city=Delhi&class=suv&from=2026-05-01&to=2026-05-04", 200, "delhi", 2},
		{"?city=atlantis", 422, "", 0},
		{"?class=boat", 422, "", 0},
		{"?from=soon", 422, "", 0},
		{"?from=2026-05-04&to=2026-05-04", 422, "", 0},
		{"?from=2026-05-04&to=2027-05-04", 422, "", 0},
	} {
		w := httptest.NewRecorder()
		app.ServeHTTP(w, httptest.NewRequest("GET", "/v1/search"+c.query, nil))
		var got struct {
			City   string
			Offers []Offer
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != c.status || got.City != c.city || len(got.Offers) != c.offers {
			t.Errorf("%s: %d %s (%v)", c.query, w.Code, w.Body, err)
		}
		for i := 1; i < len(got.Offers); i++ {
			if got.Offers[i-1].Total > got.Offers[i].Total {
				t.Errorf("%s: not the cheapest first: %+v", c.query, got.Offers)
			}
		}
	}
}

func TestSettings(t *testing.T) {
	for _, bad := range []map[string]string{{"DEFAULT_CITY": "atlantis"}, {"MAX_RESULTS": "many"}, {"MAX_RESULTS": "0"}} {
		if _, err := NewAPI(func(key string) string { return bad[key] }); err == nil {
			t.Errorf("%v was accepted", bad)
		}
	}
}
