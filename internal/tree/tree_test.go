package tree_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"paddock.dev/internal/emit"
	"paddock.dev/internal/tree"
)

func files(pairs ...string) []emit.File {
	var list []emit.File
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, emit.File{Path: pairs[i], Data: []byte(pairs[i+1])})
	}
	return list
}

func render(t *testing.T, dir string, o tree.Options, list []emit.File) *tree.Plan {
	t.Helper()
	plan, err := tree.Compare(dir, list, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := plan.Write(); err != nil {
		t.Fatal(err)
	}
	return plan
}

func kinds(p *tree.Plan) string {
	var b strings.Builder
	for _, c := range p.Changes {
		b.WriteString(c.Path + " " + string(c.Kind))
		if c.Conflicting {
			b.WriteString("!")
		}
		b.WriteString("; ")
	}
	return strings.TrimSuffix(b.String(), "; ")
}

func TestLifeOfADirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	read := func(name string) string {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return "(" + err.Error() + ")"
		}
		return string(data)
	}
	step := func(want string, o tree.Options, list []emit.File) {
		t.Helper()
		if got := kinds(render(t, dir, o, list)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	step("a/one added; a/two added; three added", tree.Options{}, files("a/one", "1", "a/two", "2", "three", "3"))

	old := time.Unix(1e9, 0)
	if err := os.Chtimes(filepath.Join(dir, "a/one"), old, old); err != nil {
		t.Fatal(err)
	}
	step("a/one unchanged; a/two changed; three unchanged", tree.Options{}, files("a/one", "1", "a/two", "2b", "three", "3"))
	if info, _ := os.Stat(filepath.Join(dir, "a/one")); !info.ModTime().Equal(old) {
		t.Error("a file that is the same was touched")
	}

	if err := os.WriteFile(filepath.Join(dir, "three"), []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	step("a/one unchanged; a/two unchanged; three edited", tree.Options{}, files("a/one", "1", "a/two", "2b", "three", "3"))
	step("a/one unchanged; a/two unchanged; three edited!", tree.Options{}, files("a/one", "1", "a/two", "2b", "three", "3b"))
	step("a/one removed; a/two removed; three edited!", tree.Options{}, nil)
	if got := read("three"); got != "mine" {
		t.Errorf("the edit is lost: %s", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "a")); !errors.Is(err, os.ErrNotExist) {
		t.Error("the empty directory is still there")
	}
	step("three changed", tree.Options{Force: true}, files("three", "3b"))
	step("three unchanged", tree.Options{}, files("three", "3b"))

	step("b/x added", tree.Options{Only: tree.Below([]string{"b"})}, files("b/x", "x"))
	if got := read("three"); got != "3b" {
		t.Errorf("what --only leaves out was touched: %s", got)
	}
	step("b/x unchanged; three removed", tree.Options{}, files("b/x", "x"))
}

func TestForeignDirectory(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "notes"), []byte("n"), 0o644); err != nil {
		t.Fatal(err)
	}
	var foreign *tree.ForeignError
	if _, err := tree.Compare(dir, files("a", "1"), tree.Options{}); !errors.As(err, &foreign) {
		t.Errorf("a directory of somebody else was taken: %v", err)
	}
	render(t, dir, tree.Options{Force: true}, files("a", "1"))
	if _, err := os.Stat(filepath.Join(dir, "notes")); err != nil {
		t.Error("a file that is not ours is gone")
	}
}

func TestNothingLeavesTheDirectory(t *testing.T) {
	for _, bad := range []string{"../x", "/x", "a/../../x", tree.Manifest} {
		if _, err := tree.Compare(t.TempDir(), files(bad, "1"), tree.Options{}); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
	if _, err := tree.Compare(t.TempDir(), files("a", "1", "a", "2"), tree.Options{}); err == nil {
		t.Error("one path for two files was accepted")
	}
	dir, outside := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Skip(err)
	}
	plan, err := tree.Compare(dir, files("link/x", "1"), tree.Options{Force: true})
	if err == nil {
		err = plan.Write()
	}
	if err == nil {
		t.Error("a symbolic link led outside")
	}
}
