package spec

import (
	"reflect"
	"testing"
)

// What the tags say as default and example must be right: the first is given to
// users who wrote nothing, the second to those who wrote something wrong.
func TestTagsAreWellWritten(t *testing.T) {
	plans{}.each(func(path string, f field) {
		if f.example == "" {
			t.Errorf("%s has no example", path)
		}
		if f.required && f.standard != "" {
			t.Errorf("%s is required and has a default", path)
		}
		for _, text := range []string{f.standard, f.example} {
			if text == "" {
				continue
			}
			r := &report{file: path}
			root, ok := parseTree(r, f.key+": "+text+"\n")
			if !ok {
				t.Fatalf("%s: %q is not YAML", path, text)
			}
			e, _ := root.get(f.key)
			newDecoder(r).decode(e.value, reflect.New(f.typ).Elem(), place{path: path, partial: f.overrides})
			for _, p := range r.problems {
				t.Errorf("%s: %q: %s", path, text, p.Summary)
			}
		}
	})
}
