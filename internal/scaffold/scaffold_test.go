package scaffold_test

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/format"
	"paddock.dev/internal/scaffold"
	"paddock.dev/internal/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var options = scaffold.Options{Name: "acme", Environments: []scaffold.Environment{{Name: "dev", Stage: "development"}, {Name: "prod", Stage: "production"}}}

// The directories are txtar files; the one called want.yaml is what comes out.
func TestLook(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			dir := fstest.MapFS{}
			want := -1
			for i, f := range archive.Files {
				if f.Name == "want.yaml" {
					want = i
					continue
				}
				dir[f.Name] = &fstest.MapFile{Data: f.Data}
			}
			found, err := scaffold.Look(dir, "acme")
			if err != nil {
				t.Fatal(err)
			}
			text := scaffold.Text(found, options)
			for _, note := range found.Notes {
				text += "# note: " + note + "\n"
			}
			judge(t, text)
			if *update {
				if want < 0 {
					archive.Files = append(archive.Files, txtar.File{Name: "want.yaml"})
					want = len(archive.Files) - 1
				}
				archive.Files[want].Data = []byte(text)
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want < 0 || !bytes.Equal(archive.Files[want].Data, []byte(text)) {
				t.Errorf("got\n%s", text)
			}
		})
	}
}

// judge holds for every file that is written: it is read without an error, it is
// laid out, and it is short.
func judge(t *testing.T, text string) {
	t.Helper()
	if _, problems := spec.Parse("platform.yaml", []byte(text)); diag.HasErrors(problems) {
		var b bytes.Buffer
		_ = diag.WriteText(&b, problems, diag.TextOptions{})
		t.Errorf("%s\n%s", text, b.String())
	}
	if laid, err := format.Text(text); err != nil || laid != text {
		t.Errorf("not laid out (%v):\n%s\nwant\n%s", err, text, laid)
	}
	if n := strings.Count(text, "\n"); n > scaffold.MaxLines+strings.Count(text, "# note: ") {
		t.Errorf("%d lines:\n%s", n, text)
	}
}

func TestExampleCompany(t *testing.T) {
	found, err := scaffold.Look(os.DirFS("../../examples/kestrel/services"), "kestrel")
	if err != nil {
		t.Fatal(err)
	}
	judge(t, scaffold.Text(found, options))
	uses := map[string][]string{}
	for _, s := range found.Services {
		if s.Language == "go" {
			uses[s.Name] = s.Uses
		}
	}
	for name, want := range map[string]string{"booking": "fleet", "mobile-bff": "search"} {
		if !slices.Contains(uses[name], want) {
			t.Errorf("%s uses %q, want %s among them", name, uses[name], want)
		}
	}
}

func TestNeverTooLong(t *testing.T) {
	for _, n := range []int{1, 2, 5, 9, 20, 29, 30, 60, 200} {
		dir := fstest.MapFS{}
		for i := range n {
			name := fmt.Sprintf("svc%d", i)
			dir[name+"/go.mod"] = &fstest.MapFile{Data: []byte("module x\n\nrequire github.com/redis/go-redis/v9 v9.0.0\n")}
			dir[name+"/main.go"] = &fstest.MapFile{Data: []byte("package main\nimport \"net/http\"\nfunc main() { http.ListenAndServe(\":9090\", nil) }\n")}
		}
		found, err := scaffold.Look(dir, "acme")
		if err != nil {
			t.Fatal(err)
		}
		if len(found.Services) != n {
			t.Errorf("%d of %d services", len(found.Services), n)
		}
		judge(t, scaffold.Text(found, options))
	}
}

func TestOnlyAPartIsLookedAt(t *testing.T) {
	program := &fstest.MapFile{Data: []byte("package main")}
	manifest := &fstest.MapFile{Data: []byte("module x")}
	dir := fstest.MapFS{
		"a/b/c/d/e/f/g/deep/go.mod": manifest, "a/b/c/d/e/f/g/deep/main.go": program,
		"node_modules/x/go.mod": manifest, "node_modules/x/main.go": program,
		".hidden/go.mod": manifest, ".hidden/main.go": program,
		"link/go.mod": {Data: manifest.Data, Mode: fs.ModeSymlink | 0o777}, "link/main.go": program,
		"large/go.mod": manifest, "large/main.go": {Data: append(bytes.Repeat([]byte("// long\n"), 40_000), program.Data...)},
		"binary/go.mod": manifest, "binary/main.go": {Data: []byte("package main\x00")},
		"good/go.mod": manifest, "good/main.go": program,
	}
	found, err := scaffold.Look(dir, "acme")
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Services) != 1 || found.Services[0].Name != "good" {
		t.Errorf("found %+v", found.Services)
	}
	for i := range 25_000 {
		dir[fmt.Sprintf("aa/%d.txt", i)] = program
	}
	if found, err = scaffold.Look(dir, "acme"); err != nil || len(found.Notes) != 1 || !strings.Contains(found.Notes[0], "first 20000 files") {
		t.Errorf("%v, %v", found.Notes, err)
	}
	if _, err := scaffold.Look(fstest.MapFS{"a": program}, "acme"); err != nil {
		t.Error(err)
	}
	if _, err := scaffold.Look(os.DirFS("testdata/none"), "acme"); err == nil {
		t.Error("a directory that does not exist has no error")
	}
}

func TestName(t *testing.T) {
	for text, want := range map[string]string{
		"Booking_Service": "booking-service", "9lives": "lives", "--": "", "booking-1-13-0": "booking",
		strings.Repeat("a", 50): strings.Repeat("a", 40), "Ä b": "b",
	} {
		if got := scaffold.Name(text); got != want {
			t.Errorf("Name(%q) = %q, want %q", text, got, want)
		}
	}
}

// FuzzLook puts any text into the files that have parsers here.
func FuzzLook(f *testing.F) {
	paths, _ := filepath.Glob("testdata/*.txtar")
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			f.Add(filepath.Base(file.Name), string(file.Data))
		}
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		if strings.ContainsAny(name, "/\\\x00") || name == "." || name == ".." || name == "" {
			return
		}
		dir := fstest.MapFS{"a/" + name: &fstest.MapFile{Data: []byte(text)}, "a/main.go": &fstest.MapFile{Data: []byte("package main")}, "a/go.mod": &fstest.MapFile{Data: []byte("module a")}}
		dir["docker-compose.yml"] = &fstest.MapFile{Data: []byte(text)}
		found, err := scaffold.Look(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		judge(t, scaffold.Text(found, options))
	})
}

func BenchmarkLook(b *testing.B) {
	for b.Loop() {
		if _, err := scaffold.Look(os.DirFS("../../examples/kestrel"), "kestrel"); err != nil {
			b.Fatal(err)
		}
	}
}
