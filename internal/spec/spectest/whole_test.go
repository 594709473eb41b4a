package spectest_test

import (
	"os"
	"testing"
	"time"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/prove/rules"
	"paddock.dev/internal/spec"
	"paddock.dev/internal/spec/spectest"
)

// BenchmarkWhole is what `paddock check` does with a text: read it, resolve it,
// look at it with every rule, and make the graph of every environment.
func BenchmarkWhole(b *testing.B) {
	kestrel, err := os.ReadFile("../../../examples/kestrel/platform.yaml")
	if err != nil {
		b.Fatal(err)
	}
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for name, text := range map[string][]byte{"kestrel": kestrel, "500-services": spectest.Generate(500)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				p, problems := spec.Parse("platform.yaml", text)
				if diag.HasErrors(problems) {
					b.Fatal(problems)
				}
				graphs := graph.All(p)
				if len(graphs) != len(p.Environments) {
					b.Fatal("a graph is missing")
				}
				rules.Check(p, now, rules.Options{Cloud: true, Graphs: graphs})
			}
		})
	}
}
