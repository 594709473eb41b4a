package registry_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"paddock.dev/internal/cluster/registry"
)

// serveDir makes this test binary a registry that can be killed.
const serveDir = "PADDOCK_TEST_REGISTRY_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(serveDir); dir != "" {
		r, err := registry.New(registry.Config{Dir: dir})
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		s := httptest.NewServer(r)
		fmt.Println(strings.TrimPrefix(s.URL, "http://"))
		select {}
	}
	os.Exit(m.Run())
}

func open(t *testing.T, dir string) (*registry.Registry, string) {
	t.Helper()
	r, err := registry.New(registry.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(r)
	t.Cleanup(s.Close)
	return r, strings.TrimPrefix(s.URL, "http://")
}

func image(t *testing.T, size int64) v1.Image {
	t.Helper()
	img, err := random.Image(size, 2)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func digest(t *testing.T, img v1.Image) string {
	t.Helper()
	h, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return h.String()
}

func ref(t *testing.T, s string) name.Reference {
	t.Helper()
	r, err := name.ParseReference(s, name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func push(t *testing.T, to string, img v1.Image) {
	t.Helper()
	if err := remote.Write(ref(t, to), img); err != nil {
		t.Fatalf("push %s: %v", to, err)
	}
}

// pull reads all of an image and checks every digest in it.
func pull(from name.Reference) error {
	img, err := remote.Image(from)
	if err != nil {
		return err
	}
	return validate.Image(img)
}

func TestPushPullAcrossARestart(t *testing.T) {
	dir := t.TempDir()
	_, addr := open(t, dir)
	img := image(t, 100_000)
	push(t, addr+"/booking:v1", img)
	if err := remote.WriteIndex(ref(t, addr+"/group/fleet:all"), mutate.AppendManifests(mutateEmpty(t), mutate.IndexAddendum{Add: img})); err != nil {
		t.Fatal(err)
	}
	want := digest(t, img)
	r, addr := open(t, dir)
	if err := pull(ref(t, addr+"/booking@"+want)); err != nil {
		t.Errorf("pull by digest: %v", err)
	}
	if err := pull(ref(t, addr+"/booking:v1")); err != nil {
		t.Errorf("pull by tag: %v", err)
	}
	if idx, err := remote.Index(ref(t, addr+"/group/fleet:all")); err != nil {
		t.Errorf("pull an index: %v", err)
	} else if err := validate.Index(idx); err != nil {
		t.Errorf("pull an index: %v", err)
	}
	if !r.Has(t.Context(), want) {
		t.Error("Has does not find the image")
	}
	if r.Has(t.Context(), "sha256:"+strings.Repeat("0", 64)) || r.Has(t.Context(), "latest") {
		t.Error("Has finds what is not there")
	}
	repo, err := name.NewRepository(addr+"/booking", name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	if tags, err := remote.List(repo); err != nil || len(tags) != 1 || tags[0] != "v1" {
		t.Errorf("tags are %v (%v)", tags, err)
	}
	if err := remote.Delete(ref(t, addr+"/booking:v1")); err != nil {
		t.Fatal(err)
	}
	_, addr = open(t, dir)
	if err := pull(ref(t, addr+"/booking:v1")); err == nil {
		t.Error("a deleted tag came back")
	}
}

func mutateEmpty(t *testing.T) v1.ImageIndex {
	t.Helper()
	idx, err := random.Index(10, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	return idx
}

func TestConcurrentPushes(t *testing.T) {
	_, addr := open(t, t.TempDir())
	var group sync.WaitGroup
	for i := range 8 {
		img := image(t, 50_000)
		to := ref(t, fmt.Sprintf("%s/service%d:v1", addr, i%4))
		group.Go(func() {
			if err := remote.Write(to, img); err != nil {
				t.Errorf("push: %v", err)
			}
		})
	}
	group.Wait()
}

// A file that was cut short is not served, and pushing again heals it.
func TestDamagedBlob(t *testing.T) {
	for _, restart := range []bool{false, true} {
		dir := t.TempDir()
		r, addr := open(t, dir)
		img := image(t, 100_000)
		push(t, addr+"/booking:v1", img)
		layers, err := img.Layers()
		if err != nil {
			t.Fatal(err)
		}
		h, err := layers[0].Digest()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(filepath.Join(dir, "blobs", "sha256", h.Hex), 1000); err != nil {
			t.Fatal(err)
		}
		if restart {
			r, addr = open(t, dir)
		}
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			req, err := http.NewRequestWithContext(t.Context(), method, "http://"+addr+"/v2/booking/blobs/"+h.String(), nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != http.StatusNotFound {
				t.Errorf("%s of a damaged blob: %s", method, res.Status)
			}
		}
		if r.Has(t.Context(), digest(t, img)) {
			t.Error("Has counts a damaged blob")
		}
		push(t, addr+"/booking:v1", img)
		if err := pull(ref(t, addr+"/booking:v1")); err != nil {
			t.Errorf("pushed again: %v", err)
		}
		if !r.Has(t.Context(), digest(t, img)) {
			t.Error("pushed again, and Has does not find it")
		}
	}
}

// A damaged manifest is the same as none.
func TestDamagedManifest(t *testing.T) {
	dir := t.TempDir()
	_, addr := open(t, dir)
	img := image(t, 1000)
	push(t, addr+"/booking:v1", img)
	hex := strings.TrimPrefix(digest(t, img), "sha256:")
	if err := os.WriteFile(filepath.Join(dir, "blobs", "sha256", hex), []byte(`{"schemaVersion":2}`), 0o644); err != nil {
		t.Fatal(err)
	}
	_, addr = open(t, dir)
	if err := pull(ref(t, addr+"/booking:v1")); err == nil {
		t.Error("a damaged manifest was served")
	}
	push(t, addr+"/booking:v1", img)
	if err := pull(ref(t, addr+"/booking:v1")); err != nil {
		t.Errorf("pushed again: %v", err)
	}
}

// Killed at any instant of many pushes, the registry afterwards has every image
// that it confirmed, and serves nothing that is not whole.
func TestKilledWhilePushing(t *testing.T) {
	dir := t.TempDir()
	confirmed := map[string]bool{}
	for round := range 4 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), serveDir+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		addr, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		addr = strings.TrimSpace(addr)
		// Another push kills it each time: after so many bytes of a layer.
		kill := &killer{after: 200_000 * (1 + round), kill: func() { cmd.Process.Kill() }}
		transport := http.DefaultTransport.(*http.Transport).Clone()
		for range 10 {
			img := image(t, 100_000)
			to := ref(t, addr+"/booking:v1")
			if remote.Write(to, img, remote.WithTransport(kill.wrap(transport)), remote.WithRetryBackoff(remote.Backoff{Steps: 1})) != nil {
				break
			}
			confirmed[digest(t, img)] = true
		}
		cmd.Process.Kill()
		cmd.Wait()
		transport.CloseIdleConnections()
	}
	r, addr := open(t, dir)
	for d := range confirmed {
		if err := pull(ref(t, addr+"/booking@"+d)); err != nil {
			t.Errorf("%s was confirmed: %v", d, err)
		}
	}
	files, err := os.ReadDir(filepath.Join(dir, "blobs", "sha256"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !r.Has(t.Context(), "sha256:"+f.Name()) {
			t.Errorf("%s is not whole", f.Name())
		}
	}
	if left, err := os.ReadDir(filepath.Join(dir, "uploads")); err != nil || len(left) > 0 {
		t.Errorf("unfinished uploads are left: %v %v", left, err)
	}
	if len(confirmed) == 0 {
		t.Error("nothing was confirmed; the test tests nothing")
	}
}

// killer ends the server in the middle of the body that exceeds its budget.
type killer struct {
	mu    sync.Mutex
	after int
	kill  func()
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func (k *killer) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Body != nil && r.Method == http.MethodPatch {
			r = r.Clone(r.Context())
			r.Body = struct {
				io.Reader
				io.Closer
			}{io.TeeReader(r.Body, k), r.Body}
		}
		return next.RoundTrip(r)
	})
}

func (k *killer) Write(p []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.after -= len(p); k.after < 0 {
		k.kill()
	}
	return len(p), nil
}

func TestCollect(t *testing.T) {
	dir := t.TempDir()
	r, addr := open(t, dir)
	kept, dropped := image(t, 10_000), image(t, 10_000)
	push(t, addr+"/booking:kept", kept)
	push(t, addr+"/booking:dropped", dropped)
	for _, name := range []string{"booking:dropped", "booking@" + digest(t, dropped)} {
		if err := remote.Delete(ref(t, addr+"/"+name)); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := r.Collect(time.Now().Add(-time.Hour)); err != nil || got.Blobs != 0 {
		t.Errorf("young blobs: %+v %v", got, err)
	}
	got, err := r.Collect(time.Now().Add(time.Hour))
	if err != nil || got.Blobs != 4 || got.Bytes < 20_000 {
		t.Errorf("collected %+v %v; want manifest, config and two layers", got, err)
	}
	if err := pull(ref(t, addr+"/booking:kept")); err != nil {
		t.Errorf("the image that is named: %v", err)
	}
	if r.Has(t.Context(), digest(t, dropped)) {
		t.Error("the image that is not named is still there")
	}
}

func TestRefusals(t *testing.T) {
	_, addr := open(t, t.TempDir())
	absent := strings.Repeat("a", 64)
	for _, c := range []struct {
		name, method, path, body, kind string
		status                         int
		code                           string
	}{
		{"not JSON", "PUT", "booking/manifests/v1", "hello", "", 400, "MANIFEST_INVALID"},
		{"layers that are not here", "PUT", "booking/manifests/v1", `{"schemaVersion":2,"layers":[{"digest":"sha256:` + absent + `"}]}`, "", 400, "MANIFEST_BLOB_UNKNOWN"},
		{"another digest", "PUT", "booking/manifests/sha256:" + absent, `{"schemaVersion":2}`, "", 400, "DIGEST_INVALID"},
		{"a tag with a slash in disguise", "PUT", "booking/manifests/a%5Cb", `{"schemaVersion":2}`, "", 400, "TAG_INVALID"},
		{"a repository that climbs", "PUT", "a/..%2f..%2fb/manifests/v1", `{"schemaVersion":2}`, "", 400, "NAME_INVALID"},
		{"blob with another digest", "POST", "booking/blobs/uploads/?digest=sha256:" + absent, "x", "", 400, "DIGEST_INVALID"},
		{"unknown upload", "PATCH", "booking/blobs/uploads/ABC", "x", "", 404, "BLOB_UPLOAD_UNKNOWN"},
		{"unknown manifest", "GET", "booking/manifests/v9", "", "", 404, "NAME_UNKNOWN"},
		{"deleting a blob", "DELETE", "booking/blobs/sha256:" + absent, "", "", 405, "UNSUPPORTED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), c.method, "http://"+addr+"/v2/"+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			body, _ := io.ReadAll(res.Body)
			if res.StatusCode != c.status || !bytes.Contains(body, []byte(c.code)) {
				t.Errorf("answered %s %s, want %d %s", res.Status, body, c.status, c.code)
			}
		})
	}
}
