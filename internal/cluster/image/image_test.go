package image

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

type file struct {
	name, link, text string
	kind             byte
	mode             int64
}

func archive(t testing.TB, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		if f.kind == 0 {
			f.kind = tar.TypeReg
		}
		if f.mode == 0 {
			f.mode = 0o644
		}
		if err := w.WriteHeader(&tar.Header{Name: f.name, Linkname: f.link, Typeflag: f.kind, Size: int64(len(f.text)), Mode: f.mode}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, f.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func unpack(dir string, layers ...[]byte) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	u := &unpacker{root: root, budget: 1 << 20, entries: 1000}
	for _, layer := range layers {
		if err := u.layer(context.Background(), bytes.NewReader(layer)); err != nil {
			return err
		}
	}
	return u.finish()
}

// tree lists what is below a directory: "a/b=text", "l->target", "d/".
func tree(t testing.TB, dir string) string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		switch {
		case d.IsDir():
			all = append(all, rel+"/")
		case d.Type()&os.ModeSymlink != 0:
			target, _ := os.Readlink(path)
			all = append(all, rel+"->"+target)
		default:
			text, _ := os.ReadFile(path)
			all = append(all, rel+"="+string(text))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

func TestUnpack(t *testing.T) {
	const dir, sym, hard = tar.TypeDir, tar.TypeSymlink, tar.TypeLink
	for _, c := range []struct {
		name   string
		layers [][]file
		want   string
	}{
		{"parents are made", [][]file{{{name: "a/b/c", text: "x"}}}, "a/ a/b/ a/b/c=x"},
		{"later layers win", [][]file{{{name: "a", text: "1"}}, {{name: "a", text: "2"}}}, "a=2"},
		{"whiteout", [][]file{{{name: "d/a", text: "1"}, {name: "d/b"}}, {{name: "d/.wh.a"}}}, "d/ d/b="},
		{"whiteout of a directory", [][]file{{{name: "d/a"}}, {{name: ".wh.d"}}}, ""},
		{"opaque spares its own layer", [][]file{{{name: "d/old"}, {name: "d/s/old"}}, {{name: "d/new"}, {name: "d/s/new"}, {name: "d/.wh..wh..opq"}}}, "d/ d/new= d/s/ d/s/new="},
		{"file replaces directory", [][]file{{{name: "d/a"}}, {{name: "d", text: "f"}}}, "d=f"},
		{"directory replaces file", [][]file{{{name: "d", text: "f"}}, {{name: "d/a"}}}, "d/ d/a="},
		{"directory is kept", [][]file{{{name: "d/a"}}, {{name: "d", kind: dir}}}, "d/ d/a="},
		{"hard link", [][]file{{{name: "a", text: "1"}, {name: "b", link: "a", kind: hard}}}, "a=1 b=1"},
		{"through an absolute link", [][]file{{{name: "usr/lib", kind: dir}, {name: "lib", link: "/usr/lib", kind: sym}}, {{name: "lib/a", text: "1"}}}, "lib->/usr/lib usr/ usr/lib/ usr/lib/a=1"},
		{"a link is replaced, not followed", [][]file{{{name: "a", text: "1"}, {name: "l", link: "a", kind: sym}}, {{name: "l", text: "2"}}}, "a=1 l=2"},
		{"devices are left out", [][]file{{{name: "dev/null", kind: tar.TypeChar}}}, "dev/"},
		{"above the root is the root", [][]file{{{name: "../../x", text: "1"}, {name: "/abs", text: "2"}}}, "abs=2 x=1"},
		{"links out are harmless", [][]file{{{name: "l", link: "../../../out", kind: sym}, {name: "l/x", text: "1"}}}, "l->../../../out out/ out/x=1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			var layers [][]byte
			for _, l := range c.layers {
				layers = append(layers, archive(t, l...))
			}
			if err := unpack(root, layers...); err != nil {
				t.Fatal(err)
			}
			if got := tree(t, root); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestUnpackRefuses(t *testing.T) {
	big := strings.Repeat("x", 1<<20)
	for name, files := range map[string][]file{
		"too big":                  {{name: "a", text: big}, {name: "b", text: big}},
		"hard link to the host":    {{name: "l", link: "/etc/passwd", kind: tar.TypeLink}},
		"loop":                     {{name: "l", link: "l", kind: tar.TypeSymlink}, {name: "l/x"}},
		"whiteout of the parent":   {{name: "d/.wh..."}, {name: "d/.wh..", text: ""}},
		"symlink without a target": {{name: "l", kind: tar.TypeSymlink}},
	} {
		if err := unpack(t.TempDir(), archive(t, files...)); err == nil {
			t.Errorf("%s: unpacked", name)
		}
	}
}

func TestModes(t *testing.T) {
	root := t.TempDir()
	err := unpack(root, archive(t, file{name: "d", kind: tar.TypeDir, mode: 0o111}, file{name: "d/su", mode: 0o4755}, file{name: "d/secret", mode: 0o020}))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{"d": os.ModeDir | 0o711, "d/su": 0o755, "d/secret": 0o420} {
		if info, err := os.Stat(filepath.Join(root, name)); err != nil || info.Mode() != want {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
}

// Whatever a layer says, nothing outside of the root changes.
func FuzzUnpack(f *testing.F) {
	f.Add(archive(f, file{name: "a/b", text: "1"}, file{name: "a/.wh.b"}), archive(f, file{name: "a", link: "/", kind: tar.TypeSymlink}, file{name: "a/../../x"}))
	f.Add(archive(f, file{name: "l", link: "..", kind: tar.TypeSymlink}, file{name: "l/canary", text: "gone"}), archive(f, file{name: "l/.wh.canary"}, file{name: ".wh..wh..opq"}))
	f.Add(archive(f, file{name: "x", link: "../canary", kind: tar.TypeLink}), []byte("junk"))
	f.Fuzz(func(t *testing.T, one, two []byte) {
		outer := t.TempDir()
		canary := filepath.Join(outer, "canary")
		if err := os.WriteFile(canary, []byte("alive"), 0o600); err != nil {
			t.Fatal(err)
		}
		root := filepath.Join(outer, "root")
		if err := os.Mkdir(root, 0o755); err != nil {
			t.Fatal(err)
		}
		_ = unpack(root, one, two)
		entries, err := os.ReadDir(outer)
		if err != nil || len(entries) != 2 {
			t.Errorf("outside of the root: %v, %v", entries, err)
		}
		if text, _ := os.ReadFile(canary); string(text) != "alive" {
			t.Errorf("the canary says %q", text)
		}
		if err := removeTree(root); err != nil {
			t.Error(err)
		}
	})
}

// host is a registry with one image; it counts how often blobs are asked for.
func host(t *testing.T) (mirror, reference string, blobs *atomic.Int64, image v1.Image) {
	t.Helper()
	blobs = new(atomic.Int64)
	handler := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/blobs/") {
			blobs.Add(1)
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(archive(t, file{name: "app", text: "#!", mode: 0o755}))), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	image, err = mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		t.Fatal(err)
	}
	image, err = mutate.Config(image, v1.Config{Entrypoint: []string{"/app"}, Env: []string{"A=b"}, WorkingDir: "/w", User: "65532"})
	if err != nil {
		t.Fatal(err)
	}
	digest, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	mirror = strings.TrimPrefix(server.URL, "http://")
	tag, err := name.NewTag(mirror+"/booking:1", name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(tag, image); err != nil {
		t.Fatal(err)
	}
	return mirror, "registry.paddock.internal/booking@" + digest.String(), blobs, image
}

func newStore(t *testing.T, dir, mirror string) *Store {
	t.Helper()
	s, err := New(Config{Dir: dir, Mirrors: map[string]string{"registry.paddock.internal": mirror}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPullOnce(t *testing.T) {
	mirror, ref, blobs, _ := host(t)
	dir := t.TempDir()
	s := newStore(t, dir, mirror)
	if _, ok := s.Present(ref); ok {
		t.Error("present before the pull")
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			image, err := s.Pull(t.Context(), ref)
			if err != nil {
				t.Error(err)
				return
			}
			if got := tree(t, image.Rootfs); got != "app=#!" || image.Entrypoint[0] != "/app" || image.WorkingDir != "/w" || image.User != "65532" || image.Size != 2 {
				t.Errorf("%+v with %s", image, got)
			}
		})
	}
	all.Wait()
	if n := blobs.Load(); n != 2 {
		t.Errorf("%d blobs fetched for one layer and its configuration", n)
	}
	again := newStore(t, dir, "127.0.0.1:1") // the registry is gone
	if _, err := again.Pull(t.Context(), ref); err != nil {
		t.Errorf("an image that is here: %v", err)
	}
	byTag, err := s.Pull(t.Context(), "registry.paddock.internal/booking:1")
	if err != nil || !strings.HasSuffix(ref, byTag.Digest) {
		t.Errorf("by tag: %+v, %v", byTag, err)
	}
}

func TestPullFails(t *testing.T) {
	mirror, ref, _, _ := host(t)
	s := newStore(t, t.TempDir(), mirror)
	unknown := ref[:len(ref)-4] + "0000"
	for _, r := range []string{unknown, "registry.paddock.internal/other:1", "NOT A REFERENCE"} {
		if _, err := s.Pull(t.Context(), r); err == nil {
			t.Errorf("%s was pulled", r)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Pull(ctx, ref); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := s.Pull(t.Context(), ref); err != nil {
		t.Errorf("after a cancelled pull: %v", err)
	}
}

// A registry that answers with other bytes is found out.
func TestPullVerifies(t *testing.T) {
	mirror, ref, _, image := host(t)
	layers, _ := image.Layers()
	digest, _ := layers[0].Digest()
	liar := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		resp, err := http.Get("http://" + mirror + r.URL.Path)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		if strings.HasSuffix(r.URL.Path, digest.String()) {
			body[len(body)-1] ^= 1
		}
		w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
		w.WriteHeader(resp.StatusCode)
		_, _ = w.Write(body)
	}))
	defer liar.Close()
	s := newStore(t, t.TempDir(), strings.TrimPrefix(liar.URL, "http://"))
	if _, err := s.Pull(t.Context(), ref); err == nil {
		t.Error("a changed layer was accepted")
	}
	if left, _ := os.ReadDir(s.temporary()); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestSweep(t *testing.T) {
	mirror, ref, _, _ := host(t)
	s := newStore(t, t.TempDir(), mirror)
	image, err := s.Pull(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	used, unused := func(string) bool { return true }, func(string) bool { return false }
	later := time.Now().Add(time.Hour)
	for _, c := range []struct {
		inUse  func(string) bool
		before time.Time
		want   int
	}{{used, later, 0}, {unused, time.Now().Add(-time.Hour), 0}, {unused, later, 1}, {unused, later, 0}} {
		removed, err := s.Sweep(c.inUse, c.before)
		if err != nil || len(removed) != c.want {
			t.Errorf("removed %v, %v, want %d", removed, err, c.want)
		}
	}
	if _, err := os.Stat(image.Rootfs); !os.IsNotExist(err) {
		t.Errorf("still there: %v", err)
	}
}
