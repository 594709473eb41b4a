// Package bookings takes bookings: it checks them, reserves a car at fleet,
// and keeps them in memory.
package bookings

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"slices"
	"sync"
	"time"
)

// Status of a booking.
type Status string

// A booking is confirmed until it is cancelled.
const (
	Confirmed Status = "confirmed"
	Cancelled Status = "cancelled"
)

// Booking of a car for some days.
type Booking struct {
	ID          string    `json:"id"`
	Customer    string    `json:"customer"`
	City        string    `json:"city"`
	Class       string    `json:"class"`
	From        string    `json:"from"`
	To          string    `json:"to"`
	Car         string    `json:"car"`
	Reservation string    `json:"reservation"`
	Amount      int       `json:"amount"`
	Currency    string    `json:"currency"`
	Status      Status    `json:"status"`
	Created     time.Time `json:"created"`
}

// What can go wrong with the store.
var (
	ErrUnknown = errors.New("no such booking")
	ErrFull    = errors.New("no more bookings can be taken now")
	// ErrKeyReused is one idempotency key for two different requests.
	ErrKeyReused = errors.New("this Idempotency-Key was used for another request")
	// ErrInProgress is a second request while the first with that key runs.
	ErrInProgress = errors.New("a request with this Idempotency-Key is in progress")
)

// Store is safe for concurrent use.
type Store struct {
	capacity int

	mu   sync.Mutex
	byID map[string]Booking
	keys map[string]attempt
}

// attempt is what happened to an idempotency key.
type attempt struct {
	request [sha256.Size]byte
	booking string // empty while in progress
}

// NewStore holds up to capacity bookings.
func NewStore(capacity int) *Store {
	return &Store{capacity: capacity, byID: map[string]Booking{}, keys: map[string]attempt{}}
}

// Begin claims an idempotency key for a request. It returns the booking that
// the same request made before, if it did. An empty key claims nothing.
func (s *Store) Begin(key string, request []byte) (Booking, bool, error) {
	if key == "" {
		return Booking{}, false, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := sha256.Sum256(request)
	a, seen := s.keys[key]
	switch {
	case !seen:
		s.keys[key] = attempt{request: sum}
		return Booking{}, false, nil
	case a.request != sum:
		return Booking{}, false, ErrKeyReused
	case a.booking == "":
		return Booking{}, false, ErrInProgress
	}
	return s.byID[a.booking], true, nil
}

// Abort gives a key back: the request may be tried again.
func (s *Store) Abort(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys[key].booking == "" {
		delete(s.keys, key)
	}
}

// Add keeps a booking under the key of its request.
func (s *Store) Add(key string, b Booking) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.byID) >= s.capacity {
		return ErrFull
	}
	s.byID[b.ID] = b
	if key != "" {
		a := s.keys[key]
		a.booking = b.ID
		s.keys[key] = a
	}
	return nil
}

// Get looks one up.
func (s *Store) Get(id string) (Booking, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.byID[id]
	if !ok {
		return b, ErrUnknown
	}
	return b, nil
}

// Cancel is final; cancelling twice is fine.
func (s *Store) Cancel(id string) (Booking, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.byID[id]
	if !ok {
		return b, ErrUnknown
	}
	b.Status = Cancelled
	s.byID[id] = b
	return b, nil
}

// List has the newest first; an empty customer means all.
func (s *Store) List(customer string, limit int) []Booking {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []Booking{}
	for _, b := range s.byID {
		if customer == "" || b.Customer == customer {
			found = append(found, b)
		}
	}
	slices.SortFunc(found, func(a, b Booking) int {
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(a.ID, b.ID))
	})
	return found[:min(limit, len(found))]
}
