package lines_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"

	"paddock.dev/internal/forensics/lines"
	"paddock.dev/internal/objects"
)

// recorder keeps the lines of a piece, long ones as their length.
type recorder struct {
	lines []string
	n     int64
	head  string
}

func (r *recorder) Begin(_ *lines.Piece, head []byte, _ bool) {
	r.lines, r.n, r.head = nil, 0, string(head)
}

func (r *recorder) Block(b []byte) {
	for _, line := range bytes.SplitAfter(b, []byte("\n")) {
		if len(line) > 0 {
			r.lines = append(r.lines, strings.TrimSuffix(string(line), "\n"))
			r.n++
		}
	}
}

func (r *recorder) Long(n int64, begin []byte) {
	r.lines = append(r.lines, fmt.Sprintf("long %d %c", n, begin[0]))
	r.n++
}

func (r *recorder) End(error) (int64, any) { return r.n, &recorder{lines: r.lines, head: r.head} }

// read returns the lines of each file as file:line text, and the problems.
func read(t *testing.T, workers int, stores ...objects.Store) (all, problems []string) {
	t.Helper()
	err := lines.Read(t.Context(), lines.Options{
		Stores: stores, Workers: workers, New: func() lines.Handler { return &recorder{} },
		Collect: func(f *lines.File, before int64, out any) {
			for i, l := range out.(*recorder).lines {
				all = append(all, fmt.Sprintf("%s:%d %s", filepath.Base(f.Name), before+int64(i)+1, l))
			}
		},
		Problem: func(name string, err error) { problems = append(problems, filepath.Base(name)+" "+err.Error()) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, problems
}

func store(t *testing.T, dir string) objects.Store {
	t.Helper()
	s, err := objects.At(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestLines(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a", "one\n\ntwo\r\nlast without an end")
	write(t, dir, "b", "")
	write(t, dir, "c", strings.Repeat("x", 300_000)+"\nafter\n"+strings.Repeat("y", 1_000_000))
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	fmt.Fprint(w, "packed\nlines\n")
	w.Close()
	write(t, dir, "d", packed.String())
	got, problems := read(t, 2, store(t, dir))
	want := []string{"a:1 one", "a:2 ", "a:3 two\r", "a:4 last without an end", "c:1 long 300000 x", "c:2 after", "c:3 long 1000000 y", "d:1 packed", "d:2 lines"}
	if !slices.Equal(got, want) || problems != nil {
		t.Errorf("got %q, %q", got, problems)
	}
}

// However the seams of a large file fall, each line is read once and has its
// number.
func TestSeams(t *testing.T) {
	dir := t.TempDir()
	var b strings.Builder
	var want []string
	for i := 0; b.Len() < 50<<20; i++ {
		n := 20_000 + i*7919%40_000
		if i%50 == 49 {
			n = 200_000 // too long, and it may lie over a seam
		}
		line := fmt.Sprintf("%d %s", i, strings.Repeat("x", n))
		b.WriteString(line + "\n")
		if len(line) > lines.MaxLine+lines.BlockSize {
			t.Fatal("the test expects to see the lines")
		}
		want = append(want, fmt.Sprintf("f:%d %d", i+1, i))
	}
	write(t, dir, "f", b.String())
	for _, workers := range []int{1, 4} {
		got, _ := read(t, workers, store(t, dir))
		if len(got) != len(want) {
			t.Fatalf("%d workers: %d lines, want %d", workers, len(got), len(want))
		}
		for i, line := range got {
			words := strings.Fields(line)
			if words[1] != "long" && words[0]+" "+words[1] != want[i] {
				t.Fatalf("%d workers: line %d is %q, want %q", workers, i, line[:min(40, len(line))], want[i])
			}
		}
	}
}

// A newline exactly at a seam belongs to the line before it.
func TestNewlineAtTheSeam(t *testing.T) {
	const piece = 16 << 20
	for _, off := range []int{-1, 0, 1} {
		dir := t.TempDir()
		text := bytes.Repeat([]byte(strings.Repeat("x", 4095)+"\n"), 2*piece/4096)
		text[piece-1] = '#'
		text[piece-1+off] = '\n'
		write(t, dir, "f", string(text))
		got, _ := read(t, 3, store(t, dir))
		want := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
		if len(got) != len(want) {
			t.Fatalf("%d: %d lines, want %d", off, len(got), len(want))
		}
		for i := range got {
			if got[i] != fmt.Sprintf("f:%d %s", i+1, want[i]) {
				t.Fatalf("%d: got %q, want %q", off, got[i], want[i])
			}
		}
	}
}

func TestManySmallFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("100,000 files")
	}
	dir := t.TempDir()
	const n = 100_000
	const links = 30_000 // of one file; some file systems allow 65,000
	for i := range n {
		if i%links == 0 {
			write(t, dir, fmt.Sprintf("%06d", i), "line\n")
		} else if err := os.Link(filepath.Join(dir, fmt.Sprintf("%06d", i/links*links)), filepath.Join(dir, fmt.Sprintf("%06d", i))); err != nil {
			t.Skipf("no hard links here: %v", err)
		}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var got int
	p := &lines.Progress{}
	err := lines.Read(t.Context(), lines.Options{
		Stores: []objects.Store{store(t, dir)}, Workers: 2, New: func() lines.Handler { return &recorder{} }, Progress: p,
		Collect: func(f *lines.File, _ int64, out any) {
			if f.Index != got {
				t.Errorf("%s is number %d", f.Name, got)
			}
			if got++; got == n/2 {
				runtime.GC()
				runtime.ReadMemStats(&after)
			}
		},
		Problem: func(_ string, err error) { t.Error(err) },
	})
	if err != nil || got != n || p.FilesDone.Load() != n || p.Read.Load() != 5*n {
		t.Errorf("%d files, %d done, %v", got, p.FilesDone.Load(), err)
	}
	if held := int64(after.HeapAlloc) - int64(before.HeapAlloc); held > 16<<20 {
		t.Errorf("%d bytes held", held)
	}
}

func TestCancelReturnsAtOnce(t *testing.T) {
	dir := t.TempDir()
	for i := range 50 {
		write(t, dir, fmt.Sprint(i), "line\n")
	}
	ctx, cancel := context.WithCancel(t.Context())
	var once sync.Once
	got := 0
	err := lines.Read(ctx, lines.Options{
		Stores: []objects.Store{store(t, dir)}, Workers: 3, New: func() lines.Handler { return &recorder{} },
		Collect: func(*lines.File, int64, any) { got++; once.Do(cancel) },
		Problem: func(name string, err error) { t.Errorf("%s: %v", name, err) },
	})
	if !errors.Is(err, context.Canceled) || got == 0 || got == 50 {
		t.Errorf("%d files, %v", got, err)
	}
}

// A pipe that nobody writes to does not hold up the one who interrupts.
func TestCancelOfASilentPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := w.WriteString("line\nbegin"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p := &lines.Progress{}
	done := make(chan error)
	go func() {
		done <- lines.Read(ctx, lines.Options{
			Stores: []objects.Store{pipe{objects.Stream(nil), r}}, Workers: 1, New: func() lines.Handler { return &recorder{} }, Progress: p,
			Collect: func(*lines.File, int64, any) {}, Problem: func(string, error) {},
		})
	}()
	for p.Read.Load() < 10 {
		runtime.Gosched()
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// pipe is a store of one pipe.
type pipe struct {
	objects.Store
	r *os.File
}

func (p pipe) Open(context.Context, string) (io.ReadCloser, error) { return p.r, nil }
