package rules_test

import (
	"os"
	"testing"

	"paddock.dev/internal/prove/rules"
	"paddock.dev/internal/spec/spectest"
)

func BenchmarkKestrel(b *testing.B) {
	text, err := os.ReadFile("../../../examples/kestrel/platform.yaml")
	if err != nil {
		b.Fatal(err)
	}
	benchmark(b, string(text))
}

func Benchmark500(b *testing.B) { benchmark(b, string(spectest.Generate(500))) }

func benchmark(b *testing.B, text string) {
	f := parse(b, text)
	b.ReportAllocs()
	for b.Loop() {
		rules.Problems(rules.Check(f.Platform, now, rules.Options{Cloud: true}).Findings, f)
	}
}
