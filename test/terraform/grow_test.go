package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

const grown = `{"resource_changes": [
  {"address": "module.m.a.new", "type": "a", "mode": "managed", "change": {"actions": ["create"], "before": null, "after": {"x": 1}, "after_unknown": {}}},
  {"address": "module.m.a.same", "type": "a", "mode": "managed", "change": {"actions": ["no-op"], "before": {"x": 1}, "after": {"x": 1}, "after_unknown": {}}},
  {"address": "data.a.read", "type": "a", "mode": "data", "change": {"actions": ["read"], "before": null, "after": {}, "after_unknown": {"x": true}}},
  {"address": "module.m.a.listed[\"one.two\"]", "type": "a", "mode": "managed", "change": {"actions": ["update"], "before": {"x": [1], "y": 2}, "after": {"x": [1, 2], "y": 2}, "after_unknown": {"x": [false, false], "y": false}}},
  {"address": "module.m.a.later", "type": "a", "mode": "managed", "change": {"actions": ["update"], "before": {"x": [1], "y": 2}, "after": {"x": [1, 2]}, "after_unknown": {"y": true}}},
  {"address": "module.m.a.inside", "type": "a", "mode": "managed", "change": {"actions": ["update"], "before": {"x": {"p": 1, "q": 2}, "y": 2}, "after": {"x": {"q": 2}, "y": 2}, "after_unknown": {"x": {"p": true}, "y": false}}},
  {"address": "module.m.a.replaced", "type": "a", "mode": "managed", "change": {"actions": ["delete", "create"], "before": {"x": [1]}, "after": {"x": [2]}, "after_unknown": {}}},
  {"address": "module.m.b.listed", "type": "b", "mode": "managed", "change": {"actions": ["update"], "before": {"x": [1]}, "after": {"x": [1, 2]}, "after_unknown": {}}}
]}`

func TestWhatIsNewTouchesNothingElse(t *testing.T) {
	p := plan{root: "dev/here/45-cluster"}
	if err := json.Unmarshal([]byte(grown), &p); err != nil {
		t.Fatal(err)
	}
	if n := p.created(); n != 1 {
		t.Errorf("%d are new", n)
	}
	lists := []shared{{"45-cluster module.*.a.*", []string{"x"}, "why"}}
	var allowed, wrong []string
	for _, c := range p.touched() {
		if c.allowed(lists) {
			allowed = append(allowed, c.String())
		} else {
			wrong = append(wrong, c.String())
		}
	}
	if want := []string{`dev/here/45-cluster module.m.a.listed["one.two"]: update x`, "dev/here/45-cluster module.m.a.inside: update x"}; !slices.Equal(allowed, want) {
		t.Errorf("allowed: %q", allowed)
	}
	if want := []string{"dev/here/45-cluster module.m.a.later: update x, y", "dev/here/45-cluster module.m.a.replaced: delete and create x", "dev/here/45-cluster module.m.b.listed: update x"}; !slices.Equal(wrong, want) {
		t.Errorf("wrong: %q", wrong)
	}
}

func TestRootsThatDiffer(t *testing.T) {
	write := func(dir, root, text string) {
		t.Helper()
		folder := filepath.Join(dir, root)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{"versions.tf": "terraform {}\n", "main.tf": text} {
			if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	before, after := t.TempDir(), t.TempDir()
	write(before, "moved", "# from line 1\nx = 1\n")
	write(after, "moved", "# from line 2\nx = 1\n")
	write(before, "changed", "x = 1\n")
	write(after, "changed", "x = 2\n")
	write(after, "fresh", "x = 1\n")
	all := regexp.MustCompile(".")
	roots, fresh, err := differing(before, after, all)
	if err != nil || fresh != 1 || !slices.Equal(roots, []string{"changed"}) {
		t.Errorf("%q differ, %d are new, %v", roots, fresh, err)
	}
	if _, _, err := differing(after, before, all); err == nil {
		t.Error("a root that is gone is not missed")
	}
}

func TestExamplesGrow(t *testing.T) {
	for name, list := range growths {
		text, err := os.ReadFile(filepath.Join("../../examples", name, "platform.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range list {
			if g.edit.Replace(string(text)) == string(text) {
				t.Errorf("%s with %s is what it was", name, g.what)
			}
		}
	}
	for _, l := range lists {
		if l.at == "" || len(l.attributes) == 0 || l.reason == "" {
			t.Errorf("%v says too little", l)
		}
	}
}
