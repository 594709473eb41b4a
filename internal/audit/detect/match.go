package detect

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"paddock.dev/internal/audit/search"
	"paddock.dev/internal/audit/search/fields"
)

// expr is a condition on an event, or on a value inside it when there is one.
type expr interface {
	match(e *search.Event, inside fields.Value) bool
}

type (
	all    []expr
	either []expr
	not    struct{ expr }
	// where wants a value of a field that passes every test.
	where struct {
		field Field
		tests []test
	}
	// exists wants a value, or none.
	exists struct {
		field Field
		want  bool
	}
	// some wants an object at a field that matches as a whole, so that two
	// conditions meet in one statement and not in two.
	some struct {
		field Field
		expr  expr
	}
)

func (x all) match(e *search.Event, inside fields.Value) bool {
	for _, c := range x {
		if !c.match(e, inside) {
			return false
		}
	}
	return true
}

func (x either) match(e *search.Event, inside fields.Value) bool {
	for _, c := range x {
		if c.match(e, inside) {
			return true
		}
	}
	return false
}

func (x not) match(e *search.Event, inside fields.Value) bool { return !x.expr.match(e, inside) }

func (x exists) match(e *search.Event, inside fields.Value) bool {
	found := false
	x.field.each(e, inside, func(value) bool { found = true; return false })
	return found == x.want
}

func (x where) match(e *search.Event, inside fields.Value) bool {
	found := false
	x.field.each(e, inside, func(v value) bool {
		for _, t := range x.tests {
			if !t(e, v) {
				return true
			}
		}
		found = true
		return false
	})
	return found
}

func (x some) match(e *search.Event, inside fields.Value) bool {
	found := false
	x.field.each(e, inside, func(v value) bool {
		found = v.json != nil && x.expr.match(e, v.json.Embedded())
		return !found
	})
	return found
}

// test is one operator with its operand.
type test func(e *search.Event, v value) bool

func equals(texts []string) test {
	return func(_ *search.Event, v value) bool {
		for _, text := range texts {
			if v.is(text) {
				return true
			}
		}
		return false
	}
}

func anyText(texts []string, holds func(value, text string) bool) test {
	return func(_ *search.Event, v value) bool {
		s := v.string()
		return slices.ContainsFunc(texts, func(text string) bool { return holds(s, text) })
	}
}

// containsFold wants lower-case texts.
func containsFold(value, text string) bool { return strings.Contains(strings.ToLower(value), text) }

func inBlocks(blocks []netip.Prefix) test {
	return func(_ *search.Event, v value) bool {
		s := v.string()
		addr, err := netip.ParseAddr(s)
		if err != nil {
			prefix, err := netip.ParsePrefix(s)
			if err != nil {
				return false
			}
			addr = prefix.Addr()
		}
		addr = addr.Unmap()
		return slices.ContainsFunc(blocks, func(b netip.Prefix) bool { return b.Contains(addr) })
	}
}

func compares(limit float64, holds func(n, limit float64) bool) test {
	return func(_ *search.Event, v value) bool {
		n, err := strconv.ParseFloat(v.string(), 64)
		return err == nil && holds(n, limit)
	}
}

func matchesRegexp(re *regexp.Regexp) test {
	return func(_ *search.Event, v value) bool { return re.MatchString(v.string()) }
}

// sameAs compares with another field of the event, which must have a value.
func sameAs(other Field, same bool) test {
	return func(e *search.Event, v value) bool {
		with := other.first(e)
		return with != "" && v.is(with) == same
	}
}

// lacks wants a text without that of another field of the event, such as an ARN
// without the account's number.
func lacks(other Field) test {
	return func(e *search.Event, v value) bool {
		with := other.first(e)
		return with != "" && !strings.Contains(v.string(), with)
	}
}
