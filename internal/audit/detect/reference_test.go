package detect

import (
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the files that are compared with")

// compare holds a text against a file.
func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is old; run the test with -update and look at the difference:\n%s", file, got)
	}
}

func TestReference(t *testing.T) {
	page, err := Reference(builtins(t))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "../../../docs/reference/detections.md", page)
}
