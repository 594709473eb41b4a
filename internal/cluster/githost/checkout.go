package githost

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Bounds of a checkout: more than any service has, less than fills a disk.
const (
	maxCheckoutBytes   = 2 << 30
	maxCheckoutEntries = 200_000
)

// Checkout writes the files of a commit into a directory, which is made if
// needed and should be empty. The tree is not trusted: a file or link that would
// lead outside of the directory is refused, with its name.
func (h *Host) Checkout(ctx context.Context, service, commit, dir string) error {
	c, err := h.Commit(ctx, service, commit)
	if err != nil {
		return err
	}
	repo, err := h.repository(service)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("check out %s: %w", service, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("check out %s: %w", service, err)
	}
	defer root.Close()

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	read, write := io.Pipe()
	archived := make(chan error, 1)
	go func() {
		_, err := h.git.run(ctx, call{dir: repo, stdout: write, args: []string{"archive", "--format=tar", c.ID}})
		write.CloseWithError(err) // nil ends the stream with io.EOF
		archived <- err
	}()
	err = untar(root, read, maxCheckoutBytes, maxCheckoutEntries)
	if err == nil {
		_, err = io.Copy(io.Discard, read) // the padding after the last entry
	}
	read.CloseWithError(err)
	cancel()
	if gone := <-archived; err == nil && gone != nil && !errors.Is(gone, context.Canceled) {
		err = gone
	}
	if err != nil {
		return fmt.Errorf("check out %s at %.12s: %w", service, c.ID, err)
	}
	return nil
}

// untar unpacks an archive below root. Links are made after all files, so that
// no file is written through one, and looked at again once all exist, because
// only then is it known where a chain of them leads.
func untar(root *os.Root, r io.Reader, maxBytes int64, maxEntries int) error {
	type link struct{ name, target string }
	var links []link
	archive := tar.NewReader(r)
	for entries := 0; ; entries++ {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if entries >= maxEntries {
			return fmt.Errorf("more than %d files", maxEntries)
		}
		name := path.Clean(header.Name)
		if header.Typeflag != tar.TypeXGlobalHeader && !plain(name) {
			return fmt.Errorf("%q is not a name that a file may have", header.Name)
		}
		switch header.Typeflag {
		case tar.TypeXGlobalHeader:
		case tar.TypeDir:
			if err := root.MkdirAll(name, 0o755); err != nil {
				return err
			}
		case tar.TypeSymlink:
			if path.IsAbs(header.Linkname) || !filepath.IsLocal(path.Join(path.Dir(name), header.Linkname)) {
				return fmt.Errorf("%s is a link to %s, outside of the tree", name, header.Linkname)
			}
			links = append(links, link{name, header.Linkname})
		case tar.TypeReg:
			if maxBytes -= header.Size; maxBytes < 0 {
				return errors.New("more bytes than a checkout may have")
			}
			if err := writeFile(root, name, header, archive); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%s is neither a file, a directory nor a link", name)
		}
	}
	for _, l := range links {
		if err := root.MkdirAll(path.Dir(l.name), 0o755); err != nil {
			return err
		}
		if err := root.Symlink(l.target, l.name); err != nil {
			return err
		}
	}
	for _, l := range links {
		// A link to nothing is harmless; any other error is a way out.
		if _, err := root.Stat(l.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is a link to %s: %w", l.name, l.target, err)
		}
	}
	return nil
}

// plain is a relative path without a step up and without git's own directory.
func plain(name string) bool {
	if !filepath.IsLocal(name) || strings.ContainsRune(name, '\\') {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if strings.EqualFold(part, ".git") {
			return false
		}
	}
	return true
}

func writeFile(root *os.Root, name string, header *tar.Header, content io.Reader) error {
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if header.Mode&0o100 != 0 {
		mode = 0o755
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, content); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
