package record

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"paddock.dev/internal/audit/trail"
)

func FuzzJournal(f *testing.F) {
	dir := f.TempDir()
	j, _, _, err := openJournal(filepath.Join(dir, "journal"), time.Time{})
	if err != nil {
		f.Fatal(err)
	}
	_ = j.append(line{Number: 1, Entry: json.RawMessage(`{"eventID":"x"}`)})
	_ = j.append(line{Number: 2, Seal: &seal{Count: 1}})
	text, _ := os.ReadFile(j.path)
	f.Add(text)
	f.Add([]byte("00000000 {}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		lines, good := parseJournal(text)
		if good > len(text) || good > 0 && text[good-1] != '\n' {
			t.Errorf("the good part ends at %d of %d", good, len(text))
		}
		if again, n := parseJournal(text[:good]); n != good || len(again) != len(lines) {
			t.Error("the good part reads differently alone")
		}
	})
}

func FuzzHead(f *testing.F) {
	f.Add([]byte(`{"trail":"kestrel","size":1,"root":"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d","signature":"00"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		h, err := ParseHead(text)
		if err == nil && h.Verify(trail.Keys{}) == nil {
			t.Error("a head is proved without keys")
		}
	})
}
