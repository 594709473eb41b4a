package spec

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"reflect"
	"runtime/debug"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/diag"
)

// version is the format of the file that this version of Paddock reads.
const version = "v1"

// reading is a file after it was read: the platform, what is wrong with it, and
// the directories that remain to be looked for.
type reading struct {
	report *report
	files  fs.FS // what may be included; nil when nothing can be read
	text   string
	texts  []string // of the included files
	file   *File
	// sources are the directories that Load looks for.
	sources []source
}

// result orders the problems and gives them their excerpts.
func (r *reading) result() (*File, []diag.Problem) {
	problems := make([]diag.Problem, len(r.report.problems))
	for i, p := range r.report.problems {
		problems[i] = *p
	}
	problems = diag.Compact(problems)
	r.excerpts().Excerpt(problems)
	if len(problems) == 0 {
		problems = nil
	}
	if r.file == nil || diag.HasErrors(problems) {
		return nil, problems
	}
	return r.file, problems
}

// excerpts are the texts of all files by name.
func (r *reading) excerpts() diag.Sources {
	all := diag.Sources{r.report.file: r.text}
	for i, text := range r.texts {
		all[r.report.included[i]] = text
	}
	return all
}

// read is the whole way from text to platform.
func read(name string, raw []byte, files fs.FS) (r *reading) {
	r = &reading{report: &report{file: name}, files: files}
	// The YAML parser is not ours and has panicked on odd input before. A
	// message with the place to report it is better than a stack trace.
	defer func() {
		if caught := recover(); caught != nil {
			r.file, r.report.reading = nil, 0
			p := r.report.err(idPaddockBug, span{}, "This file makes Paddock stumble")
			p.Detail = fmt.Sprintf("This is a bug in Paddock, not in the file: %v\n%s", caught, debug.Stack())
			p.Fix = "Please report it with the file. Changing the part of the file that was edited last may help until then."
		}
	}()
	text, ok := prepare(r.report, raw)
	r.text = text
	if !ok {
		return r
	}
	root, whole := parseTree(r.report, text)
	if root == nil && len(r.report.problems) == 0 {
		r.report.err(idEmpty, span{}, "The file has no value in it").Fix = begin
	}
	if root == nil || root.kind == broken {
		return r
	}
	d := newDecoder(r.report)
	if root.kind != mapping {
		d.is(root, mapping, reflect.TypeFor[v1.File](), place{at: root.at})
		return r
	}
	if !supported(r.report, root) {
		return r
	}
	root, all := r.include(root)
	if root.kind == broken {
		return r
	}
	whole = whole && all
	var file v1.File
	d.block(root, reflect.ValueOf(&file).Elem(), place{at: spanOf(1, 1, 1, 1), implied: !whole})
	if !whole {
		return r // what is missing may be in the block that could not be read
	}
	s := &resolver{report: r.report, decoder: d, root: root, file: &file}
	platform := s.platform()
	platform.Dir = filepath.Dir(name)
	r.sources = s.sources
	r.file = &File{
		Platform: platform, name: name, text: r.text, lines: splitter(r.excerpts()), report: r.report,
		decoder: d, root: root, file: &file, places: s.places,
	}
	for _, p := range file.Include {
		r.file.patterns = append(r.file.patterns, string(p))
	}
	return r
}

// supported checks the version before anything else: in a format that is not
// known, no other message would be true.
func supported(r *report, root *node) bool {
	e, ok := root.get("paddock")
	if !ok || e.value.kind != scalar || e.value.text == version {
		return true // absent or of the wrong type: the decoder says so
	}
	p := r.err(idVersion, e.value.at, "This version of Paddock does not read format %q", e.value.text)
	p.Detail = "It reads " + version + "."
	p.Fix = "Write paddock: " + version + ", or use the version of Paddock that the file was written for."
	return false
}
