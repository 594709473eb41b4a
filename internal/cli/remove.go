package cli

import (
	"io/fs"
	"os"
	"path/filepath"
)

// removeAll removes a tree. Unpacked images and module caches contain
// directories without write permission, which keep an ordinary user from
// removing what is in them.
func removeAll(dir string) error {
	if os.RemoveAll(dir) == nil {
		return nil
	}
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			_ = os.Chmod(path, 0o700)
		}
		return nil
	})
	return os.RemoveAll(dir)
}
