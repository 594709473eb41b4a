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
			if !ok {
				return above
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

// overridden is a service as it is in an environment, and the tree it was read
// from. Both trees were decoded by themselves before, with all their problems
// reported, so nothing is reported here again.
func (d *decoder) overridden(base, over *node) (v1.ServiceBlock, *node) {
	quiet := &decoder{report: &report{}, plans: d.plans, standards: d.standards, presets: d.presets}
	merged := d.overlay(reflect.TypeFor[v1.ServiceBlock](), base, over)
	var b v1.ServiceBlock
	quiet.decode(merged, reflect.ValueOf(&b).Elem(), place{})
	return b, merged
}
