package githost_test

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"paddock.dev/internal/cluster/githost"
)

// world is a git host that listens, and what it was told of pushes.
type world struct {
	t    *testing.T
	dir  string
	host *githost.Host
	url  string

	mu     sync.Mutex
	pushes []githost.Push
}

func needGit(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		if os.Getenv("PADDOCK_TEST_ALL") != "" {
			t.Fatal("PADDOCK_TEST_ALL is set, and git is missing")
		}
		t.Skip("git is not installed")
	}
}

func start(t *testing.T) *world {
	t.Helper()
	needGit(t)
	w := &world{t: t, dir: t.TempDir()}
	w.open()
	server := httptest.NewServer(w.host)
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

func (w *world) open() {
	w.t.Helper()
	host, err := githost.New(w.t.Context(), githost.Config{
		Dir: w.dir,
		Now: func() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) },
		OnPush: func(p githost.Push) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.pushes = append(w.pushes, p)
		},
		Reply: func(p githost.Push) string { return "paddock: noted " + p.Ref + "\nfor " + p.By },
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.host = host
}

func (w *world) seen() []githost.Push {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]githost.Push{}, w.pushes...)
}

func (w *world) remote(service string) string { return w.url + "/git/" + service + ".git" }

func (w *world) seed(service string, files map[string]string) githost.Seeded {
	w.t.Helper()
	dir := w.t.TempDir()
	write(w.t, dir, files)
	seeded, err := w.host.Seed(w.t.Context(), service, dir, "")
	if err != nil {
		w.t.Fatal(err)
	}
	return seeded
}

// clone returns a working copy of a service.
func (w *world) clone(service string, flags ...string) string {
	w.t.Helper()
	dir := filepath.Join(w.t.TempDir(), service)
	mustGit(w.t, "", append(append([]string{"clone", "--quiet"}, flags...), w.remote(service), dir)...)
	return dir
}

// commit changes files in a working copy and commits them.
func commit(t *testing.T, dir, message string, files map[string]string) {
	t.Helper()
	write(t, dir, files)
	mustGit(t, dir, "add", "--all")
	mustGit(t, dir, "commit", "--quiet", "--allow-empty", "-m", message)
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// runGit is what a developer would type, as Asha.
func runGit(dir string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C",
		"GIT_AUTHOR_NAME=Asha", "GIT_AUTHOR_EMAIL=asha@kestrelcars.example",
		"GIT_COMMITTER_NAME=Asha", "GIT_COMMITTER_EMAIL=asha@kestrelcars.example",
	}
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func mustGit(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := runGit(dir, args...)
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func head(t *testing.T, w *world, service string) githost.Commit {
	t.Helper()
	c, err := w.host.Head(t.Context(), service, "main")
	if err != nil {
		t.Fatal(err)
	}
	return c
}
