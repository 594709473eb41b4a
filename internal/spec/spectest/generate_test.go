package spectest_test

import (
	"bytes"
	"testing"
	"time"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/prove/rules"
	"paddock.dev/internal/spec"
	"paddock.dev/internal/spec/spectest"
)

func TestGenerateIsRight(t *testing.T) {
	for _, n := range []int{1, 16, 500} {
		text := spectest.Generate(n)
		p, problems := spec.Parse("platform.yaml", text)
		if p == nil || len(problems) > 0 {
			t.Fatalf("%d services: %v", n, problems)
		}
		found := rules.Check(p, time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC), rules.Options{Cloud: true})
		for _, f := range found.Findings {
			if f.Rule.Severity == diag.Error {
				t.Errorf("%d services: %s", n, f.Summary)
			}
		}
		if got := len(p.Environments[3].Services); got != n {
			t.Errorf("there are %d services, want %d", got, n)
		}
		if !bytes.Equal(text, spectest.Generate(n)) {
			t.Errorf("%d services: the second text differs", n)
		}
	}
}
