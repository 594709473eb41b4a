package rules_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/prove/rules"
	"paddock.dev/internal/spec"
)

// now is when the examples are looked at.
var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// preamble are the keys that every file needs and most examples leave out.
var preamble = []struct{ key, text string }{
	{"paddock", "paddock: v1"},
	{"name", "name: kestrel"},
	{"domain", "domain: kestrelcars.example"},
	{"environments", "environments: { prod: { stage: production } }"},
	{"services", "services: { filler: { port: 8080, routes: [www.kestrelcars.example] } }"},
}

// whole makes a platform file of an example.
func whole(example string) string {
	var b strings.Builder
	for _, p := range preamble {
		if !strings.HasPrefix(example, p.key+":") && !strings.Contains(example, "\n"+p.key+":") {
			b.WriteString(p.text + "\n")
		}
	}
	return b.String() + example
}

func check(t *testing.T, text string) []diag.Problem {
	t.Helper()
	f, problems := spec.ParseFile("platform.yaml", []byte(text), nil)
	if f == nil {
		t.Fatalf("the example cannot be read: %v\n%s", problems, text)
	}
	_, cloud := f.Locate("", "cloud")
	return rules.Problems(rules.Check(f.Platform, now, rules.Options{Cloud: cloud}).Findings, f)
}

func of(problems []diag.Problem, id string) []diag.Problem {
	return slices.DeleteFunc(slices.Clone(problems), func(p diag.Problem) bool { return p.ID != id })
}

var kebab = regexp.MustCompile(`^[a-z]+(-[a-z]+)+$`)

func TestEveryRuleHasItsExamples(t *testing.T) {
	if n := len(rules.All()); n < 100 {
		t.Errorf("there are %d rules", n)
	}
	for _, r := range rules.All() {
		t.Run(r.ID, func(t *testing.T) {
			if !kebab.MatchString(r.ID) || r.Topic == "" || r.Title == "" || strings.HasSuffix(r.Title, ".") || !strings.HasSuffix(r.Why, ".") || !strings.HasSuffix(r.Fix, ".") {
				t.Errorf("the rule is not written like the others: %+v", r)
			}
			fails, passes := r.Examples()
			if fails == "" || passes == "" {
				t.Fatal("an example is missing")
			}
			text := whole(fails)
			got := of(check(t, text), r.ID)
			if len(got) == 0 {
				t.Fatalf("the failing example has no finding:\n%s", text)
			}
			line := 1 + strings.Count(text[:strings.Index(text, "# here")], "\n")
			for _, p := range got {
				if p.Pos.Line != line {
					t.Errorf("the finding points at line %d, not at %d: %v", p.Pos.Line, line, p)
				}
				whole := p.Severity == r.Severity && p.Summary != "" && p.Detail != "" && p.Fix != "" || r.ID == "group-empty"
				if !whole || strings.HasSuffix(p.Summary, ".") || !strings.HasSuffix(p.Detail, ".") && p.Detail != "" {
					t.Errorf("the finding is not written like the others: %#v", p)
				}
			}
			if got := of(check(t, whole(passes)), r.ID); len(got) > 0 {
				t.Errorf("the passing example has findings: %v\n%s", got, passes)
			}
		})
	}
}
