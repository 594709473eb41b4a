// Package prices estimates what a platform costs in a month on AWS, from the
// same roots that are rendered and from a table of list prices with a date. It
// knows what is charged by the hour and what by the gigabyte, and says what it
// assumes where the file says nothing. It refuses to know invoices: an estimate
// is for comparing two platforms and for being wrong by a known amount.
package prices

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// Date is the month in which the table was made.
const Date = "2026-01"

// Hours of a month, as AWS counts them for estimates.
const Hours = 730

// text is list prices without any discount, in US dollars. Instances are stated
// by the size large of their family; AWS doubles with every size.
//
//go:embed prices.csv
var text string

// Price is one line of the table.
type Price struct {
	// Name such as nat or ec2.m6i.
	Name string
	// USD for one Unit: hour, month, GB (for a month, or once when it moves), or
	// hour of the size large.
	USD  float64
	Unit string
	// Source is the page of AWS's price list.
	Source string
}

// Table is the whole table, by name.
var Table = sync.OnceValue(func() map[string]Price {
	all, err := parse(text)
	if err != nil {
		panic("prices.csv: " + err.Error()) // it is part of the program, and a test reads it
	}
	return all
})

func parse(text string) (map[string]Price, error) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, err
	}
	all := map[string]Price{}
	for _, row := range rows[1:] {
		usd, err := strconv.ParseFloat(row[1], 64)
		if err != nil || usd <= 0 {
			return nil, fmt.Errorf("%s: %q is no price", row[0], row[1])
		}
		if _, twice := all[row[0]]; twice {
			return nil, fmt.Errorf("%s stands there twice", row[0])
		}
		all[row[0]] = Price{row[0], usd, row[2], row[3]}
	}
	return all, nil
}

// of is the price of a name that the table is known to have.
func of(name string) float64 {
	p, ok := Table()[name]
	if !ok {
		panic("prices.csv has no " + name)
	}
	return p.USD
}

// instance is the price of an hour of an instance type such as r6i.2xlarge,
// cache.r6g.large, r6g.large.search or db.r6g.large. A family that the table
// does not have is priced as the nearest one, and exact is false.
func instance(typ string) (usd float64, exact bool) {
	kind := "ec2"
	for prefix, k := range map[string]string{"cache.": "cache", "db.": "db"} {
		if rest, ok := strings.CutPrefix(typ, prefix); ok {
			kind, typ = k, rest
		}
	}
	if rest, ok := strings.CutSuffix(typ, ".search"); ok {
		kind, typ = "search", rest
	}
	family, size, _ := strings.Cut(typ, ".")
	p, exact := Table()[kind+"."+family]
	if !exact {
		p = Table()[kind+"."+map[string]string{"ec2": "m6i", "cache": "r6g", "search": "r6g", "db": "r6g"}[kind]]
	}
	factor, known := larges(size)
	return p.USD * factor, exact && known
}

// larges is how many of the size large a size is worth.
func larges(size string) (float64, bool) {
	switch size {
	case "nano":
		return 1.0 / 16, true
	case "micro":
		return 1.0 / 8, true
	case "small":
		return 1.0 / 4, true
	case "medium":
		return 1.0 / 2, true
	case "large":
		return 1, true
	case "xlarge":
		return 2, true
	}
	if n, err := strconv.Atoi(strings.TrimSuffix(size, "xlarge")); err == nil && n > 0 {
		return float64(2 * n), true
	}
	return 1, false
}
