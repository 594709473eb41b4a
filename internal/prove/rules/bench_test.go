package rules_test

import (
	"os"
	"testing"

	"paddock.dev/internal/prove/rules"
)

func BenchmarkKestrel(b *testing.B) {
	text, err := os.ReadFile("../../../examples/kestrel/platform.yaml")
	if err != nil {
		b.Fatal(err)
	}
	f := parse(b, string(text))
	b.ReportAllocs()
	for b.Loop() {
		rules.Problems(rules.Check(f.Platform, now, rules.Options{Cloud: true}).Findings, f)
	}
}
