package cli

import (
	"strings"

	"paddock.dev/internal/model"
	"paddock.dev/internal/spec"
)

// idleKeys are the keys of the file that are read, checked and drawn, and that
// no engine and no rendered file acts on yet. <name> stands for every name. Who
// builds the capability removes its line.
var idleKeys = []string{
	"stores",
	"edge", "backup", "cost", "tickets",
	"environments.<name>.hours", "environments.<name>.freeze", "environments.<name>.changes",
	"delivery.branching", "delivery.hotfix",
	"services.<name>.migrate", "services.<name>.secrets", "services.<name>.schedule",
	"services.<name>.private", "services.<name>.sensitive",
}

// idle are those of the keys that the file has.
func idle(file *spec.File) []string {
	var found []string
	for _, key := range idleKeys {
		if written(file, key) {
			found = append(found, key)
		}
	}
	return found
}

func written(file *spec.File, key string) bool {
	block, rest, chosen := strings.Cut(key, ".<name>.")
	if !chosen {
		_, ok := file.Locate("", key)
		return ok
	}
	for _, name := range namesIn(file.Platform, block) {
		if _, ok := file.Locate("", block+"."+name+"."+rest); ok {
			return true
		}
	}
	return false
}

// namesIn are the names that a block chose, each once.
func namesIn(p *model.Platform, block string) []string {
	var names []string
	seen := map[string]bool{}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	for _, e := range p.Environments {
		if block == "environments" {
			add(e.Name)
			continue
		}
		for _, s := range e.Services {
			add(s.Name)
		}
	}
	return names
}
