package spec_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// expectation is a comment of a fixture: # ERROR: <id>: <text>, # WARNING: the
// same, or # SEE: <text> where a problem points as well.
type expectation struct {
	line             int
	severity, id, is string
}

func expectations(t *testing.T, text string) []expectation {
	t.Helper()
	var all []expectation
	for i, line := range strings.Split(text, "\n") {
		for _, comment := range strings.Split(line, " # ")[1:] {
			word, rest, ok := strings.Cut(comment, ": ")
			if !ok {
				continue
			}
			switch word {
			case "SEE":
				all = append(all, expectation{i + 1, "see", "", rest})
			case "ERROR", "WARNING":
				id, is, ok := strings.Cut(rest, ": ")
				if !ok {
					t.Fatalf("line %d: %q has no text", i+1, comment)
				}
				all = append(all, expectation{i + 1, strings.ToLower(word), id, is})
			}
		}
	}
	return all
}

// all is everything that a problem says, on one line.
func all(p diag.Problem) string {
	return strings.Join(strings.Fields(p.Summary+". "+p.Detail+" "+p.Fix), " ")
}

func TestErrors(t *testing.T) {
	files, err := filepath.Glob("testdata/errors/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var printed bytes.Buffer
	seen := map[string]bool{}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			platform, problems := spec.Parse(filepath.Base(file), raw)
			if platform != nil {
				t.Error("there is a platform in spite of errors")
			}
			wanted := expectations(t, string(raw))
			take := func(line int, severity, id, is string) {
				for i, w := range wanted {
					if w.line == line && w.severity == severity && w.id == id && strings.Contains(is, w.is) {
						wanted = slices.Delete(wanted, i, i+1)
						return
					}
				}
				t.Errorf("line %d: nothing announces %s %s: %s", line, severity, id, is)
			}
			places := map[string]bool{}
			for _, p := range problems {
				seen[p.ID] = true
				take(p.Pos.Line, string(p.Severity), p.ID, all(p))
				for _, r := range p.Related {
					if at := r.Range.String() + r.Text; !places[at] {
						places[at] = true
						take(r.Range.Line, "see", "", r.Text)
					}
				}
			}
			for _, w := range wanted {
				t.Errorf("line %d: %s %s %q did not come", w.line, w.severity, w.id, w.is)
			}
			if again, _ := spec.Parse(filepath.Base(file), raw); again != platform {
				t.Error("the second reading differs")
			}
			// The announcements themselves would only be noise in the golden file.
			for i := range problems {
				strip(&problems[i].Pos)
				for j := range problems[i].Related {
					strip(&problems[i].Related[j].Range)
				}
			}
			fmt.Fprintf(&printed, "== %s\n\n", filepath.Base(file))
			if err := diag.WriteText(&printed, problems, diag.TextOptions{}); err != nil {
				t.Fatal(err)
			}
			printed.WriteByte('\n')
		})
	}
	golden(t, "errors.txt", printed.Bytes())
	for _, id := range ids(t) {
		if !seen[id] && !slices.Contains(elsewhere, id) {
			t.Errorf("no fixture shows %s", id)
		}
	}
}

// elsewhere are the problems that a fixture cannot show: TestUnreadable,
// TestLoadLooksForSources, TestLimits and the tests of included files do.
var elsewhere = []string{"file-unreadable", "file-too-large", "not-text", "empty-file", "too-deep", "too-many-values", "source-missing", "source-outside", "paddock-bug",
	"include-unreadable", "include-outside", "include-key"}

func strip(r *diag.Range) {
	for _, word := range []string{" # ERROR", " # WARNING", " # SEE"} {
		r.Text, _, _ = strings.Cut(r.Text, word)
	}
}

// ids reads the names of all problems from the source.
func ids(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "ids.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	ast.Inspect(file, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
			id, err := strconv.Unquote(l.Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, id)
		}
		return true
	})
	return all
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run go test -update and read the difference", path)
	}
}
