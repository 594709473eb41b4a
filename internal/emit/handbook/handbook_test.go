package handbook_test

import (
	"flag"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"paddock.dev/internal/emit/handbook"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
	"paddock.dev/internal/spec"
	"paddock.dev/internal/spec/spectest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func kestrel(t testing.TB) *model.Platform {
	t.Helper()
	p, problems := spec.Load("../../../examples/kestrel/platform.yaml")
	if p == nil {
		t.Fatal(problems)
	}
	return p
}

func files(t testing.TB, p *model.Platform) map[string]string {
	t.Helper()
	plan, _ := address.Of(p)
	all, err := handbook.Files(p, graph.All(p), plan)
	if err != nil {
		t.Fatal(err)
	}
	byPath := map[string]string{}
	for _, f := range all {
		if _, twice := byPath[f.Path]; twice {
			t.Errorf("%s is written twice", f.Path)
		}
		byPath[f.Path] = string(f.Data)
	}
	return byPath
}

func TestGolden(t *testing.T) {
	all := files(t, kestrel(t))
	for _, name := range []string{"prod/services/booking.md", "prod/stores/kafka.md", "registers.md"} {
		got := all["handbook/"+name]
		golden := filepath.Join("testdata", strings.ReplaceAll(name, "/", "-"))
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs from %s; see it with -update and git diff", name, golden)
		}
	}
}

var (
	markdownLink = regexp.MustCompile(`\]\(([^)]+)\)`)
	htmlLink     = regexp.MustCompile(`(?:href|src)="([^"]+)"`)
)

// Every link leads to a file of the handbook, and every page is reached from the
// first one.
func TestLinks(t *testing.T) {
	all := files(t, kestrel(t))
	for _, first := range []string{"handbook/index.md", "handbook/index.html"} {
		seen := map[string]bool{first: true}
		queue := []string{first}
		links := htmlLink
		if path.Ext(first) == ".md" {
			links = markdownLink
		}
		for len(queue) > 0 {
			from := queue[0]
			queue = queue[1:]
			for _, m := range links.FindAllStringSubmatch(all[from], -1) {
				if strings.HasPrefix(m[1], "data:") {
					continue
				}
				to := path.Join(path.Dir(from), m[1])
				if _, ok := all[to]; !ok {
					t.Errorf("%s leads to %s, which is not there", from, m[1])
				}
				if !seen[to] {
					seen[to] = true
					queue = append(queue, to)
				}
			}
		}
		for name := range all {
			if path.Ext(name) == path.Ext(first) && !seen[name] {
				t.Errorf("nobody finds %s", name)
			}
		}
	}
}

// A page for every service and store of every environment, with its owner.
func TestPages(t *testing.T) {
	p := kestrel(t)
	all := files(t, p)
	for _, e := range p.Environments {
		for _, s := range e.Services {
			text := all["handbook/"+e.Name+"/services/"+s.Name+".md"]
			for _, want := range []string{"| answers for it | " + s.Team, "## Runbook", "## When it is down"} {
				if !strings.Contains(text, want) {
					t.Errorf("%s in %s: no %q", s.Name, e.Name, want)
				}
			}
		}
		for _, s := range e.Stores {
			if text := all["handbook/"+e.Name+"/stores/"+s.Name+".md"]; !strings.Contains(text, "## Restore") {
				t.Errorf("%s in %s has no page", s.Name, e.Name)
			}
		}
	}
}

// HTML needs nothing from anywhere, and names cannot break out of it.
func TestHTMLIsWhole(t *testing.T) {
	p := kestrel(t)
	p.Waivers = append(p.Waivers, model.Waiver{Rule: "x", Reason: `<script>alert(1)</script> | [a](b) "quoted"`})
	all := files(t, p)
	for name, text := range all {
		if path.Ext(name) != ".html" {
			continue
		}
		for _, bad := range []string{"<script", "http-equiv", "src=\"http", "<link"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s has %s", name, bad)
			}
		}
	}
	if text := all["handbook/registers.md"]; strings.Contains(text, "<script>") || strings.Contains(text, "[a](b)") {
		t.Error("a reason is taken for markup")
	}
}

func TestSameEveryTime(t *testing.T) {
	p := kestrel(t)
	first, second := files(t, p), files(t, p)
	for name := range first {
		if first[name] != second[name] {
			t.Errorf("%s differs between two times", name)
		}
	}
}

func TestMinimal(t *testing.T) {
	p, problems := spec.Load("../../../examples/minimal/platform.yaml")
	if p == nil {
		t.Fatal(problems)
	}
	if all := files(t, p); all["handbook/index.md"] == "" {
		t.Error("no index")
	}
}

func BenchmarkFiles(b *testing.B) {
	p := kestrel(b)
	plan, _ := address.Of(p)
	graphs := graph.All(p)
	for b.Loop() {
		if _, err := handbook.Files(p, graphs, plan); err != nil {
			b.Fatal(err)
		}
	}
}

// What a page says does not grow with what is far away: twice the services make
// twice the handbook.
func TestGrowsWithThePlatform(t *testing.T) {
	size := func(services int) int {
		p, problems := spec.Parse("platform.yaml", spectest.Generate(services))
		if p == nil {
			t.Fatal(problems)
		}
		sum := 0
		for _, text := range files(t, p) {
			sum += len(text)
		}
		return sum
	}
	if small, large := size(80), size(160); large > small*22/10 {
		t.Errorf("80 services have %d bytes, 160 have %d", small, large)
	}
}

// Who looks at a page of a large platform learns where the rest is.
func TestBounds(t *testing.T) {
	p, problems := spec.Parse("platform.yaml", spectest.Generate(80))
	if p == nil {
		t.Fatal(problems)
	}
	all := files(t, p)
	for name, want := range map[string][]string{
		"prod/index.md":           {"all 90 services and stores", "paddock graph --env prod"},
		"prod/stores/events.md":   {"![events in prod](events.svg)", "paddock graph blast store/events --env prod"},
		"prod/stores/events.svg":  {"and 60 more"},
		"prod/services/svc-79.md": {"paddock graph blast service/svc-79 --env prod"},
	} {
		for _, w := range want {
			if !strings.Contains(all["handbook/"+name], w) {
				t.Errorf("%s does not have %q", name, w)
			}
		}
	}
	if text := all["handbook/prod/services/svc-2.md"]; strings.Contains(text, "These are the nearest") {
		t.Error("svc-2 breaks few, and its page speaks of more")
	}
}
