package access

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/forensics/access/entry"
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
	p := filterParser{text: text}
	p.next()
	n, problem := p.or(0)
	if problem == nil && p.tok != "" {
		problem = p.fail("unexpected-word", fmt.Sprintf("%q does not belong here", p.tok), "Join comparisons with and or or.")
	}
	if problem != nil {
		return nil, *problem
	}
	return &Filter{root: n}, nil
}

// filterParser reads a filter word by word.
type filterParser struct {
	text string
	at   int // behind tok
	tok  string
	from int // of tok
}

// deepest bounds the nesting of parentheses and nots.
const deepest = 100

func (p *filterParser) next() {
	for p.at < len(p.text) && strings.IndexByte(" \t\n\r", p.text[p.at]) >= 0 {
		p.at++
	}
	p.from, p.tok = p.at, ""
	if p.at == len(p.text) {
		return
	}
	rest := p.text[p.at:]
	n := 0
	for _, sign := range []string{"!=", "<=", ">=", "==", "=", "<", ">", "~", "(", ")", ","} {
		if strings.HasPrefix(rest, sign) {
			n = len(sign)
			break
		}
	}
	if n == 0 && (rest[0] == '"' || rest[0] == '\'') {
		if end := strings.IndexByte(rest[1:], rest[0]); end >= 0 {
			n = end + 2
		}
	}
	if n == 0 {
		if n = strings.IndexAny(rest, " \t\n\r!=<>~(),"); n < 0 {
			n = len(rest)
		}
		n = max(n, 1)
	}
	p.tok = rest[:n]
	p.at += n
}

func (p *filterParser) fail(id, summary, fix string) *diag.Problem {
	column := len([]rune(p.text[:p.from])) + 1
	return &diag.Problem{Severity: diag.Error, ID: id, Summary: summary, Fix: fix,
		Pos: diag.Range{File: "filter", Line: 1, Column: column, EndLine: 1, EndColumn: column + max(1, len([]rune(p.tok))), Text: p.text}}
}

func (p *filterParser) word(w string) bool {
	if !strings.EqualFold(p.tok, w) {
		return false
	}
	p.next()
	return true
}

func (p *filterParser) or(depth int) (filterNode, *diag.Problem) {
	a, problem := p.and(depth)
	for problem == nil && p.word("or") {
		var b filterNode
		b, problem = p.and(depth)
		a = either{a, b}
	}
	return a, problem
}

func (p *filterParser) and(depth int) (filterNode, *diag.Problem) {
	a, problem := p.not(depth)
	for problem == nil && p.word("and") {
		var b filterNode
		b, problem = p.not(depth)
		a = both{a, b}
	}
	return a, problem
}

func (p *filterParser) not(depth int) (filterNode, *diag.Problem) {
	if depth > deepest {
		return nil, p.fail("too-deep", "The filter is nested too deeply", "Write it with fewer parentheses.")
	}
	if p.word("not") {
		n, problem := p.not(depth + 1)
		return negated{n}, problem
	}
	if p.tok == "(" {
		p.next()
		n, problem := p.or(depth + 1)
		if problem == nil && p.tok != ")" {
			problem = p.fail("missing-parenthesis", "A closing parenthesis is missing", "Write ) here.")
		}
		p.next()
		return n, problem
	}
	return p.test()
}

// FieldNames are the names of all fields, sorted.
func FieldNames() []string {
	names := make([]string, len(Fields))
	for i, f := range Fields {
		names[i] = f.Name
	}
	return names
}

func (p *filterParser) test() (filterNode, *diag.Problem) {
	if p.tok == "" {
		return nil, p.fail("missing-comparison", "A comparison is missing", "Write one, such as: status >= 500")
	}
	f, ok := FieldOf(strings.ToLower(p.tok))
	if !ok {
		fix := "Fields are: " + strings.Join(FieldNames(), ", ") + "."
		if near := diag.Nearest(p.tok, FieldNames()); len(near) > 0 {
			fix = "Did you mean " + strings.Join(near, " or ") + "?"
		}
		return nil, p.fail("unknown-field", fmt.Sprintf("Requests have no field %q", p.tok), fix)
	}
	p.next()
	t := test{field: f, op: strings.ToLower(p.tok)}
	invert := false
	switch t.op {
	case "not":
		p.next()
		if !strings.EqualFold(p.tok, "in") {
			return nil, p.fail("missing-in", "After not only in can follow", "Write: "+f.Name+" not in …")
		}
		t.op, invert = "in", true
	case "==":
		t.op = "="
	case "=", "!=", "<", "<=", ">", ">=", "in", "~":
	default:
		return nil, p.fail("missing-operator", "A comparison is missing after "+f.Name, "Write one of = != < <= > >= in ~")
	}
	if f.Number != nil && t.op == "~" {
		return nil, p.fail("bad-operator", f.Name+" is a number and has no parts", "Write one of = != < <= > >= in")
	}
	p.next()
	list := t.op == "in" && p.tok == "("
	if list {
		p.next()
	}
	for {
		v, problem := p.value(f)
		if problem != nil {
			return nil, problem
		}
		t.values = append(t.values, v)
		if !list {
			break
		}
		if p.tok == ")" {
			p.next()
			break
		}
		if p.tok != "," {
			return nil, p.fail("missing-parenthesis", "The list has no end", "Separate values with commas and end with ).")
		}
		p.next()
	}
	if invert {
		return negated{t}, nil
	}
	return t, nil
}

func (p *filterParser) value(f Field) (filterValue, *diag.Problem) {
	w := p.tok
	if w == "" || strings.Contains("()=,<>~!=", w) {
		return filterValue{}, p.fail("missing-value", "A value is missing", "Write what "+f.Name+" is compared with.")
	}
	if len(w) >= 2 && (w[0] == '"' || w[0] == '\'') && w[len(w)-1] == w[0] {
		w = w[1 : len(w)-1]
	}
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
			return v, p.fail("bad-value", fmt.Sprintf("%q is not a number, as %s is", w, f.Name), "Write a number such as 500, or a range such as 500-599.")
		}
	case f.Name == "client":
		if prefix, err := netip.ParsePrefix(w); err == nil {
			v.prefix = prefix.Masked()
		}
	}
	p.next()
	return v, nil
}
