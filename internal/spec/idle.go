package spec

import (
	"slices"
	"strings"

	"paddock.dev/internal/diag"
)

// Idle is a part of the file that this version of Paddock reads, checks and
// keeps, and does nothing with.
type Idle struct {
	// Key path of the part.
	Key string
	// What a later version does with it.
	What  string
	Range diag.Range
}

// idle are the keys that nothing acts on yet, by path; * stands for one name.
// Whoever makes something act on a key takes it off the list.
var idle = []struct{ path, what string }{
	{"recovery", "copies data to another region and takes over there"},
	{"environments.*.hours", "stops the environment outside its hours"},
	{"environments.*.freeze", "keeps releases out while it is frozen"},
	{"environments.*.changes", "lets releases in during these hours only"},
	{"delivery.branching", "follows the branches of gitflow"},
	{"delivery.hotfix", "gives repairs a short lane"},
	{"delivery.engine", "writes the pipeline"},
	{"delivery.hosting", "connects the hosting of the repositories"},
	{"delivery.organization", "connects the hosting of the repositories"},
	{"stores", "starts them, and gives services their addresses and credentials"},
	{"services.*.ports", "opens further ports"},
	{"services.*.private", "answers the company's own networks"},
	{"services.*.sensitive", "watches these paths at the edge"},
	{"services.*.topics", "makes the topics and the rights to them"},
	{"services.*.egress", "opens the way to these domains alone"},
	{"services.*.migrate", "brings the schema up to date before a release"},
	{"services.*.secrets", "gives the values to the programs"},
	{"services.*.schedule", "starts the work by the clock"},
	{"services.*.encryption", "encrypts calls between services"},
	{"observe", "keeps metrics, logs and traces"},
	{"alerts", "sends alerts"},
	{"edge", "caches, filters and limits at the edge"},
	{"audit", "keeps the record in an archive"},
	{"backup", "makes copies and tries to restore them"},
	{"cost", "watches budgets"},
	{"tickets", "opens tickets"},
}

// Unacted are the parts of the file that nothing acts on yet, in the order of the
// list above and then of the file.
func (f *File) Unacted() []Idle {
	var all []Idle
	for _, part := range idle {
		f.root.each(strings.Split(part.path, "."), "", func(key string, at span) {
			all = append(all, Idle{Key: key, What: part.what, Range: f.rangeOf(at)})
		})
	}
	return all
}

// Idle names those parts, each once: stores, hours, hotfix.
func (f *File) Idle() []string {
	var names []string
	for _, part := range f.Unacted() {
		name := part.Key[strings.LastIndexByte(part.Key, '.')+1:]
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// each visits the keys of a path in which * stands for any one key.
func (n *node) each(path []string, at string, visit func(key string, at span)) {
	if n == nil || n.kind != mapping {
		return
	}
	for _, e := range n.entries {
		if path[0] != "*" && path[0] != e.key {
			continue
		}
		if len(path) == 1 {
			visit(join(at, e.key), e.at)
			continue
		}
		e.value.each(path[1:], join(at, e.key), visit)
	}
}
