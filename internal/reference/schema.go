package reference

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	yaml "github.com/goccy/go-yaml"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/spec"
)

// SchemaID is the address of the schema, and the name by which files refer to it.
const SchemaID = "https://paddock.dev/schema/v1.json"

// object is a JSON object that keeps the order of its members.
type object []member

type member struct {
	key   string
	value any
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(m.key)
		if err != nil {
			return nil, err
		}
		var value bytes.Buffer
		e := json.NewEncoder(&value)
		e.SetEscapeHTML(false)
		if err := e.Encode(m.value); err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(bytes.TrimSpace(value.Bytes()))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Schema is the JSON Schema (draft 2020-12) of the platform file, or of a file
// that it includes, which holds less and needs nothing. Editors complete
// and check with it. It refuses no file that the reader accepts, with one
// exception: whole numbers and truth values stand without quotes.
func Schema(included bool) ([]byte, error) {
	s := &schema{done: map[string]bool{}}
	title, id, file := "Paddock platform file", SchemaID, spec.Keys()
	if included {
		title, id, file = "Part of a Paddock platform file", strings.TrimSuffix(SchemaID, ".json")+"-included.json", spec.Included()
	}
	body := s.block(file, false)
	root := object{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"$id", id}, {"title", title}, {"description", Root().Description}}
	root = append(append(root, body...), member{"$defs", s.defs})
	compact, err := root.MarshalJSON()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, compact, "", "  "); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

type schema struct {
	defs object
	done map[string]bool
}

// define puts a schema under $defs once and returns the reference to it.
func (s *schema) define(name string, make func() object) object {
	if !s.done[name] {
		s.done[name] = true
		i := len(s.defs)
		s.defs = append(s.defs, member{name, nil}) // its place, before those that it needs
		s.defs[i].value = make()
	}
	return object{{"$ref", "#/$defs/" + name}}
}

// of a type. Partial blocks are laid over others: they need no key, and have no
// defaults.
func (s *schema) of(t spec.Type, key string, partial bool) object {
	switch t.Shape {
	case spec.Unit:
		return s.define(t.Name, func() object { return s.unit(t) })
	case spec.Text:
		return object{{"type", []string{"string", "number", "boolean"}}} // whatever it looks like to YAML
	case spec.Number:
		return object{{"type", "integer"}}
	case spec.Flag:
		return object{{"type", "boolean"}}
	case spec.List:
		return object{{"type", "array"}, {"items", s.of(*t.Elem, key, partial)}}
	case spec.Chosen:
		rule, ok := keyRules[key]
		if !ok {
			rule = ofNames
		}
		return object{{"type", "object"}, {"propertyNames", rule}, {"additionalProperties", s.of(*t.Elem, key, partial)}}
	}
	name := strings.TrimSuffix(t.Name, "Block")
	if partial {
		name += "Override"
	}
	return s.define(name, func() object {
		all := object{{"title", name}, {"description", about(t)}}
		body := s.block(t, partial)
		short := shortOf(t)
		if len(short) == 0 {
			return append(all, body...)
		}
		forms := []object{body}
		seen := map[string]bool{}
		for _, k := range short {
			if !seen[k.Type.Name+string(k.Type.Shape)] {
				seen[k.Type.Name+string(k.Type.Shape)] = true
				forms = append(forms, s.of(k.Type, k.Name, partial))
			}
		}
		return append(all, member{"anyOf", forms})
	})
}

// block is a mapping with fixed keys.
func (s *schema) block(t spec.Type, partial bool) object {
	var properties object
	var required []string
	for _, k := range t.Keys {
		if partial && k.Fixed {
			continue
		}
		if k.Required && !partial && (t.Name != "File" || k.Name != "services") {
			required = append(required, k.Name)
		}
		properties = append(properties, member{k.Name, s.key(t, k, partial)})
	}
	all := object{{"type", "object"}}
	if len(required) > 0 {
		all = append(all, member{"required", required})
	}
	all = append(all, member{"properties", properties}, member{"additionalProperties", false})
	if t.Name == "File" && len(required) > 0 {
		// The services may be in the files that this one includes.
		all = append(all, member{"anyOf", []object{{{"required", []string{"services"}}}, {{"required", []string{"include"}}}}})
	}
	return all
}

func (s *schema) key(t spec.Type, k spec.Key, partial bool) object {
	text := comment(t.Name, k)
	all := object{{"title", strings.TrimSuffix(firstSentence(text), ".")}, {"description", text}}
	all = append(all, s.of(k.Type, k.Name, partial || k.Overrides)...)
	for _, bound := range []struct{ key, text string }{{"minimum", k.Least}, {"maximum", k.Most}} {
		if n, err := strconv.Atoi(bound.text); err == nil {
			all = append(all, member{bound.key, n})
		}
	}
	if k.Name == "paddock" && t.Name == "File" {
		all = append(all, member{"const", "v1"})
	}
	if k.Default != "" && !partial {
		all = append(all, member{"default", plainJSON(k.Default)})
	}
	if k.Example != "" {
		all = append(all, member{"examples", []json.RawMessage{plainJSON(k.Example)}})
	}
	return all
}

func (s *schema) unit(t spec.Type) object {
	text := comments()[t.Name]
	all := object{{"title", t.Form.Noun}, {"description", text}}
	switch {
	case t.Form.Values != nil:
		return append(all, member{"enum", t.Form.Values})
	case t.Name == "RegionName":
		return append(all, member{"enum", v1.Regions()})
	}
	all = append(all, patterns[t.Name].schema()...)
	return append(all, member{"examples", []json.RawMessage{plainJSON(quoteComment(t.Form.Example))}})
}

// quoteComment makes a text that would be a comment a value.
func quoteComment(text string) string {
	if strings.HasPrefix(text, "#") {
		return strconv.Quote(text)
	}
	return text
}

// plainJSON is a value as one would write it in the file, in JSON.
func plainJSON(text string) json.RawMessage {
	data, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		return nil
	}
	return bytes.TrimSpace(data)
}
