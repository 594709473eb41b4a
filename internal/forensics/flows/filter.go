package flows

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"paddock.dev/internal/diag"
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
	p := parser{text: text, fields: map[string]bool{}}
	p.next()
	n, problem := p.or(0)
	if problem == nil && p.tok != "" {
		problem = p.fail("unexpected-word", fmt.Sprintf("%q does not belong here", p.tok), "Join comparisons with and or or.")
	}
	if problem != nil {
		return nil, *problem
	}
	return &Filter{text, n, p.fields}, nil
}

// parser reads a filter word by word.
type parser struct {
	text string
	at   int // behind tok
	tok  string
	from int // of tok
	// fields are those met.
	fields map[string]bool
}

// maxDepth bounds the nesting of parentheses and nots.
const maxDepth = 100

func (p *parser) next() {
	for p.at < len(p.text) && strings.IndexByte(" \t\n\r", p.text[p.at]) >= 0 {
		p.at++
	}
	p.from = p.at
	if p.at == len(p.text) {
		p.tok = ""
		return
	}
	rest := p.text[p.at:]
	for _, sign := range []string{"!=", "<=", ">=", "==", "=", "<", ">", "~", "(", ")", ","} {
		if strings.HasPrefix(rest, sign) {
			p.at += len(sign)
			p.tok = sign
			return
		}
	}
	if rest[0] == '"' || rest[0] == '\'' {
		if end := strings.IndexByte(rest[1:], rest[0]); end >= 0 {
			p.at += end + 2
			p.tok = rest[:end+2]
			return
		}
	}
	n := strings.IndexAny(rest, " \t\n\r!=<>~(),")
	if n < 0 {
		n = len(rest)
	}
	n = max(n, 1)
	p.at += n
	p.tok = rest[:n]
}

func (p *parser) fail(id, summary, fix string) *diag.Problem {
	column := len([]rune(p.text[:p.from])) + 1
	return &diag.Problem{Severity: diag.Error, ID: id, Summary: summary, Fix: fix,
		Pos: diag.Range{File: "filter", Line: 1, Column: column, EndLine: 1, EndColumn: column + max(1, len([]rune(p.tok))), Text: p.text}}
}

func (p *parser) word(w string) bool {
	if !strings.EqualFold(p.tok, w) {
		return false
	}
	p.next()
	return true
}

func (p *parser) or(depth int) (node, *diag.Problem) {
	a, problem := p.and(depth)
	for problem == nil && p.word("or") {
		var b node
		b, problem = p.and(depth)
		a = either{a, b}
	}
	return a, problem
}

func (p *parser) and(depth int) (node, *diag.Problem) {
	a, problem := p.not(depth)
	for problem == nil && p.word("and") {
		var b node
		b, problem = p.not(depth)
		a = both{a, b}
	}
	return a, problem
}

func (p *parser) not(depth int) (node, *diag.Problem) {
	if depth > maxDepth {
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

func (p *parser) test() (node, *diag.Problem) {
	if p.tok == "" {
		return nil, p.fail("missing-comparison", "A comparison is missing", "Write one, such as: dstport = 443")
	}
	f, ok := fieldNamed(p.tok)
	if !ok {
		fix := "Fields are called as in flow logs, such as srcaddr, dstport, action."
		if near := diag.Nearest(p.tok, FieldNames()); len(near) > 0 {
			fix = "Did you mean " + strings.Join(near, " or ") + "?"
		}
		return nil, p.fail("unknown-field", fmt.Sprintf("Flow logs have no field %q", p.tok), fix)
	}
	p.fields[f.name] = true
	p.next()
	t := test{field: f, op: strings.ToLower(p.tok)}
	invert := false
	switch t.op {
	case "not":
		p.next()
		if !strings.EqualFold(p.tok, "in") {
			return nil, p.fail("missing-in", "After not only in can follow", "Write: "+f.name+" not in …")
		}
		t.op, invert = "in", true
	case "==":
		t.op = "="
	case "=", "!=", "<", "<=", ">", ">=", "in", "~":
	default:
		return nil, p.fail("missing-operator", "A comparison is missing after "+f.name, "Write one of = != < <= > >= in ~")
	}
	if f.kind == kindAddress && strings.Contains("<=>=~", t.op) && t.op != "=" || f.kind == kindNumber && t.op == "~" {
		return nil, p.fail("bad-operator", fmt.Sprintf("%s cannot be compared with %s", f.name, t.op), "Addresses know =, != and in; numbers all but ~.")
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

func (p *parser) value(f field) (value, *diag.Problem) {
	w := p.tok
	if w == "" || strings.Contains("()=,<>~!=", w) {
		return value{}, p.fail("missing-value", "A value is missing", "Write what "+f.name+" is compared with.")
	}
	if len(w) >= 2 && (w[0] == '"' || w[0] == '\'') && w[len(w)-1] == w[0] {
		w = w[1 : len(w)-1]
	}
	v := value{text: w}
	bad := func(what, fix string) *diag.Problem {
		return p.fail("bad-value", fmt.Sprintf("%q is not %s, as %s is", w, what, f.name), fix)
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
	p.next()
	return v, nil
}
