package reference

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode"

	yaml "github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/diag"
	"paddock.dev/internal/spec"
)

func compiled(t testing.TB, included bool) *jsonschema.Schema {
	t.Helper()
	text, err := Schema(included)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("schema.json") // compares it with the meta-schema, too
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// value of a YAML text, as editors hand it to a validator.
func value(t testing.TB, text []byte) (any, bool) {
	t.Helper()
	data, err := yaml.YAMLToJSON(text)
	if err != nil {
		return nil, false
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	return v, err == nil
}

func TestSchemaFitsTheMetaSchema(t *testing.T) {
	for _, included := range []bool{false, true} {
		text, err := Schema(included)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		meta, err := jsonschema.NewCompiler().Compile("https://json-schema.org/draft/2020-12/schema")
		if err != nil {
			t.Fatal(err)
		}
		if err := meta.Validate(doc); err != nil {
			t.Error(err)
		}
	}
}

func TestExamplesFitTheSchema(t *testing.T) {
	schema := compiled(t, false)
	paths, err := filepath.Glob("../../examples/*/platform.yaml")
	if err != nil || len(paths) < 2 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		v, ok := value(t, text)
		if !ok {
			t.Fatalf("%s is not YAML", path)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestIncludedFiles(t *testing.T) {
	main, part := compiled(t, false), compiled(t, true)
	for text, want := range map[string][2]bool{ // accepted as the main file, as an included one
		"services: { a: { port: 8080, source: . } }":                                                             {false, true},
		"paddock: v1\nstores: { a: { engine: redis } }\nenvironments: { prod: { stores: { a: { nodes: 1 } } } }": {false, true},
		"stores: { a: { nodes: 1 } }":                                                                            {false, false}, // a store has an engine
		"environments: { prod: { stage: production } }":                                                          {false, false},
		"name: x": {false, false},
		"paddock: v1\nname: x\ndomain: x.example\nenvironments: { prod: { stage: production } }\ninclude: [teams/*.yaml]":      {true, false},
		"paddock: v1\nname: x\ndomain: x.example\nenvironments: { prod: { stage: production } }":                               {false, false},
		"paddock: v1\nname: x\ndomain: x.example\nenvironments: { prod: { stage: production } }\nservices: { a: {port: 8080}}": {true, false},
		"paddock: v2\nname: x\ndomain: x.example\nenvironments: { prod: { stage: production } }\nservices: { a: {port: 8080}}": {false, false},
	} {
		v, ok := value(t, []byte(text))
		if !ok {
			t.Fatal(text)
		}
		if got := [2]bool{main.Validate(v) == nil, part.Validate(v) == nil}; got != want {
			t.Errorf("%s\naccepted as main and included: %v, want %v", text, got, want)
		}
	}
}

func TestFormsOfBlocks(t *testing.T) {
	schema := compiled(t, false)
	file := func(environment, more string) string {
		return "paddock: v1\nname: x\ndomain: x.example\nenvironments: { prod: { stage: production" + environment + " } }\nservices: { a: { port: 8080 } }\nstores: { s: { engine: kafka } }\n" + more
	}
	for text, want := range map[string]bool{
		file("", ""): true,
		// Short forms, and the long ones that they stand for.
		file(", approve: [leads]", ""):               true,
		file(", approve: { from: [leads] }", ""):     true,
		file(", approve: leads", ""):                 false,
		file(", scale: 1..3", "teams: { r: [x] }"):   true,
		file(", scale: { replicas: [1] }", ""):       false,
		file(", approve: { count: 1 }", ""):          false, // from is required
		file("", "services2: {}"):                    false,
		file("", "cost: { budgets: { prod: 1.5 } }"): false,
		file("", "cloud: { zones: 9 }"):              false, // there are six at most
		// Overrides are parts of blocks.
		file(", services: { a: { health: /x, settings: { A: 1, B: true } } }", ""): true,
		file(", stores: { s: { nodes: 1 } }", ""):                                  true,
		file(", stores: { s: { engine: redis } }", ""):                             false, // the same everywhere
		file(", services: { a: { team: x } }", ""):                                 false,
		file(", services: { a: { prot: 1 } }", ""):                                 false,
		file(", services: { A_B: { port: 8080 } }", ""):                            false,
	} {
		v, ok := value(t, []byte(text))
		if !ok {
			t.Fatal(text)
		}
		if err := schema.Validate(v); (err == nil) != want {
			t.Errorf("%s\naccepted: %t (%v)", text, err == nil, err)
		}
	}
}

// Fixtures that are wrong by their keys and types alone must not pass; and what
// the reader accepts must.
func TestFixtures(t *testing.T) {
	schema := compiled(t, false)
	structural := map[string]bool{"unknown-key": true, "missing-key": true, "wrong-type": true, "same-in-every-environment": true}
	paths, err := filepath.Glob("../spec/testdata/errors/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatal(err)
	}
	refused := 0
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		v, ok := value(t, text)
		if !ok {
			continue
		}
		_, problems := spec.Parse("f", text)
		if len(spec.NotYAML(problems)) > 0 {
			continue
		}
		wrong := false
		for _, p := range problems {
			wrong = wrong || structural[p.ID]
		}
		switch err := schema.Validate(v); {
		case wrong && err == nil:
			t.Errorf("%s passes", path)
		case wrong:
			refused++
		case err != nil && !diag.HasErrors(problems):
			t.Errorf("%s: the reader accepts it, the schema does not: %v", path, err)
		}
	}
	if refused < 5 {
		t.Errorf("only %d fixtures were refused", refused)
	}
}

// The default and the example of every key fit the key.
func TestExamplesOfKeysFit(t *testing.T) {
	text, err := Schema(false)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.AddResource("schema.json", parsed); err != nil {
		t.Fatal(err)
	}
	checked := 0
	check := func(where string, properties any) {
		all, _ := properties.(map[string]any)
		for name, p := range all {
			property := p.(map[string]any)
			schema, err := c.Compile("schema.json#" + where + "/properties/" + name)
			if err != nil {
				t.Fatalf("%s: %s: %v", where, name, err)
			}
			examples, _ := property["examples"].([]any)
			if len(examples) == 0 {
				t.Errorf("%s: %s has no example", where, name)
			}
			if standard, ok := property["default"]; ok {
				examples = append(examples, standard)
			}
			for _, e := range examples {
				raw, err := json.Marshal(e)
				if err != nil {
					t.Fatal(err)
				}
				v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
				if err != nil {
					t.Fatal(err)
				}
				if err := schema.Validate(v); err != nil {
					t.Errorf("%s: %s: %s: %v", where, name, raw, err)
				}
				checked++
			}
		}
	}
	check("", doc["properties"])
	for name, d := range doc["$defs"].(map[string]any) {
		def := d.(map[string]any)
		check("/$defs/"+name, def["properties"])
		forms, _ := def["anyOf"].([]any)
		for i, f := range forms {
			check(fmt.Sprintf("/$defs/%s/anyOf/%d", name, i), f.(map[string]any)["properties"])
		}
	}
	if checked < 150 {
		t.Errorf("only %d values were checked", checked)
	}
}

// units are all units of the file that are no choice, by name.
func units() map[string]reflect.Type {
	found := map[string]reflect.Type{}
	seen := map[reflect.Type]bool{}
	var walk func(t reflect.Type)
	walk = func(t reflect.Type) {
		if seen[t] {
			return
		}
		seen[t] = true
		if f, ok := reflect.Zero(t).Interface().(interface{ Form() v1.Form }); ok && t.Kind() != reflect.Pointer {
			if f.Form().Values == nil {
				found[t.Name()] = t
			}
			return
		}
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice:
			walk(t.Elem())
		case reflect.Struct:
			for i := range t.NumField() {
				walk(t.Field(i).Type)
			}
		}
	}
	walk(reflect.TypeFor[v1.File]())
	return found
}

// fits reports whether a pattern holds for a text; ok is false when the reader
// refuses the text anyway.
func fits(t testing.TB, name string, typ reflect.Type, text string) (fits, ok bool) {
	t.Helper()
	if reflect.New(typ).Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text)) != nil {
		return false, false
	}
	return regexp.MustCompile(patterns[name].text).MatchString(text), true
}

func TestEveryUnitHasAPattern(t *testing.T) {
	for name, typ := range units() {
		if name == "RegionName" {
			continue
		}
		if patterns[name].text == "" {
			t.Errorf("%s has no pattern", name)
			continue
		}
		example := reflect.Zero(typ).Interface().(interface{ Form() v1.Form }).Form().Example
		if fit, ok := fits(t, name, typ, example); !fit || !ok {
			t.Errorf("%s: the example %q fits the pattern: %t, is accepted: %t", name, example, fit, ok)
		}
		for _, nonsense := range []string{"", "no such value, is it?"} {
			if regexp.MustCompile(patterns[name].text).MatchString(nonsense) && name != "Dir" && name != "Pattern" {
				t.Errorf("%s: %q fits", name, nonsense)
			}
		}
	}
	for name := range patterns {
		if _, ok := units()[name]; !ok {
			t.Errorf("there is no unit %s", name)
		}
	}
}

// What the reader accepts, the pattern must.
func FuzzPatterns(f *testing.F) {
	for _, typ := range units() {
		f.Add(reflect.Zero(typ).Interface().(interface{ Form() v1.Form }).Form().Example)
	}
	for _, text := range []string{"1h30m", "Mon,Wed,Sat-Sun 00:00-24:00 UTC", "2026-12-24 - 2027-01-02 Asia/Kolkata", "a/b?", "*.x.y", "::1", "0 6 1,15 JAN-MAR */2 UTC", "10.0.0.1", "http/2", "3d", "0.5", "99.999%"} {
		f.Add(text)
	}
	all := units()
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || unicode.IsControl(c) || c != ' ' && unicode.IsSpace(c) }) {
			return // none of them stands in a value of a file, unless somebody tries
		}
		for name, typ := range all {
			if name == "RegionName" {
				continue
			}
			if fit, ok := fits(t, name, typ, text); ok && !fit {
				t.Fatalf("%s: the reader accepts %q, the pattern does not", name, text)
			}
		}
	})
}
