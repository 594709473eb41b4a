package build_test

import (
	"bytes"
	"context"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"paddock.dev/internal/cluster/githost"
	"paddock.dev/internal/cluster/registry"
	"paddock.dev/internal/delivery/build"
)

// machine is a git host, a registry and a builder, as on one laptop.
type machine struct {
	t        testing.TB
	dir      string
	git      *githost.Host
	registry string
	builder  *build.Builder
}

func start(t testing.TB, change ...func(*build.Config)) *machine {
	t.Helper()
	for _, command := range []string{"git", "go"} {
		if _, err := exec.LookPath(command); err != nil {
			if os.Getenv("PADDOCK_TEST_ALL") != "" {
				t.Fatalf("PADDOCK_TEST_ALL is set, and %s is missing", command)
			}
			t.Skipf("%s is not installed", command)
		}
	}
	m := &machine{t: t, dir: t.TempDir()}
	var err error
	if m.git, err = githost.New(context.Background(), githost.Config{Dir: filepath.Join(m.dir, "git")}); err != nil {
		t.Fatal(err)
	}
	reg, err := registry.New(registry.Config{Dir: filepath.Join(m.dir, "registry")})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(reg)
	t.Cleanup(server.Close)
	m.registry = strings.TrimPrefix(server.URL, "http://")
	cfg := build.Config{Dir: filepath.Join(m.dir, "build"), Source: m.git, Registry: m.registry}
	for _, c := range change {
		c(&cfg)
	}
	if m.builder, err = build.New(context.Background(), cfg); err != nil {
		t.Fatal(err)
	}
	return m
}

// seed returns the commit of these files.
func (m *machine) seed(service string, files map[string]string) string {
	m.t.Helper()
	dir := m.t.TempDir()
	for file, content := range files {
		path := filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			m.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			m.t.Fatal(err)
		}
	}
	return m.seedDir(service, dir)
}

func (m *machine) seedDir(service, dir string) string {
	m.t.Helper()
	s, err := m.git.Seed(context.Background(), service, dir, "")
	if err != nil {
		m.t.Fatal(err)
	}
	return s.Head.ID
}

// build returns the result and the log.
func (m *machine) build(r build.Request) (build.Result, string, error) {
	m.t.Helper()
	var log bytes.Buffer
	r.Log = &log
	result, err := m.builder.Build(context.Background(), r)
	return result, log.String(), err
}

func (m *machine) pull(r build.Result) v1.Image {
	m.t.Helper()
	ref, err := name.NewDigest(strings.Replace(r.Image, build.ImageHost, m.registry, 1), name.Insecure)
	if err != nil {
		m.t.Fatal(err)
	}
	image, err := remote.Image(ref)
	if err != nil {
		m.t.Fatal(err)
	}
	if err := validate.Image(image); err != nil {
		m.t.Fatal(err)
	}
	return image
}

// program unpacks the program of an image into a file that can be run.
func program(t testing.TB, image v1.Image, path string) string {
	t.Helper()
	layers, err := image.Layers()
	if err != nil || len(layers) != 1 {
		t.Fatalf("the image has %d layers, want 1 (%v)", len(layers), err)
	}
	content := mutate.Extract(image)
	defer content.Close()
	out := filepath.Join(t.TempDir(), "root.tar")
	f, err := os.Create(out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(f, content); err != nil {
		t.Fatal(err)
	}
	f.Close()
	return extract(t, out, path)
}

// hello is a service without dependencies.
var hello = map[string]string{
	"go.mod":  "module example.test/hello\n\ngo 1.26\n",
	"main.go": "package main\n\nfunc main() { println(greeting()) }\n",
	"greeting.go": `package main

func greeting() string { return "hello" }
`,
	"greeting_test.go": `package main

import "testing"

func TestGreeting(t *testing.T) {
	if greeting() != "hello" {
		t.Fatal("rude")
	}
}
`,
}

func with(files map[string]string, changes ...string) map[string]string {
	all := map[string]string{}
	for name, content := range files {
		all[name] = content
	}
	for i := 0; i < len(changes); i += 2 {
		all[changes[i]] = changes[i+1]
		if changes[i+1] == "" {
			delete(all, changes[i])
		}
	}
	return all
}
