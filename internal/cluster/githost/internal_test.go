package githost

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func tarball(t testing.TB, headers ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range headers {
		if h.Typeflag == tar.TypeReg {
			h.Size = 1
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			io.WriteString(w, "x")
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func file(name string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644}
}
func link(name, to string) tar.Header {
	return tar.Header{Name: name, Linkname: to, Typeflag: tar.TypeSymlink}
}

func TestUntarStaysInside(t *testing.T) {
	for _, c := range []struct {
		name    string
		entries []tar.Header
		want    string // empty: fine
	}{
		{"files and links", []tar.Header{file("a/b"), link("c", "a/b"), link("a/up", "../c"), link("dangling", "nowhere")}, ""},
		{"climbing", []tar.Header{file("../evil")}, "not a name"},
		{"absolute", []tar.Header{file("/etc/evil")}, "not a name"},
		{"git's directory", []tar.Header{file("a/.GIT/config")}, "not a name"},
		{"link to the machine", []tar.Header{link("passwd", "/etc/passwd")}, "outside of the tree"},
		{"link upwards", []tar.Header{link("a/b", "../../x")}, "outside of the tree"},
		{"links that add up", []tar.Header{file("d/e/x"), link("d/e/f", "../.."), link("z", "d/e/f/../secret")}, "z is a link"},
		{"through a link", []tar.Header{link("a", "b"), file("b/x"), file("a/evil")}, "exists"},
		{"twice", []tar.Header{file("a"), file("a")}, "exists"},
		{"device", []tar.Header{{Name: "null", Typeflag: tar.TypeChar}}, "neither a file"},
		{"hard link", []tar.Header{file("a"), {Name: "b", Linkname: "a", Typeflag: tar.TypeLink}}, "neither a file"},
		{"too many", []tar.Header{file("1"), file("2"), file("3"), file("4"), file("5"), file("6")}, "more than 5 files"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			root, err := os.OpenRoot(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer root.Close()
			err = untar(root, bytes.NewReader(tarball(t, c.entries...)), 100, 5)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := untar(root, bytes.NewReader(tarball(t, file("a"), file("b"))), 1, 5); err == nil || !strings.Contains(err.Error(), "more bytes") {
		t.Errorf("too large: %v", err)
	}
}

// Whatever the archive says, nothing appears beside the directory and no link
// leads out of it.
func FuzzUntar(f *testing.F) {
	f.Add(tarball(f, file("a/b"), link("c", "a/b")))
	f.Add(tarball(f, file("d/e/x"), link("d/e/f", "../.."), link("z", "d/e/f/../secret")))
	f.Fuzz(func(t *testing.T, archive []byte) {
		outer := t.TempDir()
		dir := filepath.Join(outer, "in")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		failed := untar(root, bytes.NewReader(archive), 1<<16, 100)
		entries, err := os.ReadDir(outer)
		if err != nil || len(entries) != 1 {
			t.Fatalf("beside the directory: %v %v", entries, err)
		}
		if failed != nil {
			return
		}
		real, err := filepath.EvalSymlinks(dir)
		if err != nil {
			t.Fatal(err)
		}
		filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
			if err == nil && info.Mode()&os.ModeSymlink != 0 {
				if to, err := filepath.EvalSymlinks(path); err == nil && to != real && !strings.HasPrefix(to, real+"/") {
					t.Fatalf("%s leads to %s", path, to)
				}
			}
			return nil
		})
	})
}

func FuzzReadCommands(f *testing.F) {
	id := strings.Repeat("0", 39) + "1"
	f.Add(append(packet(id+" "+id+" refs/heads/main\x00report-status side-band-64k\n"), "0000PACK"...))
	f.Add([]byte("0000"))
	f.Add([]byte("0004000500"))
	f.Fuzz(func(t *testing.T, data []byte) {
		in := bytes.NewReader(data)
		refs, taken, err := readCommands(in)
		if err != nil {
			return
		}
		rest, _ := io.ReadAll(in)
		if !bytes.Equal(append(taken, rest...), data) {
			t.Fatalf("bytes were lost: took %q of %q", taken, data)
		}
		for _, ref := range refs {
			if !bytes.Contains(data, []byte(ref)) {
				t.Fatalf("made up %q", ref)
			}
		}
	})
}

func TestReadCommands(t *testing.T) {
	old, id := strings.Repeat("a", 40), strings.Repeat("b", 40)
	var in bytes.Buffer
	in.Write(packet("shallow " + id + "\n"))
	in.Write(packet(old + " " + id + " refs/heads/main\x00 report-status side-band-64k agent=git/2\n"))
	in.Write(packet(old + " " + id + " refs/heads/hotfix/tax"))
	in.WriteString("0000PACKrest")
	refs, _, err := readCommands(&in)
	if err != nil || strings.Join(refs, " ") != "refs/heads/main refs/heads/hotfix/tax" || in.String() != "PACKrest" {
		t.Errorf("%q %v, then %q", refs, err, in.String())
	}
}

func TestWithMessage(t *testing.T) {
	banded := string(packet("\x01000eunpack ok\n0000")) + "0000"
	if got, want := string(withMessage([]byte(banded), "one\ntwo")), string(packet("\x01000eunpack ok\n0000"))+string(packet("\x02one\n"))+string(packet("\x02two\n"))+"0000"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	plain := "000eunpack ok\n0000"
	if got := string(withMessage([]byte(plain), "one")); got != plain {
		t.Errorf("a client without side bands got %q", got)
	}
}
