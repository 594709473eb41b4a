package aws

import (
	"os"
	"strings"
	"testing"
)

// What is pinned and what the documentation says was looked up are one thing.
func TestVersionsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../../docs/design/versions.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range []Object{addonVersions, chartVersions} {
		for _, pin := range table {
			if row := "| `" + pin.Key + "` | " + string(pin.Value.(String)) + " |"; !strings.Contains(string(page), row) {
				t.Errorf("docs/design/versions.md has no row %q", row)
			}
		}
	}
	if !strings.Contains(string(page), "`"+NodeImage+"`") {
		t.Errorf("docs/design/versions.md does not name %s", NodeImage)
	}
}
