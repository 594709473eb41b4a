package bookings

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"kestrelcars.example/booking/internal/serve"
)

var currency = regexp.MustCompile(`^[A-Z]{3}$`)

// API is bookings over HTTP.
type API struct {
	store    *Store
	fleet    Fleet
	currency string
	log      *slog.Logger
	now      func() time.Time
}

// NewAPI reads FLEET_URL, CURRENCY and MAX_BOOKINGS.
func NewAPI(app *serve.App, getenv func(string) string) (*API, error) {
	client, err := app.Client("fleet", getenv)
	if err != nil {
		return nil, err
	}
	a := &API{fleet: remoteFleet{client}, currency: "INR", log: app.Log, now: time.Now}
	if c := getenv("CURRENCY"); c != "" {
		a.currency = c
	}
	if !currency.MatchString(a.currency) {
		return nil, fmt.Errorf("CURRENCY %q is not a currency such as INR", a.currency)
	}
	capacity := 20_000
	if s := getenv("MAX_BOOKINGS"); s != "" {
		if capacity, err = strconv.Atoi(s); err != nil || capacity < 1 {
			return nil, fmt.Errorf("MAX_BOOKINGS %q is not a number above 0", s)
		}
	}
	a.store = NewStore(capacity)
	return a, nil
}

// Register adds the endpoints.
func (a *API) Register(app *serve.App) {
	app.Handle("POST /v1/bookings", a.create)
	app.Handle("GET /v1/bookings", a.list)
	app.Handle("GET /v1/bookings/{id}", a.get)
	app.Handle("DELETE /v1/bookings/{id}", a.cancel)
}

// create reserves first and keeps the booking second; if the second fails, the
// first is undone.
func (a *API) create(r *http.Request) (any, error) {
	var in Request
	if err := serve.Decode(r, &in); err != nil {
		return nil, err
	}
	days, err := in.validate()
	if err != nil {
		return nil, err
	}
	key := r.Header.Get("Idempotency-Key")
	if len(key) > 200 {
		return nil, serve.Errorf(http.StatusBadRequest, "Idempotency-Key is too long")
	}
	canonical, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	if before, done, err := a.store.Begin(key, canonical); err != nil || done {
		return map[string]any{"booking": before}, answer(err)
	}
	b, err := a.book(r.Context(), key, in, days)
	if err != nil {
		a.store.Abort(key)
		return nil, answer(err)
	}
	return serve.Created{Body: map[string]any{"booking": b}}, nil
}

func (a *API) book(ctx context.Context, key string, in Request, days int) (Booking, error) {
	reservation, car, err := a.fleet.Reserve(ctx, in)
	if err != nil {
		return Booking{}, err
	}
	b := Booking{
		ID: "KS-" + rand.Text()[:12], Customer: in.Customer, City: in.City, Class: in.Class, From: in.From, To: in.To,
		Car: car, Reservation: reservation, Amount: days * dayRates[in.Class], Currency: a.currency,
		Status: Confirmed, Created: a.now().UTC(),
	}
	// A customer who is gone will not come to fetch the car.
	err = ctx.Err()
	if err == nil {
		err = a.store.Add(key, b)
	}
	if err != nil {
		if undo := a.fleet.Release(context.WithoutCancel(ctx), reservation); undo != nil {
			a.log.ErrorContext(ctx, "a car stays reserved for nobody", "reservation", reservation, "car", car, "error", undo)
		}
		return Booking{}, err
	}
	a.log.InfoContext(ctx, "booked", "booking", b.ID, "car", b.Car, "amount", b.Amount, "currency", b.Currency)
	return b, nil
}

func (a *API) get(r *http.Request) (any, error) {
	b, err := a.store.Get(r.PathValue("id"))
	return map[string]any{"booking": b}, answer(err)
}

func (a *API) list(r *http.Request) (any, error) {
	limit := 20
	if s := r.URL.Query().Get("limit"); s != "" {
		var err error
		if limit, err = strconv.Atoi(s); err != nil || limit < 1 || limit > 100 {
			return nil, serve.Errorf(http.StatusUnprocessableEntity, "limit must be a number from 1 to 100")
		}
	}
	return map[string]any{"bookings": a.store.List(r.URL.Query().Get("customer"), limit)}, nil
}

// cancel gives the car back first: a booking that says "cancelled" holds none.
func (a *API) cancel(r *http.Request) (any, error) {
	b, err := a.store.Get(r.PathValue("id"))
	if err != nil {
		return nil, answer(err)
	}
	if err := a.fleet.Release(r.Context(), b.Reservation); err != nil {
		return nil, err
	}
	b, err = a.store.Cancel(b.ID)
	return map[string]any{"booking": b}, answer(err)
}

// answer gives the store's errors their status.
func answer(err error) error {
	switch {
	case errors.Is(err, ErrUnknown):
		return serve.Errorf(http.StatusNotFound, "%v", err)
	case errors.Is(err, ErrKeyReused):
		return serve.Errorf(http.StatusUnprocessableEntity, "%v", err)
	case errors.Is(err, ErrInProgress):
		return serve.Errorf(http.StatusConflict, "%v", err)
	case errors.Is(err, ErrFull):
		return serve.Errorf(http.StatusServiceUnavailable, "%v", err)
	}
	return err
}
