package spec_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/spec"
	"paddock.dev/internal/spec/spectest"
)

func TestLimits(t *testing.T) {
	bomb := head + "environments:\n  a0: &a0 { stage: production }\n"
	for i := 1; i < 24; i++ {
		bomb += fmt.Sprintf("  a%d: &a%d { x: *a%d, y: *a%d }\n", i, i, i-1, i-1)
	}
	for name, c := range map[string]struct {
		text, id string
		line     int
	}{
		"nothing":         {"", "empty-file", 0},
		"only comments":   {"# a\n\n---\n# b\n", "empty-file", 0},
		"too large":       {strings.Repeat("# a line\n", 1<<17), "file-too-large", 0},
		"not UTF-8":       {"name: k\nx: \xff\n", "not-text", 2},
		"a control":       {"name: \x00\n", "not-text", 1},
		"an escape":       {"name: k\n\n\x1b[31m: x\n", "not-text", 3},
		"a lone return":   {"name: k\rx: y\n", "not-text", 1},
		"brackets":        {"x: " + strings.Repeat("[", 100_000), "too-deep", 1},
		"braces":          {"x: " + strings.Repeat("{a: ", 100_000), "too-deep", 1},
		"dashes":          {strings.Repeat("- ", 100_000), "too-deep", 1},
		"indentation":     {stairs(200), "too-deep", 33},
		"wide mapping":    {wide("k%d: v\n", 100_000), "too-many-values", 2001},
		"wide list":       {"x: [" + strings.Repeat("a,", 100_000) + "]", "too-many-values", 1},
		"wide flow":       {"x: {" + wide("k%d: v, ", 50_000) + "}", "too-many-values", 1},
		"alias bomb":      {bomb, "too-many-values", 21},
		"anchors":         {"x: " + strings.Repeat("&a ", 100_000), "", 0},
		"quotes":          {strings.Repeat("'", 200_001), "", 0},
		"question marks":  {strings.Repeat("? ", 100_000), "yaml-feature", 1},
		"colons":          {strings.Repeat(": ", 100_000), "", 0},
		"exclamations":    {"x: " + strings.Repeat("!a ", 100_000), "yaml-feature", 1},
		"a word":          {strings.Repeat("x", 1<<20), "wrong-type", 1},
		"newlines":        {"a:" + strings.Repeat("\n", 1<<19) + "b", "", 0},
		"every key wrong": {wide("name: [\nk%d: v\n", 900), "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			p, problems := spec.Parse("platform.yaml", []byte(c.text))
			if p != nil || len(problems) == 0 {
				t.Fatal("it was accepted")
			}
			for _, problem := range problems {
				if problem.ID == "paddock-bug" {
					t.Fatal(all(problem))
				}
			}
			if c.id != "" && (problems[0].ID != c.id || problems[0].Pos.Line != c.line) {
				t.Errorf("got %s at %v, want %s at line %d", problems[0].ID, problems[0].Pos, c.id, c.line)
			}
		})
	}
}

func stairs(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func wide(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func BenchmarkParse(b *testing.B) {
	kestrel, err := os.ReadFile("../../examples/kestrel/platform.yaml")
	if err != nil {
		b.Fatal(err)
	}
	broken := strings.ReplaceAll(string(spectest.Generate(500)), "replicas: 2..20", "replica: 2..20")
	for name, text := range map[string][]byte{"kestrel": kestrel, "500-services": spectest.Generate(500), "500-errors": []byte(broken)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				p, problems := spec.Parse("platform.yaml", text)
				if (p == nil) != diag.HasErrors(problems) {
					b.Fatal(problems)
				}
			}
		})
	}
}
