package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"paddock.dev/internal/diag"
)

// fewKeys are listed even where something better is proposed.
const fewKeys = 12

// unknownKey tells apart a slip of the hand and a key that stands in the wrong
// block.
func (d *decoder) unknownKey(known *plan, e entry, p place) {
	problem := d.err(idUnknownKey, e.at, "There is no key %q in %s", e.key, p.name())
	all := "The keys here are " + words(known.keys) + "."
	if len(known.keys) <= fewKeys {
		problem.Detail = all
	}
	if near := diag.Nearest(e.key, known.keys); len(near) > 0 {
		problem.Fix = "Did you mean " + quoted(near) + "?"
		return
	}
	if key, rest, ok := strings.Cut(e.key, ":"); ok && slices.Contains(known.keys, key) {
		problem.Fix = fmt.Sprintf("Write a space after the colon: %s: %s", key, rest)
		return
	}
	if d.keyPlaces == nil {
		d.keyPlaces = d.plans.places()
	}
	if homes := d.keyPlaces[e.key]; len(homes) > 0 && len(homes) <= 4 {
		problem.Fix = fmt.Sprintf("%q belongs to %s; check the indentation.", e.key, strings.Join(homes, " or "))
		return
	}
	problem.Detail = all
}

// quoted lists words as alternatives.
func quoted(list []string) string {
	var b strings.Builder
	for i, w := range list {
		switch {
		case i > 0 && i == len(list)-1:
			b.WriteString(" or ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(strconv.Quote(w))
	}
	return b.String()
}
