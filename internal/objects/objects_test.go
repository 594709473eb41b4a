package objects_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"paddock.dev/internal/objects"
)

// tree makes files; a name ending in -> TARGET makes a link.
func tree(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		name, target, isLink := strings.Cut(name, "->")
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if isLink {
			err = os.Symlink(strings.ReplaceAll(target, "$DIR", dir), path)
		} else {
			err = os.WriteFile(path, []byte(name), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// list returns the keys, each checked to open as what it is, and the errors.
func list(t *testing.T, s objects.Store) (keys, problems []string) {
	t.Helper()
	for o, err := range s.List(t.Context()) {
		if err != nil {
			problems = append(problems, err.Error())
			continue
		}
		keys = append(keys, o.Key)
		r, err := s.Open(t.Context(), o.Key)
		if err != nil {
			t.Errorf("open %s: %v", o.Key, err)
			continue
		}
		body, err := io.ReadAll(r)
		if err != nil || o.Size >= 0 && int64(len(body)) != o.Size {
			t.Errorf("%s: %d bytes, %v; listed with %d", o.Key, len(body), err, o.Size)
		}
		r.Close()
	}
	return keys, problems
}

func at(t *testing.T, location string) objects.Store {
	t.Helper()
	s, err := objects.At(t.Context(), location)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDirectoryIsListedInTheOrderOfKeys(t *testing.T) {
	dir := tree(t, "a/x", "a/b/y", "a.log", "a-b", "z", "A")
	keys, problems := list(t, at(t, dir))
	want := []string{"A", "a-b", "a.log", "a/b/y", "a/x", "z"}
	if !slices.Equal(keys, want) || !slices.IsSorted(keys) || problems != nil {
		t.Errorf("got %q, %q, want %q", keys, problems, want)
	}
}

func TestLinks(t *testing.T) {
	outside := tree(t, "deep/file", "back->..")
	for _, c := range []struct {
		name     string
		tree     []string
		keys     []string
		problems []string
	}{
		{"to a file inside, which is met anyway", []string{"a", "latest->a"}, []string{"a"}, nil},
		{"to a directory inside", []string{"d/a", "e->d"}, []string{"d/a"}, nil},
		{"to itself", []string{"a", "l->l"}, []string{"a"}, []string{"leads nowhere"}},
		{"to each other", []string{"a", "l->m", "m->l"}, []string{"a"}, []string{"leads nowhere", "leads nowhere"}},
		{"to the directory it is in", []string{"d/a", "d/l->."}, []string{"d/a"}, []string{"a loop"}},
		{"to a directory above", []string{"d/e/a", "d/e/l->../.."}, []string{"d/e/a"}, []string{"a loop"}},
		{"to nothing", []string{"a", "l->none"}, []string{"a"}, []string{"not there"}},
		{"out, twice", []string{"a", "l->" + outside + "/deep", "m->" + outside + "/deep"}, []string{"a", "l/file"}, []string{"a loop"}},
		{"out to a file, twice", []string{"a", "l->" + outside + "/deep/file", "m->" + outside + "/deep/file"}, []string{"a", "l"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			keys, problems := list(t, at(t, tree(t, c.tree...)))
			if !slices.Equal(keys, c.keys) || len(problems) != len(c.problems) {
				t.Fatalf("got %q, %q", keys, problems)
			}
			for i, p := range c.problems {
				if !strings.Contains(problems[i], p) {
					t.Errorf("got %q, want %q", problems[i], p)
				}
			}
		})
	}
}

func TestUnreadableDirectoryIsNamedAndTheRestRead(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root reads everything")
	}
	dir := tree(t, "a", "b/x", "c")
	if err := os.Chmod(filepath.Join(dir, "b"), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(filepath.Join(dir, "b"), 0o755) })
	keys, problems := list(t, at(t, dir))
	if !slices.Equal(keys, []string{"a", "c"}) || len(problems) != 1 || !strings.Contains(problems[0], "permission denied") {
		t.Errorf("got %q, %q", keys, problems)
	}
}

func TestFile(t *testing.T) {
	dir := tree(t, "one.log")
	keys, problems := list(t, at(t, filepath.Join(dir, "one.log")))
	if !slices.Equal(keys, []string{"one.log"}) || problems != nil {
		t.Errorf("got %q, %q", keys, problems)
	}
	if _, err := objects.At(t.Context(), filepath.Join(dir, "none")); !errors.Is(err, objects.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if _, err := at(t, dir).Open(t.Context(), "../x"); err == nil {
		t.Error("a name led out of the directory")
	}
}

// A directory of 100,000 files costs the names, not the files.
func TestManyFilesInLittleMemory(t *testing.T) {
	dir := t.TempDir()
	const n = 100_000
	const links = 30_000 // of one file; some file systems allow 65,000
	for i := range n {
		name := filepath.Join(dir, fmt.Sprintf("%06d", i))
		var err error
		if i%links == 0 {
			err = os.WriteFile(name, []byte("x"), 0o644)
		} else if err = os.Link(filepath.Join(dir, fmt.Sprintf("%06d", i/links*links)), name); err != nil {
			t.Skipf("no hard links here: %v", err)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	s := at(t, dir)
	var before, during runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	count, last := 0, ""
	for o, err := range s.List(t.Context()) {
		if err != nil || o.Key <= last {
			t.Fatalf("%q after %q: %v", o.Key, last, err)
		}
		last = o.Key
		if count++; count == n/2 {
			runtime.GC()
			runtime.ReadMemStats(&during)
		}
	}
	if count != n {
		t.Errorf("%d files", count)
	}
	if held := int64(during.HeapAlloc) - int64(before.HeapAlloc); held > 12<<20 {
		t.Errorf("%d bytes held for %d files", held, n)
	}
}

func gz(t *testing.T, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, p := range parts {
		w := gzip.NewWriter(&b)
		if _, err := w.Write([]byte(p)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func zst(t *testing.T, parts ...string) []byte {
	t.Helper()
	e, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	var b []byte
	for _, p := range parts {
		b = e.EncodeAll([]byte(p), b)
	}
	return b
}

func TestDecompressed(t *testing.T) {
	long := strings.Repeat("0123456789 abcdef\n", 100_000)
	random := make([]byte, 1<<20)
	x := uint32(1)
	for i := range random {
		x = x*1664525 + 1013904223
		random[i] = byte(x >> 24)
	}
	cut := gz(t, string(random))
	for _, c := range []struct {
		name  string
		in    []byte
		how   objects.Compression
		want  string
		least int // of want, when the rest is lost
		err   error
	}{
		{"empty", nil, objects.None, "", 0, nil},
		{"one byte", []byte("x"), objects.None, "x", 0, nil},
		{"text", []byte(long), objects.None, long, 0, nil},
		{"gzip", gz(t, long), objects.Gzip, long, 0, nil},
		{"gzip members", gz(t, "a", "", long), objects.Gzip, "a" + long, 0, nil},
		{"zstd", zst(t, long), objects.Zstd, long, 0, nil},
		{"zstd frames", zst(t, "a", long), objects.Zstd, "a" + long, 0, nil},
		{"gzip cut off", cut[:len(cut)/2], objects.Gzip, string(random), 400_000, objects.ErrTruncated},
		{"gzip without its last byte", cut[:len(cut)-1], objects.Gzip, string(random), len(random), objects.ErrTruncated},
		{"zstd cut off", zst(t, string(random))[:600_000], objects.Zstd, string(random), 300_000, objects.ErrTruncated},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, how, err := objects.Decompressed(bytes.NewReader(c.in))
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			got, err := io.ReadAll(r)
			if how != c.how || !errors.Is(err, c.err) {
				t.Errorf("%s, error %v", how, err)
			}
			if c.err == nil && string(got) != c.want || c.err != nil && (len(got) < c.least || !strings.HasPrefix(c.want, string(got))) {
				t.Errorf("got %d bytes of %d", len(got), len(c.want))
			}
		})
	}
	if _, _, err := objects.Decompressed(bytes.NewReader(gz(t, "x")[:5])); !errors.Is(err, objects.ErrTruncated) {
		t.Errorf("got %v", err)
	}
}

func TestBombIsNotUnpacked(t *testing.T) {
	for name, writer := range map[string]func(io.Writer) io.WriteCloser{
		"gzip": func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		"zstd": func(w io.Writer) io.WriteCloser { z, _ := zstd.NewWriter(w); return z },
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			w := writer(&b)
			zeros := make([]byte, 1<<20)
			for range 400 {
				if _, err := w.Write(zeros); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			r, _, err := objects.Decompressed(&b)
			if err != nil {
				t.Fatal(err)
			}
			n, err := io.Copy(io.Discard, r)
			if !errors.Is(err, objects.ErrBomb) || n > 300<<20 {
				t.Errorf("%d bytes, %v", n, err)
			}
		})
	}
}

// fakeS3 serves the keys, each with itself as content.
func fakeS3(t *testing.T, keys ...string) {
	t.Helper()
	backend := s3mem.New()
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	if err := backend.CreateBucket("logs"); err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		body := k
		if strings.HasSuffix(k, "/") {
			body = ""
		}
		if _, err := backend.PutObject("logs", k, nil, strings.NewReader(body), int64(len(body)), nil); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_REGION": "ap-south-1", "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_CONFIG_FILE": filepath.Join(t.TempDir(), "none"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(t.TempDir(), "none"), "AWS_PROFILE": "",
	} {
		t.Setenv(name, value)
	}
}

func TestBucket(t *testing.T) {
	many := []string{"prod", "prod-old/x", "prod/", "prod/a.gz", "prod/b/c"}
	for i := range 1500 { // more than a page
		many = append(many, fmt.Sprintf("many/%04d", i))
	}
	fakeS3(t, many...)
	for location, want := range map[string][]string{
		"s3://logs/prod":      {"prod"},
		"s3://logs/prod/":     {"a.gz", "b/c"},
		"s3://logs/prod/b":    {"c"},
		"s3://logs/prod/b/c":  {"c"},
		"s3://logs/prod*":     {"prod", "prod-old/x", "prod/a.gz", "prod/b/c"},
		"s3://logs/prod/a*":   {"a.gz"},
		"s3://logs/prod/none": nil,
	} {
		keys, problems := list(t, at(t, location))
		if !slices.Equal(keys, want) || problems != nil {
			t.Errorf("%s: got %q, %q, want %q", location, keys, problems, want)
		}
	}
	if keys, _ := list(t, at(t, "s3://logs")); len(keys) != len(many)-1 || !slices.IsSorted(keys) {
		t.Errorf("%d keys", len(keys))
	}
	if _, err := objects.At(t.Context(), "s3://nobody/x"); !errors.Is(err, objects.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if _, err := objects.At(t.Context(), "s3://"); err == nil {
		t.Error("no bucket was fine")
	}
	if _, err := at(t, "s3://logs/prod/").Open(t.Context(), "none"); !errors.Is(err, objects.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestStreamAndCancel(t *testing.T) {
	keys, problems := list(t, objects.Stream(strings.NewReader("text")))
	if !slices.Equal(keys, []string{"stdin"}) || problems != nil {
		t.Errorf("got %q, %q", keys, problems)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for o, err := range at(t, tree(t, "a", "b")).List(ctx) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, %v", o, err)
		}
	}
}
