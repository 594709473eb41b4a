// Package filter reads the expressions by which people pick lines of a log:
// comparisons of fields, joined with and, or, not and parentheses. It knows the
// words and their order, and where a mistake stands. It refuses to know which
// fields there are and what is done with an expression.
package filter

import (
	"fmt"
	"strings"

	"paddock.dev/internal/diag"
)

// deepest bounds the nesting of parentheses and nots.
const deepest = 100

// Language says what expressions are about: N are conditions, F fields and V the
// values that they are compared with.
type Language[N, F, V any] struct {
	// Example of a comparison, for who forgot one.
	Example string
	// Field finds a field and what it is called, or says with Fail what is wrong.
	Field func(p *Parser, word string) (field F, name string, problem *diag.Problem)
	// Check says whether a field can be compared so, nil for yes.
	Check func(p *Parser, field F, op string) *diag.Problem
	// Value reads what a field is compared with.
	Value func(p *Parser, field F, word string) (V, *diag.Problem)
	// Test is a comparison with any of the values; op is one of = != < <= > >= in ~.
	Test func(field F, op string, values []V) N
	// And, Or and Not join conditions.
	And, Or func(a, b N) N
	Not     func(N) N
}

// Parse reads an expression. Its error is a diag.Problem with the column.
func Parse[N, F, V any](text string, l Language[N, F, V]) (N, error) {
	p := &parsing[N, F, V]{Parser: Parser{text: text}, l: l}
	p.next()
	n, problem := p.or(0)
	if problem == nil && p.tok != "" {
		problem = p.Fail("unexpected-word", fmt.Sprintf("%q does not belong here", p.tok), "Join comparisons with and or or.")
	}
	if problem != nil {
		return n, *problem
	}
	return n, nil
}

// Parser is where the reading is.
type Parser struct {
	text string
	at   int // behind tok
	tok  string
	from int // of tok
}

// Fail is a problem with the word that is being read.
func (p *Parser) Fail(id, summary, fix string) *diag.Problem {
	column := len([]rune(p.text[:p.from])) + 1
	return &diag.Problem{Severity: diag.Error, ID: id, Summary: summary, Fix: fix,
		Pos: diag.Range{File: "filter", Line: 1, Column: column, EndLine: 1, EndColumn: column + max(1, len([]rune(p.tok))), Text: p.text}}
}

func (p *Parser) next() {
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

func (p *Parser) word(w string) bool {
	if !strings.EqualFold(p.tok, w) {
		return false
	}
	p.next()
	return true
}

type parsing[N, F, V any] struct {
	Parser
	l Language[N, F, V]
}

func (p *parsing[N, F, V]) or(depth int) (N, *diag.Problem) {
	a, problem := p.and(depth)
	for problem == nil && p.word("or") {
		var b N
		b, problem = p.and(depth)
		a = p.l.Or(a, b)
	}
	return a, problem
}

func (p *parsing[N, F, V]) and(depth int) (N, *diag.Problem) {
	a, problem := p.not(depth)
	for problem == nil && p.word("and") {
		var b N
		b, problem = p.not(depth)
		a = p.l.And(a, b)
	}
	return a, problem
}

func (p *parsing[N, F, V]) not(depth int) (n N, problem *diag.Problem) {
	if depth > deepest {
		return n, p.Fail("too-deep", "The filter is nested too deeply", "Write it with fewer parentheses.")
	}
	if p.word("not") {
		n, problem = p.not(depth + 1)
		return p.l.Not(n), problem
	}
	if p.tok == "(" {
		p.next()
		n, problem = p.or(depth + 1)
		if problem == nil && p.tok != ")" {
			problem = p.Fail("missing-parenthesis", "A closing parenthesis is missing", "Write ) here.")
		}
		p.next()
		return n, problem
	}
	return p.test()
}

func (p *parsing[N, F, V]) test() (none N, problem *diag.Problem) {
	if p.tok == "" {
		return none, p.Fail("missing-comparison", "A comparison is missing", "Write one, such as: "+p.l.Example)
	}
	f, name, problem := p.l.Field(&p.Parser, p.tok)
	if problem != nil {
		return none, problem
	}
	p.next()
	op, invert := strings.ToLower(p.tok), false
	switch op {
	case "not":
		p.next()
		if !strings.EqualFold(p.tok, "in") {
			return none, p.Fail("missing-in", "After not only in can follow", "Write: "+name+" not in …")
		}
		op, invert = "in", true
	case "==":
		op = "="
	case "=", "!=", "<", "<=", ">", ">=", "in", "~":
	default:
		return none, p.Fail("missing-operator", "A comparison is missing after "+name, "Write one of = != < <= > >= in ~")
	}
	if problem := p.l.Check(&p.Parser, f, op); problem != nil {
		return none, problem
	}
	p.next()
	values, problem := p.values(f, name, op)
	if problem != nil {
		return none, problem
	}
	n := p.l.Test(f, op, values)
	if invert {
		n = p.l.Not(n)
	}
	return n, nil
}

// values are one, or for in a list.
func (p *parsing[N, F, V]) values(f F, name, op string) (values []V, problem *diag.Problem) {
	list := op == "in" && p.tok == "("
	if list {
		p.next()
	}
	for {
		w := p.tok
		if w == "" || strings.Contains("()=,<>~!=", w) {
			return nil, p.Fail("missing-value", "A value is missing", "Write what "+name+" is compared with.")
		}
		if len(w) >= 2 && (w[0] == '"' || w[0] == '\'') && w[len(w)-1] == w[0] {
			w = w[1 : len(w)-1]
		}
		v, problem := p.l.Value(&p.Parser, f, w)
		if problem != nil {
			return nil, problem
		}
		p.next()
		values = append(values, v)
		switch {
		case !list:
			return values, nil
		case p.tok == ")":
			p.next()
			return values, nil
		case p.tok != ",":
			return nil, p.Fail("missing-parenthesis", "The list has no end", "Separate values with commas and end with ).")
		}
		p.next()
	}
}
