package reference

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite docs/reference/platform-file.md")

func TestPageIsFresh(t *testing.T) {
	page, err := Page()
	if err != nil {
		t.Fatal(err)
	}
	const path = "../../docs/reference/platform-file.md"
	if *update {
		if err := os.WriteFile(path, page, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(page, want) {
		t.Error("docs/reference/platform-file.md is stale; run: go test ./internal/reference -update")
	}
}

func TestPageHasEveryKey(t *testing.T) {
	page, err := Page()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range Root().Keys {
		if !strings.Contains(pageText, `{{keys "`+k.Name+`"}}`) && len(k.Below()) > 0 {
			t.Errorf("the page has no table of %s", k.Name)
		}
		if !bytes.Contains(page, []byte("| `"+k.Name+"` |")) {
			t.Errorf("the page has no row of %s", k.Name)
		}
	}
	rows := 0
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, "| ") {
			rows++
			if n := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|"); n != 3 && n != 4 && n != 5 {
				t.Errorf("a row with %d bars: %s", n, line)
			}
		}
	}
	if rows < 200 {
		t.Errorf("only %d rows", rows)
	}
}
