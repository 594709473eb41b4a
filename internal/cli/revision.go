package cli

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/spec"
)

// loadRevision reads a platform file: of the disk, or of a git revision when it
// is written as HEAD:platform.yaml.
func (a *app) loadRevision(name string) (*spec.File, error) {
	if _, err := os.Stat(name); err == nil || !strings.Contains(name, ":") {
		return a.loadGraphFile(name)
	}
	dir, below, err := checkout(name)
	if err != nil {
		return nil, usage("bad-revision", fmt.Sprintf("%s is neither a file nor one of a git revision", name), strings.ToUpper(err.Error()[:1])+err.Error()[1:]+".")
	}
	defer os.RemoveAll(dir)
	text, err := os.ReadFile(filepath.Join(dir, below))
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	file, problems := spec.ParseFile(name, text, root.FS())
	if file == nil {
		if err := diag.WriteText(a.streams.Err, problems, diag.TextOptions{Color: a.streams.ErrColor}); err != nil {
			return nil, err
		}
		return nil, errInput
	}
	return file, nil
}

// checkout writes the YAML files beside a file of a revision to a directory of
// its own: the file may include them. The error is for users.
func checkout(name string) (dir, file string, err error) {
	revision, below, _ := strings.Cut(name, ":")
	if strings.HasPrefix(revision, "-") {
		return "", "", errors.New("a revision does not begin with a dash")
	}
	folder := path.Dir(below)
	if !strings.HasPrefix(below, "./") && !strings.HasPrefix(below, "../") {
		if folder == "." {
			folder = ""
		}
	}
	tree := revision + ":" + folder
	if folder == "." {
		tree = revision + ":./"
	}
	// git archive writes a tree without touching the checkout. Below the top it
	// would look for the current directory inside the tree.
	top, err := git("", "rev-parse", "--show-toplevel")
	if err != nil {
		return "", "", err
	}
	id, err := git("", "rev-parse", "--verify", "--quiet", "--end-of-options", tree)
	if err != nil {
		return "", "", fmt.Errorf("git knows no %s", tree)
	}
	archive, err := git(strings.TrimSpace(string(top)), "archive", "--format=tar", strings.TrimSpace(string(id)))
	if err != nil {
		return "", "", err
	}
	dir, err = os.MkdirTemp("", "paddock-plan-")
	if err != nil {
		return "", "", err
	}
	if err := extract(dir, bytes.NewReader(archive)); err != nil {
		return "", "", errors.Join(err, os.RemoveAll(dir))
	}
	if _, err := os.Stat(filepath.Join(dir, path.Base(below))); err != nil {
		return "", "", errors.Join(fmt.Errorf("there is no %s in %s", below, revision), os.RemoveAll(dir))
	}
	return dir, path.Base(below), nil
}

// git runs git in a directory. The error is for users.
func git(dir string, args ...string) ([]byte, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err := cmd.Run()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, errors.New("git is not installed")
	}
	if err != nil {
		return nil, errors.New("git says: " + strings.TrimSpace(complaint.String()))
	}
	return out.Bytes(), nil
}

// extract writes the YAML files of an archive below a directory.
func extract(dir string, archive io.Reader) error {
	root, err := os.OpenRoot(dir) // names that lead out of it are refused
	if err != nil {
		return err
	}
	defer root.Close()
	r := tar.NewReader(archive)
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		ext := path.Ext(h.Name)
		if h.Typeflag != tar.TypeReg || ext != ".yaml" && ext != ".yml" {
			continue
		}
		if err := root.MkdirAll(path.Dir(h.Name), 0o700); err != nil {
			return err
		}
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if err := root.WriteFile(h.Name, data, 0o600); err != nil {
			return err
		}
	}
}
