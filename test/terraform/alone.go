package main

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
)

var sources = regexp.MustCompile(`(?m)^\s*source\s*=\s*"(\.[^"]*)"`)

// alone copies a root, and of the modules those that it is made of, from one
// folder of roots to an empty one. The harness serves every type that is named in
// what it is given: a root alone takes half the time that it takes among all.
func alone(from, to, root string) error {
	seen := map[string]bool{}
	var take func(dir string) error
	take = func(dir string) error {
		if seen[dir] {
			return nil
		}
		seen[dir] = true
		if err := os.CopyFS(filepath.Join(to, dir), os.DirFS(filepath.Join(from, dir))); err != nil {
			return err
		}
		files, err := filepath.Glob(filepath.Join(from, dir, "*.tf"))
		if err != nil {
			return err
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			for _, m := range sources.FindAllSubmatch(text, -1) {
				if err := take(path.Join(dir, string(m[1]))); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return take(root)
}
