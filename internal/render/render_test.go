package render_test

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/emit"
	"paddock.dev/internal/render"
	"paddock.dev/internal/spec"
	"paddock.dev/internal/spec/spectest"
)

func example(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../examples", name, "platform.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func input(t testing.TB, text string) render.Input {
	t.Helper()
	p, problems := spec.Parse("platform.yaml", []byte(text))
	if p == nil {
		var b strings.Builder
		_ = diag.WriteText(&b, problems, diag.TextOptions{})
		t.Fatal(b.String())
	}
	in, conflicts := render.Of(p, nil)
	if len(conflicts) > 0 {
		t.Fatal(conflicts[0].Summary)
	}
	return in
}

func files(t testing.TB, text string) map[string]string {
	t.Helper()
	list, err := render.Files(input(t, text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return byPath(list)
}

func byPath(list []emit.File) map[string]string {
	all := make(map[string]string, len(list))
	for _, f := range list {
		all[f.Path] = string(f.Data)
	}
	return all
}

func TestSameInputSameBytes(t *testing.T) {
	for _, name := range []string{"kestrel", "minimal"} {
		text := example(t, name)
		first, err := render.Files(input(t, text), nil)
		if err != nil {
			t.Fatal(err)
		}
		second, err := render.Files(input(t, text), nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(first) != len(second) || len(first) < 20 {
			t.Fatalf("%s: %d and %d files", name, len(first), len(second))
		}
		for i := range first {
			if first[i].Path != second[i].Path || !bytes.Equal(first[i].Data, second[i].Data) {
				t.Errorf("%s: %s is not the same twice", name, first[i].Path)
			}
		}
	}
}

// gone are the lines that one rendering has and the other has not.
func gone(before, after string) []string {
	have := map[string]int{}
	for line := range strings.Lines(after) {
		have[strings.TrimSpace(line)]++
	}
	var lines []string
	for line := range strings.Lines(before) {
		line = strings.TrimSpace(line)
		if have[line]--; have[line] < 0 {
			lines = append(lines, line)
		}
	}
	return lines
}

// modules are the module calls of a root by name.
func modules(text string) map[string]string {
	all := map[string]string{}
	for _, part := range strings.Split(text, "\nmodule ")[1:] {
		name, body, _ := strings.Cut(part, "{")
		if i := strings.Index(body, "\n}\n"); i >= 0 {
			body = body[:i]
		}
		all[strings.Trim(strings.TrimSpace(name), `"`)] = body
	}
	return all
}

// TestAddingAServiceAddsOnly compares two renders: the module calls that were
// there are there, under their names, and the ones whose text changed are those
// that list what all services share.
func TestAddingAServiceAddsOnly(t *testing.T) {
	text := example(t, "kestrel")
	before := files(t, text)
	after := files(t, strings.Replace(text, "\nservices:\n", `
services:
  aaa-first:
    language: go
    port: 8499
    uses: [pricing, mongo-core]
    objective: { availability: 99% }
    tier: 3
    team: data
`, 1))
	changed := compare(t, before, after)
	for where := range changed {
		root, module, _ := strings.Cut(where, " ")
		switch {
		case strings.HasSuffix(root, "/30-data") && strings.HasSuffix(module, "-access"):
			// A store tells who uses it.
		case strings.HasSuffix(root, "/40-eks"):
			// A cluster knows the ports of its services, the registry its
			// repositories.
		case strings.HasSuffix(root, "/45-cluster") && len(changed[where]) == 0:
			// One controller may read one service's secrets more.
		case strings.HasSuffix(root, "/80-dr") && module == "runbook" && len(changed[where]) == 0:
			// The runbook brings up one service more.
		case strings.HasSuffix(root, "/50-observability"), strings.HasSuffix(root, "/85-thirdparty"), strings.HasSuffix(root, "/90-finops"):
		default:
			t.Errorf("%s changed: %v", where, changed[where])
		}
	}
}

// TestAddingAnEnvironmentAddsOnly does the same for a fifth environment.
func TestAddingAnEnvironmentAddsOnly(t *testing.T) {
	text := example(t, "kestrel")
	before := files(t, text)
	after := files(t, strings.NewReplacer("  qa:\n    stage: test\n", "  load:\n    stage: test\n    collapse: [pci, iot]\n    zones: 2\n  qa:\n    stage: test\n",
		"path: [dev, qa, uat, prod]", "path: [dev, load, qa, uat, prod]",
		`    qa:          "111111111112"`+"\n", `    qa:          "111111111112"`+"\n"+`    load:        "111111111119"`+"\n",
		"budgets: {", "budgets: { load: 900, ").Replace(text))
	changed := compare(t, before, after)
	for where, lines := range changed {
		root, _, _ := strings.Cut(where, " ")
		for _, env := range []string{"dev", "qa", "uat", "prod"} {
			if strings.HasPrefix(root, env+"/") {
				t.Errorf("%s changed: %v", where, lines)
			}
		}
	}
	if !slices.ContainsFunc(slices.Collect(mapKeys(after)), func(p string) bool { return strings.HasPrefix(p, "terraform/load/") }) {
		t.Error("the new environment has no roots")
	}
}

func mapKeys(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// compare names the module calls whose text changed, and fails for those that
// are gone.
func compare(t *testing.T, before, after map[string]string) map[string][]string {
	t.Helper()
	changed := map[string][]string{}
	for path, text := range before {
		if !strings.HasPrefix(path, "terraform/") || !strings.HasSuffix(path, "/main.tf") || strings.HasPrefix(path, "terraform/modules/") {
			continue
		}
		root := strings.TrimSuffix(strings.TrimPrefix(path, "terraform/"), "/main.tf")
		now, ok := after[path]
		if !ok {
			t.Errorf("%s is gone", path)
			continue
		}
		have := modules(now)
		for name, body := range modules(text) {
			is, ok := have[name]
			switch {
			case !ok:
				t.Errorf("%s: module %s is gone", root, name)
			case is != body:
				changed[root+" "+name] = gone(body, is)
			}
		}
	}
	return changed
}

func BenchmarkKestrel(b *testing.B) {
	in := input(b, example(b, "kestrel"))
	benchmark(b, in, len(in.Graphs[0].Environment.Services), nil)
}

// BenchmarkServices renders platforms of a size and twice and four times that
// size, in each part and in all: time and bytes for a service must not grow with
// the platform.
func BenchmarkServices(b *testing.B) {
	parts := []string{""}
	for _, p := range render.Parts() {
		parts = append(parts, p.Name)
	}
	for _, n := range []int{125, 250, 500} {
		in := large(b, n)
		for _, part := range parts {
			b.Run(fmt.Sprintf("%d/%s", n, cmp.Or(part, "all")), func(b *testing.B) {
				benchmark(b, in, n, func(p string) bool { return part == "" || p == part })
			})
		}
	}
}

func Benchmark500Services(b *testing.B) { benchmark(b, large(b, 500), 500, nil) }

func large(b *testing.B, services int) render.Input {
	b.Helper()
	p, problems := spec.Parse("platform.yaml", spectest.Generate(services))
	if p == nil {
		b.Fatal(problems[0])
	}
	in, _ := render.Of(p, nil)
	return in
}

// benchmark renders, and reports what that makes of each service.
func benchmark(b *testing.B, in render.Input, services int, wanted func(part string) bool) {
	b.ReportAllocs()
	var files []emit.File
	for b.Loop() {
		var err error
		if files, err = render.Files(in, wanted); err != nil {
			b.Fatal(err)
		}
	}
	size := 0
	for _, f := range files {
		size += len(f.Data)
	}
	n := float64(services)
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/n, "µs/service")
	b.ReportMetric(float64(size)/n/1000, "kB/service")
	b.ReportMetric(float64(len(files))/n, "files/service")
}
