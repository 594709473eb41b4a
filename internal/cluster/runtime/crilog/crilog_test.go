package crilog

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var epoch = time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)

// clock goes on by one second at each look.
func clock() func() time.Time {
	at := epoch
	return func() time.Time { at = at.Add(time.Second); return at }
}

func logOf(t *testing.T, text string) (*File, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c", "0.log")
	f, err := Create(path, clock())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if err := f.Copy(Stdout, strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	return f, path
}

func TestFormat(t *testing.T) {
	_, path := logOf(t, "one\n\nthree without end")
	got, _ := os.ReadFile(path)
	want := `2026-01-02T15:04:06Z stdout F one
2026-01-02T15:04:07Z stdout F 
2026-01-02T15:04:08Z stdout F three without end
`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestRead(t *testing.T) {
	long := strings.Repeat("x", maxText+10)
	_, path := logOf(t, "a\nb\n"+long+"\nc\n")
	all := "a\nb\n" + long + "\nc\n"
	for _, c := range []struct {
		name string
		o    Options
		want string
	}{
		{"all", Options{Tail: -1}, all},
		{"none", Options{Tail: 0}, ""},
		{"last", Options{Tail: 1}, "c\n"},
		{"a long line counts once", Options{Tail: 2}, long + "\nc\n"},
		{"more than there is", Options{Tail: 99}, all},
		{"since", Options{Tail: -1, Since: epoch.Add(5 * time.Second)}, "c\n"},
		{"since and tail", Options{Tail: 1, Since: epoch.Add(2 * time.Second)}, "c\n"},
		{"limit", Options{Tail: -1, Limit: 3}, "a\nb"},
		{"timestamps", Options{Tail: 1, Timestamps: true}, "2026-01-02T15:04:10Z c\n"},
		{"other stream", Options{Tail: -1, Stream: Stderr}, ""},
	} {
		var got bytes.Buffer
		if err := Read(t.Context(), &got, path, c.o, nil); err != nil || got.String() != c.want {
			t.Errorf("%s: %v, got %.60q want %.60q", c.name, err, got.String(), c.want)
		}
	}
}

func TestRotationKeepsTheNewest(t *testing.T) {
	f, path := logOf(t, "")
	line := strings.Repeat("y", 1000)
	r, w := io.Pipe()
	done := make(chan error)
	go func() { done <- f.Copy(Stderr, r) }()
	const lines = 45_000 // a little over four files
	for i := range lines {
		fmt.Fprintf(w, "%05d %s\n", i, line)
	}
	w.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(path + "*")
	if len(files) != 1+keep {
		t.Errorf("files: %v", files)
	}
	for _, file := range files {
		if info, _ := os.Stat(file); info.Size() > maxSize {
			t.Errorf("%s has %d bytes", file, info.Size())
		}
	}
	var got bytes.Buffer
	if err := Read(t.Context(), &got, path, Options{Tail: 15_000}, nil); err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(got.Bytes(), []byte{'\n'}); n != 15_000 || !strings.HasPrefix(got.String(), "30000 ") {
		t.Errorf("%d lines from %.6q", n, got.String())
	}
	if err := Remove(path); err != nil {
		t.Error(err)
	}
	if files, _ := filepath.Glob(path + "*"); len(files) > 0 {
		t.Errorf("stay: %v", files)
	}
}

// A follower sees every line once, also those of files put aside meanwhile,
// and ends with the log.
func TestFollow(t *testing.T) {
	f, path := logOf(t, "first\n")
	out, in := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := Read(context.Background(), in, path, Options{Tail: -1, Follow: f}, nil)
		in.Close()
		done <- err
	}()
	want := make(chan string, 1)
	go func() {
		var all strings.Builder
		all.WriteString("first\n")
		for i := range 12_000 {
			line := fmt.Sprintf("%d %s\n", i, strings.Repeat("z", 1000))
			all.WriteString(line)
			_ = f.Copy(Stdout, strings.NewReader(line))
		}
		f.Close()
		want <- all.String()
	}()
	got, err := io.ReadAll(out)
	if err != nil || <-done != nil {
		t.Fatal(err)
	}
	if w := <-want; string(got) != w {
		t.Errorf("followed %d bytes of %d", len(got), len(w))
	}
}

func TestFollowEndsWithItsReader(t *testing.T) {
	f, path := logOf(t, "x\n")
	ctx, cancel := context.WithCancel(t.Context())
	err := Read(ctx, io.Discard, path, Options{Tail: -1, Follow: f}, cancel)
	if err != nil {
		t.Error(err)
	}
}

func FuzzRecord(f *testing.F) {
	f.Add([]byte("2026-01-02T15:04:05.000000001Z stdout F hello\n"))
	f.Add([]byte("2026-01-02T15:04:05Z stderr P:x part"))
	f.Fuzz(func(t *testing.T, line []byte) {
		rec, err := parseRecord(line)
		if err != nil || bytes.ContainsRune(rec.text, '\n') {
			return
		}
		again, err := parseRecord(appendRecord(nil, rec.time, string(rec.stream), rec.part, rec.text))
		if err != nil || !again.time.Equal(rec.time) || !bytes.Equal(again.text, rec.text) || again.part != rec.part {
			t.Errorf("%q became %+v, %v", line, again, err)
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	f, err := Create(filepath.Join(b.TempDir(), "0.log"), time.Now)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	line := bytes.Repeat([]byte{'l'}, 120)
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		f.write(Stdout, false, line)
	}
}
