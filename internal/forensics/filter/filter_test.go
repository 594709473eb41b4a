package filter

import (
	"errors"
	"strings"
	"testing"

	"paddock.dev/internal/diag"
)

// spelled writes conditions out, so that tests see how words were joined.
func spelled() Language[string, string, string] {
	return Language[string, string, string]{
		Example: "a = 1",
		Field: func(p *Parser, word string) (string, string, *diag.Problem) {
			if len(word) == 1 {
				return word, word, nil
			}
			return "", "", p.Fail("unknown-field", "no field "+word, "")
		},
		Check: func(*Parser, string, string) *diag.Problem { return nil },
		Value: func(_ *Parser, _, word string) (string, *diag.Problem) { return word, nil },
		Test:  func(f, op string, vs []string) string { return f + op + strings.Join(vs, "|") },
		And:   func(a, b string) string { return "(" + a + " & " + b + ")" },
		Or:    func(a, b string) string { return "(" + a + " / " + b + ")" },
		Not:   func(n string) string { return "!" + n },
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"a=1":                            "a=1",
		"a == 1 or b != 2 and c ~ 'x y'": "(a=1 / (b!=2 & c~x y))",
		"(a=1 or b=2) AND NOT c=3":       "((a=1 / b=2) & !c=3)",
		"a in (1, 2,3) and b not in 4":   "(ain1|2|3 & !bin4)",
		"not not a = -":                  "!!a=-",
	} {
		if got, err := Parse(text, spelled()); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", text, got, err, want)
		}
	}
}

func TestMistakesHaveTheirColumn(t *testing.T) {
	for text, want := range map[string]struct {
		id     string
		column int
	}{
		"":                       {"missing-comparison", 1},
		"a = 1 and":              {"missing-comparison", 10},
		"é":                      {"unknown-field", 1},
		"a = 1 b = 2":            {"unexpected-word", 7},
		"a 1":                    {"missing-operator", 3},
		"a not 1":                {"missing-in", 7},
		"a = ":                   {"missing-value", 5},
		"(a = 1":                 {"missing-parenthesis", 7},
		"a in (1 2)":             {"missing-parenthesis", 9},
		strings.Repeat("(", 200): {"too-deep", 102},
	} {
		var p diag.Problem
		if _, err := Parse(text, spelled()); !errors.As(err, &p) || p.ID != want.id || p.Pos.Column != want.column {
			t.Errorf("%q: %v [%s] at %d; want %s at %d", text, err, p.ID, p.Pos.Column, want.id, want.column)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("a in (1, 2) and not (b ~ 'x' or c >= 5)")
	f.Add("a = \"")
	f.Fuzz(func(t *testing.T, text string) {
		var p diag.Problem
		if _, err := Parse(text, spelled()); err != nil && !errors.As(err, &p) {
			t.Errorf("%v is no problem of the user's", err)
		}
	})
}
