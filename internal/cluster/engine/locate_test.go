package engine

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// tree makes a small source tree whose program prints text.
func tree(t *testing.T, text string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range map[string]string{
		"go.mod":                                   "module paddock.dev\n\ngo 1.26\n",
		"go.sum":                                   "",
		"cmd/paddock-engine/main.go":               "package main\n\nimport \"os\"\n\nfunc main() { os.Stdout.WriteString(" + text + ") }\n",
		"internal/cluster/controlplane/a.go":       "package controlplane\n",
		"internal/cluster/pki/a.go":                "package pki\n",
		"internal/cluster/controlplane/a_test.go":  "package controlplane\n",
		"internal/cluster/controlplane/notes.text": "notes",
		"internal/other/a.go":                      "package other\n",
	} {
		write(t, filepath.Join(root, name), content)
	}
	return root
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func noEnv(string) string { return "" }

// alone is an executable in a directory of its own, with nothing but the go
// command on PATH: the machine may have an engine installed.
func alone(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	command, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(command, filepath.Join(dir, "go")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	self := filepath.Join(t.TempDir(), "paddock")
	write(t, self, "")
	return self
}

func TestLocateBuildsOnce(t *testing.T) {
	root, cache, self := tree(t, `"hello"`), t.TempDir(), alone(t)
	var mu sync.Mutex
	stages := map[Stage]int{}
	o := Options{Dir: filepath.Join(root, "internal", "other"), Self: self, Cache: cache, Getenv: noEnv, OnProgress: func(p Progress) {
		mu.Lock()
		defer mu.Unlock()
		stages[p.Stage]++
	}}
	const builders = 3
	var paths [builders]string
	var errs [builders]error
	var group sync.WaitGroup
	for i := range builders {
		group.Go(func() { paths[i], errs[i] = Locate(t.Context(), o) })
	}
	group.Wait()
	for i := range builders {
		if errs[i] != nil || paths[i] != paths[0] {
			t.Fatalf("builder %d: %q %v", i, paths[i], errs[i])
		}
	}
	if stages[Done] != 1 || stages[Listing] == 0 {
		t.Errorf("stages = %v, want one build", stages)
	}
	if out, err := exec.Command(paths[0]).Output(); err != nil || string(out) != "hello" {
		t.Errorf("program: %q %v", out, err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(paths[0]), "*"))
	if err != nil || len(left) != 1 {
		t.Errorf("left in the cache: %v %v", left, err)
	}
}

func TestLocateShowsCompilerErrors(t *testing.T) {
	_, err := Locate(t.Context(), Options{Self: alone(t), Dir: tree(t, "undefined"), Cache: t.TempDir(), Getenv: noEnv})
	for _, want := range []string{"build paddock-engine: (cd ", "go build -v", "main.go:5", "undefined: undefined"} {
		if !strings.Contains(message(err), want) {
			t.Errorf("error has no %q: %v", want, err)
		}
	}
}

func TestLocateEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cache := t.TempDir()
	_, err := Locate(ctx, Options{Self: alone(t), Dir: tree(t, `"x"`), Cache: cache, Getenv: noEnv, OnProgress: func(Progress) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Locate = %v", err)
	}
	if made, _ := filepath.Glob(filepath.Join(cache, "*", Program)); len(made) != 0 {
		t.Errorf("left in the cache: %v", made)
	}
}

func TestLocateEnvironmentComesFirst(t *testing.T) {
	program := filepath.Join(t.TempDir(), "mine")
	write(t, program, "#!/bin/sh\n")
	get := func(string) string { return program }
	if _, err := Locate(t.Context(), Options{Getenv: get}); err == nil || !strings.Contains(err.Error(), "$PADDOCK_ENGINE") {
		t.Errorf("a file that cannot be run: %v", err)
	}
	if err := os.Chmod(program, 0o755); err != nil {
		t.Fatal(err)
	}
	if got, err := Locate(t.Context(), Options{Getenv: get}); err != nil || got != program {
		t.Errorf("Locate = %q %v", got, err)
	}
}

func TestLocateInstalled(t *testing.T) {
	self, dir := alone(t), t.TempDir()
	t.Setenv("PATH", dir)
	// Without a go command the source tree alone does not help.
	_, err := Locate(t.Context(), Options{Self: self, Dir: tree(t, `"x"`), Cache: t.TempDir(), Getenv: noEnv})
	var not *NotFoundError
	if !errors.As(err, &not) || !strings.Contains(err.Error(), "no go command") {
		t.Errorf("Locate = %v", err)
	}
	program := filepath.Join(dir, Program)
	write(t, program, "#!/bin/sh\n")
	if err := os.Chmod(program, 0o755); err != nil {
		t.Fatal(err)
	}
	if got, err := Locate(t.Context(), Options{Self: self, Getenv: noEnv}); err != nil || got != program {
		t.Errorf("on PATH: Locate = %q %v", got, err)
	}
	beside := filepath.Join(filepath.Dir(self), Program)
	if err := os.Rename(program, beside); err != nil {
		t.Fatal(err)
	}
	if got, err := Locate(t.Context(), Options{Self: self, Getenv: noEnv}); err != nil || got != beside {
		t.Errorf("beside: Locate = %q %v", got, err)
	}
}

func TestKeyFollowsInputs(t *testing.T) {
	root := tree(t, `"x"`)
	key := func() string {
		k, err := source(root).key()
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	first := key()
	for _, name := range []string{"internal/other/a.go", "internal/cluster/controlplane/a_test.go", "internal/cluster/controlplane/notes.text"} {
		write(t, filepath.Join(root, name), "package changed\n")
		if key() != first {
			t.Errorf("%s changes the key", name)
		}
	}
	for _, name := range []string{"go.sum", "internal/cluster/controlplane/sub/b.go", "cmd/paddock-engine/main.go"} {
		before := key()
		write(t, filepath.Join(root, name), "package changed\n")
		if key() == before {
			t.Errorf("%s does not change the key", name)
		}
	}
}

func TestPruneKeepsWhatIsUsed(t *testing.T) {
	b := &builder{cache: t.TempDir(), key: "current"}
	old := time.Now().Add(-keepBuilds - time.Hour)
	for name, at := range map[string]time.Time{"current": old, "used": time.Now(), "unused": old} {
		write(t, filepath.Join(b.cache, name, Program), "")
		if err := os.Chtimes(filepath.Join(b.cache, name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	b.prune()
	left, err := filepath.Glob(filepath.Join(b.cache, "*"))
	if err != nil || len(left) != 2 {
		t.Errorf("left: %v %v", left, err)
	}
}

func TestPrinter(t *testing.T) {
	steps := []Progress{
		{Stage: Listing, Elapsed: 0},
		{Stage: Listing, Elapsed: 2 * time.Second},
		{Stage: Compiling, Elapsed: 3 * time.Second},
		{Stage: Compiling, Elapsed: 10 * time.Second, Compiled: 12, Total: 1400},
		{Stage: Compiling, Elapsed: 18 * time.Second, Compiled: 40, Total: 1400},
		{Stage: Linking, Elapsed: 70 * time.Second},
		{Stage: Done, Elapsed: 95 * time.Second},
	}
	for name, test := range map[string]struct {
		terminal bool
		want     string
	}{
		"log": {false, `building paddock-engine: reading dependencies 0s
building paddock-engine: compiling 3s
building paddock-engine: compiling 40 of 1400 packages 18s
building paddock-engine: linking 1m10s
building paddock-engine: done 1m35s
`},
		"terminal": {true, "\rbuilding paddock-engine: reading dependencies 0s\x1b[K" +
			"\rbuilding paddock-engine: reading dependencies 2s\x1b[K" +
			"\rbuilding paddock-engine: compiling 3s\x1b[K" +
			"\rbuilding paddock-engine: compiling 12 of 1400 packages 10s\x1b[K" +
			"\rbuilding paddock-engine: compiling 40 of 1400 packages 18s\x1b[K" +
			"\rbuilding paddock-engine: linking 1m10s\x1b[K" +
			"\r\x1b[K"},
	} {
		var out bytes.Buffer
		show := Printer(&out, test.terminal)
		for _, s := range steps {
			show(s)
		}
		if out.String() != test.want {
			t.Errorf("%s:\n%q\nwant\n%q", name, out.String(), test.want)
		}
	}
}

func FuzzModuleName(f *testing.F) {
	f.Add([]byte("module paddock.dev // comment\n\ngo 1.26\n"))
	f.Add([]byte("module \"paddock.dev\"\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if name := moduleName(text); strings.ContainsAny(name, "\n") {
			t.Errorf("name %q", name)
		}
	})
}
