package main

import (
	"bytes"
	"testing"
	"time"

	"paddock.dev/test/bench/access/albgen"
)

// TestYardsticksFindTheFields compares the two ways, on lines whose quotes are
// all well.
func TestYardsticksFindTheFields(t *testing.T) {
	var text bytes.Buffer
	truth, err := albgen.Write(&text, albgen.Options{Seed: 1, Lines: 500, Duration: time.Hour, Quiet: true})
	if err != nil {
		t.Fatal(err)
	}
	n := int64(0)
	for line := range bytes.Lines(text.Bytes()) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		if a, b := fieldsOf(line), byteByByte(line); a != 30 || b != 30 {
			t.Fatalf("%d and %d fields in %s", a, b, line)
		}
		n++
	}
	if n != truth.Lines || n != truth.Requests {
		t.Errorf("%d lines, truth %d", n, truth.Lines)
	}
}

func TestTheSameSeedGivesTheSameBytes(t *testing.T) {
	write := func(seed uint64) string {
		var b bytes.Buffer
		if _, err := albgen.Write(&b, albgen.Options{Seed: seed, Lines: 500, Start: time.Unix(1795400000, 0), Duration: time.Hour}); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	if write(7) != write(7) {
		t.Error("two runs differ")
	}
	if write(7) == write(8) {
		t.Error("two seeds give the same")
	}
}
