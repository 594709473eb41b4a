package format_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/format"
	"paddock.dev/internal/spec"
)

func TestText(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"spaces", "a:   1\nb :2\nb2 :  3 \n", ""},
		{"indent", "a:\n    b:\n        c: 1\n    d: 2\n", "a:\n  b:\n    c: 1\n  d: 2\n"},
		{"sequence", "a:\n- b\n-   c: 1\n    d:  2\n- - x\n  -  y\ne: 1\n", "a:\n  - b\n  - c: 1\n    d: 2\n  - - x\n    - y\ne: 1\n"},
		{"quotes", "a: 'x'\nb: 'it''s'\nc: 'say \"x\"'\n'd': \"x\"\ne: '\\d'\n", "a: \"x\"\nb: 'it''s'\nc: 'say \"x\"'\n\"d\": \"x\"\ne: '\\d'\n"},
		{"flow", "a: {b:   1 ,c: [ x,y , ],d: {}, e: []}\nb: {\"x\":1}\n", "a: { b: 1, c: [x, y], d: {}, e: [] }\nb: { \"x\": 1 }\n"},
		{"flow over lines", "a:\n    b: [x,\n  y, # why\n\n     z,\n  ] # end\n    c: {\n    d: 1 }\n", "a:\n  b: [x,\n    y, # why\n\n    z,\n  ] # end\n  c: {\n    d: 1 }\n"},
		{"lined up", "dev:  { a: 1 }\nprod: { a:  1 }\nx:   1\n\ncloud:       a\nrecover:     b\nnet: c\n", "dev:  { a: 1 }\nprod: { a: 1 }\nx: 1\n\ncloud:   a\nrecover: b\nnet: c\n"},
		{"comments", "#  head\n\n\n\na: 1     # one\nbcd: 2   # two\n         # more\ne: 3 # three\nf:  # four\n    # of g\n    g: 1\n    # end of f\n# end\n", "#  head\n\na: 1   # one\nbcd: 2 # two\n       # more\ne: 3 # three\nf: # four\n  # of g\n  g: 1\n  # end of f\n# end\n"},
		{"empty lines", "\n\na: 1\n\n\n\nb: 2\n\n\n", "a: 1\n\nb: 2\n"},
		{"literal", "a:\n    b: |  # text\n          one\n            two  \n\n          # three\n    # four\n    c: >-\n      x\n\n\n    d: 1\n", "a:\n  b: | # text\n    one\n      two  \n\n    # three\n  # four\n  c: >-\n    x\n\n  d: 1\n"},
		{"plain over lines", "a:\n    b: one\n       two\n\n         three\n    c: 1\n", "a:\n  b: one\n    two\n\n    three\n  c: 1\n"},
		{"quoted over lines", "a:\n    b: \"one\n  two\\\n     \\ three\"   # c\n    c: 1\n", "a:\n  b: \"one\n    two\\\n    \\ three\" # c\n  c: 1\n"},
		{"anchors", "a: &x   { b: 1 }\nc:   *x\nd: &y\n    e: 1\nf:\n    <<:  *y\n", "a: &x { b: 1 }\nc: *x\nd: &y\n  e: 1\nf:\n  <<: *y\n"},
		{"windows", "a:  1\r\nb:\r\n    c: 2\r\n", "a: 1\nb:\n  c: 2\n"},
		{"no line end", "a:  1", "a: 1\n"},
		{"urls", "a: http://x/#y\nb: \"x: y\"  #z\nc: x#y\n", "a: http://x/#y\nb: \"x: y\" #z\nc: x#y\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := format.Text(c.text)
			if c.want == "" {
				if err == nil {
					t.Fatalf("accepted as\n%s", got)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Fatalf("got\n%s\nwant\n%s", got, c.want)
			}
			if again, err := format.Text(got); err != nil || again != got {
				t.Fatalf("the second time (%v)\n%s", err, again)
			}
		})
	}
}

// files are all platform files of the repository, good and bad.
func files(t testing.TB) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"../../examples/*/platform.yaml", "../spec/testdata/errors/*.yaml"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatal(pattern, err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			all[path] = string(text)
		}
	}
	return all
}

func TestMeaningStays(t *testing.T) {
	laid := 0
	for path, text := range files(t) {
		after, err := format.Text(text)
		if err != nil {
			t.Logf("%s: %v", path, err)
			continue
		}
		laid++
		if again, err := format.Text(after); err != nil || again != after {
			t.Errorf("%s: the second time differs (%v)\n%s\n%s", path, err, after, again)
		}
		before, problems := spec.Parse("f", []byte(text))
		is, problemsNow := spec.Parse("f", []byte(after))
		if !reflect.DeepEqual(before, is) {
			t.Errorf("%s: reads differently", path)
		}
		if len(problems) != len(problemsNow) {
			t.Errorf("%s: %d problems became %d", path, len(problems), len(problemsNow))
		}
	}
	if laid < 15 {
		t.Errorf("only %d files could be laid out", laid)
	}
}

func TestExamplesAreLaidOut(t *testing.T) {
	paths, _ := filepath.Glob("../../examples/*/platform.yaml")
	for _, path := range paths {
		text := files(t)[path]
		if got, err := format.Text(text); err != nil || got != text {
			t.Errorf("%s: %v\n%s", path, err, got)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, text := range files(f) {
		f.Add(text)
	}
	f.Add("a: |2\n   x\n- b\n")
	f.Add("- - a: {b: [c, \"d\": e]}\n    f: >+\n      x\n\n\n")
	f.Add("? a\n: b\n--- !!x\n%Y\n")
	f.Fuzz(func(t *testing.T, text string) {
		after, err := format.Text(text)
		if err != nil {
			return
		}
		again, err := format.Text(after)
		if err != nil {
			t.Fatalf("%q became %q, which is refused: %v", text, after, err)
		}
		if again != after {
			t.Fatalf("%q became %q, then %q", text, after, again)
		}
		before, problems := spec.Parse("f", []byte(text))
		is, _ := spec.Parse("f", []byte(after))
		if !diag.HasErrors(problems) && !reflect.DeepEqual(before, is) {
			t.Fatalf("%q became %q, which reads differently", text, after)
		}
	})
}

func BenchmarkText(b *testing.B) {
	text := files(b)["../../examples/kestrel/platform.yaml"]
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := format.Text(text); err != nil {
			b.Fatal(err)
		}
	}
}
