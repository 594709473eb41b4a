package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestRotatingFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "access.log")
	write := func(r *RotatingFile, text string) {
		t.Helper()
		if n, err := r.Write([]byte(text)); err != nil || n != len(text) {
			t.Fatalf("wrote %d bytes of %q: %v", n, text, err)
		}
	}
	want := func(path, text string) {
		t.Helper()
		got, err := os.ReadFile(path)
		if err != nil || string(got) != text {
			t.Errorf("%s holds %q (%v), want %q", filepath.Base(path), got, err, text)
		}
	}
	r, err := OpenRotating(path, 10)
	if err != nil {
		t.Fatal(err)
	}
	write(r, "first\n")
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if r, err = OpenRotating(path, 10); err != nil { // a restart appends
		t.Fatal(err)
	}
	write(r, "two\n")
	want(path, "first\ntwo\n")
	write(r, "three\n")
	want(path, "three\n")
	want(path+".1", "first\ntwo\n")
	write(r, "longer than the limit\n")
	want(path, "longer than the limit\n")
	want(path+".1", "three\n")
	if err := errors.Join(r.Close(), r.Close()); err != nil {
		t.Error(err)
	}
	if _, err := r.Write([]byte("x")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a closed log takes %v", err)
	}
}
