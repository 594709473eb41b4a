package spec

import (
	"strings"

	"paddock.dev/internal/diag"
)

// Idle is a part of the file that is read, checked, drawn and kept, and on which
// a platform that runs on one machine does not act.
type Idle struct {
	// Path of such parts; <name> stands for one name.
	Path string
	// Key path of this one.
	Key string
	// What acting on it means.
	What string
	// Rendered parts have their place in what is written for AWS.
	Rendered bool
	Range    diag.Range
}

// idle are the keys that `paddock up` does not act on yet, by path. Whoever makes
// it act on a key takes it off the list. What has a meaning in the cloud alone,
// such as accounts, is not on it.
var idle = []struct {
	path, what string
	rendered   bool
}{
	{"environments.<name>.hours", "stops the environment outside its hours", true},
	{"environments.<name>.freeze", "keeps releases out while it is frozen", true},
	{"environments.<name>.changes", "lets releases in during these hours only", true},
	{"delivery.branching", "follows the branches of gitflow", true},
	{"delivery.hotfix", "gives repairs a short lane", true},
	{"stores", "starts them, and gives services their addresses and credentials", true},
	{"services.<name>.ports", "opens further ports", true},
	{"services.<name>.private", "answers the company's own networks", true},
	{"services.<name>.sensitive", "watches these paths at the edge", true},
	{"services.<name>.topics", "makes the topics and the rights to them", true},
	{"services.<name>.egress", "opens the way to these domains alone", true},
	{"services.<name>.migrate", "brings the schema up to date before a release", true},
	{"services.<name>.secrets", "gives the values to the programs", true},
	{"services.<name>.schedule", "starts the work by the clock", true},
	{"services.<name>.encryption", "encrypts calls between services", true},
	{"observe", "keeps metrics, logs and traces", true},
	{"alerts", "sends alerts", true},
	{"edge", "caches, filters and limits at the edge", true},
	{"audit", "keeps the record in an archive", true},
	{"backup", "makes copies and tries to restore them", true},
	{"cost", "watches budgets", true},
	{"tickets", "opens tickets", true},
}

// Unacted are the parts of the file that `paddock up` does not act on yet, in the
// order of the list above and then of the file.
func (f *File) Unacted() []Idle {
	var all []Idle
	for _, part := range idle {
		f.root.each(strings.Split(part.path, "."), "", func(key string, at span) {
			all = append(all, Idle{Path: part.path, Key: key, What: part.what, Rendered: part.rendered, Range: f.rangeOf(at)})
		})
	}
	return all
}

// Idle are those parts, the first one of each path.
func (f *File) Idle() []Idle {
	var once []Idle
	for _, part := range f.Unacted() {
		if len(once) == 0 || once[len(once)-1].Path != part.Path {
			once = append(once, part)
		}
	}
	return once
}

// each visits the keys of a path in which <name> stands for any one key.
func (n *node) each(path []string, at string, visit func(key string, at span)) {
	if n == nil || n.kind != mapping {
		return
	}
	for _, e := range n.entries {
		if path[0] != "<name>" && path[0] != e.key {
			continue
		}
		if len(path) == 1 {
			visit(join(at, e.key), e.at)
			continue
		}
		e.value.each(path[1:], join(at, e.key), visit)
	}
}
