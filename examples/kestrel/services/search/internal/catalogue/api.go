package catalogue

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"kestrelcars.example/search/internal/serve"
)

const maxDays = 60

// API is the catalogue over HTTP.
type API struct {
	catalogue   *Catalogue
	defaultCity string
	maxResults  int
	now         func() time.Time
}

// NewAPI reads DEFAULT_CITY and MAX_RESULTS.
func NewAPI(getenv func(string) string) (*API, error) {
	c, err := Load()
	if err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	a := &API{catalogue: c, defaultCity: "bengaluru", maxResults: 20, now: time.Now}
	if city := getenv("DEFAULT_CITY"); city != "" {
		a.defaultCity = strings.ToLower(city)
	}
	if _, ok := c.Cities[a.defaultCity]; !ok {
		return nil, fmt.Errorf("DEFAULT_CITY %q is not a city that we rent in", a.defaultCity)
	}
	if s := getenv("MAX_RESULTS"); s != "" {
		if a.maxResults, err = strconv.Atoi(s); err != nil || a.maxResults < 1 {
			return nil, fmt.Errorf("MAX_RESULTS %q is not a number above 0", s)
		}
	}
	return a, nil
}

// Register adds the endpoints.
func (a *API) Register(app *serve.App) {
	app.Handle("GET /v1/search", a.search)
	app.Handle("GET /v1/cities", a.cities)
}

// search takes city, class, from and to (days such as 2026-05-01); without
// days it is about tomorrow.
func (a *API) search(r *http.Request) (any, error) {
	q := r.URL.Query()
	city := strings.ToLower(q.Get("city"))
	if city == "" {
		city = a.defaultCity
	}
	if _, ok := a.catalogue.Cities[city]; !ok {
		return nil, serve.Errorf(http.StatusUnprocessableEntity, "we do not rent in %q", city)
	}
	class := strings.ToLower(q.Get("class"))
	if class != "" && !slices.ContainsFunc(a.catalogue.Models, func(m Model) bool { return m.Class == class }) {
		return nil, serve.Errorf(http.StatusUnprocessableEntity, "we have no class %q", class)
	}
	from, err := a.day(q.Get("from"), a.now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1))
	if err != nil {
		return nil, err
	}
	to, err := a.day(q.Get("to"), from.AddDate(0, 0, 1))
	if err != nil {
		return nil, err
	}
	if !from.Before(to) || to.After(from.AddDate(0, 0, maxDays)) {
		return nil, serve.Errorf(http.StatusUnprocessableEntity, "a rental has 1 to %d days", maxDays)
	}
	return map[string]any{
		"city": city, "from": from.Format(time.DateOnly), "to": to.Format(time.DateOnly),
		"offers": a.catalogue.Search(city, class, from, to, a.maxResults),
	}, nil
}

func (a *API) day(s string, fallback time.Time) (time.Time, error) {
	if s == "" {
		return fallback, nil
	}
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return d, serve.Errorf(http.StatusUnprocessableEntity, "%q is not a day such as 2026-05-01", s)
	}
	return d, nil
}

func (a *API) cities(*http.Request) (any, error) {
	var names []string
	for city := range a.catalogue.Cities {
		names = append(names, city)
	}
	slices.Sort(names)
	return map[string]any{"cities": names}, nil
}
