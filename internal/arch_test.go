// Package internal_test keeps the shape of the house: who may import whom, and
// that every room says what it is for.
package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "paddock.dev/"

// rows are the layers from the foundation up: a row may import itself and the
// rows before it. An entry covers its sub-packages.
var rows = [][]string{
	{"api/v1"},
	{"internal/diag", "internal/addr"},
	{"internal/model"},
	{"internal/graph"},
	{"internal/spec", "internal/format", "internal/reference", "internal/scaffold", "internal/compile", "internal/emit", "internal/prove", "internal/plan", "internal/render", "internal/diagram"},
	{"internal/kube", "internal/store", "internal/proc", "internal/objects", "internal/tree", "internal/applier"},
	{"internal/cluster", "internal/delivery", "internal/observe", "internal/oncall", "internal/edge", "internal/audit", "internal/forensics", "internal/recovery", "internal/cost", "internal/assess", "internal/automation"},
	{"internal/web"},
	{"internal/server"},
	{"internal/cli"},
	{"cmd", "test"},
}

// parts do not know one another: each declares the small interface it needs,
// and server connects them.
var parts = rows[6]

// pure packages take time as a value and never touch clock, disk, network or
// chance. spec.Load, which opens the file, is the one door.
var pure = []string{"internal/diag", "internal/addr", "internal/model", "internal/graph", "internal/format", "internal/scaffold", "internal/compile", "internal/emit", "internal/prove", "internal/plan", "internal/render", "internal/diagram", "internal/delivery/verdict", "internal/delivery/matrix"}

// impure are the imports that a pure package may not have.
var impure = []string{"os", "net", "net/http", "os/exec", "math/rand", "math/rand/v2"}

// heavy is the Kubernetes server code. It costs minutes to compile and 100 MB
// to link, so only the engine has it.
const heavy = "k8s.io/kubernetes"

// vague names describe none of the things inside.
var vague = []string{"util", "utils", "common", "types", "pkg", "helpers", "misc", "shared", "base"}

type pkg struct {
	path    string // below the module: internal/spec
	imports map[string][]string
	doc     bool
}

func TestArchitecture(t *testing.T) {
	for _, p := range packages(t) {
		row := rowOf(p.path)
		if row < 0 {
			t.Errorf("%s: no row of internal/arch_test.go names it; give it a place", p.path)
			continue
		}
		if slices.Contains(vague, filepath.Base(p.path)) {
			t.Errorf("%s: the name says nothing; name the package for what it provides", p.path)
		}
		if !p.doc {
			t.Errorf("%s: no package comment; say what it knows and what it refuses to know", p.path)
		}
		for imported, files := range p.imports {
			below, ours := strings.CutPrefix(imported, module)
			switch {
			case ours && rowOf(below) > row:
				t.Errorf("%s imports %s, which is above it (%s)", p.path, below, files[0])
			case ours && isPart(p.path) != "" && isPart(below) != "" && isPart(p.path) != isPart(below):
				t.Errorf("%s imports %s: parts do not know one another; declare an interface and let internal/server connect them (%s)", p.path, below, files[0])
			case isPure(p.path) && slices.Contains(impure, imported):
				t.Errorf("%s imports %q: it is pure, so that the same input gives the same output (%s)", p.path, imported, files[0])
			case (imported == heavy || strings.HasPrefix(imported, heavy+"/")) && !under(p.path, "internal/cluster/controlplane"):
				t.Errorf("%s imports %s: only the engine carries Kubernetes' servers (%s)", p.path, imported, files[0])
			case ours && under(below, "internal/cluster/controlplane") && !under(p.path, "internal/cluster/controlplane") && p.path != "cmd/paddock-engine" && !under(p.path, "test"):
				t.Errorf("%s imports %s, and with it all of Kubernetes (%s)", p.path, below, files[0])
			}
		}
	}
}

// packages reads the imports of every package of the module, tests left out:
// a test may reach anywhere.
func packages(t *testing.T) []*pkg {
	t.Helper()
	found := map[string]*pkg{}
	root := ".."
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || name == "testdata") {
				return filepath.SkipDir
			}
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil && path != root {
				return filepath.SkipDir // a module of its own
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		dir = filepath.ToSlash(dir)
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		p := found[dir]
		if p == nil {
			p = &pkg{path: dir, imports: map[string][]string{}}
			found[dir] = p
		}
		if file.Doc != nil {
			p.doc = true
		}
		if strings.HasSuffix(name, "_test.go") {
			return nil
		}
		for _, i := range file.Imports {
			imported, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			p.imports[imported] = append(p.imports[imported], path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	all := make([]*pkg, 0, len(found))
	for _, p := range found {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *pkg) int { return strings.Compare(a.path, b.path) })
	if len(all) < 5 {
		t.Fatalf("found only %d packages; the walk is wrong", len(all))
	}
	return all
}

func rowOf(path string) int {
	if path == "internal" {
		return len(rows) - 1 // this test
	}
	for i, row := range rows {
		for _, name := range row {
			if under(path, name) {
				return i
			}
		}
	}
	return -1
}

func isPart(path string) string {
	for _, part := range parts {
		if under(path, part) {
			return part
		}
	}
	return ""
}

func isPure(path string) bool {
	return slices.ContainsFunc(pure, func(p string) bool { return under(path, p) })
}

func under(path, dir string) bool { return path == dir || strings.HasPrefix(path, dir+"/") }
