package spec

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
)

// Load reads the platform file at path with what it includes, and looks for the
// directories that it names. The platform is nil when one of the problems is an
// error.
func Load(path string) (*model.Platform, []diag.Problem) {
	f, problems := LoadFile(path)
	if f == nil {
		return nil, problems
	}
	return f.Platform, problems
}

// LoadFile is Load with the places of all values. The file is nil when one of
// the problems is an error.
func LoadFile(path string) (*File, []diag.Problem) {
	text, problem := readFile(path)
	if problem != nil {
		return nil, []diag.Problem{*problem}
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, []diag.Problem{unreadable(path, err)}
	}
	// The root does not follow links that lead out of it.
	root, err := os.OpenRoot(filepath.Dir(absolute))
	if err != nil {
		return nil, []diag.Problem{unreadable(path, err)}
	}
	defer root.Close()
	r := read(path, text, root.FS())
	for _, s := range r.sources {
		checkSource(r.report, filepath.Dir(absolute), s)
	}
	f, problems := r.result()
	if f != nil {
		f.Platform.Dir = filepath.Dir(absolute)
		f.path = absolute
	}
	return f, problems
}

// Stamp changes when a file that was read changes, or when another one comes to
// match a pattern. It looks at the disk, and reads nothing.
func (f *File) Stamp() (string, error) {
	var b strings.Builder
	note := func(info fs.FileInfo, name string) {
		fmt.Fprintf(&b, "%s %d %d\n", name, info.ModTime().UnixNano(), info.Size())
	}
	info, err := os.Stat(f.path)
	if err != nil {
		return "", err
	}
	note(info, f.path)
	if len(f.patterns) == 0 {
		return b.String(), nil
	}
	root, err := os.OpenRoot(filepath.Dir(f.path))
	if err != nil {
		return "", err
	}
	defer root.Close()
	for _, pattern := range f.patterns {
		for _, name := range expand(root.FS(), pattern).files {
			if info, err := root.Stat(name); err == nil {
				note(info, name)
			}
		}
	}
	return b.String(), nil
}

func readFile(path string) ([]byte, *diag.Problem) {
	f, err := os.Open(path)
	if err != nil {
		p := unreadable(path, err)
		return nil, &p
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		p := unreadable(path, errors.New("it is a directory"))
		p.Fix = fmt.Sprintf("Name the file in it: %s", filepath.Join(path, "platform.yaml"))
		return nil, &p
	}
	// One byte more than allowed is enough to see that it is too much.
	text, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		p := unreadable(path, err)
		return nil, &p
	}
	return text, nil
}

// PermissionFix is what to do when the system does not let us at a file.
const PermissionFix = "Ask for the permission, or run this as somebody who has it."

func unreadable(path string, err error) diag.Problem {
	p := diag.Problem{
		Severity: diag.Error, ID: idUnreadable, Pos: diag.Range{File: path},
		Summary: "The platform file cannot be read", Detail: sentence(cause(err)),
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		p.Fix = PermissionFix
	case errors.Is(err, fs.ErrNotExist):
		p.Summary = "There is no platform file here"
		p.Detail = ""
		p.Fix = "Name the file, or write a first one: paddock init"
	}
	return p
}

// cause leaves out the operation and the path, which the problem already names.
func cause(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err.Error()
	}
	return err.Error()
}

// source is a directory that a service names, and where it does.
type source struct {
	service string
	dir     string
	at      span
}

// checkSource looks for the directory of a service's code. It must be inside the
// platform's directory after symbolic links were followed, too: what is outside
// would not travel with the platform.
func checkSource(r *report, root string, s source) {
	full := filepath.Join(root, filepath.FromSlash(s.dir))
	real, err := filepath.EvalSymlinks(full)
	if err != nil {
		p := r.err(idSourceMissing, s.at, "The source of service %q does not exist: %s", s.service, s.dir)
		p.Detail = fmt.Sprintf("Looked for %s.", full)
		if near := diag.Nearest(filepath.Base(full), siblings(filepath.Dir(full))); len(near) > 0 {
			p.Fix = fmt.Sprintf("Did you mean %s?", "./"+filepath.ToSlash(filepath.Join(filepath.Dir(s.dir), near[0])))
		} else {
			p.Fix = "Create the directory, or leave source out: a service without one is declared only."
		}
		return
	}
	if info, err := os.Stat(real); err != nil || !info.IsDir() {
		r.err(idSourceMissing, s.at, "The source of service %q is not a directory: %s", s.service, s.dir).
			Fix = "Name the directory that holds the code."
		return
	}
	realRoot, err := filepath.EvalSymlinks(root)
	if err != nil {
		realRoot = root
	}
	if below, err := filepath.Rel(realRoot, real); err != nil || !filepath.IsLocal(below) {
		p := r.err(idSourceOutside, s.at, "The source of service %q is outside the platform's directory", s.service)
		p.Detail = fmt.Sprintf("%s is a symbolic link to %s.", s.dir, real)
		p.Fix = "Move the code below the directory of the platform file."
	}
}

func siblings(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names
}
