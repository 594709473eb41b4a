package spec

import (
	"os"
	"reflect"
	"strings"
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

func TestReferencePageHasEveryKey(t *testing.T) {
	page, err := os.ReadFile("../../docs/reference/platform-file.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for line := range strings.Lines(string(page)) {
		if rest, ok := strings.CutPrefix(line, "| `"); ok {
			key, _, _ := strings.Cut(rest, "`")
			rows[key] += line
		}
	}
	plans{}.each(func(path string, f field) {
		key := path
		for _, section := range []string{"environments.<name>.", "services.<name>.", "delivery."} {
			key = strings.TrimPrefix(key, section)
		}
		row, ok := rows[key]
		switch {
		case !ok && shapeOf(elem(f.typ)) != block:
			t.Errorf("%s is missing", path)
		case ok && f.required && !strings.Contains(row, "**required**"):
			t.Errorf("%s is not marked as required", path)
		case ok && f.standard != "" && !strings.Contains(row, "`"+f.standard+"`"):
			t.Errorf("%s: the default %s is missing", path, f.standard)
		}
	})
	for _, keys := range later {
		for key := range keys {
			if !strings.Contains(string(page), "`"+key+"`") {
				t.Errorf("the later key %s is missing", key)
			}
		}
	}
}
