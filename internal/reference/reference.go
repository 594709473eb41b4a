// Package reference is the documentation of the platform file as data: every key
// with its comment, type, default and example, found by its path, and what is
// made of that: a JSON Schema and the reference page. It knows what the types of
// api/v1 and their comments say, and refuses to say anything of its own about a
// key: what is wrong here is wrong there.
package reference

import (
	_ "embed"
	"encoding/json"
	"strings"
	"sync"

	"paddock.dev/internal/spec"
)

//go:generate go run ./gen

//go:embed comments.json
var commentsJSON []byte

// comments of the types and fields of api/v1, by Type and Type.Field.
var comments = sync.OnceValue(func() map[string]string {
	all := map[string]string{}
	if err := json.Unmarshal(commentsJSON, &all); err != nil {
		panic("comments.json is broken: " + err.Error())
	}
	return all
})

// Key is one key of the file.
type Key struct {
	// Path from the top of the file; names that the user chooses are <name>, and
	// elements of a list [].
	Path string `json:"key"`
	// Name is the last part of the path.
	Name string `json:"-"`
	// Type in words, such as "a duration".
	Type string `json:"type"`
	// Required, Fixed: the file must have it; it is the same in every
	// environment.
	Required bool `json:"required,omitempty"`
	Fixed    bool `json:"sameEverywhere,omitempty"`
	// Default and Example as one would write them.
	Default string `json:"default,omitempty"`
	Example string `json:"example,omitempty"`
	// Form says how a value is written, for those that have a form of their own.
	Form string `json:"form,omitempty"`
	// Values are all there are, for a choice.
	Values []string `json:"values,omitempty"`
	// Least and Most bound a number.
	Least string `json:"least,omitempty"`
	Most  string `json:"most,omitempty"`
	// Description is what the comment in api/v1 says.
	Description string `json:"description"`
	// Keys below, in the order of the type.
	Keys []*Key `json:"keys,omitempty"`

	typ  spec.Type
	some bool // the parts below differ per environment: keys are those of another block
}

// Root is the whole file.
func Root() *Key { return root() }

var root = sync.OnceValue(func() *Key {
	file := spec.Keys()
	return &Key{Type: "the platform file", Description: "A whole platform in one place. It is read strictly: an unknown key, a value of the wrong type or a reference to nothing is an error.", typ: file, Keys: keysOf(file, "")}
})

// keysOf are the keys below a value of a type.
func keysOf(t spec.Type, at string) []*Key {
	switch t.Shape {
	case spec.List:
		return keysOf(*t.Elem, at+"[]")
	case spec.Chosen:
		if block := t.Elem.Shape == spec.Block; !block && !holdsBlocks(*t.Elem) {
			return nil
		}
		name := join(at, "<name>")
		element := &Key{Path: name, Name: "<name>", Type: Words(*t.Elem), Description: about(*t.Elem), typ: *t.Elem, Keys: keysOf(*t.Elem, name)}
		return []*Key{element}
	case spec.Block:
		var all []*Key
		for _, k := range t.Keys {
			path := join(at, k.Name)
			key := &Key{
				Path: path, Name: k.Name, Type: Words(k.Type), Required: k.Required, Fixed: k.Fixed,
				Default: k.Default, Example: k.Example, Least: k.Least, Most: k.Most,
				Values: valuesOf(k.Type), Form: formOf(k.Type), Description: comment(t.Name, k), typ: k.Type, some: k.Overrides,
			}
			if !k.Overrides {
				key.Keys = keysOf(k.Type, path)
			}
			all = append(all, key)
		}
		return all
	}
	return nil
}

// comment on a key. Those whose name is no word are called what the file calls
// them.
func comment(block string, k spec.Key) string {
	text := comments()[block+"."+k.Field]
	if rest, ok := strings.CutPrefix(text, k.Field+" "); ok && strings.ToLower(k.Name) != k.Name {
		return k.Name + " " + rest
	}
	return text
}

// about a block: its comment without the name that it has in Go.
func about(t spec.Type) string {
	text := comments()[t.Name]
	rest, ok := strings.CutPrefix(text, t.Name+" ")
	if !ok || t.Shape != spec.Block {
		return text
	}
	rest = strings.TrimPrefix(rest, "is ")
	return strings.ToUpper(rest[:1]) + rest[1:]
}

func holdsBlocks(t spec.Type) bool {
	switch t.Shape {
	case spec.List, spec.Chosen:
		return holdsBlocks(*t.Elem)
	case spec.Block:
		return true
	}
	return false
}

// formOf a unit, or of the elements of a list: what its comment says of it.
func formOf(t spec.Type) string {
	for t.Shape == spec.List {
		t = *t.Elem
	}
	if t.Shape != spec.Unit || t.Form.Values != nil {
		return ""
	}
	return said(t.Name)
}

// said is the comment of a type without the name that it has in Go.
func said(name string) string {
	text := strings.TrimPrefix(firstParagraph(comments()[name]), name+" ")
	text = strings.TrimPrefix(strings.TrimPrefix(text, "is "), "are ")
	return strings.ToUpper(text[:1]) + text[1:]
}

func valuesOf(t spec.Type) []string {
	for t.Elem != nil {
		t = *t.Elem
	}
	return t.Form.Values
}

// Words says what a type is, with its article.
func Words(t spec.Type) string {
	switch t.Shape {
	case spec.Unit:
		if v := t.Form.Values; v != nil {
			if len(v) == 1 {
				return v[0]
			}
			return strings.Join(v[:len(v)-1], ", ") + " or " + v[len(v)-1]
		}
		return t.Form.Noun
	case spec.Text:
		return "a text"
	case spec.Number:
		return "a whole number"
	case spec.Flag:
		return "true or false"
	case spec.List:
		if t.Elem.Shape == spec.Unit && t.Elem.Form.Values != nil {
			return "a list of " + Words(*t.Elem)
		}
		return "a list, each " + Words(*t.Elem)
	case spec.Chosen:
		return "by name, each " + Words(*t.Elem)
	}
	if short := shortOf(t); len(short) > 0 {
		return "a block, or " + Words(short[0].Type) + " alone"
	}
	return "a block"
}

// shortOf are the keys whose value may stand for a whole block.
func shortOf(t spec.Type) []spec.Key {
	var all []spec.Key
	for _, k := range t.Keys {
		if k.Short {
			all = append(all, k)
		}
	}
	return all
}

// SameAs is the block whose keys may stand here, in part, to be laid over it;
// empty for most.
func (k *Key) SameAs() string {
	if k.some {
		return k.Name + ".<name>"
	}
	return ""
}

// Each visits the keys below, in order, and those below them.
func (k *Key) Each(visit func(*Key)) {
	for _, below := range k.Keys {
		visit(below)
		below.Each(visit)
	}
}

// Summary is the first sentence of the description.
func (k *Key) Summary() string { return firstSentence(k.Description) }

func firstParagraph(text string) string {
	first, _, _ := strings.Cut(text, "\n\n")
	return first
}

func firstSentence(text string) string {
	text = firstParagraph(text)
	if i := strings.Index(text, ". "); i >= 0 {
		return text[:i+1]
	}
	return text
}

func join(at, key string) string {
	if at == "" {
		return key
	}
	return at + "." + key
}
