// Package cars is the fleet: cars in cities, and reservations of them for days.
// It is kept in memory.
package cars

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// What can go wrong, for callers to tell apart.
var (
	ErrUnknown = errors.New("no such car or reservation")
	ErrTaken   = errors.New("no car of that class is free on these days")
	// ErrMoved is an update based on an older version of the car.
	ErrMoved = errors.New("the car was changed in the meantime; read it again")
)

// maxReservations bounds the memory: beyond it the oldest are forgotten.
const maxReservations = 20_000

// State of a car.
type State string

// A car can be rented, or it is in the workshop.
const (
	Available State = "available"
	Workshop  State = "workshop"
)

// Car is one vehicle. Version counts its changes.
type Car struct {
	ID      string `json:"id"`
	City    string `json:"city"`
	Class   string `json:"class"`
	State   State  `json:"state"`
	Version int64  `json:"version"`
}

// Reservation of a car from the first day up to, not including, the last.
type Reservation struct {
	ID   string    `json:"id"`
	Car  string    `json:"car"`
	City string    `json:"city"`
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Fleet is safe for concurrent use.
type Fleet struct {
	mu       sync.Mutex
	cars     map[string]*Car
	byPlace  map[place][]*Car
	reserved map[string]Reservation
	calendar map[string][]Reservation // by car, sorted by From
	order    []string                 // reservations, oldest first
}

type place struct{ city, class string }

// Cities and Classes that Kestrel rents in.
var (
	Cities  = []string{"bengaluru", "mumbai", "delhi", "chennai", "hyderabad"}
	Classes = []string{"hatchback", "sedan", "suv"}
)

// NewFleet has that many cars of each class in each city.
func NewFleet(perClass int) *Fleet {
	f := &Fleet{cars: map[string]*Car{}, byPlace: map[place][]*Car{}, reserved: map[string]Reservation{}, calendar: map[string][]Reservation{}}
	for _, city := range Cities {
		for _, class := range Classes {
			for n := range perClass {
				c := &Car{ID: fmt.Sprintf("%s-%s-%03d", city[:3], class[:3], n+1), City: city, Class: class, State: Available, Version: 1}
				f.cars[c.ID] = c
				f.byPlace[place{city, class}] = append(f.byPlace[place{city, class}], c)
			}
		}
	}
	return f
}

// Find lists the cars of a city and class; empty means all.
func (f *Fleet) Find(city, class string) []Car {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := []Car{}
	for _, c := range f.cars {
		if (city == "" || c.City == city) && (class == "" || c.Class == class) {
			found = append(found, *c)
		}
	}
	slices.SortFunc(found, func(a, b Car) int { return cmp.Compare(a.ID, b.ID) })
	return found
}

// Car looks one up.
func (f *Fleet) Car(id string) (Car, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.cars[id]
	if c == nil {
		return Car{}, ErrUnknown
	}
	return *c, nil
}

// SetState changes a car that still has the version that the caller saw.
func (f *Fleet) SetState(id string, state State, version int64) (Car, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.cars[id]
	switch {
	case c == nil:
		return Car{}, ErrUnknown
	case c.Version != version:
		return Car{}, ErrMoved
	}
	c.State = state
	c.Version++
	return *c, nil
}

// Reserve takes the first car of a class that is free on all of these days.
func (f *Fleet) Reserve(city, class string, from, to time.Time) (Reservation, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.byPlace[place{city, class}] {
		if c.State != Available || overlaps(f.calendar[c.ID], from, to) {
			continue
		}
		for len(f.reserved) >= maxReservations {
			f.forget(f.order[0])
		}
		r := Reservation{ID: rand.Text(), Car: c.ID, City: city, From: from, To: to}
		f.reserved[r.ID] = r
		f.order = append(f.order, r.ID)
		days := append(f.calendar[c.ID], r)
		slices.SortFunc(days, func(a, b Reservation) int { return a.From.Compare(b.From) })
		f.calendar[c.ID] = days
		c.Version++
		return r, nil
	}
	return Reservation{}, ErrTaken
}

// Release gives a car back.
func (f *Fleet) Release(id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, ok := f.reserved[id]
	if !ok {
		return ErrUnknown
	}
	f.forget(id)
	f.cars[r.Car].Version++
	return nil
}

func (f *Fleet) forget(id string) {
	r := f.reserved[id]
	delete(f.reserved, id)
	same := func(o Reservation) bool { return o.ID == id }
	f.calendar[r.Car] = slices.DeleteFunc(f.calendar[r.Car], same)
	if i := slices.Index(f.order, id); i >= 0 {
		f.order = slices.Delete(f.order, i, i+1)
	}
}

func overlaps(sorted []Reservation, from, to time.Time) bool {
	return slices.ContainsFunc(sorted, func(r Reservation) bool { return r.From.Before(to) && from.Before(r.To) })
}
