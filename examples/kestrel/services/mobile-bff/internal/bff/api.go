// Package bff puts the answers of search and booking together as the mobile
// app needs them. It holds nothing itself.
package bff

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"kestrelcars.example/mobile-bff/internal/serve"
)

// API is the backend of the mobile app.
type API struct {
	search, booking *serve.Client
	timeout         time.Duration
}

// NewAPI reads SEARCH_URL, BOOKING_URL and UPSTREAM_TIMEOUT.
func NewAPI(app *serve.App, getenv func(string) string) (*API, error) {
	search, err := app.Client("search", getenv)
	if err != nil {
		return nil, err
	}
	booking, err := app.Client("booking", getenv)
	if err != nil {
		return nil, err
	}
	a := &API{search: search, booking: booking, timeout: 2 * time.Second}
	if s := getenv("UPSTREAM_TIMEOUT"); s != "" {
		if a.timeout, err = time.ParseDuration(s); err != nil || a.timeout <= 0 {
			return nil, fmt.Errorf("UPSTREAM_TIMEOUT %q is not a duration such as 2s", s)
		}
	}
	return a, nil
}

// Register adds the endpoints.
func (a *API) Register(app *serve.App) {
	app.Handle("GET /v1/home", a.home)
	app.Handle("GET /v1/cars", a.cars)
	app.Handle("POST /v1/bookings", a.book)
	app.Handle("GET /v1/bookings/{id}", a.get)
}

type found struct {
	City   string            `json:"city"`
	From   string            `json:"from"`
	To     string            `json:"to"`
	Offers []json.RawMessage `json:"offers"`
}

// cars passes a search on. There is nothing to show without it.
func (a *API) cars(r *http.Request) (any, error) {
	ctx, cancel := context.WithTimeout(r.Context(), a.timeout)
	defer cancel()
	return a.find(ctx, r.URL.Query())
}

func (a *API) find(ctx context.Context, q url.Values) (found, error) {
	passed := url.Values{}
	for _, key := range []string{"city", "class", "from", "to"} {
		if v := q.Get(key); v != "" {
			passed.Set(key, v)
		}
	}
	var out found
	err := a.search.Do(ctx, serve.Call{Method: http.MethodGet, Path: "/v1/search?" + passed.Encode(), Out: &out})
	return out, err
}

// book passes a booking on, with the key that makes it safe to repeat.
func (a *API) book(r *http.Request) (any, error) {
	in, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, 64<<10))
	if err != nil {
		return nil, serve.Errorf(http.StatusRequestEntityTooLarge, "request body: %v", err)
	}
	if !json.Valid(in) {
		return nil, serve.Errorf(http.StatusBadRequest, "the request body is not JSON")
	}
	ctx, cancel := context.WithTimeout(r.Context(), a.timeout)
	defer cancel()
	var out struct {
		Booking json.RawMessage `json:"booking"`
	}
	err = a.booking.Do(ctx, serve.Call{
		Method: http.MethodPost, Path: "/v1/bookings", Key: r.Header.Get("Idempotency-Key"), In: json.RawMessage(in), Out: &out,
	})
	if err != nil {
		return nil, err
	}
	return serve.Created{Body: out}, nil
}

func (a *API) get(r *http.Request) (any, error) {
	ctx, cancel := context.WithTimeout(r.Context(), a.timeout)
	defer cancel()
	var out struct {
		Booking json.RawMessage `json:"booking"`
	}
	err := a.booking.Do(ctx, serve.Call{Method: http.MethodGet, Path: "/v1/bookings/" + url.PathEscape(r.PathValue("id")), Out: &out})
	return out, err
}

// home asks both services at once and shows what it gets: half a screen is
// better than none. It fails only when both do.
func (a *API) home(r *http.Request) (any, error) {
	ctx, cancel := context.WithTimeout(r.Context(), a.timeout)
	defer cancel()
	var (
		screen struct {
			Offers   []json.RawMessage `json:"offers"`
			Bookings []json.RawMessage `json:"bookings"`
			Degraded []string          `json:"degraded,omitempty"`
		}
		offersErr, bookingsErr error
		group                  sync.WaitGroup
	)
	group.Go(func() {
		var f found
		f, offersErr = a.find(ctx, url.Values{"city": {r.URL.Query().Get("city")}})
		screen.Offers = slices.Clip(f.Offers[:min(3, len(f.Offers))])
	})
	customer := r.URL.Query().Get("customer")
	if customer != "" {
		group.Go(func() {
			var out struct {
				Bookings []json.RawMessage `json:"bookings"`
			}
			bookingsErr = a.booking.Do(ctx, serve.Call{
				Method: http.MethodGet, Path: "/v1/bookings?limit=3&customer=" + url.QueryEscape(customer), Out: &out,
			})
			screen.Bookings = out.Bookings
		})
	}
	group.Wait()
	if offersErr != nil {
		screen.Degraded = append(screen.Degraded, "offers")
	}
	if bookingsErr != nil {
		screen.Degraded = append(screen.Degraded, "bookings")
	}
	if offersErr != nil && (bookingsErr != nil || customer == "") {
		return nil, offersErr
	}
	return screen, nil
}
