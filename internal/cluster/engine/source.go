package engine

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// module is the path of our module.
const module = "paddock.dev"

// inputs are the parts of the tree that the program is made of. The rest of the
// tree does not change it, so an edit there must not cost a link.
var inputs = []string{"go.mod", "go.sum", "cmd/paddock-engine", "internal/cluster/controlplane", "internal/cluster/pki"}

// source is the root directory of a source tree.
type source string

// findSource walks up from dir, then from where this file was compiled, to the
// root of our module. The error is fs.ErrNotExist when there is none.
func findSource(dir string) (source, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find source tree: %w", err)
	}
	from := []string{dir}
	// The path is relative, and of no use, in a binary built with -trimpath.
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		from = append(from, filepath.Dir(file))
	}
	for _, dir := range from {
		for {
			text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
			if err == nil && moduleName(text) == module {
				return source(dir), nil
			}
			up := filepath.Dir(dir)
			if up == dir {
				break
			}
			dir = up
		}
	}
	return "", fmt.Errorf("find source tree: %w", fs.ErrNotExist)
}

// moduleName reads the module line of a go.mod.
func moduleName(text []byte) string {
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		if name, ok := strings.CutPrefix(strings.TrimSpace(s.Text()), "module "); ok {
			name, _, _ = strings.Cut(name, "//")
			return strings.Trim(strings.TrimSpace(name), `"`)
		}
	}
	return ""
}

// key is a digest of everything that the program is made of, the compiler
// included.
func (s source) key() (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, runtime.Version(), runtime.GOOS, runtime.GOARCH, buildFlags)
	for _, in := range inputs {
		err := filepath.WalkDir(filepath.Join(string(s), in), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			name := d.Name()
			if strings.HasSuffix(name, "_test.go") || !strings.HasSuffix(name, ".go") && !strings.HasPrefix(name, "go.") {
				return nil
			}
			rel, err := filepath.Rel(string(s), path)
			if err != nil {
				return err
			}
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			defer f.Close()
			one := sha256.New()
			if _, err := io.Copy(one, f); err != nil {
				return err
			}
			fmt.Fprintf(h, "%s %x\n", filepath.ToSlash(rel), one.Sum(nil))
			return nil
		})
		if err != nil {
			return "", fmt.Errorf("read source tree: %w", err)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:24], nil
}
