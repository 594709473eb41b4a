package spec

import (
	"encoding"
	"reflect"
	"strings"

	v1 "paddock.dev/api/v1"
)

// form is a value of the file with a written form of its own.
type form interface{ Form() v1.Form }

// keyed marks the mappings whose keys the user chooses.
type keyed interface{ Keyed() }

// plan is what the decoder knows of a block: its keys, read from the tags of the
// type once for every run.
type plan struct {
	fields []field
	keys   []string
}

// field is one key of a block.
type field struct {
	index     int
	key       string
	required  bool
	short     bool // the block may be written as this value alone
	fixed     bool // the same in every environment
	overrides bool // parts of blocks stand below
	standard  string
	example   string
	// least and most bound a whole number; empty means no bound.
	least, most string
	typ         reflect.Type
}

// plans are the blocks met so far.
type plans map[reflect.Type]*plan

// of returns the plan of a block's type.
func (ps plans) of(t reflect.Type) *plan {
	if p, ok := ps[t]; ok {
		return p
	}
	p := &plan{}
	for i := range t.NumField() {
		f := t.Field(i)
		key, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if key == "" {
			continue
		}
		has := func(option string) bool { return strings.Contains(","+options+",", ","+option+",") }
		p.fields = append(p.fields, field{
			index: i, key: key, typ: f.Type,
			required: has("required"), short: has("short"), fixed: has("fixed"), overrides: has("overrides"),
			standard: f.Tag.Get("default"), example: f.Tag.Get("example"), least: f.Tag.Get("least"), most: f.Tag.Get("most"),
		})
		p.keys = append(p.keys, key)
	}
	ps[t] = p
	return p
}

func (p *plan) field(key string) (field, bool) {
	for _, f := range p.fields {
		if f.key == key {
			return f, true
		}
	}
	return field{}, false
}

var textType = reflect.TypeFor[encoding.TextUnmarshaler]()

// shape sorts the types of the file by how they are written.
type shape uint8

const (
	unit   shape = iota // a scalar that reads itself, or a choice
	text                // a string
	number              // an int
	flag                // true or false
	list
	chosen // a mapping whose keys the user chooses
	block  // a mapping with fixed keys
)

func shapeOf(t reflect.Type) shape {
	_, isForm := reflect.Zero(t).Interface().(form)
	switch {
	case isForm && (reflect.PointerTo(t).Implements(textType) || t.Kind() == reflect.String):
		return unit
	case t.Implements(reflect.TypeFor[keyed]()):
		return chosen
	}
	switch t.Kind() {
	case reflect.String:
		return text
	case reflect.Int:
		return number
	case reflect.Bool:
		return flag
	case reflect.Slice:
		return list
	case reflect.Struct:
		return block
	}
	panic("the file has a type that its reader does not know: " + t.String())
}

// elem looks through a pointer, which marks a value that may be absent.
func elem(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// wants says what a type expects, for people.
func (ps plans) wants(t reflect.Type) string {
	t = elem(t)
	switch shapeOf(t) {
	case unit:
		f := reflect.Zero(t).Interface().(form).Form()
		if f.Values != nil {
			return "one of " + words(f.Values)
		}
		return f.Noun + " such as " + f.Example
	case text:
		return "a text"
	case number:
		return "a whole number"
	case flag:
		return "true or false"
	case list:
		return "a list"
	case chosen:
		return "a mapping"
	}
	return "a mapping"
}

// shortList reports whether a list stands for a block of this type.
func (ps plans) shortList(t reflect.Type) bool {
	if shapeOf(t) != block {
		return false
	}
	for _, f := range ps.of(t).fields {
		if f.short && shapeOf(elem(f.typ)) == list {
			return true
		}
	}
	return false
}

// smallest is a block with nothing but its required keys, as an example.
func (ps plans) smallest(t reflect.Type) string {
	if shapeOf(t) != block {
		return ""
	}
	var pairs []string
	for _, f := range ps.of(t).fields {
		if f.required {
			pairs = append(pairs, f.key+": "+f.example)
		}
	}
	if len(pairs) == 0 {
		return ""
	}
	return "{ " + words(pairs) + " }"
}

// each visits every key of the file with its path, in order. What stands below
// an override are the same keys again and is not visited.
func (ps plans) each(visit func(path string, f field)) {
	var walk func(t reflect.Type, at string)
	walk = func(t reflect.Type, at string) {
		t = elem(t)
		switch shapeOf(t) {
		case chosen:
			f, _ := t.Elem().FieldByName("Value")
			walk(f.Type, join(at, "<name>"))
		case list:
			walk(t.Elem(), at+"[]")
		case block:
			for _, f := range ps.of(t).fields {
				visit(join(at, f.key), f)
				if !f.overrides {
					walk(f.typ, join(at, f.key))
				}
			}
		}
	}
	walk(reflect.TypeFor[v1.File](), "")
}

// places lists the blocks that have each key, so that a key in the wrong block
// can be told from one that does not exist.
func (ps plans) places() map[string][]string {
	found := map[string][]string{}
	ps.each(func(path string, f field) {
		home := strings.TrimSuffix(strings.TrimSuffix(path, f.key), ".")
		if home == "" {
			home = "the file itself"
		}
		found[f.key] = append(found[f.key], home)
	})
	return found
}

func join(at, key string) string {
	if at == "" {
		return key
	}
	return at + "." + key
}

// words joins a list for people.
func words(list []string) string { return strings.Join(list, ", ") }
