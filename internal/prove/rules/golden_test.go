package rules_test

import (
	"bytes"
	"os"
	"testing"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/prove/rules"
)

// TestWords compares everything that the rules say about their failing examples.
func TestWords(t *testing.T) {
	var got bytes.Buffer
	for _, r := range rules.All() {
		fails, _ := r.Examples()
		got.WriteString("=== " + r.ID + "\n")
		if err := diag.WriteText(&got, of(check(t, whole(fails)), r.ID), diag.TextOptions{}); err != nil {
			t.Fatal(err)
		}
		got.WriteByte('\n')
	}
	const golden = "testdata/findings.txt"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("the rules say something else than %s; run: go test ./internal/prove/rules -update, and read the diff", golden)
	}
}

// FuzzCheck reads anything and looks at whatever can be read: rules judge what
// people write, also what no rule's author thought of.
func FuzzCheck(f *testing.F) {
	for _, r := range rules.All() {
		fails, passes := r.Examples()
		f.Add(whole(fails))
		f.Add(whole(passes))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if file := readable(text); file != nil {
			rules.Problems(rules.Check(file.Platform, now, rules.Options{Cloud: true}).Findings, file)
		}
	})
}
