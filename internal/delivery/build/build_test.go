package build_test

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"paddock.dev/internal/delivery/build"
)

func TestTheImage(t *testing.T) {
	m := start(t)
	commit := m.seed("booking", hello)
	result, log, err := m.build(build.Request{Service: "booking", Commit: commit})
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	if result.Image != "registry.paddock.internal/booking@"+result.Digest || result.Cached || result.Size == 0 {
		t.Errorf("the result is %+v", result)
	}
	image := m.pull(result)
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if got := config.Config.Labels["org.opencontainers.image.revision"]; got != commit {
		t.Errorf("revision is %q, want %q", got, commit)
	}
	if got := config.Config.Labels["org.opencontainers.image.title"]; got != "booking" {
		t.Errorf("title is %q", got)
	}
	if !slices.Equal(config.Config.Entrypoint, []string{"/app/booking"}) || config.OS != "linux" || config.Created.Unix() != 0 {
		t.Errorf("the configuration is %+v", config)
	}
	out, err := exec.Command(program(t, image, "app/booking")).CombinedOutput()
	if err != nil || string(out) != "hello\n" {
		t.Errorf("the program said %q (%v)", out, err)
	}
	if left, err := os.ReadDir(filepath.Join(m.dir, "build", "work")); err != nil || len(left) > 0 {
		t.Errorf("the builder left %v (%v)", left, err)
	}
}

// Two machines, with nothing in common but the compiler.
func TestSameCommitSameDigest(t *testing.T) {
	var digests []string
	for range 2 {
		m := start(t, func(c *build.Config) { c.Dir = filepath.Join(filepath.Dir(c.Dir), t.Name(), "deeper") })
		result, log, err := m.build(build.Request{Service: "booking", Commit: m.seed("booking", hello)})
		if err != nil {
			t.Fatalf("%v\n%s", err, log)
		}
		if result.Cached {
			t.Fatal("the second was not built")
		}
		digests = append(digests, result.Digest)
	}
	if digests[0] != digests[1] {
		t.Errorf("two machines made %v", digests)
	}
}

func TestCache(t *testing.T) {
	m := start(t)
	ctx := context.Background()
	commit := m.seed("booking", hello)
	first, log, err := m.build(build.Request{Service: "booking", Commit: commit})
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	again, _, err := m.build(build.Request{Service: "booking", Commit: commit})
	if err != nil || !again.Cached || again.Digest != first.Digest {
		t.Errorf("the same commit again: %+v, %v", again, err)
	}
	// The same files in another commit: another image, nothing compiled.
	drill, err := m.git.CreateBranch(ctx, "booking", "drill/1", commit, "drill")
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := m.build(build.Request{Service: "booking", Commit: drill.ID})
	if err != nil || !other.Cached || other.Digest == first.Digest {
		t.Errorf("the same tree: %+v, %v", other, err)
	}
	// A damaged cache is no cache.
	files, err := filepath.Glob(filepath.Join(m.dir, "build", "layers", "*.tar.gz"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	if err := os.Truncate(files[0], 100); err != nil {
		t.Fatal(err)
	}
	healed, _, err := m.build(build.Request{Service: "booking", Commit: commit})
	if err != nil || healed.Cached || healed.Digest != first.Digest {
		t.Errorf("after damage: %+v, %v", healed, err)
	}
}

func TestTestsOfTheService(t *testing.T) {
	m := start(t)
	if _, log, err := m.build(build.Request{Service: "booking", Commit: m.seed("booking", hello), Test: true}); err != nil || !strings.Contains(log, "tested in") {
		t.Errorf("good tests: %v\n%s", err, log)
	}
	rude := m.seed("booking", with(hello, "greeting.go", "package main\n\nfunc greeting() string { return \"what?\" }\n"))
	_, log, err := m.build(build.Request{Service: "booking", Commit: rude, Test: true})
	var failure *build.Failure
	if !errors.As(err, &failure) || failure.Step != "test" || !strings.HasPrefix(failure.Summary, "--- FAIL: TestGreeting") || !strings.Contains(log, "rude") {
		t.Errorf("bad tests: %v\n%s", err, log)
	}
	if _, _, err := m.build(build.Request{Service: "booking", Commit: rude}); err != nil {
		t.Errorf("bad tests, not asked for: %v", err)
	}
}

func TestWhatAuthorsAreTold(t *testing.T) {
	m := start(t)
	for _, c := range []struct {
		name     string
		files    map[string]string
		language string
		pkg      string
		want     string
	}{
		{"a type error", with(hello, "main.go", "package main\n\nfunc main() {\n\tvar n int = greeting()\n\tprintln(n)\n}\n"), "go", "", "compile: main.go:4:14: cannot use greeting()"},
		{"in a package", with(hello, "main.go", "package main\n\nimport _ \"example.test/hello/x\"\n\nfunc main() {}\n", "x/x.go", "package x\n\nvar y = z\n"), "", "", "compile: x/x.go:3:9: undefined: z"},
		{"a syntax error", with(hello, "main.go", "package main\n\nfunc main( {}\n"), "", "", "compile: main.go:3:12: syntax error"},
		{"a missing dependency", with(hello, "main.go", "package main\n\nimport _ \"example.test/other\"\n\nfunc main() {}\n"), "", "", "compile: main.go:3:8: no required module provides package example.test/other"},
		{"a newer language", with(hello, "go.mod", "module example.test/hello\n\ngo 1.99\n"), "", "", "requires go >= 1.99"},
		{"no command", with(hello, "main.go", "package hello\n", "greeting.go", "", "greeting_test.go", ""), "", "", "package . is not a command"},
		{"no such package", hello, "", "./cmd/server", "cmd/server: directory not found"},
		{"an option for a package", hello, "", "-toolexec=sh", "not a path such as ./cmd/server"},
		{"a package outside", hello, "", "./../x", "not a path such as ./cmd/server"},
		{"another language", map[string]string{"package.json": "{}"}, "", "", "package.json means node, which cannot be built yet; supported: go"},
		{"declared another language", hello, "java", "", "language java cannot be built yet; supported: go"},
		{"declared go", map[string]string{"pom.xml": "<x/>"}, "go", "", "the platform file says go, but there is pom.xml and no go.mod"},
		{"no language", map[string]string{"README.md": "hi"}, "", "", "no file says which language this is; supported: go"},
	} {
		t.Run(c.name, func(t *testing.T) {
			service := "s-" + strings.ReplaceAll(c.name, " ", "-")
			_, log, err := m.build(build.Request{Service: service, Commit: m.seed(service, c.files), Language: c.language, Package: c.pkg})
			var failure *build.Failure
			if !errors.As(err, &failure) || !strings.Contains(failure.Error(), c.want) {
				t.Fatalf("got %v, want %q\n%s", err, c.want, log)
			}
			if strings.Contains(failure.Summary, "\n") || strings.Contains(failure.Summary, m.dir) {
				t.Errorf("the summary is not for people: %q", failure.Summary)
			}
			if !strings.Contains(log, failure.Output) {
				t.Errorf("the log does not have the output:\n%s", log)
			}
		})
	}
}

// A test of the service sees none of our environment. It is also the way to
// see what a build could see.
func TestNoSecretsInTheEnvironment(t *testing.T) {
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
	t.Setenv("PADDOCK_TOKEN", "hunter2")
	m := start(t)
	commit := m.seed("booking", with(hello, "env_test.go", `package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func TestEnvironment(t *testing.T) {
	// PADDOCK_PROCESS marks our processes, so that none is left behind.
	known := []string{"PATH", "HOME", "TMPDIR", "PWD", "GOROOT", "PADDOCK_PROCESS"}
	for _, e := range os.Environ() {
		name, value, _ := strings.Cut(e, "=")
		if !slices.Contains(known, name) && !strings.HasPrefix(name, "GO") && !strings.HasPrefix(name, "CGO") || strings.Contains(value, "hunter2") {
			t.Errorf("%s", e)
		}
	}
}
`))
	if _, log, err := m.build(build.Request{Service: "booking", Commit: commit, Test: true}); err != nil {
		t.Errorf("%v\n%s", err, log)
	}
}

func TestCancellationEndsAllProcesses(t *testing.T) {
	m := start(t)
	pid := filepath.Join(t.TempDir(), "pid")
	// go test runs the test's program, which is a grandchild of ours.
	commit := m.seed("booking", with(hello, "hang_test.go", `package main

import (
	"fmt"
	"os"
	"testing"
	"time"
)

func TestHang(t *testing.T) {
	if err := os.WriteFile(`+"`"+pid+"`"+`, fmt.Append(nil, os.Getpid()), 0o644); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Hour)
}
`))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := m.builder.Build(ctx, build.Request{Service: "booking", Commit: commit, Test: true})
		ended <- err
	}()
	var id []byte
	for id == nil {
		if content, err := os.ReadFile(pid); err == nil && len(content) > 0 {
			id = content
		}
		select {
		case err := <-ended:
			t.Fatalf("ended by itself: %v", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	process, err := strconv.Atoi(string(id))
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(30 * time.Second)
	for alive(process) {
		if time.Now().After(deadline) {
			t.Fatalf("process %d outlived its build", process)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// alive says whether a process runs; one that is only waited for does not.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z")
}

// Two builds of the same commit at once compile once.
func TestConcurrentBuilds(t *testing.T) {
	m := start(t)
	commit := m.seed("booking", hello)
	results := make(chan build.Result, 4)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			r, err := m.builder.Build(context.Background(), build.Request{Service: "booking", Commit: commit})
			if err != nil {
				t.Error(err)
			}
			results <- r
		})
	}
	group.Wait()
	close(results)
	compiled, digests := 0, map[string]bool{}
	for r := range results {
		if !r.Cached {
			compiled++
		}
		digests[r.Digest] = true
	}
	if compiled != 1 || len(digests) != 1 {
		t.Errorf("compiled %d times, digests %v", compiled, digests)
	}
}

func TestUnknownCommit(t *testing.T) {
	m := start(t)
	m.seed("booking", hello)
	for _, commit := range []string{strings.Repeat("0", 40), "main", "--help"} {
		if _, _, err := m.build(build.Request{Service: "booking", Commit: commit}); err == nil {
			t.Errorf("%s was built", commit)
		}
	}
}

func extract(t testing.TB, archive, path string) string {
	t.Helper()
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if h.Name != path {
			continue
		}
		out := filepath.Join(t.TempDir(), "program")
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(out, content, 0o755); err != nil {
			t.Fatal(err)
		}
		return out
	}
}
