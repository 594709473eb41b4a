package e2e_test

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Services that none of us wrote go the same way: source, build, release,
// environments, gateway.
func TestForeignServices(t *testing.T) {
	p := newPlatform(t, "testdata/foreign", "foreign")
	dir := filepath.Dir(p.file)
	copyModule(t, "github.com/mccutchen/go-httpbin/v2", filepath.Join(dir, "httpbin"))
	copyModule(t, "github.com/prometheus/client_golang", filepath.Join(dir, "client_golang"))
	p.up()
	for _, page := range []struct{ host, path, want string }{
		{"httpbin.foreign.example", "/headers", `"Host"`},
		{"httpbin.dev.foreign.example", "/uuid", `"uuid"`},
		{"metrics.foreign.example", "/metrics", "go_goroutines"},
		{"metrics.dev.foreign.example", "/metrics", "go_goroutines"},
	} {
		p.eventually(page.host+page.path, time.Minute, func() error {
			status, release, body, err := p.get(page.host, page.path)
			if err != nil {
				return err
			}
			if status != http.StatusOK || !strings.Contains(body, page.want) || !strings.HasSuffix(release, "-1.0.0") {
				t.Fatalf("%s%s: status %d from %q: %s", page.host, page.path, status, release, body)
			}
			return nil
		})
	}
	p.interrupt()
}

// copyModule takes a module's source from the module cache.
func copyModule(t *testing.T, module, into string) {
	t.Helper()
	// Not go list: it knows no directory of a module that was not needed yet.
	out, err := exec.Command("go", "mod", "download", "-json", module).Output()
	if err != nil {
		t.Fatalf("go mod download %s: %v\n%s", module, err, out)
	}
	var downloaded struct{ Dir string }
	if err := json.Unmarshal(out, &downloaded); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(into, os.DirFS(downloaded.Dir)); err != nil {
		t.Fatal(err)
	}
	// The module cache is read-only; a working copy is not.
	err = filepath.Walk(into, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		return os.Chmod(path, info.Mode()|0o200)
	})
	if err != nil {
		t.Fatal(err)
	}
}
