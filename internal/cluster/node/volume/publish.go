package volume

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// current is the link to the directory with the files that count, as in
// Kubernetes: path -> ..data/path, ..data -> ..2026….
const current = "..data"

// publish makes dir show exactly these files.
func publish(dir string, files map[string]file) error {
	for name := range files {
		if !filepath.IsLocal(name) || strings.HasPrefix(name, "..") {
			return fmt.Errorf("%q is not the name of a file of a volume", name)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if same(dir, files) {
		return nil
	}
	fresh, err := os.MkdirTemp(dir, "..")
	if err != nil {
		return err
	}
	if err := os.Chmod(fresh, 0o755); err != nil {
		return err
	}
	top := map[string]bool{}
	for name, f := range files {
		target := filepath.Join(fresh, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, f.data, f.mode); err != nil {
			return err
		}
		first, _, _ := strings.Cut(path.Clean(filepath.ToSlash(name)), "/")
		top[first] = true
	}
	before, _ := os.Readlink(filepath.Join(dir, current))
	next := filepath.Join(dir, "..next")
	_ = os.Remove(next)
	if err := os.Symlink(filepath.Base(fresh), next); err != nil {
		return err
	}
	if err := os.Rename(next, filepath.Join(dir, current)); err != nil {
		return err
	}
	if err := links(dir, top); err != nil {
		return err
	}
	if before != "" {
		return os.RemoveAll(filepath.Join(dir, before))
	}
	return nil
}

// links makes one link for each first part of a path, and removes others.
func links(dir string, top map[string]bool) error {
	for name := range top {
		if err := os.Symlink(filepath.Join(current, name), filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "..") && !top[e.Name()] {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// same says whether nothing has to be done.
func same(dir string, files map[string]file) bool {
	n := 0
	root := filepath.Join(dir, current)
	target, err := filepath.EvalSymlinks(root)
	if err != nil {
		return false
	}
	err = filepath.WalkDir(target, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(target, p)
		if err != nil {
			return err
		}
		want, ok := files[rel]
		data, err := os.ReadFile(p)
		if err != nil || !ok || !bytes.Equal(data, want.data) {
			return fs.ErrInvalid
		}
		n++
		return nil
	})
	return err == nil && n == len(files)
}
