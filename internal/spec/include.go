package spec

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/diag"
)

const (
	// maxIncluded files, and maxTotal bytes of all together with the main one.
	// They bound what a pattern that matches too much can cost. A running
	// platform keeps the whole as one object of its API, which takes little more.
	maxIncluded = 1000
	maxTotal    = maxSize
)

// shared are the blocks that an included file may hold.
var shared = []string{"services", "stores", "teams", "people", "groups", "environments"}

// include lays the files that a platform file includes into its tree. Places
// keep the file that they are in. whole is false when one of them could not be
// read as YAML to its end.
func (r *reading) include(root *node) (merged *node, whole bool) {
	list, ok := root.get("include")
	if !ok || list.value.kind != sequence {
		return root, true // absent, or wrong: the decoder says so
	}
	if r.files == nil {
		p := r.report.err(idInclude, list.at, "The files that this one includes cannot be read here")
		p.Detail = "Only the text of this file is at hand."
		return root, true
	}
	merged, whole = clone(root), true
	total := len(r.text)
	seen := map[string]bool{path.Base(filepath.ToSlash(r.report.file)): true}
	for _, item := range list.value.items {
		var pattern v1.Pattern
		if item.kind != scalar || pattern.UnmarshalText([]byte(item.text)) != nil {
			continue // the decoder says so
		}
		found := expand(r.files, string(pattern))
		r.tellPattern(item, found)
		for _, name := range found.files {
			if seen[name] {
				continue // another pattern has it, or it is the file itself
			}
			seen[name] = true
			if len(r.report.included) == maxIncluded {
				r.report.err(idTooMany, item.at, "More than %d files are included", maxIncluded).
					Detail = "The pattern may match more than was meant."
				return merged, whole
			}
			text, ok := r.readIncluded(name, item.at)
			if total += len(text); total > maxTotal {
				r.report.err(idTooLarge, item.at, "The file and what it includes are larger than 1 MiB together").
					Detail = "No platform needs that much; the pattern may match more than was meant."
				return merged, whole
			}
			if ok {
				size, all := r.merge(merged, name, text)
				whole = whole && all
				if merged.size += size; merged.size > maxNodes {
					r.report.err(idTooMany, list.at, "The file and what it includes have more than %d values", maxNodes).
						Detail = "The pattern may match more than was meant."
					return &node{kind: broken, at: root.at, size: 1}, false
				}
			}
		}
	}
	merged.indexed()
	return merged, whole
}

// expansion is what a pattern stands for.
type expansion struct {
	files []string
	// outside are links that lead out of the platform's directory.
	outside []string
	// missing is the first part of the pattern that nothing matched, in the
	// directories that were looked into, and near what there is instead.
	missing string
	near    []string
}

// expand finds the files of a pattern, in order. Names that begin with a point
// are matched only by a part that does.
func expand(files fs.FS, pattern string) expansion {
	var out expansion
	dirs := []string{"."}
	parts := strings.Split(pattern, "/")
	for i, part := range parts {
		var next, names []string
		for _, dir := range dirs {
			entries, err := fs.ReadDir(files, dir)
			if escapes(err) {
				out.outside = append(out.outside, dir)
			}
			for _, e := range entries {
				names = append(names, e.Name())
				if strings.HasPrefix(e.Name(), ".") && !strings.HasPrefix(part, ".") {
					continue
				}
				if ok, _ := path.Match(part, e.Name()); ok && (i == len(parts)-1 || !e.Type().IsRegular()) {
					next = append(next, path.Join(dir, e.Name()))
				}
			}
		}
		if len(next) == 0 {
			out.missing, out.near = part, diag.Nearest(part, names)
			return out
		}
		dirs = next
	}
	slices.Sort(dirs)
	out.files = dirs
	return out
}

// escapes tells the error of a link that leads outside an os.Root, which has no
// name of its own.
func escapes(err error) bool {
	return err != nil && strings.Contains(err.Error(), "escapes from parent")
}

func (r *reading) tellPattern(item *node, found expansion) {
	for _, name := range found.outside {
		r.outside(name, item.at)
	}
	if len(found.files) > 0 || len(found.outside) > 0 {
		return
	}
	p := r.report.err(idInclude, item.at, "No file matches %q", item.text)
	p.Detail = "What is included is a part of the platform; without it, something would be missing unseen."
	if len(found.near) > 0 {
		p.Fix = "Did you mean " + strings.Replace(item.text, found.missing, found.near[0], 1) + "?"
	} else {
		p.Fix = "Create the file, or remove the pattern."
	}
}

func (r *reading) outside(name string, at span) {
	p := r.report.err(idIncludeOutside, at, "%s is outside the platform's directory", name)
	p.Detail = "It is a symbolic link that leads out of it. What is outside would not travel with the platform."
	p.Fix = "Move the file below the directory of the platform file."
}

// readIncluded is the text of an included file.
func (r *reading) readIncluded(name string, at span) (string, bool) {
	f, err := r.files.Open(name)
	var raw []byte
	if err == nil {
		defer f.Close()
		if info, e := f.Stat(); e == nil && info.IsDir() {
			err = errors.New("it is a directory")
		} else {
			raw, err = io.ReadAll(io.LimitReader(f, maxSize+1))
		}
	}
	switch {
	case escapes(err):
		r.outside(name, at)
		return "", false
	case err != nil:
		r.report.err(idInclude, at, "%s cannot be read", name).Detail = sentence(cause(err))
		return "", false
	}
	r.report.included = append(r.report.included, filepath.Join(filepath.Dir(r.report.file), filepath.FromSlash(name)))
	r.report.reading = len(r.report.included)
	defer func() { r.report.reading = 0 }()
	text, ok := prepare(r.report, raw)
	r.texts = append(r.texts, text)
	return text, ok
}

// merge reads the text of an included file and lays its blocks into the tree.
func (r *reading) merge(root *node, name, text string) (size int, whole bool) {
	r.report.reading = len(r.report.included)
	defer func() { r.report.reading = 0 }()
	mark := len(r.report.problems)
	part, whole := parseTree(r.report, text)
	if part == nil && len(r.report.problems) == mark {
		r.report.err(idEmpty, span{}, "The file has no value in it").Fix = "Write blocks such as services into it, or remove it."
	}
	if part == nil || part.kind == broken {
		return 0, false
	}
	if part.kind != mapping {
		p := r.report.err(idWrongType, part.at, "The file is %s where a mapping belongs", part.describe())
		p.Detail = "An included file has blocks such as services and stores."
		return 0, false
	}
	if !supported(r.report, part) {
		return 0, false
	}
	for _, e := range part.entries {
		switch {
		case e.key == "paddock":
		case !slices.Contains(shared, e.key):
			p := r.report.err(idIncludeKey, e.at, "%q cannot stand in an included file", e.key)
			p.Detail = "Included files hold " + words(shared) + "; all else is said once, in " + r.report.file + "."
			if near := diag.Nearest(e.key, shared); len(near) > 0 {
				p.Fix = "Did you mean " + quoted(near) + "?"
			} else {
				p.Fix = "Move it there."
			}
		case e.key == "environments":
			r.mergeEnvironments(root, e.value)
		default:
			if e.key == "services" {
				e.value = based(e.value, path.Dir(name))
			}
			r.lay(root, e)
		}
	}
	return part.size, whole
}

// lay puts the entries of a mapping into the one of the same key.
func (r *reading) lay(into *node, e entry) {
	i := slices.IndexFunc(into.entries, func(have entry) bool { return have.key == e.key })
	if i < 0 {
		e.value = clone(e.value)
		into.entries = append(into.entries, e)
		return
	}
	have := clone(into.entries[i].value)
	if have.kind != mapping || e.value.kind != mapping {
		if have.kind == mapping {
			have = e.value // the decoder says what is wrong with it
			into.entries[i].value = have
		}
		return
	}
	// The main file's mapping was indexed, and lists of several files grow.
	have.index = nil
	first := make(map[string]span, len(have.entries))
	for _, old := range have.entries {
		first[old.key] = old.at
	}
	for _, added := range e.value.entries {
		if other, ok := first[added.key]; ok {
			p := r.report.err(idDuplicate, added.at, "The key %q is there twice", added.key)
			p.Detail = "Two files have it below " + e.key + ". Only one of them could hold, and readers would not know which."
			p.Fix = "Remove one of the two."
			p.Related = append(p.Related, diag.Related{Range: r.report.placeIn(other), Text: "the first one"})
			continue
		}
		first[added.key] = added.at
		have.entries = append(have.entries, added)
	}
	have.indexed()
	into.entries[i].value = have
}

// mergeEnvironments takes what an included file overrides in environments of the
// main one.
func (r *reading) mergeEnvironments(root *node, environments *node) {
	i := slices.IndexFunc(root.entries, func(e entry) bool { return e.key == "environments" })
	if environments.kind != mapping || i < 0 || root.entries[i].value.kind != mapping {
		if environments.kind != mapping && environments.kind != broken {
			r.report.err(idWrongType, environments.at, "environments is %s where a mapping belongs", environments.describe())
		}
		return
	}
	all := clone(root.entries[i].value)
	root.entries[i].value = all
	var names []string
	for _, e := range all.entries {
		names = append(names, e.key)
	}
	for _, e := range environments.entries {
		j := slices.Index(names, e.key)
		if j < 0 {
			p := r.report.err(idReference, e.at, "There is no environment %q", e.key)
			p.Detail = "Environments are made in " + r.report.file + "; an included file changes services and stores in them."
			if near := diag.Nearest(e.key, names); len(near) > 0 {
				p.Fix = "Did you mean " + quoted(near) + "?"
			}
			continue
		}
		env := clone(all.entries[j].value)
		if env.kind != mapping || e.value.kind != mapping {
			continue
		}
		env.index = nil
		all.entries[j].value = env
		for _, block := range e.value.entries {
			if block.key != "services" && block.key != "stores" {
				p := r.report.err(idIncludeKey, block.at, "%q of an environment cannot stand in an included file", block.key)
				p.Detail = "An included file changes services and stores; all else of an environment is said once, in " + r.report.file + "."
				p.Fix = "Move it there."
				continue
			}
			r.lay(env, block)
		}
		env.indexed()
	}
}

// based makes the sources of services relative to the main file.
func based(services *node, dir string) *node {
	if services.kind != mapping || dir == "." {
		return services
	}
	out := clone(services)
	for i, e := range out.entries {
		source, ok := e.value.get("source")
		if !ok {
			continue
		}
		service := clone(e.value)
		at := slices.IndexFunc(service.entries, func(e entry) bool { return e.key == "source" })
		if git, ok := source.value.get("git"); ok {
			block := clone(source.value)
			block.entries[slices.IndexFunc(block.entries, func(e entry) bool { return e.key == "git" })].value = moved(git.value, dir)
			service.entries[at].value = block
		} else {
			service.entries[at].value = moved(source.value, dir)
		}
		out.entries[i].value = service
	}
	return out
}

// moved is a directory as it is seen from the main file. One that is wrong stays
// as it is, for the decoder to say so.
func moved(n *node, dir string) *node {
	var d v1.Dir
	if n.kind != scalar || d.UnmarshalText([]byte(n.text)) != nil {
		return n
	}
	out := clone(n)
	out.text = "./" + path.Join(dir, string(d))
	return out
}

// clone is a node with entries of its own; what stands below is shared.
func clone(n *node) *node {
	out := *n
	out.entries = slices.Clone(n.entries)
	return &out
}
