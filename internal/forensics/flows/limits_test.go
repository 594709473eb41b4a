package flows

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"paddock.dev/internal/objects"
)

// A full table keeps what it has and counts what it has no room for.
func TestTableWithoutRoom(t *testing.T) {
	c := newConversations()
	table := &c[0]
	table.most = 3
	fresh := 0
	for round := range 2 {
		for n := range uint64(5) {
			k := key{ends: n + 1}
			e, isFresh := table.find(k, hash(k))
			if isFresh {
				fresh++
			}
			table.add(e, &item{key: k, packets: 1, bytes: 10, start: uint32(round)})
		}
	}
	if table.n != 3 || fresh != 3 || table.full != 4 {
		t.Errorf("%d entries, %d fresh, %d beyond; want 3, 3, 4", table.n, fresh, table.full)
	}
	for e := range table.all {
		if e.bytes != 20 {
			t.Errorf("an entry has %d bytes instead of 20", e.bytes)
		}
	}
}

// A large file of two formats is never misread in silence.
func TestLargeFileOfTwoFormats(t *testing.T) {
	const first, second = "srcaddr dstaddr packets bytes start action srcport dstport", "srcaddr dstaddr bytes packets start action srcport dstport"
	var b strings.Builder
	half := func(header string, lines int) {
		fmt.Fprintln(&b, header)
		for range lines {
			fmt.Fprintln(&b, "10.0.0.1 10.0.0.2 7 1000 1764000000 ACCEPT 40000 443")
		}
	}
	half(first, 10)
	half(second, 800_000) // more than a piece or two
	file := filepath.Join(t.TempDir(), "both.log")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	store, err := objects.At(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), Options{Stores: []objects.Store{store}})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Failed) != 1 || !r.Failed[0].Misread || !strings.Contains(r.Failed[0].Reason, "change at line 12,") || r.Sound() {
		t.Errorf("failed: %+v", r.Failed)
	}
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	r, err = Run(t.Context(), Options{Stores: []objects.Store{objects.Stream(in)}})
	if err != nil || len(r.Failed) != 0 || r.Totals.Bytes != 10*1000+800_000*7 {
		t.Errorf("as a stream: %d bytes, %+v, %v", r.Totals.Bytes, r.Failed, err)
	}
}
