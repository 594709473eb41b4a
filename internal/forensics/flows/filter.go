package flows

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/forensics/filter"
)

// Filter is an expression over the fields of a record:
//
//	srcaddr in 10.0.0.0/8 and dstport = 443 and not action = REJECT
//
// It knows =, !=, <, <=, >, >=, in (a list, a CIDR block or a range), ~ (part
// of the text), and, or, not and parentheses. Numbers and addresses compare as
// what they are. A field that a format lacks, or that is "-", matches nothing
// but = - and !=.
type Filter struct {
	text   string
	root   node
	fields map[string]bool
}

func (f *Filter) String() string { return f.text }

// node is a piece of the expression.
type node interface {
	match(l *layout, ws [][]byte) bool
}

// uses reports whether the expression has a field in it.
func (f *Filter) uses(name string) bool { return f.fields[name] }

func (f *Filter) match(l *layout, ws [][]byte) bool { return f.root.match(l, ws) }

type (
	both    struct{ a, b node }
	either  struct{ a, b node }
	negated struct{ n node }
)

func (n both) match(l *layout, ws [][]byte) bool    { return n.a.match(l, ws) && n.b.match(l, ws) }
func (n either) match(l *layout, ws [][]byte) bool  { return n.a.match(l, ws) || n.b.match(l, ws) }
func (n negated) match(l *layout, ws [][]byte) bool { return !n.n.match(l, ws) }

// test compares a field with one of several values.
type test struct {
	field  field
	op     string
	values []value
}

// value is one that fields compare with.
type value struct {
	text   string
	lo, hi uint64 // a number, or a range of them
	prefix netip.Prefix
}

func (t test) match(l *layout, ws [][]byte) bool {
	at := l.index(t.field.name)
	var w []byte
	if at >= 0 {
		w = ws[at]
	}
	if at < 0 || string(w) == "-" {
		has := false
		for _, v := range t.values {
			has = has || v.text == "-"
		}
		return t.op == "!=" != has
	}
	switch t.field.kind {
	case kindNumber:
		return t.number(w)
	case kindAddress:
		return t.address(w)
	}
	for _, v := range t.values {
		switch t.op {
		case "~":
			if bytes.Contains(w, []byte(v.text)) {
				return true
			}
		case "!=":
			return string(w) != v.text
		case "=", "in":
			if string(w) == v.text {
				return true
			}
		case "<":
			return string(w) < v.text
		case "<=":
			return string(w) <= v.text
		case ">":
			return string(w) > v.text
		case ">=":
			return string(w) >= v.text
		}
	}
	return false
}

func (t test) number(w []byte) bool {
	n, err := strconv.ParseUint(string(w), 10, 64)
	if err != nil {
		return false
	}
	for _, v := range t.values {
		if v.text == "-" {
			if t.op == "!=" {
				return true
			}
			continue
		}
		switch t.op {
		case "=", "in":
			if n >= v.lo && n <= v.hi {
				return true
			}
		case "!=":
			return n < v.lo || n > v.hi
		case "<":
			return n < v.lo
		case "<=":
			return n <= v.hi
		case ">":
			return n > v.hi
		case ">=":
			return n >= v.lo
		}
	}
	return false
}

func (t test) address(w []byte) bool {
	a, err := netip.ParseAddr(string(w))
	if err != nil {
		return false
	}
	found := false
	for _, v := range t.values {
		found = found || v.text != "-" && v.prefix.Contains(a)
	}
	return found != (t.op == "!=")
}

// ParseFilter reads an expression. Its error is a diag.Problem with the column.
func ParseFilter(text string) (*Filter, error) {
	fields := map[string]bool{}
	n, err := filter.Parse(text, filter.Language[node, field, value]{
		Example: "dstport = 443",
		Field: func(p *filter.Parser, word string) (field, string, *diag.Problem) {
			f, ok := fieldNamed(word)
			if ok {
				fields[f.name] = true
				return f, f.name, nil
			}
			fix := "Fields are called as in flow logs, such as srcaddr, dstport, action."
			if near := diag.Nearest(word, FieldNames()); len(near) > 0 {
				fix = "Did you mean " + strings.Join(near, " or ") + "?"
			}
			return f, "", p.Fail("unknown-field", fmt.Sprintf("Flow logs have no field %q", word), fix)
		},
		Check: func(p *filter.Parser, f field, op string) *diag.Problem {
			if f.kind == kindAddress && strings.Contains("<=>=~", op) && op != "=" || f.kind == kindNumber && op == "~" {
				return p.Fail("bad-operator", fmt.Sprintf("%s cannot be compared with %s", f.name, op), "Addresses know =, != and in; numbers all but ~.")
			}
			return nil
		},
		Value: valueOf,
		Test:  func(f field, op string, values []value) node { return test{field: f, op: op, values: values} },
		And:   func(a, b node) node { return both{a, b} },
		Or:    func(a, b node) node { return either{a, b} },
		Not:   func(n node) node { return negated{n} },
	})
	if err != nil {
		return nil, err
	}
	return &Filter{text, n, fields}, nil
}

// valueOf reads what a field is compared with.
func valueOf(p *filter.Parser, f field, w string) (value, *diag.Problem) {
	v := value{text: w}
	bad := func(what, fix string) *diag.Problem {
		return p.Fail("bad-value", fmt.Sprintf("%q is not %s, as %s is", w, what, f.name), fix)
	}
	switch {
	case w == "-":
	case f.kind == kindNumber:
		lo, hi, isRange := strings.Cut(w, "-")
		if !isRange {
			hi = lo
		}
		var err1, err2 error
		v.lo, err1 = strconv.ParseUint(lo, 10, 64)
		v.hi, err2 = strconv.ParseUint(hi, 10, 64)
		if err1 != nil || err2 != nil || v.hi < v.lo {
			return v, bad("a number", "Write a number such as 443, or a range such as 8000-8999.")
		}
	case f.kind == kindAddress:
		pre, err := netip.ParsePrefix(w)
		if err != nil {
			a, err := netip.ParseAddr(w)
			if err != nil || a.Zone() != "" {
				return v, bad("an address", "Write an address such as 10.0.0.7, or a block such as 10.0.0.0/8.")
			}
			pre = netip.PrefixFrom(a, a.BitLen())
		}
		v.prefix = pre
	}
	return v, nil
}
