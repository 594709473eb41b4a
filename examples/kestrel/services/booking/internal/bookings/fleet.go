package bookings

import (
	"context"
	"net/http"
	"time"

	"kestrelcars.example/booking/internal/serve"
)

// Fleet reserves cars.
type Fleet interface {
	Reserve(ctx context.Context, r Request) (reservation, car string, err error)
	Release(ctx context.Context, reservation string) error
}

// remoteFleet is the fleet service.
type remoteFleet struct{ client *serve.Client }

func (f remoteFleet) Reserve(ctx context.Context, r Request) (reservation, car string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	var out struct {
		Reservation struct{ ID, Car string }
	}
	err = f.client.Do(ctx, serve.Call{
		Method: http.MethodPost, Path: "/v1/reservations", Out: &out,
		In: map[string]string{"city": r.City, "class": r.Class, "from": r.From, "to": r.To},
	})
	return out.Reservation.ID, out.Reservation.Car, err
}

// Release gives a car back; one that nobody holds is free already.
func (f remoteFleet) Release(ctx context.Context, reservation string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	err := f.client.Do(ctx, serve.Call{Method: http.MethodDelete, Path: "/v1/reservations/" + reservation})
	if serve.Status(err) == http.StatusNotFound {
		return nil
	}
	return err
}
