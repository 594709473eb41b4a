// Package catalogue is what Kestrel offers, with prices. The catalogue is part
// of the program.
package catalogue

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"slices"
	"time"
)

//go:embed catalogue.json
var embedded []byte

// Catalogue of models, and of cities with their price level in percent.
type Catalogue struct {
	Cities map[string]int `json:"cities"`
	Models []Model        `json:"models"`
}

// Model of a car, with its price for a day in rupees.
type Model struct {
	Class string `json:"class"`
	Name  string `json:"name"`
	Seats int    `json:"seats"`
	Day   int    `json:"day"`
}

// Offer of a model for the days that were asked for.
type Offer struct {
	City  string `json:"city"`
	Class string `json:"class"`
	Model string `json:"model"`
	Seats int    `json:"seats"`
	Days  int    `json:"days"`
	// Total price in whole rupees.
	Total int `json:"total"`
}

// Load the catalogue of this program.
func Load() (*Catalogue, error) {
	var c Catalogue
	return &c, json.Unmarshal(embedded, &c)
}

// Search lists offers, the cheapest first. An empty class means all.
func (c *Catalogue) Search(city, class string, from, to time.Time, limit int) []Offer {
	level := c.Cities[city]
	offers := []Offer{}
	for _, m := range c.Models {
		if class != "" && m.Class != class {
			continue
		}
		days, total := price(m.Day*level/100, from, to)
		offers = append(offers, Offer{City: city, Class: m.Class, Model: m.Name, Seats: m.Seats, Days: days, Total: total})
	}
	slices.SortFunc(offers, func(a, b Offer) int { return cmp.Or(cmp.Compare(a.Total, b.Total), cmp.Compare(a.Model, b.Model)) })
	return offers[:min(limit, len(offers))]
}

// price of some days: a quarter more on Saturdays and Sundays, a tenth less
// from the seventh day on.
func price(day int, from, to time.Time) (days, total int) {
	for d := from; d.Before(to); d = d.AddDate(0, 0, 1) {
		cost := day
		if wd := d.Weekday(); wd == time.Saturday || wd == time.Sunday {
			cost = cost * 125 / 100
		}
		if days >= 6 {
			cost = cost * 90 / 100
		}
		days++
		total += cost
	}
	return days, total
}
