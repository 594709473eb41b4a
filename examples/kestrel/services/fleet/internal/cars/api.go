package cars

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kestrelcars.example/fleet/internal/serve"
)

// API is the fleet over HTTP.
type API struct{ fleet *Fleet }

// NewAPI for a fleet.
func NewAPI(f *Fleet) *API { return &API{f} }

// Register adds the endpoints.
func (a *API) Register(app *serve.App) {
	app.Handle("GET /v1/cars", a.list)
	app.Handle("GET /v1/cars/{id}", a.get)
	app.Handle("PUT /v1/cars/{id}/state", a.setState)
	app.Handle("POST /v1/reservations", a.reserve)
	app.Handle("DELETE /v1/reservations/{id}", a.release)
}

func (a *API) list(r *http.Request) (any, error) {
	q := r.URL.Query()
	return map[string]any{"cars": a.fleet.Find(q.Get("city"), q.Get("class"))}, nil
}

func (a *API) get(r *http.Request) (any, error) {
	c, err := a.fleet.Car(r.PathValue("id"))
	return map[string]any{"car": c}, answer(err)
}

// setState wants If-Match with the version of the car that was seen.
func (a *API) setState(r *http.Request) (any, error) {
	version, err := strconv.ParseInt(strings.Trim(r.Header.Get("If-Match"), `"`), 10, 64)
	if err != nil {
		return nil, serve.Errorf(http.StatusPreconditionRequired, "If-Match must be the version of the car")
	}
	var in struct {
		State State `json:"state"`
	}
	if err := serve.Decode(r, &in); err != nil {
		return nil, err
	}
	if in.State != Available && in.State != Workshop {
		return nil, serve.Errorf(http.StatusUnprocessableEntity, "state must be %s or %s", Available, Workshop)
	}
	c, err := a.fleet.SetState(r.PathValue("id"), in.State, version)
	return map[string]any{"car": c}, answer(err)
}

func (a *API) reserve(r *http.Request) (any, error) {
	var in struct {
		City  string `json:"city"`
		Class string `json:"class"`
		From  string `json:"from"`
		To    string `json:"to"`
	}
	if err := serve.Decode(r, &in); err != nil {
		return nil, err
	}
	from, err1 := time.Parse(time.DateOnly, in.From)
	to, err2 := time.Parse(time.DateOnly, in.To)
	if err := errors.Join(err1, err2); err != nil {
		return nil, serve.Errorf(http.StatusUnprocessableEntity, "%v", err)
	}
	if !from.Before(to) {
		return nil, serve.Errorf(http.StatusUnprocessableEntity, "to must be after from")
	}
	res, err := a.fleet.Reserve(in.City, in.Class, from, to)
	if err != nil {
		return nil, answer(err)
	}
	return serve.Created{Body: map[string]any{"reservation": res}}, nil
}

func (a *API) release(r *http.Request) (any, error) {
	if err := a.fleet.Release(r.PathValue("id")); err != nil {
		return nil, answer(err)
	}
	return map[string]any{"released": r.PathValue("id")}, nil
}

// answer gives the fleet's errors their status.
func answer(err error) error {
	switch {
	case errors.Is(err, ErrUnknown):
		return serve.Errorf(http.StatusNotFound, "%v", err)
	case errors.Is(err, ErrTaken):
		return serve.Errorf(http.StatusConflict, "%v", err)
	case errors.Is(err, ErrMoved):
		return serve.Errorf(http.StatusPreconditionFailed, "%v", err)
	}
	return err
}
