package scaffold

import (
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Limits keep a home directory or a monorepo of decades from costing more than a
// moment.
const (
	maxDepth   = 6
	maxEntries = 20_000
	maxFile    = 256 << 10 // of bytes read of one file
	maxRead    = 24 << 20  // of bytes read of all
)

// passed over: what tools make, what others wrote, and what is not deployed.
var passed = []string{
	"node_modules", "vendor", "target", "dist", "build", "out", "venv", "env", "bin", "obj", "coverage", "third_party",
	"__pycache__", "test", "tests", "testdata", "__tests__", "e2e", "docs", "doc", "examples", "example",
}

// tree is the part of a directory that is looked at.
type tree struct {
	fsys  fs.FS
	files []string // in order of their paths
	dirs  map[string][]string
	read  int
	texts map[string]string
	notes []string
}

func walk(fsys fs.FS) (*tree, error) {
	t := &tree{fsys: fsys, dirs: map[string][]string{}, texts: map[string]string{}}
	if _, err := fs.ReadDir(fsys, "."); err != nil {
		return nil, err
	}
	entries := 0
	_ = fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if entries++; entries > maxEntries {
			t.notes = append(t.notes, fmt.Sprintf("Only the first %d files were looked at.", maxEntries))
			return fs.SkipAll
		}
		name := path.Base(p)
		switch {
		case err != nil:
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case p == ".":
			return nil
		case d.IsDir():
			if strings.HasPrefix(name, ".") || slices.Contains(passed, strings.ToLower(name)) || strings.Count(p, "/") >= maxDepth {
				return fs.SkipDir
			}
			return nil
		case !d.Type().IsRegular():
			return nil // a link may lead anywhere
		}
		t.files = append(t.files, p)
		t.dirs[path.Dir(p)] = append(t.dirs[path.Dir(p)], name)
		return nil
	})
	return t, nil
}

// has reports whether a directory has a file of that name.
func (t *tree) has(dir, name string) bool { return slices.Contains(t.dirs[dir], name) }

// text of a file; empty when it is too large, not readable or not text.
func (t *tree) text(p string) string {
	if text, ok := t.texts[p]; ok {
		return text
	}
	t.texts[p] = ""
	if t.read > maxRead {
		return ""
	}
	f, err := t.fsys.Open(p)
	if err != nil {
		return ""
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	t.read += len(data)
	if err != nil || len(data) > maxFile || strings.IndexByte(string(data), 0) >= 0 {
		return ""
	}
	t.texts[p] = string(data)
	return t.texts[p]
}

// below are the files in a directory and under it, but not under those others.
func (t *tree) below(dir string, others []string) []string {
	var files []string
	for _, f := range t.files {
		if !inside(f, dir) {
			continue
		}
		if !slices.ContainsFunc(others, func(o string) bool { return o != dir && inside(o, dir) && inside(f, o) }) {
			files = append(files, f)
		}
	}
	return files
}

// inside reports whether a path is a directory or below it.
func inside(p, dir string) bool { return dir == "." || p == dir || strings.HasPrefix(p, dir+"/") }
