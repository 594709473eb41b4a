package spec

import (
	"reflect"
	"strconv"
	"strings"
)

// decoder fills the types of the file from the tree, strictly.
type decoder struct {
	*report
	plans plans
	// standards are the defaults of fields, as trees.
	standards map[string]*node
	presets   map[presetKey]reflect.Value
	// keyPlaces is made when the first unknown key is met.
	keyPlaces map[string][]string
}

func newDecoder(r *report) *decoder {
	return &decoder{report: r, plans: plans{}, standards: map[string]*node{}, presets: map[presetKey]reflect.Value{}}
}

// place is where the decoder is: the path for people, and the key that leads
// there.
type place struct {
	path    string
	key     string
	at      span
	example string
	// least and most bound a whole number; empty means no bound.
	least, most string
	// partial blocks are laid over others: they need no required keys and get
	// no defaults.
	partial bool
	// implied blocks are not in the file and exist for their defaults.
	implied bool
}

func (p place) below(key string, at span) place {
	return place{path: join(p.path, key), key: key, at: at, partial: p.partial}
}

// pair is the key with a value, as one would write it; an element of a list has
// no key.
func (p place) pair(value string) string {
	if p.key == "" {
		return value
	}
	return p.key + ": " + value
}

// subject is the path at the beginning of a sentence.
func (p place) subject() string {
	if p.path == "" {
		return "The file"
	}
	return p.path
}

// name is the path for people; the file itself has no path.
func (p place) name() string {
	if p.path == "" {
		return "the file"
	}
	return p.path
}

// decode reads a node into v.
func (d *decoder) decode(n *node, v reflect.Value, p place) {
	if n.kind == broken {
		return
	}
	if n.kind == null {
		d.empty(p)
		return
	}
	if v.Kind() == reflect.Pointer {
		mark := len(d.problems)
		v.Set(reflect.New(v.Type().Elem()))
		d.decode(n, v.Elem(), p)
		if len(d.problems) > mark && shapeOf(v.Type().Elem()) != block {
			v.SetZero() // a value that could not be read is as good as absent
		}
		return
	}
	switch shapeOf(v.Type()) {
	case unit:
		d.unit(n, v, p)
	case text:
		if d.is(n, scalar, v.Type(), p) {
			v.SetString(n.text)
		}
	case number:
		d.number(n, v, p)
	case flag:
		d.flag(n, v, p)
	case list:
		d.list(n, v, p)
	case chosen:
		d.chosen(n, v, p)
	case block:
		d.block(n, v, p)
	}
}

func (d *decoder) empty(p place) {
	problem := d.err(idEmptyValue, p.at, "%s has no value", p.subject())
	if p.example != "" {
		problem.Fix = "Write for example:\n" + p.pair(p.example)
		if strings.HasPrefix(p.example, `"#`) {
			problem.Detail = "In YAML, # begins a comment: what follows it is not read, unless it is in quotes."
		}
	} else {
		problem.Fix = "Write a value, or remove the key."
	}
}

// is checks the kind of a node.
func (d *decoder) is(n *node, want kind, t reflect.Type, p place) bool {
	if n.kind == want {
		return true
	}
	problem := d.err(idWrongType, n.at, "%s is %s where %s belongs", p.subject(), n.describe(), d.plans.wants(t))
	if want == mapping && n.kind == scalar && n.at.line == p.at.line && strings.Contains(n.text, ":") && !n.quoted {
		problem.Detail = "YAML needs a space after the colon of a key."
	} else if shapeOf(elem(t)) == block && len(d.plans.of(elem(t)).keys) <= fewKeys {
		problem.Detail = "The keys here are " + words(d.plans.of(elem(t)).keys) + "."
	}
	switch {
	case p.path == "":
		problem.Fix = begin
	case want == sequence && n.kind == scalar && strings.Contains(n.text, ", "):
		problem.Fix = "Write " + p.pair("["+n.text+"]")
	case want == sequence && n.kind == scalar && strings.Contains(n.text, " ") && p.example != "":
		// The words of a command are elements; nobody means one of that name.
		problem.Fix = "Write for example:\n" + p.pair(p.example)
	case want == sequence && n.kind == scalar:
		problem.Fix = "Write " + p.pair("["+n.written()+"]")
	case want == mapping && n.kind == scalar && !strings.Contains(n.text, ":") && d.plans.shortList(elem(t)):
		problem.Fix = "Write " + p.pair("["+n.written()+"]")
	case want == scalar && n.kind == sequence && len(n.items) == 1 && n.items[0].kind == scalar:
		problem.Fix = "Write " + p.pair(n.items[0].text)
	case p.example != "":
		problem.Fix = "Write for example:\n" + p.pair(p.example)
	}
	return false
}

func (d *decoder) list(n *node, v reflect.Value, p place) {
	if !d.is(n, sequence, v.Type(), p) {
		return
	}
	mark := len(d.problems)
	v.Set(reflect.MakeSlice(v.Type(), len(n.items), len(n.items)))
	for i, item := range n.items {
		at := item.at
		if item.kind == null {
			at = n.at
		}
		d.decode(item, v.Index(i), place{path: p.path + "[" + strconv.Itoa(i) + "]", at: at, partial: p.partial})
	}
	if len(d.problems) > mark && v.Type().Elem().Kind() == reflect.String && shapeOf(v.Type().Elem()) == text {
		v.SetZero() // empty texts in it would be taken for what was written
	}
}

func (d *decoder) chosen(n *node, v reflect.Value, p place) {
	if !d.is(n, mapping, v.Type(), p) {
		return
	}
	entryType, _ := v.Type().Elem().FieldByName("Value")
	example := d.plans.smallest(elem(entryType.Type))
	if example == "" {
		// { booking: { port: 8443 } } has an example of an entry in it.
		_, example, _ = strings.Cut(strings.TrimSuffix(p.example, " }"), ": ")
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.entries), len(n.entries)))
	for i, e := range n.entries {
		entry := v.Index(i)
		entry.FieldByName("Key").SetString(e.key)
		at := p.below(e.key, e.at)
		if !p.partial {
			at.example = example
		}
		d.decode(e.value, entry.FieldByName("Value"), at)
	}
}

// block reads a mapping with fixed keys, or the short form of one.
func (d *decoder) block(n *node, v reflect.Value, p place) {
	known := d.plans.of(v.Type())
	mark, short := len(d.problems), false
	if n.kind != mapping {
		if wide := expandShort(known, n); wide != nil {
			n, short = wide, true
		} else if !d.is(n, mapping, v.Type(), p) {
			return
		}
	}
	for _, e := range n.entries {
		if _, ok := known.field(e.key); !ok {
			d.unknownKey(known, e, p)
		}
	}
	for _, f := range known.fields {
		e, ok := n.get(f.key)
		target := v.Field(f.index)
		switch {
		case ok && p.partial && f.fixed:
			problem := d.err(idFixedKey, e.at, "%q is the same in every environment", f.key)
			if strings.Contains(p.path, ".stores.") {
				problem.Detail = "It belongs to the store as a whole."
				problem.Fix = "Move it to stores."
			} else {
				problem.Detail = "It belongs to the service as a whole: a release is built once, and the same build runs everywhere."
				problem.Fix = "Move it to services."
			}
		case ok:
			at := p.below(f.key, e.at)
			at.example, at.partial = f.example, p.partial || f.overrides
			at.least, at.most = f.least, f.most
			if short {
				if len(d.problems) > mark {
					continue // one value, one complaint
				}
				at = p
			}
			d.decode(e.value, target, at)
		case p.partial:
		case f.required && !p.implied:
			problem := d.err(idMissingKey, p.at, "%s has no %q", p.subject(), f.key)
			problem.Fix = "Add for example:\n" + f.key + ": " + f.example
		case f.standard != "":
			d.preset(f, target, p)
		case target.Kind() == reflect.Struct && shapeOf(target.Type()) == block:
			at := p.below(f.key, p.at)
			at.implied = true
			d.block(&node{kind: mapping, at: p.at, size: 1}, target, at)
		}
	}
}

// preset gives a field its default. Blocks and lists are read anew each time,
// because nobody may share them; single values are read once.
func (d *decoder) preset(f field, target reflect.Value, p place) {
	if s := shapeOf(elem(f.typ)); s == list || s == block || s == chosen || f.typ.Kind() == reflect.Pointer {
		d.decode(d.standard(f.standard), target, p.below(f.key, p.at))
		return
	}
	at := presetKey{f.typ, f.standard}
	v, ok := d.presets[at]
	if !ok {
		v = reflect.New(f.typ).Elem()
		d.decode(d.standard(f.standard), v, p.below(f.key, p.at))
		d.presets[at] = v
	}
	target.Set(v)
}

// presetKey is a default of a type.
type presetKey struct {
	typ  reflect.Type
	text string
}

// standard is the tree of a default.
func (d *decoder) standard(text string) *node {
	n, ok := d.standards[text]
	if !ok && plain(text) {
		n = &node{kind: scalar, text: text, at: spanOf(1, 1, 1, 1+len(text)), size: 1}
		d.standards[text] = n
	} else if !ok {
		root, _ := parseTree(&report{}, "default: "+text+"\n")
		e, _ := root.get("default")
		n = e.value
		d.standards[text] = n
	}
	return n
}

// plain reports whether a text is one scalar in YAML, read as it stands. Most
// defaults are, and the parser costs more than all their uses.
func plain(text string) bool {
	for _, c := range []byte(text) {
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') && c != '.' && c != '%' {
			return false
		}
	}
	return text != "" && !strings.EqualFold(text, "null") && text[0] != '%'
}

// expandShort turns the short form of a block into the long one, with the
// places of the short form; nil when the block has no such form.
func expandShort(known *plan, n *node) *node {
	if n.kind != scalar && n.kind != sequence {
		return nil
	}
	wide := &node{kind: mapping, at: n.at, size: n.size}
	for _, f := range known.fields {
		isList := shapeOf(elem(f.typ)) == list
		if f.short && isList == (n.kind == sequence) {
			wide.entries = append(wide.entries, entry{f.key, n.at, n})
		}
	}
	if len(wide.entries) == 0 {
		return nil
	}
	return wide
}
