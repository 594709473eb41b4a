package build_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"paddock.dev/internal/delivery/build"
)

var kestrel = []string{"mobile-bff", "search", "booking", "fleet"}

const kestrelDir = "../../../examples/kestrel/services"

// The example company builds with nothing but the modules that Paddock itself
// needs: a laptop that built Paddock builds it offline. On a machine that never
// built it before, all of the standard library is compiled first, which takes
// minutes when others work there too; so it is run where everything is.
func TestKestrelBuildsOffline(t *testing.T) {
	if os.Getenv("PADDOCK_TEST_ALL") == "" {
		t.Skip("PADDOCK_TEST_ALL is not set")
	}
	t.Setenv("GOPROXY", "off")
	m := start(t)
	for _, service := range kestrel {
		commit := m.seedDir(service, filepath.Join(kestrelDir, service))
		r := build.Request{Service: service, Commit: commit, Language: "go"}
		result, log, err := m.build(r)
		if err != nil {
			t.Fatalf("%v\n%s", err, log)
		}
		again, _, err := m.build(r)
		if err != nil || !again.Cached || again.Digest != result.Digest {
			t.Errorf("%s again: %+v, %v", service, again, err)
		}
		t.Logf("%s: %s, again %s, layer %d KiB", service, result.Duration, again.Duration, result.Size>>10)
		m.pull(result)
	}
}

// Each service carries its own copy of package serve; the copies are the same.
func TestKestrelServicesServeAlike(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(kestrelDir, kestrel[0], "internal", "serve", "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, service := range kestrel[1:] {
			other := filepath.Join(kestrelDir, service, "internal", "serve", filepath.Base(file))
			if got, err := os.ReadFile(other); err != nil || string(got) != string(want) {
				t.Errorf("%s differs from %s (%v)", other, file, err)
			}
		}
	}
}

func BenchmarkBuildAgain(b *testing.B) {
	m := start(b)
	commit := m.seed("booking", hello)
	r := build.Request{Service: "booking", Commit: commit}
	if _, log, err := m.build(r); err != nil {
		b.Fatalf("%v\n%s", err, log)
	}
	for b.Loop() {
		if result, err := m.builder.Build(context.Background(), r); err != nil || !result.Cached {
			b.Fatal(result, err)
		}
	}
}
