package reference

import (
	"slices"
	"strings"

	"paddock.dev/internal/diag"
)

// Find looks up a key by its path. Names that the user chooses may be written as
// <name>, as the name itself, or left out: services.<name>.port,
// services.booking.port and services.port are the same key. When there is none,
// it returns the keys that were probably meant, as paths.
func Find(path string) (*Key, []string) {
	key := Root()
	parts := split(path)
	for i, part := range parts {
		next, near := key.step(part, i == len(parts)-1)
		if next == nil {
			return nil, near
		}
		key = next
	}
	return key, nil
}

// split cuts a path at its dots; numbers of elements are left out.
func split(path string) []string {
	var parts []string
	for part := range strings.SplitSeq(path, ".") {
		if part, _, _ = strings.Cut(part, "["); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// step goes down by one part of a path.
func (k *Key) step(part string, last bool) (*Key, []string) {
	if named := k.named(); named != nil {
		if part == "<name>" || part == "*" {
			return named, nil
		}
		if found, _ := named.step(part, last); found != nil {
			return found, nil
		}
		// A name, unless it looks like a slip in a key.
		near := diag.Nearest(part, names(named.Keys))
		if len(near) == 0 || !last {
			return named, nil
		}
		return nil, paths(named, near)
	}
	if k.some { // the same keys as another block's
		if target, _ := Find(k.Name); target != nil {
			return target.step(part, last)
		}
	}
	for _, below := range k.Keys {
		if below.Name == part {
			return below, nil
		}
	}
	return nil, paths(k, diag.Nearest(part, names(k.Keys)))
}

// named is what stands below the names of a mapping; nil for all others.
func (k *Key) named() *Key {
	if len(k.Keys) == 1 && k.Keys[0].Name == "<name>" {
		return k.Keys[0]
	}
	return nil
}

// Below are the keys that a path can go on with: those of the elements for a
// mapping of names.
func (k *Key) Below() []*Key {
	if named := k.named(); named != nil {
		return named.Below()
	}
	return k.Keys
}

// Complete offers the paths that begin like this one, one part further, without
// names that the user chooses.
func Complete(path string) []*Key {
	head, tail := "", path
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		head, tail = path[:i], path[i+1:]
	}
	key, _ := Find(head)
	if key == nil {
		return nil
	}
	if key.some {
		key, _ = Find(key.Name)
	}
	return slices.DeleteFunc(slices.Clone(key.Below()), func(k *Key) bool { return !strings.HasPrefix(k.Name, tail) })
}

func names(keys []*Key) []string {
	var all []string
	for _, k := range keys {
		all = append(all, k.Name)
	}
	return all
}

func paths(k *Key, names []string) []string {
	var all []string
	for _, below := range k.Keys {
		if slices.Contains(names, below.Name) {
			all = append(all, below.Path)
		}
	}
	return all
}
