package access

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/forensics/access/entry"
	"paddock.dev/internal/forensics/filter"
)

// Filter is an expression over the fields of a request:
//
//	status >= 500 and path ~ /v1/ and not client in 10.0.0.0/8
//
// It knows =, !=, <, <=, >, >=, in (a list, a CIDR block or a range), ~ (part of
// the text), and, or, not and parentheses, as filters of flow logs do. What a
// request does not have is "-", and compares with nothing else.
type Filter struct {
	root filterNode
	out  []byte
}

// Keep reports whether a request is wanted. It is not safe for concurrent use:
// see Copy.
func (f *Filter) Keep(e *entry.Entry) bool { return f.root.match(e, &f.out) }

// Copy is the same filter for another goroutine.
func (f *Filter) Copy() *Filter { return &Filter{root: f.root} }

type filterNode interface {
	match(e *entry.Entry, out *[]byte) bool
}

type (
	both    struct{ a, b filterNode }
	either  struct{ a, b filterNode }
	negated struct{ n filterNode }
	test    struct {
		field  Field
		op     string
		values []filterValue
	}
)

// filterValue is what a field is compared with.
type filterValue struct {
	text   []byte
	lo, hi float64
	prefix netip.Prefix
}

func (n both) match(e *entry.Entry, out *[]byte) bool { return n.a.match(e, out) && n.b.match(e, out) }
func (n either) match(e *entry.Entry, out *[]byte) bool {
	return n.a.match(e, out) || n.b.match(e, out)
}
func (n negated) match(e *entry.Entry, out *[]byte) bool { return !n.n.match(e, out) }

func (t test) match(e *entry.Entry, out *[]byte) bool {
	if t.field.Number != nil {
		return t.number(t.field.Number(e))
	}
	*out = t.field.Append((*out)[:0], e)
	w := *out
	var address netip.Addr
	if t.field.Name == "client" {
		address, _ = netip.ParseAddr(string(w))
	}
	for _, v := range t.values {
		same := bytes.Equal(w, v.text) || v.prefix.IsValid() && v.prefix.Contains(address.Unmap())
		order := bytes.Compare(w, v.text)
		switch t.op {
		case "~":
			same = bytes.Contains(w, v.text)
		case "!=":
			return !same
		case "<":
			return order < 0
		case "<=":
			return order <= 0
		case ">":
			return order > 0
		case ">=":
			return order >= 0
		}
		if same {
			return true
		}
	}
	return false
}

func (t test) number(n float64) bool {
	for _, v := range t.values {
		none := len(v.text) == 1 && v.text[0] == '-'
		inside := none && n < 0 || !none && n >= 0 && n >= v.lo && n <= v.hi
		switch t.op {
		case "=", "in":
			if inside {
				return true
			}
			continue
		case "!=":
			return !inside
		}
		if n < 0 || none {
			return false
		}
		switch t.op {
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

// ParseFilter reads an expression. Its error is a diag.Problem with the column.
func ParseFilter(text string) (*Filter, error) {
	n, err := filter.Parse(text, filter.Language[filterNode, Field, filterValue]{
		Example: "status >= 500",
		Field: func(p *filter.Parser, word string) (Field, string, *diag.Problem) {
			f, ok := FieldOf(strings.ToLower(word))
			if ok {
				return f, f.Name, nil
			}
			fix := "Fields are: " + strings.Join(FieldNames(), ", ") + "."
			if near := diag.Nearest(word, FieldNames()); len(near) > 0 {
				fix = "Did you mean " + strings.Join(near, " or ") + "?"
			}
			return f, "", p.Fail("unknown-field", fmt.Sprintf("Requests have no field %q", word), fix)
		},
		Check: func(p *filter.Parser, f Field, op string) *diag.Problem {
			if f.Number != nil && op == "~" {
				return p.Fail("bad-operator", f.Name+" is a number and has no parts", "Write one of = != < <= > >= in")
			}
			return nil
		},
		Value: valueOf,
		Test: func(f Field, op string, values []filterValue) filterNode {
			return test{field: f, op: op, values: values}
		},
		And: func(a, b filterNode) filterNode { return both{a, b} },
		Or:  func(a, b filterNode) filterNode { return either{a, b} },
		Not: func(n filterNode) filterNode { return negated{n} },
	})
	if err != nil {
		return nil, err
	}
	return &Filter{root: n}, nil
}

// FieldNames are the names of all fields, sorted.
func FieldNames() []string {
	names := make([]string, len(Fields))
	for i, f := range Fields {
		names[i] = f.Name
	}
	return names
}

// valueOf reads what a field is compared with.
func valueOf(p *filter.Parser, f Field, w string) (filterValue, *diag.Problem) {
	v := filterValue{text: []byte(w)}
	switch {
	case w == "-":
	case f.Number != nil:
		lo, hi, isRange := strings.Cut(w, "-")
		if !isRange {
			hi = lo
		}
		var err1, err2 error
		v.lo, err1 = strconv.ParseFloat(lo, 64)
		v.hi, err2 = strconv.ParseFloat(hi, 64)
		if err1 != nil || err2 != nil || !(v.lo <= v.hi) || v.lo < 0 {
			return v, p.Fail("bad-value", fmt.Sprintf("%q is not a number, as %s is", w, f.Name), "Write a number such as 500, or a range such as 500-599.")
		}
	case f.Name == "client":
		if prefix, err := netip.ParsePrefix(w); err == nil {
			v.prefix = prefix.Masked()
		}
	}
	return v, nil
}
