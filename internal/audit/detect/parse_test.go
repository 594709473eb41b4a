package detect

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"paddock.dev/internal/audit/search"
)

// Every mistake in a rule is named at its place.
func TestMistakesInRules(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no rule files", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, problems := Parse(filepath.Base(file), content)
			compare(t, strings.TrimSuffix(file, ".yaml")+".txt", text(problems))
		})
	}
}

func TestJoin(t *testing.T) {
	a := rules(t, `match: { action: "s3:A" }`)
	if _, problems := Join(a, a); len(problems) != 1 || problems[0].ID != "duplicate-rule" {
		t.Errorf("%v", problems)
	}
}

// FuzzParse reads any rule file without falling, and what it accepts can be run
// on any event.
func FuzzParse(f *testing.F) {
	names, err := filepath.Glob("rules/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	more, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range append(names, more...) {
		content, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, rule := range bytes.SplitAfter(content, []byte("\n\n")) {
			f.Add(rule)
		}
	}
	var logs []byte
	for source, action := range map[search.Source]string{search.CloudTrail: "iam:CreateUser", search.Kubernetes: "create pods/exec", search.Paddock: "paddock:PromoteRelease"} {
		x := Example{Events: []ExampleEvent{{Fields: map[string]any{"action": action, "requestParameters": map[string]any{"a": []any{"b", 1, map[string]any{"c": nil}}}}, Times: 3, Every: 1 << 30}}}
		log, err := x.Log(source)
		if err != nil {
			f.Fatal(err)
		}
		logs = append(logs, log...)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		parsed, problems := Parse("f.yaml", content)
		if len(parsed) == 0 && len(problems) == 0 {
			t.Fatal("neither rules nor problems")
		}
		for _, p := range problems {
			if p.Summary == "" || p.Pos.File == "" {
				t.Fatalf("a problem without words or place: %+v", p)
			}
		}
		e := NewEngine(parsed)
		o := e.Observer()
		search.ReadFrom(bytes.NewReader(logs), "f", func(e *search.Event) { o.See(e, true) })
		e.Findings()
		if _, err := Reference(parsed); err != nil {
			t.Fatal(err)
		}
	})
}
