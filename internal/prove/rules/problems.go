package rules

import (
	"slices"
	"strconv"
	"strings"

	"paddock.dev/internal/diag"
)

// Locator knows where the file says something. With an environment it is the
// override there, when there is one. When the key is not written, ok is false and
// the place is that of the nearest thing above it. Members of lists are counted
// from 0.
type Locator interface {
	Locate(environment, key string) (at diag.Range, ok bool)
}

// Problems turns findings into problems with a place in the file. What is the
// same in several environments is told once and names them.
func Problems(findings []Finding, where Locator) []diag.Problem {
	type same struct {
		rule    *Rule
		at      diag.Range
		summary string
	}
	environments := map[same][]string{}
	last := map[same]Finding{}
	var order []same
	for _, f := range findings {
		k := same{f.Rule, begin(where, f), f.Summary}
		if _, ok := last[k]; !ok {
			order = append(order, k)
		}
		// The environments are in the order of the path: what is said of the last
		// one is said of production.
		last[k] = f
		if e := f.Place.Environment; e != "" && !slices.Contains(environments[k], e) {
			environments[k] = append(environments[k], e)
		}
	}
	problems := make([]diag.Problem, 0, len(order))
	for _, k := range order {
		f := last[k]
		p := diag.Problem{Severity: f.Rule.Severity, ID: f.Rule.ID, Summary: f.Summary, Detail: f.Detail, Fix: f.Fix, Pos: k.at}
		if in := environments[k]; len(in) > 0 {
			p.Detail = "In " + words(in) + ". " + p.Detail
			p.Detail = strings.TrimSpace(p.Detail)
		}
		for _, n := range f.Related {
			if at := locate(where, n.Place); at.Line > 0 && at != k.at {
				p.Related = append(p.Related, diag.Related{Range: at, Text: n.Text})
			}
		}
		p.Pos.Text = covered(p.Pos.Text, f.hide)
		problems = append(problems, p)
	}
	return problems
}

// begin is the place of a finding: its own, or that of the first place that has
// to do with it when the file has no block of the key at all.
func begin(where Locator, f Finding) diag.Range {
	at := locate(where, f.Place)
	if file, _ := where.Locate("", ""); at == file && len(f.Related) > 0 {
		return locate(where, f.Related[0].Place)
	}
	return at
}

// locate finds the key, or the nearest block above it that the file has: what a
// default says stands nowhere.
func locate(where Locator, p Place) diag.Range {
	key := p.Key
	for from := 0; ; {
		open := strings.IndexByte(key[from:], '[')
		if open < 0 {
			at, _ := where.Locate(p.Environment, key)
			return at
		}
		open += from
		list, rest, _ := strings.Cut(key[open+1:], "]")
		if _, err := strconv.Atoi(list); err != nil {
			i, ok := member(where, p.Environment, key[:open], list)
			if !ok {
				at, _ := where.Locate(p.Environment, key[:open])
				return at
			}
			list = strconv.Itoa(i)
		}
		key = key[:open] + "[" + list + "]" + rest
		from = open + len(list) + 2
	}
}

// member finds the element of a list that has this text, that text with a mode
// behind it (pricing:optional), or that name.
func member(where Locator, environment, list, text string) (int, bool) {
	for i := 0; ; i++ {
		at, ok := where.Locate(environment, item(list, i))
		if !ok {
			return 0, false
		}
		if named, ok := where.Locate(environment, item(list, i)+".name"); ok && written(named) == text {
			return i, true
		}
		if found := written(at); found == text || strings.HasPrefix(found, text+":") {
			return i, true
		}
	}
}

// written is the text of a scalar on one line, without its quotes.
func written(at diag.Range) string {
	line := []rune(at.Text)
	if at.Line != at.EndLine || at.Column < 1 || at.EndColumn < at.Column || at.EndColumn-1 > len(line) {
		return ""
	}
	return strings.Trim(string(line[at.Column-1:at.EndColumn-1]), `"'`)
}

// covered keeps a secret out of terminals and the logs of pipelines.
func covered(line, secret string) string {
	if secret == "" {
		return line
	}
	return strings.ReplaceAll(line, secret, strings.Repeat("•", len([]rune(secret))))
}
