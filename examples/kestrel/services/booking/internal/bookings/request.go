package bookings

import (
	"net/http"
	"strings"
	"time"

	"kestrelcars.example/booking/internal/serve"
)

const maxDays = 60

// dayRates in whole units of the currency.
var dayRates = map[string]int{"hatchback": 1500, "sedan": 2400, "suv": 3700}

// Request for a booking.
type Request struct {
	Customer string `json:"customer"`
	City     string `json:"city"`
	Class    string `json:"class"`
	From     string `json:"from"`
	To       string `json:"to"`
}

// validate names the first thing that is wrong, or returns the number of days.
func (r Request) validate() (days int, err error) {
	wrong := func(format string, args ...any) (int, error) {
		return 0, serve.Errorf(http.StatusUnprocessableEntity, format, args...)
	}
	if strings.TrimSpace(r.Customer) == "" || len(r.Customer) > 100 {
		return wrong("customer must have 1 to 100 characters")
	}
	if r.City == "" {
		return wrong("city is missing")
	}
	if _, ok := dayRates[r.Class]; !ok {
		return wrong("class must be hatchback, sedan or suv")
	}
	from, err := time.Parse(time.DateOnly, r.From)
	if err != nil {
		return wrong("from must be a day such as 2026-05-01")
	}
	to, err := time.Parse(time.DateOnly, r.To)
	if err != nil {
		return wrong("to must be a day such as 2026-05-01")
	}
	days = int(to.Sub(from).Hours() / 24)
	if days < 1 || days > maxDays {
		return wrong("a rental has 1 to %d days", maxDays)
	}
	return days, nil
}
