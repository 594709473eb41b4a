// Package scaffold writes a first platform file by looking at a directory: the
// manifests of languages say what the services are, compose files and drivers
// which stores there are, and the code on which ports it answers and whom it
// calls. It knows what projects commonly look like and refuses to know what a
// platform means; the reader of platform files judges what it wrote. It reads
// through an fs.FS, a bounded part of it, and runs nothing.
package scaffold

import (
	"cmp"
	"io/fs"
	"slices"
)

// Options are what cannot be seen in a directory.
type Options struct {
	// Name of the platform; it is made to fit the rules of names.
	Name string
	// Domain of the platform; empty is <name>.example.
	Domain string
	// Environments in the order in which releases take them.
	Environments []Environment
}

// Environment is one to write.
type Environment struct{ Name, Stage string }

// Service is a program that was found.
type Service struct {
	Name     string
	Dir      string // below the directory that was looked at
	Package  string // of a Go program that is not at the root of its module
	Language string
	Port     int
	PortNote string // what is worth knowing about the port, empty for most
	Live     string // path that says whether the program lives
	Ready    string // path that says whether it may be asked
	Uses     []string
	Public   bool
}

// Store is a place of data that was found.
type Store struct{ Name, Engine, Version string }

// Findings are what a directory shows.
type Findings struct {
	Services []Service
	Stores   []Store
	// Notes are sentences about what was seen and left out.
	Notes []string
}

// Look reads a directory; a program at its root gets that name. The error is that
// of the directory itself; what cannot be read below it is passed over.
func Look(fsys fs.FS, name string) (Findings, error) {
	tree, err := walk(fsys)
	if err != nil {
		return Findings{}, err
	}
	compose := readCompose(tree)
	modules := findModules(tree)
	services := findServices(tree, modules, compose, cmp.Or(Name(name), "app"))
	stores := newShelf(compose, services)
	for _, s := range services {
		s.look(tree, compose)
		for _, family := range s.families {
			s.stores = append(s.stores, stores.pick(family, s.named))
		}
	}
	connect(services, stores)
	found := Findings{Notes: slices.Concat(tree.notes, compose.notes)}
	for _, s := range services {
		found.Services = append(found.Services, s.Service)
	}
	for _, s := range stores.all {
		found.Stores = append(found.Stores, *s)
	}
	slices.SortFunc(found.Stores, func(a, b Store) int { return cmp.Compare(a.Name, b.Name) })
	return found, nil
}
