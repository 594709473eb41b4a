package plan

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"paddock.dev/internal/model"
)

// list is names as a sentence has them; nothing is the word nothing.
func list(names []string) string {
	switch len(names) {
	case 0:
		return "nothing"
	case 1:
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// few is list, cut after so many.
func few(names []string, most int) string {
	if len(names) <= most {
		return list(names)
	}
	return fmt.Sprintf("%s and %d others", strings.Join(names[:most], ", "), len(names)-most)
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

func sizes(env model.Environment) string {
	return count(len(env.Services), "service", "services") + ", " + count(len(env.Stores), "store", "stores") + "."
}

// period is a duration as the file writes it.
func period(d time.Duration) string {
	switch {
	case d == 0:
		return "never"
	case d%(24*time.Hour) == 0:
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}

func size(bytes int64) string {
	switch {
	case bytes >= 1<<40 && bytes%(1<<40) == 0:
		return fmt.Sprintf("%dTi", bytes>>40)
	case bytes >= 1<<30:
		return fmt.Sprintf("%dGi", bytes>>30)
	}
	return fmt.Sprintf("%dMi", bytes>>20)
}

func or(text, empty string) string {
	if text == "" {
		return empty
	}
	return text
}

// dollars with thousands apart: 48,525.
func dollars(f float64) string {
	whole := strconv.FormatFloat(f, 'f', 0, 64)
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return sign + whole
}

// Dollars is an amount with thousands apart, such as 48,525.
func Dollars(f float64) string { return dollars(f) }

// below is a further step of a name; nothing when there is none.
func below(text string) string {
	if text == "" {
		return ""
	}
	return "/" + text
}
