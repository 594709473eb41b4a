package spec

import (
	"reflect"
	"slices"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/diag"
)

// Shape says how a value of the file is written.
type Shape string

// The shapes.
const (
	Unit   Shape = "unit"   // a scalar with a written form of its own, or a choice
	Text   Shape = "text"   // any text
	Number Shape = "number" // a whole number
	Flag   Shape = "flag"   // true or false
	List   Shape = "list"
	Chosen Shape = "map"   // a mapping whose keys the user chooses
	Block  Shape = "block" // a mapping with fixed keys
)

var shapes = map[shape]Shape{unit: Unit, text: Text, number: Number, flag: Flag, list: List, chosen: Chosen, block: Block}

// Type is what the reader expects of a value.
type Type struct {
	Shape Shape
	// Name of the Go type in api/v1, empty for the simple ones.
	Name string
	// Form of a unit.
	Form v1.Form
	// Elem of a list or map.
	Elem *Type
	// Keys of a block, in order.
	Keys []Key
}

// Key is one key of a block, as its tags describe it.
type Key struct {
	Name  string
	Field string // of the Go type
	Type  Type
	// Required, Short, Fixed and Overrides are the options of its tag.
	Required, Short, Fixed, Overrides bool
	// Default and Example are values as one would write them.
	Default, Example string
	// Least and Most bound a whole number; empty means no bound.
	Least, Most string
}

// Keys describes the whole file, for its documentation and its schema.
func Keys() Type { return typeOf(plans{}, reflect.TypeFor[v1.File]()) }

func typeOf(ps plans, t reflect.Type) Type {
	t = elem(t)
	d := Type{Shape: shapes[shapeOf(t)], Name: t.Name()}
	switch d.Shape {
	case Unit:
		d.Form = reflect.Zero(t).Interface().(form).Form()
	case List:
		e := typeOf(ps, t.Elem())
		d.Elem, d.Name = &e, ""
	case Chosen:
		f, _ := t.Elem().FieldByName("Value")
		e := typeOf(ps, f.Type)
		d.Elem, d.Name = &e, ""
	case Block:
		for _, f := range ps.of(t).fields {
			d.Keys = append(d.Keys, Key{
				Name: f.key, Field: t.Field(f.index).Name, Type: typeOf(ps, f.typ),
				Required: f.required, Short: f.short, Fixed: f.fixed, Overrides: f.overrides,
				Default: f.standard, Example: f.example, Least: f.least, Most: f.most,
			})
		}
	default:
		d.Name = ""
	}
	return d
}

// NotYAML are those of the problems that keep a text from being read at all,
// whatever its keys mean.
func NotYAML(problems []diag.Problem) []diag.Problem {
	ids := []string{idTooLarge, idNotText, idEmpty, idSyntax, idTab, idFeature, idDocuments, idTooDeep, idTooMany, idAlias, idPaddockBug}
	return slices.DeleteFunc(slices.Clone(problems), func(p diag.Problem) bool { return !slices.Contains(ids, p.ID) })
}

// Includes are the patterns of the files that a file includes, as they are
// written; none when it cannot be read.
func Includes(text []byte) []string {
	r := &report{}
	prepared, ok := prepare(r, text)
	if !ok {
		return nil
	}
	root, _ := parseTree(r, prepared)
	e, ok := root.get("include")
	if !ok || e.value.kind != sequence {
		return nil
	}
	var all []string
	for _, item := range e.value.items {
		if item.kind == scalar {
			all = append(all, item.text)
		}
	}
	return all
}

// Names are the names under a key of the file, such as services, in order. It
// reads what it can of a file that is just being written.
func Names(text []byte, key string) []string {
	r := &report{}
	prepared, ok := prepare(r, text)
	if !ok {
		return nil
	}
	root, _ := parseTree(r, prepared)
	e, ok := root.get(key)
	if !ok || e.value.kind != mapping {
		return nil
	}
	var all []string
	for _, below := range e.value.entries {
		all = append(all, below.key)
	}
	return all
}

// Included describes what a file that another one includes may hold.
func Included() Type {
	file := Keys()
	var keys []Key
	for _, k := range file.Keys {
		k.Required = false
		switch {
		case k.Name == "environments":
			// Only what overrides services and stores: the rest is said once.
			e := *k.Type.Elem
			e.Keys = slices.DeleteFunc(slices.Clone(e.Keys), func(k Key) bool { return !k.Overrides })
			k.Type.Elem = &e
		case k.Name != "paddock" && !slices.Contains(shared, k.Name):
			continue
		}
		keys = append(keys, k)
	}
	file.Keys = keys
	return file
}
