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
	p, problems := spec.Parse("platform.yaml", []byte(text))
	if p == nil {
		t.Fatalf("the example cannot be read: %v\n%s", problems, text)
	}
	cloud := strings.Contains(text, "\ncloud:")
	return rules.Problems(rules.Check(p, now, rules.Options{Cloud: cloud}).Findings, nowhere{})
}

type nowhere struct{}

func (nowhere) Locate(string, string) (diag.Range, bool) { return diag.Range{}, false }

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
			fails, passes := r.Examples()
			if fails == "" || passes == "" {
				t.Fatal("an example is missing")
			}
			if got := of(check(t, whole(fails)), r.ID); len(got) == 0 {
				t.Errorf("the failing example has no finding:\n%s", whole(fails))
			}
			if got := of(check(t, whole(passes)), r.ID); len(got) > 0 {
				t.Errorf("the passing example has findings: %v\n%s", got, passes)
			}
		})
	}
}
