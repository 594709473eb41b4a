package githost_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"paddock.dev/internal/cluster/githost"
)

func TestSeedIsDeterministic(t *testing.T) {
	files := map[string]string{
		"main.go": "package main\n", "sub/x.go": "package sub\n",
		".gitignore": "*.log\n/bin/\n", "debug.log": "x", "bin/booking": "x",
	}
	a, b := start(t).seed("booking", files), start(t).seed("booking", files)
	if a.Outcome != githost.SeedCreated || a.Head != b.Head {
		t.Errorf("two machines seeded\n%+v\n%+v", a, b)
	}
	if a.Head.Author != "Paddock <paddock@localhost>" || a.Head.Time.Year() != 2000 {
		t.Errorf("the first commit is %+v", a.Head)
	}
}

func TestSeedFollowsTheDirectory(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	dir := filepath.Join(t.TempDir(), "booking")
	seed := func() githost.Seeded {
		t.Helper()
		s, err := w.host.Seed(ctx, "booking", dir, "vikram")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	write(t, dir, map[string]string{"a": "1", ".gitignore": "*.log\n", "x.log": "noise"})
	first := seed()
	write(t, dir, map[string]string{"x.log": "more noise"})
	if s := seed(); s.Outcome != githost.SeedUnchanged || s.Head != first.Head {
		t.Errorf("nothing changed, but %+v", s)
	}
	write(t, dir, map[string]string{"a": "2"})
	second := seed()
	if second.Outcome != githost.SeedUpdated || second.Head.Subject != "working tree of booking" || second.Head.Author != "vikram <vikram@localhost>" || second.Head.Time.Year() != 2026 {
		t.Errorf("after a change: %+v", second)
	}
	clone := w.clone("booking")
	if _, err := os.Stat(filepath.Join(clone, "x.log")); err == nil {
		t.Error("an ignored file was committed")
	}
	commit(t, clone, "pushed", map[string]string{"a": "3"})
	mustGit(t, clone, "push", "origin", "main")
	if s := seed(); s.Outcome != githost.SeedUnchanged || s.Head.Subject != "pushed" {
		t.Errorf("after a push, the directory as it was: %+v", s)
	}
	write(t, dir, map[string]string{"a": "4"})
	if s := seed(); s.Outcome != githost.SeedDiverged || s.Head.Subject != "pushed" {
		t.Errorf("after a push, the directory changed: %+v", s)
	}
	write(t, dir, map[string]string{"a": "3"})
	if s := seed(); s.Outcome != githost.SeedUnchanged {
		t.Errorf("the directory is as pushed: %+v", s)
	}
	w.open() // a new process
	if s := seed(); s.Outcome != githost.SeedUnchanged {
		t.Errorf("after a restart: %+v", s)
	}
}

// A service in the middle of somebody's repository takes that repository's
// .gitignore along, and nothing of its history.
func TestSeedInsideARepository(t *testing.T) {
	w := start(t)
	top := t.TempDir()
	write(t, top, map[string]string{
		".gitignore": "*.out\n/scratch/\n", "README.md": "ours",
		"services/fleet/main.go": "package main\n", "services/fleet/core.out": "x",
		"scratch/fleet/main.go": "package main\n",
	})
	mustGit(t, top, "init", "--quiet")
	s, err := w.host.Seed(t.Context(), "fleet", filepath.Join(top, "services", "fleet"), "")
	if err != nil {
		t.Fatal(err)
	}
	alone := start(t).seed("fleet", map[string]string{"main.go": "package main\n"})
	if s.Head.ID != alone.Head.ID {
		t.Errorf("seeded %+v, want the same as %+v", s, alone)
	}
	if s, err = w.host.Seed(t.Context(), "fleet-copy", filepath.Join(top, "scratch", "fleet"), ""); err != nil || s.Head.Tree != alone.Head.Tree {
		t.Errorf("an ignored directory: %+v, %v", s, err)
	}
}

func TestSeedRefuses(t *testing.T) {
	w := start(t)
	nested := t.TempDir()
	write(t, nested, map[string]string{"main.go": "package main\n", "third/x.go": "package third\n"})
	mustGit(t, filepath.Join(nested, "third"), "init", "--quiet")
	mustGit(t, filepath.Join(nested, "third"), "commit", "--quiet", "--allow-empty", "-m", "x")
	file := filepath.Join(nested, "main.go")
	for _, c := range []struct{ name, service, dir, want string }{
		{"nothing there", "booking", filepath.Join(nested, "missing"), "no such file"},
		{"a file", "booking", file, "not a directory"},
		{"no files", "booking", t.TempDir(), "no files to commit"},
		{"a nested repository", "booking", nested, "third is a git repository of its own"},
		{"a name that is a path", "../x", nested, "not found"},
	} {
		if _, err := w.host.Seed(t.Context(), c.service, c.dir, ""); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := w.host.Head(t.Context(), "booking", "main"); !errors.Is(err, githost.ErrNotFound) {
		t.Errorf("head of nothing: %v", err)
	}
}

// What kill -9 leaves behind does not block the next start.
func TestAfterAKill(t *testing.T) {
	w := start(t)
	w.seed("booking", map[string]string{"a": "1"})
	dir := filepath.Join(w.dir, "booking.git")
	write(t, dir, map[string]string{"refs/heads/main.lock": "", "packed-refs.lock": "", "objects/tmp_objdir-incoming-x/pack/y": "z", "objects/pack/tmp_pack_x": "z"})
	clone := w.clone("booking")
	commit(t, clone, "next", nil)
	if _, err := runGit(clone, "push", "origin", "main"); err == nil {
		t.Fatal("the lock does not hold; the test tests nothing")
	}
	w.open()
	mustGit(t, clone, "push", "origin", "main")
	if left, _ := filepath.Glob(filepath.Join(dir, "objects", "*", "tmp_*")); len(left) > 0 {
		t.Errorf("left %v", left)
	}
	if _, err := os.Stat(filepath.Join(dir, "objects", "tmp_objdir-incoming-x")); err == nil {
		t.Error("a half-received pack is still there")
	}

	// Killed between the mark and the branch: the seed is completed.
	mustGit(t, dir, "update-ref", "refs/paddock/seed", head(t, w, "booking").ID)
	src := t.TempDir()
	write(t, src, map[string]string{"a": "2"})
	s, err := w.host.Seed(t.Context(), "booking", src, "")
	if err != nil || s.Outcome != githost.SeedUpdated {
		t.Fatal(s, err)
	}
	mustGit(t, dir, "update-ref", "refs/heads/main", s.Head.ID+"~1")
	if again, err := w.host.Seed(t.Context(), "booking", src, ""); err != nil || again.Head.ID != s.Head.ID {
		t.Errorf("healed to %+v, %v", again, err)
	}
}

func TestDrillBranch(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	seeded := w.seed("booking", map[string]string{"a": "1"})
	first, err := w.host.CreateBranch(ctx, "booking", "drill/7f3a", seeded.Head.ID, "drill: fail one request in five")
	if err != nil {
		t.Fatal(err)
	}
	if first.Tree != seeded.Head.Tree || first.ID == seeded.Head.ID || first.Subject != "drill: fail one request in five" {
		t.Errorf("the branch is %+v", first)
	}
	if again, err := w.host.CreateBranch(ctx, "booking", "drill/7f3a", seeded.Head.ID, "drill: fail one request in five"); err != nil || again != first {
		t.Errorf("the second time: %+v, %v", again, err)
	}
	if _, err := w.host.CreateBranch(ctx, "booking", "drill/7f3a", seeded.Head.ID, "another"); err == nil {
		t.Error("an existing branch was moved")
	}
	for range 2 {
		if err := w.host.DeleteBranch(ctx, "booking", "drill/7f3a"); err != nil {
			t.Error(err)
		}
	}
	if _, err := w.host.Head(ctx, "booking", "drill/7f3a"); !errors.Is(err, githost.ErrNotFound) {
		t.Errorf("head of a deleted branch: %v", err)
	}
	if err := w.host.DeleteBranch(ctx, "booking", "main"); err == nil {
		t.Error("main was deleted")
	}
	if got := w.seen(); len(got) > 0 {
		t.Errorf("told of pushes: %+v", got)
	}
}

func TestNoGit(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := githost.New(t.Context(), githost.Config{Dir: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "install git") {
		t.Errorf("without git: %v", err)
	}
}
