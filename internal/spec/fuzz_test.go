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
		if platform != nil {
			useFile(t, text)
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

// useFile asks a file for all that it knows, and reads again what it writes.
func useFile(t *testing.T, text []byte) {
	t.Helper()
	f, _ := spec.ParseFile("platform.yaml", text, nil)
	f.Idle()
	for _, env := range f.Platform.Environments {
		for _, l := range f.Whole(env.Name).Lines {
			if at, _ := f.Locate(env.Name, l.Key); l.Leaf && at.File == "" {
				t.Fatalf("%s is nowhere", l.Key)
			}
		}
	}
}

// FuzzInclude lays any text into a small platform: no crash, the same answer
// twice, every problem in one of the two files, and the whole as one text is the
// same platform.
func FuzzInclude(f *testing.F) {
	for _, s := range []string{bookingFile, "services: { search: { source: ./cmd/search, port: 8442 } }\n", "teams: { a: [b] }\nstores: { x: { engine: s3 } }\n",
		"environments: { dev: { services: { fleet: { settings: { A: 'null', B: '012', C: \"a\\nb\" } } } } }\n", "services: &a\n  b: { port: 8443, args: ['- x', '# y', 'z: w', '*', '%a', '~'] }\n", "people: 5", "- a", "a: ["} {
		f.Add([]byte(s))
	}
	const main = head + "include: [part.yaml]\nenvironments: { dev: { stage: development }, prod: { stage: production } }\nservices: { fleet: { port: 8446 } }\n"
	f.Fuzz(func(t *testing.T, part []byte) {
		fsys := files("part.yaml", string(part))
		file, problems := spec.ParseFile("platform.yaml", []byte(main), fsys)
		if (file == nil) != diag.HasErrors(problems) {
			t.Fatalf("file %v with problems %v", file, problems)
		}
		for _, p := range problems {
			if p.ID == "paddock-bug" {
				t.Fatal(p.Detail)
			}
			if p.Pos.File != "platform.yaml" && p.Pos.File != "part.yaml" || p.Pos.Line > bytes.Count(part, []byte("\n"))+10 {
				t.Fatalf("%+v", p)
			}
		}
		if _, same := spec.ParseFile("platform.yaml", []byte(main), fsys); !reflect.DeepEqual(problems, same) {
			t.Fatal("the second reading differs")
		}
		if file == nil {
			return
		}
		whole, problems := spec.ParseFile("platform.yaml", file.Text(), nil)
		if whole == nil || !reflect.DeepEqual(whole.Platform, file.Platform) {
			t.Fatalf("the whole text is not the same platform: %v\n%s", problems, file.Text())
		}
	})
}
