package functions

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestArchive(t *testing.T) {
	program := bytes.Repeat([]byte("program"), 1000)
	first, err := Archive(program)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Archive(program)
	if err != nil || !bytes.Equal(first, second) {
		t.Fatalf("two archives of one program differ: %v", err)
	}
	if other, err := Archive(append(slices.Clone(program), '!')); err != nil || bytes.Equal(first, other) {
		t.Errorf("another program has the same archive: %v", err)
	}
	r, err := zip.NewReader(bytes.NewReader(first), int64(len(first)))
	if err != nil || len(r.File) != 1 {
		t.Fatalf("%d files: %v", len(r.File), err)
	}
	f := r.File[0]
	if f.Name != "bootstrap" || f.Mode() != fs.FileMode(0o755) || f.Modified.UTC().Year() != 1980 {
		t.Errorf("%s has mode %v and time %v", f.Name, f.Mode(), f.Modified)
	}
	in, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(in); err != nil || !bytes.Equal(got, program) {
		t.Errorf("the program came back changed: %v", err)
	}
}

// Every program below cmd/functions is in the list, and the page speaks of it.
func TestAll(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join("..", "..", "..", "cmd", "functions"))
	if err != nil {
		t.Fatal(err)
	}
	var have, listed []string
	for _, e := range entries {
		have = append(have, e.Name())
	}
	page := string(Files()[0].Data)
	for _, f := range All() {
		listed = append(listed, f.Name)
		if !strings.Contains(page, "`"+f.Name+".zip`") {
			t.Errorf("the page says nothing of %s", f.Name)
		}
	}
	if !slices.Equal(have, listed) {
		t.Errorf("there are %v, listed are %v", have, listed)
	}
}
