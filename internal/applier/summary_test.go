package applier

import (
	"testing"
)

func FuzzSummarize(f *testing.F) {
	f.Add([]byte(`{"format_version": "1.2", "resource_changes": [{"address": "a.b", "type": "a", "change": {"actions": ["delete", "create"]}}]}`))
	f.Add([]byte(`{"format_version": "2"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := summarize(data)
		if err == nil && s.Destroy != len(s.Destroys) {
			t.Errorf("%d destroyed, %d named", s.Destroy, len(s.Destroys))
		}
	})
}

func FuzzRoots(f *testing.F) {
	f.Add([]byte(`{"roots": [{"dir": "terraform/a/b/20-c", "layer": "20-c"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		roots, err := parseRoots("roots.json", data)
		for i := 1; err == nil && i < len(roots); i++ {
			if roots[i-1].Layer > roots[i].Layer {
				t.Error("a later layer comes first")
			}
		}
	})
}

// What a log keeps of an endless output is its end.
func TestTail(t *testing.T) {
	var b tailBuffer
	for range 10000 {
		if _, err := b.Write([]byte("line\n")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Write([]byte("the end\n")); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	if len(text) > tailBytes || text[len(text)-7:] != "the end" {
		t.Errorf("%d bytes that end in %q", len(text), text[max(0, len(text)-20):])
	}
}
