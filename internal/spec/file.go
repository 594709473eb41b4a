package spec

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/addr"
	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
)

// splitter splits texts into lines once.
func splitter(texts diag.Sources) func() map[string][]string {
	return sync.OnceValue(func() map[string][]string {
		lines := make(map[string][]string, len(texts))
		for name, text := range texts {
			lines[name] = strings.Split(text, "\n")
		}
		return lines
	})
}

// File is a platform file that is right, with what it includes: the platform,
// and where every value of it comes from. It is not changed after it was read.
//
// Keys are paths as problems print them: services.booking.scale.replicas,
// services.booking.uses[1], network.vpn.sites[0].name. A member of a list may be
// called by its text or name, too: services.booking.uses[pricing]. A name with
// points in it, such as that of a topic, stands in a path as it is.
type File struct {
	Platform *model.Platform

	name, text string
	// path of the main file on the disk; empty when it was not read from there.
	path     string
	patterns []string
	lines    func() map[string][]string // of all files, split when first asked
	report   *report
	decoder  *decoder
	root     *node
	file     *v1.File
	places   places
}

// Names are the files that were read, the main one first.
func (f *File) Names() []string { return append([]string{f.name}, f.report.included...) }

// Text is the file as one text: as it was written, or, when it includes others,
// with their blocks in their places.
func (f *File) Text() []byte {
	if len(f.report.included) == 0 {
		return []byte(f.text)
	}
	return render(f.root)
}

// Locate finds where the file says what holds for a key in an environment: the
// override if there is one, else the block itself. Without an environment it is
// the block. When the key is not written, ok is false and the range is the
// nearest thing above it that is.
func (f *File) Locate(environment, key string) (at diag.Range, ok bool) {
	place, _, ok := f.written(environment, key)
	return f.rangeOf(place), ok
}

// written is Locate within the tree; short is the value that stands for a whole
// block of which the key is one, nil when the key itself was written.
func (f *File) written(environment, key string) (at span, short *node, ok bool) {
	if environment != "" && overridable(key) {
		if at, short, ok := f.root.follow("environments." + environment + "." + key); ok {
			return at, short, true
		}
	}
	return f.root.follow(key)
}

// overridable keys may stand below environments.<name>, too.
func overridable(key string) bool {
	return strings.HasPrefix(key, "services.") || strings.HasPrefix(key, "stores.")
}

func (f *File) rangeOf(at span) diag.Range {
	r := f.report.place(at)
	if lines := f.lines()[r.File]; r.Line > 0 && r.Line <= len(lines) {
		r.Text = lines[r.Line-1]
	}
	return r
}

// follow walks down a path. The place is that of the value when it is a scalar
// or a list, and else that of its key. short is the short form of a block that
// the path leads into.
func (n *node) follow(path string) (at span, short *node, ok bool) {
	if n == nil {
		return span{}, nil, false
	}
	at = n.at
	for path != "" {
		switch {
		case strings.HasPrefix(path, "["):
			index, rest, _ := strings.Cut(path[1:], "]")
			i, err := strconv.Atoi(index)
			if err != nil {
				i = n.member(index)
			}
			if n.kind != sequence || i < 0 || i >= len(n.items) {
				return at, nil, false
			}
			n, path = n.items[i], strings.TrimPrefix(rest, ".")
			at = n.at
			continue
		case n.kind == scalar || n.kind == sequence:
			return n.at, n, true // the short form stands for all values in it
		}
		e, rest, found := n.step(path)
		if !found {
			return at, nil, false
		}
		n, path, at = e.value, rest, e.at
		if n.kind == scalar || n.kind == sequence {
			at = n.at
		}
	}
	return at, nil, true
}

// member is the index of what a list calls so: a text, alone or before the colon
// of a mode, or the name of a block; -1 when there is none.
func (n *node) member(name string) int {
	return slices.IndexFunc(n.items, func(item *node) bool {
		if e, ok := item.get("name"); ok {
			item = e.value
		}
		text, _, _ := strings.Cut(item.text, ":")
		return item.kind == scalar && text == name
	})
}

// step takes the first key off a path: the longest that the mapping has.
func (n *node) step(path string) (found entry, rest string, ok bool) {
	for end := len(path); end > 0; end = strings.LastIndexAny(path[:end], ".[") {
		if e, ok := n.get(path[:end]); ok {
			return e, strings.TrimPrefix(path[end:], "."), true
		}
	}
	return entry{}, "", false
}

// Origin is where a resolved value comes from.
type Origin struct {
	// Value as the file writes it.
	Value string
	// Range where it was written; the zero value when nobody did.
	Range diag.Range
	// Rule of the default, or of what changed the written value; empty when the
	// value is what was written. "default" is one that holds everywhere.
	Rule string
}

// String is the origin in a few words: platform.yaml:31, or default: 1 in
// development.
func (o Origin) String() string {
	place := o.Range.File
	if o.Range.Line > 0 {
		place += ":" + strconv.Itoa(o.Range.Line)
	}
	switch {
	case o.Range.Line == 0 && (o.Rule == "" || o.Rule == "default"):
		return "default"
	case o.Range.Line == 0:
		return "default: " + o.Rule
	case o.Rule != "":
		return place + ", " + o.Rule
	}
	return place
}

// Why tells the value of a key in an environment and where it comes from. ok is
// false for a key that has no value.
func (f *File) Why(environment, key string) (Origin, bool) {
	o := f.outlineOf(environment, key)
	if o == nil {
		return Origin{}, false
	}
	i := slices.IndexFunc(o.Lines, func(l Line) bool { return l.Key == key && l.Leaf })
	if i < 0 {
		return Origin{}, false
	}
	return o.Lines[i].Origin, true
}

// outlineOf is the block that a key stands in.
func (f *File) outlineOf(environment, key string) *Outline {
	kind, rest, _ := strings.Cut(key, ".")
	name, _, _ := strings.Cut(rest, ".")
	switch kind {
	case "services":
		return f.outline(environment, addr.Address{Kind: addr.Service, Name: name})
	case "stores":
		return f.outline(environment, addr.Address{Kind: addr.Store, Name: name})
	}
	o := &outliner{file: f, environment: environment}
	o.block(reflect.ValueOf(f.file).Elem(), "", 0)
	return &o.out
}
