package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestARootAlone(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{
		"dev/here/20-network/main.tf":    "module \"a\" {\n  source = \"../../../modules/a\"\n}\n\nmodule \"b\" {\n  source = \"../../../modules/a\"\n}\n",
		"dev/here/20-network/texts/x":    "x",
		"dev/here/30-data/main.tf":       "",
		"modules/a/main.tf":              "module \"b\" {\n  source   = \"../b\"\n  for_each = {}\n}\n",
		"modules/b/main.tf":              "resource \"x\" \"this\" {\n  source = \"file\"\n}\n",
		"modules/c/main.tf":              "",
		"modules/a/documents/index.html": "",
	} {
		name = filepath.Join(from, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := alone(from, to, "dev/here/20-network"); err != nil {
		t.Fatal(err)
	}
	var got []string
	err := fs.WalkDir(os.DirFS(to), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			got = append(got, name)
		}
		return err
	})
	want := []string{"dev/here/20-network/main.tf", "dev/here/20-network/texts/x", "modules/a/documents/index.html", "modules/a/main.tf", "modules/b/main.tf"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}
