package spec

import (
	"encoding"
	"reflect"
	"strconv"
	"strings"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/addr"
)

// Outline is a piece of the platform as it is resolved, in the words of the
// file.
type Outline struct {
	Lines []Line
	// Value is the same for programs: maps, lists, texts, numbers and booleans.
	Value any
}

// Line is one line of an outline.
type Line struct {
	// Key is the path of what the line is about.
	Key string
	// Text with its indentation.
	Text string
	// Leaf lines have a value, with an origin.
	Leaf   bool
	Origin Origin
}

// Outline is a thing of the platform as it is in an environment. ok is false when
// there is none of that name there. Services and stores are of an environment;
// what is not is the same in all.
func (f *File) Outline(environment string, a addr.Address) (*Outline, bool) {
	o := f.outline(environment, a)
	return o, o != nil
}

// Whole is the platform with services and stores as they are in an environment.
func (f *File) Whole(environment string) *Outline {
	o := &outliner{file: f, environment: environment}
	o.out.Value = o.block(reflect.ValueOf(f.file).Elem(), "", 0)
	return &o.out
}

func (f *File) outline(environment string, a addr.Address) *Outline {
	o := &outliner{file: f, environment: environment}
	var v reflect.Value
	path := ""
	switch a.Kind {
	case addr.Service, addr.Store:
		at, ok := f.places.blocks[placeKey{environment, a}]
		if !ok {
			return nil
		}
		v, path, o.reasons = reflect.ValueOf(at.block).Elem(), string(a.Kind)+"s."+a.Name, at.reasons
		o.base = path
	case addr.Environment:
		v, path = entryValue(f.file.Environments, a.Name), "environments."+a.Name
	case addr.Team:
		v, path = entryValue(f.file.Teams, a.Name), "teams."+a.Name
	case addr.Person:
		v, path = entryValue(f.file.People, a.Name), "people."+a.Name
	case addr.Group:
		v, path = entryValue(f.file.Groups, a.Name), "groups."+a.Name
	}
	if !v.IsValid() {
		return nil
	}
	if shapeOf(v.Type()) != block {
		o.out.Value = o.value(a.Name, path, v, 0, true)
		return &o.out
	}
	o.out.Value = o.block(v, path, 0)
	return &o.out
}

func entryValue[T any](m v1.Map[T], name string) reflect.Value {
	for i := range m {
		if m[i].Key == name {
			return reflect.ValueOf(&m[i].Value).Elem()
		}
	}
	return reflect.Value{}
}

// outliner writes blocks line by line.
type outliner struct {
	file        *File
	environment string
	reasons     []reason
	base        string // path of the block that the reasons are of
	out         Outline
	// dash is written in front of the next line: it begins an element.
	dash bool
	// short tells that the key at hand may stand for its whole block.
	short bool
}

func (o *outliner) emit(depth int, key, text string, leaf bool) int {
	indent := strings.Repeat("  ", depth)
	if o.dash {
		indent, o.dash = strings.Repeat("  ", depth-1)+"- ", false
	}
	o.out.Lines = append(o.out.Lines, Line{Key: key, Text: indent + text, Leaf: leaf})
	return len(o.out.Lines) - 1
}

// block writes the keys of a block that have a value, and returns them.
func (o *outliner) block(v reflect.Value, path string, depth int) any {
	values := map[string]any{}
	for _, f := range o.file.decoder.plans.of(v.Type()).fields {
		if f.overrides || path == "" && f.key == "include" {
			continue // what is included stands in its place
		}
		at := join(path, f.key)
		o.short = f.short
		if value := o.value(f.key, at, v.Field(f.index), depth, f.standard != ""); value != nil {
			values[f.key] = value
		}
	}
	return values
}

// value writes one key; nil when there is nothing to write.
func (o *outliner) value(key, path string, v reflect.Value, depth int, standard bool) any {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	switch shape := shapeOf(v.Type()); {
	case path == "services":
		return o.things(addr.Service, key, depth)
	case path == "stores":
		return o.things(addr.Store, key, depth)
	case shape == list && (v.Len() == 0 || shapeOf(v.Type().Elem()) != block):
		if v.Len() == 0 && !standard {
			return nil
		}
		return o.flow(key, path, v, depth)
	case shape == list:
		o.emit(depth, path, quoteKey(key)+":", false)
		var all []any
		for i := range v.Len() {
			o.dash = true
			all = append(all, o.block(v.Index(i), path+"["+strconv.Itoa(i)+"]", depth+2))
			o.dash = false
		}
		return all
	case shape == chosen && v.Len() == 0:
		return nil
	case shape == chosen:
		o.emit(depth, path, quoteKey(key)+":", false)
		all := map[string]any{}
		for i := range v.Len() {
			entry := v.Index(i)
			name := entry.FieldByName("Key").String()
			all[name] = o.entry(name, join(path, name), entry.FieldByName("Value"), depth+1)
		}
		return all
	case shape == block:
		at := o.emit(depth, path, quoteKey(key)+":", false)
		value := o.block(v, path, depth+1)
		if len(o.out.Lines) == at+1 { // nothing in it has a value
			o.out.Lines = o.out.Lines[:at]
			return nil
		}
		return value
	}
	text, value := scalarOf(v)
	if text == "" {
		return nil
	}
	at := o.emit(depth, path, quoteKey(key)+": "+quoteText(text, false), true)
	o.out.Lines[at].Origin = o.origin(path, text, false)
	return value
}

// entry writes what stands below a name that the user chose, also when nothing
// does.
func (o *outliner) entry(name, path string, v reflect.Value, depth int) any {
	if shapeOf(v.Type()) != block {
		if value := o.value(name, path, v, depth, true); value != nil {
			return value
		}
		at := o.emit(depth, path, quoteKey(name)+`: ""`, true)
		o.out.Lines[at].Origin = o.origin(path, "", false)
		return ""
	}
	at := o.emit(depth, path, quoteKey(name)+":", false)
	value := o.block(v, path, depth+1)
	if len(o.out.Lines) == at+1 {
		o.out.Lines[at].Text += " {}"
	}
	return value
}

// flow writes a list of single values on one line.
func (o *outliner) flow(key, path string, v reflect.Value, depth int) any {
	texts, values := make([]string, v.Len()), make([]any, v.Len())
	for i := range v.Len() {
		text, value := scalarOf(v.Index(i))
		texts[i], values[i] = quoteText(text, true), value
	}
	at := o.emit(depth, path, quoteKey(key)+": ["+strings.Join(texts, ", ")+"]", true)
	o.out.Lines[at].Origin = o.origin(path, "["+strings.Join(texts, ", ")+"]", true)
	return values
}

// things are the services or stores of the environment, in the order of the
// file.
func (o *outliner) things(kind addr.Kind, key string, depth int) any {
	names := namesOf(o.file.file.Services).list
	if kind == addr.Store {
		names = namesOf(o.file.file.Stores).list
	}
	all := map[string]any{}
	for _, name := range names {
		at, ok := o.file.places.blocks[placeKey{o.environment, addr.Address{Kind: kind, Name: name}}]
		if !ok {
			continue
		}
		if len(all) == 0 {
			o.emit(depth, key, key+":", false)
		}
		o.reasons, o.base = at.reasons, key+"."+name
		all[name] = o.entry(name, o.base, reflect.ValueOf(at.block).Elem(), depth+1)
		o.reasons, o.base = nil, ""
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// origin is where a value comes from: a place, a rule, or both when a rule
// changed what was written.
func (o *outliner) origin(path, text string, isList bool) Origin {
	out := Origin{Value: text}
	at, short, ok := o.file.written(o.environment, path)
	// The short form of a block gives only some of its values.
	if ok && short != nil && (!o.short || isList != (short.kind == sequence)) {
		ok = false
	}
	if ok {
		out.Range = o.file.rangeOf(at)
	}
	if rest, found := strings.CutPrefix(path, o.base+"."); found && o.base != "" {
		for _, r := range o.reasons {
			if r.key == rest {
				out.Rule = r.rule
			}
		}
	}
	if rule, found := o.file.places.top[path]; found && !ok {
		out.Rule = rule
	}
	if !ok && out.Rule == "" {
		out.Rule = "default"
	}
	return out
}

// scalarOf is a single value as the file writes it, and as programs read it;
// empty when there is none.
func scalarOf(v reflect.Value) (string, any) {
	switch shapeOf(v.Type()) {
	case number:
		return strconv.FormatInt(v.Int(), 10), v.Int()
	case flag:
		return strconv.FormatBool(v.Bool()), v.Bool()
	case text:
		return v.String(), v.String()
	}
	if v.Kind() != reflect.String && v.IsZero() && v.Type() != reflect.TypeFor[v1.Duration]() && v.Type() != reflect.TypeFor[v1.Percent]() {
		return "", nil
	}
	m, ok := v.Interface().(encoding.TextMarshaler)
	if !ok {
		return v.String(), v.String() // a choice
	}
	written, err := m.MarshalText()
	if err != nil {
		return "", nil
	}
	if v.Type() == reflect.TypeFor[v1.Tier]() || v.Type() == reflect.TypeFor[v1.Port]() {
		return string(written), v.Int()
	}
	return string(written), string(written)
}
