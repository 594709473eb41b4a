// Package tree keeps a directory of rendered files: it writes what is new,
// leaves alone what is the same, removes what is no longer rendered, and never
// destroys what people edited. It knows which files are its own by a manifest
// in the directory, and refuses to know what is in them.
package tree

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"paddock.dev/internal/emit"
)

// Manifest is the name of the file that makes a directory ours.
const Manifest = ".paddock-render.json"

// Kind of a change.
type Kind string

// The kinds.
const (
	Added     Kind = "added"
	Changed   Kind = "changed"
	Removed   Kind = "removed"
	Unchanged Kind = "unchanged"
	// Edited files were changed by people since they were written. They are
	// kept: Conflicting says whether a new rendering waits for them.
	Edited Kind = "edited"
)

// Change is what happens to one file.
type Change struct {
	Path string `json:"path"`
	Kind Kind   `json:"kind"`
	// Conflicting edits are of files whose rendering changed too, or which are
	// no longer rendered.
	Conflicting bool `json:"conflicting,omitempty"`
	// Old and New text; nil when there is none.
	Old, New []byte `json:"-"`
}

// ForeignError says that a directory holds files and no manifest.
type ForeignError struct{ Dir string }

func (e *ForeignError) Error() string {
	return fmt.Sprintf("%s holds files that were not rendered here", e.Dir)
}

// manifest is what was written, by path.
type manifest struct {
	Version int               `json:"version"`
	Files   map[string]string `json:"files"`
}

// Options of a comparison.
type Options struct {
	// Only limits the work to paths for which it is true; nil means all.
	Only func(path string) bool
	// Force takes a directory that is not ours, and overwrites what people
	// edited.
	Force bool
}

// Plan is what writing would do.
type Plan struct {
	dir     string
	options Options
	files   map[string]emit.File
	known   manifest
	// Changes in the order of their paths.
	Changes []Change
}

// Compare reads the directory, which need not exist, and says what writing the
// files would do. It changes nothing.
func Compare(dir string, files []emit.File, o Options) (*Plan, error) {
	p := &Plan{dir: dir, options: o, files: map[string]emit.File{}, known: manifest{Version: 1, Files: map[string]string{}}}
	for _, f := range files {
		if !fs.ValidPath(f.Path) || f.Path == Manifest {
			return nil, fmt.Errorf("rendered path %q cannot be written", f.Path)
		}
		if _, twice := p.files[f.Path]; twice {
			return nil, fmt.Errorf("%s is rendered twice", f.Path)
		}
		p.files[f.Path] = f
	}
	root, err := os.OpenRoot(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return p, p.compare(nil)
	case err != nil:
		return nil, err
	}
	defer root.Close()
	if err := p.readManifest(root); err != nil {
		return nil, err
	}
	return p, p.compare(root)
}

func (p *Plan) readManifest(root *os.Root) error {
	data, err := root.ReadFile(Manifest)
	switch {
	case err == nil:
		if err := json.Unmarshal(data, &p.known); err != nil || p.known.Version != 1 {
			if p.options.Force {
				p.known = manifest{Version: 1}
			} else {
				return fmt.Errorf("%s in %s cannot be understood: remove it, or render with --force", Manifest, p.dir)
			}
		}
		if p.known.Files == nil {
			p.known.Files = map[string]string{}
		}
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	entries, err := os.ReadDir(p.dir)
	if err != nil {
		return err
	}
	if len(entries) > 0 && !p.options.Force {
		return &ForeignError{Dir: p.dir}
	}
	return nil
}

func (p *Plan) compare(root *os.Root) error {
	paths := make([]string, 0, len(p.files))
	for name := range p.files {
		paths = append(paths, name)
	}
	for name := range p.known.Files {
		if _, rendered := p.files[name]; !rendered {
			paths = append(paths, name)
		}
	}
	slices.Sort(paths)
	for _, name := range paths {
		if p.options.Only != nil && !p.options.Only(name) {
			continue
		}
		change, err := p.one(root, name)
		if err != nil {
			return err
		}
		if change.Kind != "" {
			p.Changes = append(p.Changes, change)
		}
	}
	return nil
}

func (p *Plan) one(root *os.Root, name string) (Change, error) {
	file, rendered := p.files[name]
	wrote, ours := p.known.Files[name]
	change := Change{Path: name}
	if rendered {
		change.New = file.Data
	}
	var there bool
	if root != nil {
		data, err := root.ReadFile(name)
		switch {
		case err == nil:
			there, change.Old = true, data
		case !errors.Is(err, fs.ErrNotExist):
			return change, err
		}
	}
	touched := there && (!ours || sum(change.Old) != wrote)
	switch {
	case !rendered && !there:
		change.Kind = "" // gone already
	case !rendered && touched && !p.options.Force:
		change.Kind, change.Conflicting = Edited, true
	case !rendered:
		change.Kind = Removed
	case !there:
		change.Kind = Added
	case string(change.Old) == string(file.Data):
		change.Kind = Unchanged
	case touched && !p.options.Force:
		change.Kind, change.Conflicting = Edited, !ours || sum(file.Data) != wrote
	default:
		change.Kind = Changed
	}
	return change, nil
}

// Write carries the plan out. A crash in the middle leaves whole files; the
// next run completes the work.
func (p *Plan) Write() error {
	if err := os.MkdirAll(p.dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(p.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	w := writer{root: root}
	defer w.close()
	for _, c := range p.Changes {
		switch c.Kind {
		case Added, Changed:
			if err := w.write(p.files[c.Path]); err != nil {
				return fmt.Errorf("write %s: %w", c.Path, err)
			}
			p.known.Files[c.Path] = sum(c.New)
		case Unchanged:
			p.known.Files[c.Path] = sum(c.New)
		case Removed:
			w.close() // its folder may go, too
			if err := root.Remove(c.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("remove %s: %w", c.Path, err)
			}
			delete(p.known.Files, c.Path)
			prune(root, path.Dir(c.Path))
		}
	}
	for name := range p.known.Files {
		if _, rendered := p.files[name]; rendered || p.options.Only != nil && !p.options.Only(name) {
			continue
		}
		if _, err := root.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			delete(p.known.Files, name)
		}
	}
	data, err := json.MarshalIndent(p.known, "", "  ")
	if err != nil {
		return err
	}
	data = append(data, '\n')
	if old, err := root.ReadFile(Manifest); err == nil && string(old) == string(data) {
		return nil
	}
	return w.write(emit.File{Path: Manifest, Data: data})
}

// writer writes files below a root. It keeps the last folder open: files come in
// the order of their paths, and a root looks at every folder on the way to a name
// anew, which for a large tree is most of the time of writing it.
type writer struct {
	root *os.Root
	dir  string
	at   *os.Root
}

func (w *writer) close() {
	if w.at != nil {
		_ = w.at.Close()
	}
	w.at = nil
}

// folder opens the folder of a file, made if need be.
func (w *writer) folder(dir string) (*os.Root, error) {
	if w.at != nil && w.dir == dir {
		return w.at, nil
	}
	w.close()
	if err := w.root.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	at, err := w.root.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	w.dir, w.at = dir, at
	return at, nil
}

// write replaces a file as a whole.
func (w *writer) write(f emit.File) error {
	root, err := w.folder(path.Dir(f.Path))
	if err != nil {
		return err
	}
	name := path.Base(f.Path)
	mode := fs.FileMode(0o644)
	if f.Executable {
		mode = 0o755
	}
	temporary := name + ".new~"
	if err := root.WriteFile(temporary, f.Data, mode); err != nil {
		return err
	}
	if err := root.Rename(temporary, name); err != nil {
		_ = root.Remove(temporary)
		return err
	}
	return nil
}

// prune removes directories that became empty.
func prune(root *os.Root, dir string) {
	for dir != "." && dir != "/" {
		if root.Remove(dir) != nil {
			return // not empty, or gone
		}
		dir = path.Dir(dir)
	}
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

// Count says how many changes there are of a kind.
func (p *Plan) Count(k Kind) int {
	n := 0
	for _, c := range p.Changes {
		if c.Kind == k {
			n++
		}
	}
	return n
}

// Conflicts are the files whose rendering waits for what people edited.
func (p *Plan) Conflicts() []string {
	var names []string
	for _, c := range p.Changes {
		if c.Conflicting {
			names = append(names, c.Path)
		}
	}
	return names
}

// Below makes an Only of prefixes such as terraform/prod.
func Below(prefixes []string) func(string) bool {
	if len(prefixes) == 0 {
		return nil
	}
	return func(name string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool {
			p = strings.Trim(p, "/")
			return name == p || strings.HasPrefix(name, p+"/")
		})
	}
}
