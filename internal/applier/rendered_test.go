package applier_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"paddock.dev/internal/applier"
	"paddock.dev/internal/diag"
	"paddock.dev/internal/render"
	"paddock.dev/internal/spec"
	"paddock.dev/internal/tree"
)

// Two rendered roots of the example, with the real engine and providers that run
// without a cloud: PADDOCK_TFOFFLINE is the configuration file of the engine that
// finds them.
func TestRenderedRoots(t *testing.T) {
	config := os.Getenv("PADDOCK_TFOFFLINE")
	if config == "" {
		t.Skip("PADDOCK_TFOFFLINE is not set")
	}
	p, problems := spec.Load("../../examples/kestrel/platform.yaml")
	if p == nil {
		t.Fatal(problems)
	}
	in, _ := render.Of(p, nil)
	files, err := render.Files(in, func(part string) bool { return part == "terraform" })
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	plan, err := tree.Compare(dir, files, tree.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := plan.Write(); err != nil {
		t.Fatal(err)
	}
	roots, err := applier.Roots(dir)
	if err != nil {
		t.Fatal(err)
	}
	roots, unknown := applier.Select(roots, []string{"log-archive/ap-south-1/15-logs", "qa/ap-south-1/30-data"})
	if unknown != "" {
		t.Fatalf("there is no %s", unknown)
	}
	for _, r := range roots {
		if err := os.WriteFile(filepath.Join(dir, r.Dir, "local_override.tf"), []byte("terraform {\n  backend \"local\" {}\n}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	engine, err := applier.Find(t.Context(), os.Getenv("TF_BIN"), append(os.Environ(), "TF_CLI_CONFIG_FILE="+config))
	if err != nil {
		t.Fatal(err)
	}
	o := applier.Options{Dir: dir, State: t.TempDir(), Parallel: 2, Approve: func([]applier.Planned) (bool, error) { return true, nil }}
	run := func() []applier.Planned {
		done, err := applier.Run(t.Context(), engine, roots, o)
		if err != nil {
			var p diag.Problem
			if errors.As(err, &p) {
				t.Log(p.Detail)
			}
			t.Fatal(err)
		}
		return done
	}
	for _, done := range run() {
		if done.Summary.Add == 0 {
			t.Errorf("%s adds nothing", done.Root.Name())
		}
		t.Log(done.Root.Name(), done.Summary)
	}
	for _, done := range run() {
		if done.Summary.Changes() != 0 {
			t.Errorf("%s: the second plan is %s", done.Root.Name(), done.Summary)
		}
	}
}
