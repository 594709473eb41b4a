package rules

import (
	"slices"
	"strings"

	"paddock.dev/internal/diag"
)

// Locator knows where the file says something. With an environment it is the
// override there, when there is one.
type Locator interface {
	Locate(environment, key string) (diag.Range, bool)
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
		k := same{f.Rule, locate(where, f.Place), f.Summary}
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
			if at := locate(where, n.Place); at.Line > 0 {
				p.Related = append(p.Related, diag.Related{Range: at, Text: n.Text})
			}
		}
		p.Pos.Text = covered(p.Pos.Text, f.hide)
		problems = append(problems, p)
	}
	return problems
}

// locate finds the key, or the nearest block above it that the file has: what a
// default says stands nowhere.
func locate(where Locator, p Place) diag.Range {
	for k := p.Key; ; {
		if at, ok := where.Locate(p.Environment, k); ok {
			return at
		}
		i := strings.LastIndexAny(k, ".[")
		if i < 0 {
			at, _ := where.Locate("", "")
			return at
		}
		k = k[:i]
	}
}

// covered keeps a secret out of terminals and the logs of pipelines.
func covered(line, secret string) string {
	if secret == "" {
		return line
	}
	return strings.ReplaceAll(line, secret, strings.Repeat("•", len([]rune(secret))))
}
