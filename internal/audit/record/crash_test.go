package record

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// A journal that was torn at any byte loses only what was never confirmed, and
// telling everything again completes the record.
func TestTornJournal(t *testing.T) {
	dir, h := t.TempDir(), newHand()
	r := open(t, dir, h)
	keys := []string{"a", "b", "c"}
	var ends []int64
	for _, key := range keys {
		add(t, r, key)
		ends = append(ends, r.journal.size)
	}
	text, err := os.ReadFile(filepath.Join(dir, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(text) + 1 {
		if n%61 != 0 && n != len(text) && !slices.Contains(ends, int64(n)) && !slices.Contains(ends, int64(n+1)) {
			continue // every 61st byte, and those at the ends of lines
		}
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel() // it waits for the disk
			torn := copyOf(t, dir)
			if err := os.WriteFile(filepath.Join(torn, "journal"), text[:n], 0o600); err != nil {
				t.Fatal(err)
			}
			r := open(t, torn, h)
			for i, key := range keys {
				confirmed := int64(n) >= ends[i]
				if added := add(t, r, key); added == confirmed {
					t.Errorf("cut at byte %d: %s is recorded again: %t", n, key, added)
				}
			}
			closed(t, r)
			want(t, proved(t, torn), keys...)
		})
	}
}

// A line damaged before the end is put aside, not lost, and the record says so.
func TestDamagedJournal(t *testing.T) {
	dir, h := t.TempDir(), newHand()
	r := open(t, dir, h)
	for _, key := range []string{"a", "b", "c"} {
		add(t, r, key)
	}
	path := filepath.Join(dir, "journal")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.IndexByte(text, '\n') + 60
	text[at] ^= 1
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	r = open(t, dir, h)
	closed(t, r)
	want(t, proved(t, dir), "a", "SetAsideDamagedJournal")
	aside, err := filepath.Glob(path + ".damaged-*")
	if err != nil || len(aside) != 1 {
		t.Fatalf("%q, %v", aside, err)
	}
	if rest, _ := os.ReadFile(aside[0]); !bytes.HasSuffix(text, rest) || len(rest) == 0 {
		t.Error("what was put aside is not what was damaged")
	}
}

// A seal that was interrupted after any of its steps, or within one, is carried
// out at the next start as if nothing had happened.
func TestInterruptedSeal(t *testing.T) {
	dir, h := t.TempDir(), newHand()
	r := open(t, dir, h)
	add(t, r, "a")
	if err := r.Seal(); err != nil {
		t.Fatal(err)
	}
	h.at = h.at.Add(time.Minute)
	add(t, r, "b")
	add(t, r, "c")
	s := r.decide()
	if err := r.journal.append(line{Number: r.state.Sealed, Seal: &s}); err != nil {
		t.Fatal(err)
	}
	before := copyOf(t, dir)
	if err := r.finish(s); err != nil {
		t.Fatal(err)
	}
	closed(t, r)
	steps := []string{"bucket/" + s.Log, "bucket/" + s.Digest + ".sig", "bucket/" + s.Digest, "index", "state.json", "head.json"}
	for done := range len(steps) + 1 {
		for _, torn := range []int{-1, 0, 1, 10} {
			t.Run(fmt.Sprintf("%d steps, %d bytes", done, torn), func(t *testing.T) {
				t.Parallel()
				crashed := copyOf(t, before)
				for _, step := range steps[:done] {
					transfer(t, dir, crashed, step, -1)
				}
				if done < len(steps) && torn >= 0 {
					// The files are written under another name, the index in place.
					temporary := filepath.Join(filepath.Dir(steps[done]), "."+filepath.Base(steps[done])+"-123")
					if steps[done] == "index" {
						temporary = "index"
					}
					transferAs(t, dir, crashed, steps[done], temporary, torn)
				}
				r := open(t, crashed, h)
				if add(t, r, "b") || add(t, r, "c") {
					t.Error("a change is recorded twice")
				}
				add(t, r, "d")
				closed(t, r)
				want(t, proved(t, crashed), "a", "b", "c", "d")
			})
		}
	}
}

// A seal that fails, because the disk is full, is tried again; events that come
// in between follow it.
func TestFailedSeal(t *testing.T) {
	dir, h := t.TempDir(), newHand()
	r := open(t, dir, h)
	add(t, r, "a")
	// A file where the bucket's directory should be fails for root too.
	blocked := filepath.Join(Bucket(dir), "AWSLogs")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.Seal(); err == nil {
		t.Fatal("the seal did not fail")
	}
	add(t, r, "b")
	crashed := copyOf(t, dir)
	for _, d := range []string{dir, crashed} {
		if err := os.Remove(filepath.Join(Bucket(d), "AWSLogs")); err != nil {
			t.Fatal(err)
		}
	}
	add(t, r, "c")
	closed(t, r)
	want(t, proved(t, dir), "a", "b", "c")
	closed(t, open(t, crashed, h))
	want(t, proved(t, crashed), "a", "b")
}

func TestIndexIsMadeAgain(t *testing.T) {
	dir, h := t.TempDir(), newHand()
	r := open(t, dir, h)
	add(t, r, "a")
	closed(t, r)
	if err := os.Remove(filepath.Join(dir, "index")); err != nil {
		t.Fatal(err)
	}
	r = open(t, dir, h)
	if add(t, r, "a") {
		t.Error("a change is recorded twice")
	}
	closed(t, r)
	want(t, proved(t, dir), "a")
}

func transfer(t *testing.T, from, to, name string, n int) { transferAs(t, from, to, name, name, n) }

// transferAs copies the first n bytes of a file, or all.
func transferAs(t *testing.T, from, to, name, as string, n int) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(from, name))
	if err != nil {
		t.Fatal(err)
	}
	if n >= 0 {
		text = text[:min(n, len(text))]
	}
	path := filepath.Join(to, as)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
