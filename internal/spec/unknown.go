package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"paddock.dev/internal/diag"
)

// unknownKey tells apart a key of a later version, a slip of the hand, and a key
// that stands in the wrong block.
func (d *decoder) unknownKey(known *plan, t reflect.Type, e entry, p place) {
	if what, ok := later[t][e.key]; ok {
		problem := d.err(idLaterKey, e.at, "%q is not acted on yet", join(p.path, e.key))
		problem.Detail = "This is no mistake: a later version of Paddock reads " + what + " here. This version does nothing with it, and does not pretend to."
		problem.Fix = "Remove it, or put # before its lines, until then."
		return
	}
	problem := d.err(idUnknownKey, e.at, "There is no key %q in %s", e.key, p.name())
	problem.Detail = "The keys here are " + words(known.keys) + "."
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
	if homes := d.keyPlaces[e.key]; len(homes) > 0 {
		problem.Fix = fmt.Sprintf("%q belongs to %s; check the indentation.", e.key, strings.Join(homes, " or "))
		return
	}
	var laterKeys []string
	for k := range later[t] {
		laterKeys = append(laterKeys, k)
	}
	slices.Sort(laterKeys)
	if near := diag.Nearest(e.key, laterKeys); len(near) > 0 {
		problem.Fix = "Did you mean " + quoted(near) + "? It is not acted on yet, either."
	}
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
