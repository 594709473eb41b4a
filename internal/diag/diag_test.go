package diag_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"paddock.dev/internal/diag"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const file = "name: kestrel\nservices:\n  booking:\n    scale: { replica: 2..20 }\n\tport: \"8443\x1b[31m\"\n    team: 日本語 rentals\n"

func problems() []diag.Problem {
	long := strings.Repeat("word ", 60)
	list := []diag.Problem{
		{Severity: diag.Warning, ID: "odd-team", Summary: "Team has wide letters", Pos: diag.Range{File: "platform.yaml", Line: 6, Column: 15, EndLine: 6, EndColumn: 22}},
		{Severity: diag.Error, ID: "unknown-key", Summary: `Unknown key "replica"`, Detail: "services.booking.scale knows these keys: cpu, replicas.", Fix: `Write "replicas".`,
			Pos: diag.Range{File: "platform.yaml", Line: 4, Column: 14, EndLine: 4, EndColumn: 21}},
		{Severity: diag.Error, ID: "yaml-tab", Summary: "A tab where spaces must stand", Pos: diag.Range{File: "platform.yaml", Line: 5, Column: 1, EndLine: 5, EndColumn: 2}},
		{Severity: diag.Error, ID: "two-places", Summary: "Two lines disagree", Detail: "First sentence.\nSecond line.", Fix: "Run:\n\npaddock check\x1b[2J",
			Pos:     diag.Range{File: "platform.yaml", Line: 3, Column: 3, EndLine: 4, EndColumn: 9},
			Related: []diag.Related{{Range: diag.Range{File: "platform.yaml", Line: 1, Column: 1, EndLine: 1, EndColumn: 5}, Text: "the first is here"}, {Range: diag.Range{File: "other.yaml"}, Text: "and in this file"}}},
		{Severity: diag.Error, ID: "far-right", Summary: "A long line is cut around the place", Pos: diag.Range{File: "long.yaml", Line: 1234, Column: 151, EndLine: 1234, EndColumn: 155, Text: long}},
		{Severity: diag.Error, ID: "nowhere", Summary: "No place at all"},
	}
	diag.Sort(list)
	diag.Sources{"platform.yaml": file}.Excerpt(list)
	return list
}

func TestGolden(t *testing.T) {
	for name, write := range map[string]func(*bytes.Buffer) error{
		"problems.txt":   func(b *bytes.Buffer) error { return diag.WriteText(b, problems(), diag.TextOptions{}) },
		"problems.color": func(b *bytes.Buffer) error { return diag.WriteText(b, problems(), diag.TextOptions{Color: true}) },
		"problems.json":  func(b *bytes.Buffer) error { return diag.WriteJSON(b, problems()) },
		"none.json":      func(b *bytes.Buffer) error { return diag.WriteJSON(b, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := write(&got); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("got\n%s\nwant\n%s", got.Bytes(), want)
			}
		})
	}
}

func TestCompactDropsRepetition(t *testing.T) {
	one := diag.Problem{Severity: diag.Error, ID: "a", Summary: "s", Pos: diag.Range{File: "f", Line: 2, Column: 1}}
	two := one
	two.Summary = "other"
	got := diag.Compact([]diag.Problem{two, one, one, two})
	if len(got) != 2 || got[0].Summary != "other" || got[1].Summary != "s" {
		t.Errorf("got %v", got)
	}
	if !diag.HasErrors(got) || diag.HasErrors([]diag.Problem{{Severity: diag.Warning}}) {
		t.Error("HasErrors is wrong")
	}
}

func TestNearest(t *testing.T) {
	keys := []string{"args", "health", "objective", "port", "replicas", "routes", "scale", "settings", "size", "source", "team", "uses", "keepWarm"}
	for word, want := range map[string][]string{
		"replica":   {"replicas"},
		"prot":      {"port"},
		"Port":      {"port"},
		"keep_warm": {"keepWarm"},
		"use":       {"uses"},
		"setings":   {"settings"},
		"objetcive": {"objective"},
		"stores":    nil,
		"xyz":       nil,
		"":          nil,
	} {
		if got := diag.Nearest(word, keys); !slices.Equal(got, want) {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
	if got := diag.Nearest("qa-lead", []string{"qa-leads", "release-managers"}); !slices.Equal(got, []string{"qa-leads"}) {
		t.Errorf("got %q", got)
	}
}

func FuzzWriteText(f *testing.F) {
	f.Add("line \t text", 3, 5, 1)
	f.Add("", -4, 1<<40, -1)
	f.Fuzz(func(t *testing.T, line string, column, end, lines int) {
		r := diag.Range{File: "f", Line: 1, Column: column, EndLine: 1 + lines, EndColumn: end, Text: line}
		var b bytes.Buffer
		err := diag.WriteText(&b, []diag.Problem{{Severity: diag.Error, Summary: line, Detail: line, Fix: line, Pos: r}}, diag.TextOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsRune(b.String(), '\x1b') {
			t.Fatal("an escape sequence passed through")
		}
	})
}
