package view_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"paddock.dev/internal/forensics/flows"
	"paddock.dev/internal/forensics/flows/view"
	"paddock.dev/internal/objects"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// report is of a log with a scan in it.
func report(t *testing.T) *flows.Report {
	t.Helper()
	var b strings.Builder
	for i := range 30 {
		b.WriteString("2 1 eni-1 203.0.113.9 10.0.0.1 40000 " + []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22", "23", "24", "25", "26", "27", "28", "29", "30"}[i] + " 6 1 44 1764000000 1764000060 REJECT OK\n")
	}
	b.WriteString("2 1 eni-1 10.0.0.1 192.0.2.1 40000 443 6 10 5000 1764003600 1764003660 ACCEPT OK\n<script>\x1b[31m\n")
	r, err := flows.Run(t.Context(), flows.Options{Stores: []objects.Store{objects.Stream(strings.NewReader(b.String()))}, GroupBy: []string{"action"}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestText(t *testing.T) {
	for name, o := range map[string]view.TextOptions{"plain.txt": {}, "narrow.color": {Color: true, Columns: 60}} {
		var got bytes.Buffer
		if err := view.Text(&got, report(t), o); err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", name)
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
			t.Errorf("%s: got\n%s\nwant\n%s", name, got.Bytes(), want)
		}
	}
}

func TestHTML(t *testing.T) {
	var got bytes.Buffer
	if err := view.HTML(&got, report(t)); err != nil {
		t.Fatal(err)
	}
	page := got.String()
	for _, want := range []string{"203.0.113.9", "vertical", "&lt;script&gt;·[31m", "Flow logs, 2025-11-24", `<svg class="chart"`, "By action"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s", want)
		}
	}
	for _, never := range []string{"<script", "\x1b", "http:", "https:"} {
		if strings.Contains(page, never) {
			t.Errorf("%q is in the page", never)
		}
	}
}
