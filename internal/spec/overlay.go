package spec

import (
	"reflect"

	v1 "paddock.dev/api/v1"
)

// overlay lays the part of a block that an environment overrides over the block
// itself: mappings key by key, everything else as a whole. It works on trees,
// so every value keeps the place where it was written, and a key that is new to
// the file can be overridden without a line of code here.
func (d *decoder) overlay(t reflect.Type, base, over *node) *node {
	t = elem(t)
	switch shapeOf(t) {
	case block:
		known := d.plans.of(t)
		base, over = wide(known, base), wide(known, over)
		if base.kind != mapping || over.kind != mapping {
			return over
		}
		return layer(base, over, func(key string, below, above *node) *node {
			f, ok := known.field(key)
			switch {
			case !ok:
				return above
			case f.fixed:
				return below // reported where it stands
			}
			return d.overlay(f.typ, below, above)
		})
	case chosen:
		if base.kind != mapping || over.kind != mapping {
			return over
		}
		f, _ := t.Elem().FieldByName("Value")
		return layer(base, over, func(_ string, below, above *node) *node { return d.overlay(f.Type, below, above) })
	}
	return over
}

func wide(known *plan, n *node) *node {
	if w := expandShort(known, n); w != nil {
		return w
	}
	return n
}

// layer is the entries of both, those of over in the place of base's.
func layer(base, over *node, both func(key string, below, above *node) *node) *node {
	n := &node{kind: mapping, at: base.at, size: base.size + over.size}
	index := make(map[string]int, len(base.entries))
	for i, e := range base.entries {
		index[e.key] = i
		n.entries = append(n.entries, e)
	}
	for _, e := range over.entries {
		if i, ok := index[e.key]; ok {
			e.value = both(e.key, n.entries[i].value, e.value)
			n.entries[i] = e
			continue
		}
		n.entries = append(n.entries, e)
	}
	return n
}

// placed is a block as it is in an environment: its value, the tree that it was
// read from, and the tree of the override alone, nil when there is none.
type placed[T any] struct {
	value T
	tree  *node
	over  *node
}

// overridden is a block with an override laid over. Both trees were decoded by
// themselves before, with all their problems reported, so nothing is reported
// here again.
func overridden[T any](d *decoder, base, over *node) *placed[T] {
	quiet := &decoder{report: &report{}, plans: d.plans, standards: d.standards, presets: d.presets}
	out := &placed[T]{over: over, tree: d.overlay(reflect.TypeFor[T](), base, over)}
	quiet.decode(out.tree, reflect.ValueOf(&out.value).Elem(), place{})
	return out
}

// placeBlocks lays what an environment overrides over services and stores, and
// leaves out what it does not have.
func (s *resolver) placeBlocks(e *environment) {
	e.services = layOver(s, e, "services", "service", s.services, s.file.Services, e.block.Services)
	e.stores = layOver(s, e, "stores", "store", s.stores, s.file.Stores, e.block.Stores)
	e.topics = topicsOf(e.stores, s.stores.list)
}

func layOver[T any](s *resolver, e *environment, key, what string, known names, blocks, overrides v1.Map[T]) map[string]*placed[T] {
	above, _ := s.root.find("environments", e.name, key)
	for _, o := range overrides {
		s.reference(o.Key, what, known.list, s.root.keyAt("environments", e.name, key, o.Key))
	}
	all, _ := s.root.find(key)
	out := make(map[string]*placed[T], len(blocks))
	for i, entry := range blocks {
		if e.without[entry.Key] {
			continue
		}
		tree := all.entries[i].value
		if o, ok := above.get(entry.Key); ok && o.value.kind == mapping {
			out[entry.Key] = overridden[T](s.decoder, tree, o.value)
			continue
		}
		out[entry.Key] = &placed[T]{value: entry.Value, tree: tree}
	}
	return out
}
