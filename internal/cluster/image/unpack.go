package image

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

const (
	whiteoutPrefix = ".wh."
	whiteoutOpaque = ".wh..wh..opq"
	maxEntries     = 1 << 20
	maxLinks       = 40
	maxDepth       = 256
)

var (
	errTooBig  = errors.New("the image is bigger than is allowed")
	errEntries = errors.New("the image has more files than is allowed")
)

// unpacker writes layers over one another into a root that it cannot leave.
type unpacker struct {
	root    *os.Root
	budget  int64 // bytes that may still be written
	entries int   // files that may still be made

	own  map[string]bool        // what the current layer made
	dirs map[string]fs.FileMode // modes to set at the end, so that we can write until then
}

// layer applies one layer. It reads the stream to its end.
func (u *unpacker) layer(ctx context.Context, stream io.Reader) error {
	u.own = map[string]bool{}
	if u.dirs == nil {
		u.dirs = map[string]fs.FileMode{}
	}
	in := tar.NewReader(stream)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		h, err := in.Next()
		if err == io.EOF {
			_, err := io.Copy(io.Discard, stream)
			return err
		}
		if err != nil {
			return err
		}
		if u.entries--; u.entries < 0 {
			return errEntries
		}
		if err := u.entry(h, in); err != nil {
			return fmt.Errorf("%q: %w", h.Name, err)
		}
	}
}

func (u *unpacker) entry(h *tar.Header, content io.Reader) error {
	if strings.ContainsRune(h.Name, 0) || strings.ContainsRune(h.Linkname, 0) {
		return fs.ErrInvalid
	}
	name := path.Clean("/" + h.Name)[1:] // ".." cannot rise above the root
	if name == "" {
		return nil
	}
	dir, err := u.resolve(path.Dir(name))
	if err != nil {
		return err
	}
	base := path.Base(name)
	if base == whiteoutOpaque {
		return u.clear(dir)
	}
	if hidden, ok := strings.CutPrefix(base, whiteoutPrefix); ok {
		if hidden == "" || hidden == "." || hidden == ".." {
			return fs.ErrInvalid
		}
		return u.remove(path.Join(dir, hidden))
	}
	if err := u.parents(dir); err != nil {
		return err
	}
	target := path.Join(dir, base)
	if err := u.write(h, target, content); err != nil {
		return err
	}
	u.own[target] = true
	return nil
}

func (u *unpacker) write(h *tar.Header, target string, content io.Reader) error {
	// Ours to read and to run: set-user-ID would hand out our own user.
	mode := fs.FileMode(h.Mode) & 0o777
	switch h.Typeflag {
	case tar.TypeDir:
		info, err := u.root.Lstat(target)
		if err != nil || !info.IsDir() {
			if err := u.remove(target); err != nil {
				return err
			}
			if err := u.root.Mkdir(target, 0o755); err != nil {
				return err
			}
		}
		u.dirs[target] = mode | 0o700
		return nil
	case tar.TypeReg:
		if err := u.remove(target); err != nil {
			return err
		}
		return u.file(target, mode|0o400, content)
	case tar.TypeSymlink:
		if h.Linkname == "" {
			return fs.ErrInvalid
		}
		if err := u.remove(target); err != nil {
			return err
		}
		return u.root.Symlink(h.Linkname, target)
	case tar.TypeLink:
		dir, err := u.resolve(path.Dir(path.Clean("/" + h.Linkname)[1:]))
		if err != nil {
			return err
		}
		source := path.Join(dir, path.Base(path.Clean("/"+h.Linkname)))
		if source == target {
			return nil
		}
		if err := u.remove(target); err != nil {
			return err
		}
		return u.root.Link(source, target)
	}
	return nil // devices and pipes are of no use without privileges
}

func (u *unpacker) file(target string, mode fs.FileMode, content io.Reader) (err error) {
	file, err := u.root.OpenFile(target, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode|0o200)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	n, err := io.Copy(file, io.LimitReader(content, u.budget+1))
	if err != nil {
		return err
	}
	if u.budget -= n; u.budget < 0 {
		return errTooBig
	}
	return file.Chmod(mode)
}

// remove makes place for something else.
func (u *unpacker) remove(target string) error {
	if target == "." || target == "" {
		return fs.ErrInvalid
	}
	if err := u.root.RemoveAll(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for name := range u.dirs {
		if name == target || strings.HasPrefix(name, target+"/") {
			delete(u.dirs, name)
		}
	}
	return nil
}

// clear removes what lower layers put into a directory.
func (u *unpacker) clear(dir string) error {
	names, err := u.list(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		target := path.Join(dir, name)
		if !u.owned(target) {
			if err := u.remove(target); err != nil {
				return err
			}
			continue
		}
		if info, err := u.root.Lstat(target); err == nil && info.IsDir() {
			if err := u.clear(target); err != nil {
				return err
			}
		}
	}
	return nil
}

func (u *unpacker) owned(target string) bool {
	if u.own[target] {
		return true
	}
	for name := range u.own {
		if strings.HasPrefix(name, target+"/") {
			return true
		}
	}
	return false
}

func (u *unpacker) list(dir string) ([]string, error) {
	file, err := u.root.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return file.Readdirnames(-1)
}

// resolve follows links in a directory name as if the root were /, because
// images link to absolute names and os.Root refuses those.
func (u *unpacker) resolve(name string) (string, error) {
	links := 0
	done := "."
	rest := strings.Split(name, "/")
	for len(rest) > 0 {
		part := rest[0]
		rest = rest[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			if done = path.Dir(done); done == "/" {
				done = "."
			}
			continue
		}
		next := path.Join(done, part)
		if strings.Count(next, "/") > maxDepth {
			return "", errors.New("too deep")
		}
		target, err := u.root.Readlink(next)
		if err != nil { // not a link, or not there yet
			done = next
			continue
		}
		if links++; links > maxLinks {
			return "", errors.New("too many links")
		}
		if path.IsAbs(target) {
			done = "."
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	return done, nil
}

// parents makes the directory that an entry goes into; a file in its way gives
// way.
func (u *unpacker) parents(dir string) error {
	if dir == "." {
		return nil
	}
	info, err := u.root.Lstat(dir)
	if err == nil && info.IsDir() {
		return nil
	}
	if err := u.parents(path.Dir(dir)); err != nil {
		return err
	}
	if err := u.remove(dir); err != nil {
		return err
	}
	return u.root.Mkdir(dir, 0o755)
}

// finish sets the modes of directories.
func (u *unpacker) finish() error {
	for name, mode := range u.dirs {
		if err := u.root.Chmod(name, mode); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
