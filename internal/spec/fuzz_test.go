package spec_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/spec"
)

// FuzzParse holds for any text: no crash, the same answer twice, a platform or
// an error but not both, and every problem at a place that exists.
func FuzzParse(f *testing.F) {
	seeds, err := filepath.Glob("testdata/errors/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	examples, err := filepath.Glob("../../examples/*/platform.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range append(seeds, examples...) {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("a: &a [*a, {b: *a}]\n<<: *a\n? x\n: y"))
	f.Add([]byte("a: |\n  text\n \tb: 'x''y'\nc: \"\\x\"\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		platform, problems := spec.Parse("platform.yaml", text)
		if (platform == nil) != diag.HasErrors(problems) {
			t.Fatalf("platform %v with problems %v", platform, problems)
		}
		lines := bytes.Count(text, []byte("\n")) + 1
		for _, p := range problems {
			if p.ID == "paddock-bug" {
				t.Fatal(p.Detail)
			}
			if p.Summary == "" || p.Pos.File == "" || p.Pos.Line > lines+1 || p.Pos.Line < 0 || p.Pos.Line > 0 && p.Pos.Column < 1 {
				t.Fatalf("%+v", p)
			}
		}
		again, same := spec.Parse("platform.yaml", text)
		if !reflect.DeepEqual(platform, again) || !reflect.DeepEqual(problems, same) {
			t.Fatal("the second reading differs")
		}
		if err := diag.WriteText(&bytes.Buffer{}, problems, diag.TextOptions{Color: true}); err != nil {
			t.Fatal(err)
		}
	})
}
