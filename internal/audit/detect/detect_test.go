package detect

import (
	"strings"
	"testing"

	"paddock.dev/internal/diag"
)

func builtins(t testing.TB) []*Rule {
	t.Helper()
	rules, problems := Builtin()
	if len(problems) > 0 {
		t.Fatal(text(problems))
	}
	return rules
}

func text(problems []diag.Problem) string {
	var b strings.Builder
	if err := diag.WriteText(&b, problems, diag.TextOptions{}); err != nil {
		return err.Error()
	}
	return b.String()
}

// Every rule fires on its examples, is quiet on the near misses, and has both.
func TestBuiltinRules(t *testing.T) {
	rules := builtins(t)
	if len(rules) < 45 {
		t.Errorf("there are %d rules; the guide promises at least 45", len(rules))
	}
	for _, r := range rules {
		t.Run(r.ID, func(t *testing.T) {
			if problems := Check(r); len(problems) > 0 {
				t.Error(text(problems))
			}
		})
	}
}
