package archive_test

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"paddock.dev/internal/automation/archive"
)

func builder(t *testing.T, cache string) *archive.Builder {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no Go on PATH")
	}
	return &archive.Builder{Go: "go", Source: filepath.Join("..", "..", ".."), Cache: cache}
}

// Two builds of the same source are the same bytes, each linked by itself.
func TestReproducible(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles for another machine")
	}
	cache := t.TempDir()
	first, err := builder(t, cache).Build(t.Context(), "expiry")
	if err != nil {
		t.Fatal(err)
	}
	second, err := builder(t, "").Build(t.Context(), "expiry")
	if err != nil || !bytes.Equal(first, second) {
		t.Fatalf("two builds differ (%d and %d bytes): %v", len(first), len(second), err)
	}
	// The third time it comes out of the cache: what lies there is answered.
	kept, err := filepath.Glob(filepath.Join(cache, "expiry-*.zip"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept %v: %v", kept, err)
	}
	if err := os.WriteFile(kept[0], []byte("kept"), 0o644); err != nil {
		t.Fatal(err)
	}
	if third, err := builder(t, cache).Build(t.Context(), "expiry"); err != nil || string(third) != "kept" {
		t.Errorf("built again: %v", err)
	}

	z, err := zip.NewReader(bytes.NewReader(first), int64(len(first)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open("bootstrap")
	if err != nil {
		t.Fatal(err)
	}
	program, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	e, err := elf.NewFile(bytes.NewReader(program))
	if err != nil || e.Machine != elf.EM_AARCH64 {
		t.Fatalf("the program is of no arm64: %v", err)
	}
	if here, _ := filepath.Abs("."); bytes.Contains(program, []byte(filepath.Dir(filepath.Dir(here)))) {
		t.Error("the program says where it was built")
	}
	if libraries, err := e.ImportedLibraries(); err != nil || len(libraries) > 0 {
		t.Errorf("the program needs %v: %v", libraries, err)
	}
}

func TestCheck(t *testing.T) {
	b := builder(t, "")
	if err := b.Check(t.Context()); err != nil {
		t.Error(err)
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "go.mod"), []byte("module example.com/other\n\ngo 1.26\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	b.Source = other
	if err := b.Check(t.Context()); !errors.Is(err, archive.ErrNoSource) {
		t.Errorf("another module: %v", err)
	}
	b.Go = filepath.Join(other, "no-go-here")
	if err := b.Check(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no Go: %v", err)
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		data  string
		wrote bool
	}{{"one", true}, {"one", false}, {"two", true}} {
		wrote, err := archive.Write(dir, "expiry", []byte(c.data))
		if err != nil || wrote != c.wrote {
			t.Errorf("%s: wrote %v, %v", c.data, wrote, err)
		}
		if got, err := os.ReadFile(filepath.Join(dir, "functions", "expiry.zip")); err != nil || string(got) != c.data {
			t.Errorf("%s: there is %q, %v", c.data, got, err)
		}
	}
	left, err := os.ReadDir(filepath.Join(dir, "functions"))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
