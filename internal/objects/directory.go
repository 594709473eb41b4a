package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// directory is a tree of files. Symbolic links are followed when they lead out
// of the tree; a link to something inside is not, because that is met by its own
// name and would count twice.
type directory string

func (d directory) List(ctx context.Context) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		real, err := filepath.EvalSymlinks(string(d))
		if err == nil {
			real, err = filepath.Abs(real)
		}
		if err != nil {
			yield(Object{Name: string(d)}, reason(string(d), err))
			return
		}
		w := walk{ctx: ctx, yield: yield, roots: []string{real}, files: map[string]bool{}}
		w.dir(string(d), "")
	}
}

func (d directory) Open(_ context.Context, key string) (io.ReadCloser, error) {
	local := filepath.FromSlash(key)
	if !filepath.IsLocal(local) {
		return nil, fmt.Errorf("%s: not a name below %s", key, string(d))
	}
	return open(filepath.Join(string(d), local))
}

type walk struct {
	ctx   context.Context
	yield func(Object, error) bool
	// roots are the real paths of the location and of the directories that links
	// led to, files those of the files.
	roots []string
	files map[string]bool
}

// batch is how many entries of a directory are asked for at once; only their
// names are kept.
const batch = 1024

// dir yields what is below a directory and reports whether to go on.
func (w *walk) dir(path, key string) bool {
	if err := w.ctx.Err(); err != nil {
		w.yield(Object{Name: path, Key: key}, err)
		return false
	}
	names, err := entries(path)
	if err != nil && !w.yield(Object{Name: path, Key: key}, reason(path, err)) {
		return false
	}
	for _, name := range names {
		name, isDir := strings.CutSuffix(name, "/")
		p, k := filepath.Join(path, name), name
		if key != "" {
			k = key + "/" + name
		}
		if isDir {
			if !w.dir(p, k) {
				return false
			}
			continue
		}
		if !w.entry(p, k) {
			return false
		}
	}
	return true
}

func (w *walk) entry(path, key string) bool {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true // gone since its directory was read: not there
	case err != nil:
		return w.yield(Object{Name: path, Key: key}, reason(path, err))
	case info.Mode()&fs.ModeSymlink != 0:
		return w.link(path, key)
	}
	return w.plain(path, key, info)
}

func (w *walk) plain(path, key string, info fs.FileInfo) bool {
	o := Object{Name: path, Key: key, Size: info.Size(), Modified: info.ModTime()}
	if !info.Mode().IsRegular() {
		return w.yield(o, fmt.Errorf("%s: neither a file nor a directory; reading it could wait for ever", path))
	}
	return w.yield(o, nil)
}

func (w *walk) link(path, key string) bool {
	fail := func(err error) bool { return w.yield(Object{Name: path, Key: key}, err) }
	real, err := filepath.EvalSymlinks(path)
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fail(fmt.Errorf("%s: a symbolic link to something that is not there", path))
	}
	if err != nil {
		return fail(fmt.Errorf("%s: a symbolic link that leads nowhere: %w", path, err))
	}
	for _, root := range w.roots {
		if root == real || inside(root, real) {
			return fail(loop(path, real))
		}
		if !inside(real, root) {
			continue
		}
		here, err := filepath.EvalSymlinks(filepath.Dir(path))
		if err == nil {
			here, err = filepath.Abs(here)
		}
		if err == nil && (here == real || inside(here, real)) {
			return fail(loop(path, real))
		}
		return true
	}
	info, err := os.Stat(path)
	if err != nil {
		return fail(reason(path, err))
	}
	if info.IsDir() {
		w.roots = append(w.roots, real)
		return w.dir(path, key)
	}
	if w.files[real] {
		return true
	}
	w.files[real] = true
	return w.plain(path, key, info)
}

func loop(path, target string) error {
	return fmt.Errorf("%s: a symbolic link back to %s: a loop, read once only", path, target)
}

// inside reports whether a path is below a directory.
func inside(path, dir string) bool {
	return strings.HasPrefix(path, strings.TrimSuffix(dir, string(filepath.Separator))+string(filepath.Separator))
}

// entries are the names in a directory, those of directories with a slash at
// the end. They are in the order that the keys below them have: "a.log" comes
// before "a/b". What could be read before an error is returned with it.
func entries(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var names []string
	for {
		some, err := f.ReadDir(batch)
		for _, e := range some {
			name := e.Name()
			if e.IsDir() {
				name += "/"
			}
			names = append(names, name)
		}
		if err != nil {
			slices.Sort(names)
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return names, err
		}
	}
}
