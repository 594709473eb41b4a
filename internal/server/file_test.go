package server

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"paddock.dev/internal/spec"
)

func TestPlatformFileIsReadAgainWithWhatItIncludes(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const main = "paddock: v1\nname: kestrel\ndomain: kestrelcars.example\ninclude: [services/*.yaml]\nenvironments: { prod: { stage: production } }\nservices: { fleet: { port: 8446 } }\n"
	write("platform.yaml", main)
	write("services/booking.yaml", "services: { booking: { port: 8443 } }\n")
	f, err := readPlatformFile(filepath.Join(dir, "platform.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(f.Platform().Environments[0].Services); n != 2 {
		t.Fatalf("%d services", n)
	}
	if p, problems := spec.Parse("platform.yaml", f.text()); p == nil || len(p.Environments[0].Services) != 2 {
		t.Fatalf("the recorded text cannot stand alone: %v\n%s", problems, f.text())
	}
	if changed, err := f.reload(); changed || err != nil {
		t.Errorf("nothing changed, and reload says %v, %v", changed, err)
	}
	before, err := f.stamp()
	if err != nil {
		t.Fatal(err)
	}
	write("services/search.yaml", "services: { search: { port: 8442 } }\n")
	if now, err := f.stamp(); err != nil || now == before {
		t.Errorf("a file came, and the stamp is the same: %v", err)
	}
	if changed, err := f.reload(); !changed || err != nil || len(f.Platform().Environments[0].Services) != 3 {
		t.Errorf("reload says %v, %v", changed, err)
	}
	write("services/search.yaml", "services: { search: { prt: 8442 } }\n")
	if _, err := f.reload(); err == nil || !strings.Contains(err.Error(), `search.yaml:1:23: There is no key "prt"`) {
		t.Errorf("a broken file is accepted, or the problem is elsewhere: %v", err)
	}
	if len(f.Platform().Environments[0].Services) != 3 {
		t.Error("a broken file changed the platform")
	}
	write("platform.yaml", strings.Replace(main, "kestrel\n", "merlin\n", 1))
	write("services/search.yaml", "services: { search: { port: 8442 } }\n")
	if _, err := f.reload(); err == nil || !strings.Contains(err.Error(), "keeps its name") {
		t.Errorf("another name is accepted: %v", err)
	}
}
