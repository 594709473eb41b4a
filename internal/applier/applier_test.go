package applier_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"paddock.dev/internal/applier"
	"paddock.dev/internal/diag"
)

// TestMain lets the test's own program stand for terraform: it writes down what it
// is asked, and fails when the root has a file that says so.
func TestMain(m *testing.M) {
	if record := os.Getenv("FAKE_TERRAFORM"); record != "" {
		os.Exit(fake(record, os.Args[1:]))
	}
	os.Exit(m.Run())
}

func fake(record string, args []string) int {
	if args[0] == "version" {
		// As the real one does when its configuration file is not there.
		fmt.Printf("\nWarning: Unable to open CLI configuration file\n\n{\n\"terraform_version\": %q}\n", os.Getenv("FAKE_VERSION"))
		return 0
	}
	dir, _ := os.Getwd()
	f, err := os.OpenFile(record, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return 9
	}
	parts := strings.Split(filepath.ToSlash(dir), "/terraform/")
	fmt.Fprintf(f, "%s %s\n", args[0], parts[len(parts)-1])
	f.Close()
	if _, err := os.Stat("fail-" + args[0]); err == nil {
		fmt.Fprintf(os.Stderr, "Error: it went wrong in %s\n", args[0])
		return 1
	}
	switch args[0] {
	case "plan":
		for _, a := range args {
			if file, ok := strings.CutPrefix(a, "-out="); ok {
				if err := os.WriteFile(file, []byte(dir), 0o600); err != nil {
					return 9
				}
			}
		}
		if _, err := os.Stat("unchanged"); err != nil {
			return 2
		}
	case "show":
		plan, err := os.ReadFile("plan.json")
		if err != nil {
			plan = []byte(`{"format_version": "1.2", "resource_changes": [{"address": "aws_vpc.this", "mode": "managed", "type": "aws_vpc", "change": {"actions": ["create"]}}]}`)
			if _, err := os.Stat("unchanged"); err == nil {
				plan = []byte(`{"format_version": "1.2"}`)
			}
		}
		os.Stdout.Write(plan)
	case "apply":
		if _, err := os.Stat(args[len(args)-1]); err != nil {
			fmt.Fprintln(os.Stderr, "Error: there is no such plan")
			return 1
		}
	}
	return 0
}

// world is a rendered directory and the program that stands for terraform.
type world struct {
	t      *testing.T
	dir    string
	record string
	engine *applier.Engine
	roots  []applier.Root
	said   []string
}

func newWorld(t *testing.T, names ...string) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir()}
	w.record = filepath.Join(w.dir, "record")
	var index struct {
		Roots []applier.Root `json:"roots"`
	}
	for _, n := range names {
		parts := strings.Split(n, "/")
		index.Roots = append(index.Roots, applier.Root{Dir: "terraform/" + n, Scope: parts[0], Account: parts[0], Region: parts[1], Layer: parts[2]})
		w.write("terraform/"+n+"/main.tf", "# "+n+"\n")
	}
	data, err := json.Marshal(index)
	if err != nil {
		t.Fatal(err)
	}
	w.write("terraform/roots.json", string(data))
	if w.roots, err = applier.Roots(w.dir); err != nil {
		t.Fatal(err)
	}
	w.engine = w.find("1.14.3")
	return w
}

func (w *world) find(version string) *applier.Engine {
	w.t.Helper()
	e, err := w.tryFind(version)
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

func (w *world) tryFind(version string) (*applier.Engine, error) {
	w.t.Helper()
	self, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	bin := filepath.Join(w.dir, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		w.t.Fatal(err)
	}
	_ = os.Remove(filepath.Join(bin, "terraform"))
	if err := os.Symlink(self, filepath.Join(bin, "terraform")); err != nil {
		w.t.Fatal(err)
	}
	return applier.Find(w.t.Context(), "", []string{"PATH=" + bin, "FAKE_TERRAFORM=" + w.record, "FAKE_VERSION=" + version})
}

func (w *world) write(name, text string) {
	w.t.Helper()
	file := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) remove(name string) {
	w.t.Helper()
	if err := os.Remove(filepath.Join(w.dir, name)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) options() applier.Options {
	return applier.Options{
		Dir: w.dir, State: filepath.Join(w.dir, "state"),
		Approve: func([]applier.Planned) (bool, error) { return true, nil },
		Progress: func(e applier.Event) {
			w.said = append(w.said, e.Root.Name()+" "+string(e.Step))
		},
	}
}

// asked are the commands that the program was given since the last time.
func (w *world) asked() []string {
	w.t.Helper()
	data, err := os.ReadFile(w.record)
	if err != nil && !os.IsNotExist(err) {
		w.t.Fatal(err)
	}
	_ = os.Remove(w.record)
	return strings.Split(strings.TrimSpace(string(data)), "\n")
}

func (w *world) want(got []string, want ...string) {
	w.t.Helper()
	if !slices.Equal(got, want) {
		w.t.Errorf("asked:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

const (
	network = "prod/eu-west-1/20-network"
	stores  = "prod/eu-west-1/30-data"
	cluster = "prod/eu-west-1/40-eks"
)

func steps(name string) []string {
	return []string{"init " + name, "plan " + name, "show " + name, "apply " + name}
}

func TestLayersInOrder(t *testing.T) {
	w := newWorld(t, cluster, network, stores) // listed in another order
	done, err := applier.Run(t.Context(), w.engine, w.roots, w.options())
	if err != nil {
		t.Fatal(err)
	}
	if len(done) != 3 || done[0].Summary.Add != 1 {
		t.Errorf("done: %+v", done)
	}
	w.want(w.asked(), slices.Concat(steps(network), steps(stores), steps(cluster))...)

	// A run that was over begins anew.
	if _, err := applier.Run(t.Context(), w.engine, w.roots, w.options()); err != nil {
		t.Fatal(err)
	}
	if got := w.asked(); len(got) != 12 {
		t.Errorf("the second run asked %v", got)
	}
}

func TestResume(t *testing.T) {
	w := newWorld(t, network, stores, cluster)
	w.write("terraform/"+stores+"/fail-apply", "")
	_, err := applier.Run(t.Context(), w.engine, w.roots, w.options())
	var p diag.Problem
	if !errors.As(err, &p) || p.ID != "root-failed" || !strings.Contains(p.Detail, "it went wrong in apply") || !strings.Contains(p.Summary, stores) {
		t.Fatalf("the failure says %+v", err)
	}
	w.want(w.asked(), slices.Concat(steps(network), steps(stores))...)
	w.remove("terraform/" + stores + "/fail-apply")
	w.said = nil
	if _, err := applier.Run(t.Context(), w.engine, w.roots, w.options()); err != nil {
		t.Fatal(err)
	}
	w.want(w.asked(), slices.Concat(steps(stores), steps(cluster))...)
	if w.said[0] != network+" applied before" {
		t.Errorf("said: %v", w.said)
	}

	// What was applied and then edited is not taken for done.
	w.write("terraform/"+cluster+"/fail-plan", "")
	if _, err := applier.Run(t.Context(), w.engine, w.roots, w.options()); err == nil {
		t.Fatal("a failed plan is no error")
	}
	w.asked()
	w.remove("terraform/" + cluster + "/fail-plan")
	w.write("terraform/"+network+"/main.tf", "# edited\n")
	if _, err := applier.Run(t.Context(), w.engine, w.roots, w.options()); err != nil {
		t.Fatal(err)
	}
	w.want(w.asked(), slices.Concat(steps(network), steps(cluster))...)
}

func TestPlanOnlyThenApplyThesePlans(t *testing.T) {
	w := newWorld(t, network, stores)
	o := w.options()
	o.PlanOnly = true
	o.Approve = func([]applier.Planned) (bool, error) { t.Error("asked for plans alone"); return false, nil }
	if _, err := applier.Run(t.Context(), w.engine, w.roots, o); err != nil {
		t.Fatal(err)
	}
	w.want(w.asked(), slices.Concat(steps(network)[:3], steps(stores)[:3])...)
	info, err := os.Stat(filepath.Join(o.State, "prod_eu-west-1_30-data.tfplan"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("others can read the plan: %v", info.Mode())
	}
	if _, err := applier.Run(t.Context(), w.engine, w.roots, w.options()); err != nil {
		t.Fatal(err)
	}
	w.want(w.asked(), "apply "+network, "apply "+stores)
}

// A failure in the middle does not lose the plans that were agreed to elsewhere.
func TestSavedPlansSurviveAFailure(t *testing.T) {
	w := newWorld(t, network, stores, cluster)
	o := w.options()
	o.PlanOnly = true
	if _, err := applier.Run(t.Context(), w.engine, w.roots, o); err != nil {
		t.Fatal(err)
	}
	w.asked()
	w.write("terraform/"+stores+"/fail-apply", "")
	if _, err := applier.Run(t.Context(), w.engine, w.roots, w.options()); err == nil {
		t.Fatal("the failure is forgotten")
	}
	w.want(w.asked(), "apply "+network, "apply "+stores)
	w.remove("terraform/" + stores + "/fail-apply")
	if _, err := applier.Run(t.Context(), w.engine, w.roots, w.options()); err != nil {
		t.Fatal(err)
	}
	w.want(w.asked(), append(steps(stores), "apply "+cluster)...)
}

func TestPlanOnlyGoesOnAfterAFailure(t *testing.T) {
	w := newWorld(t, network, stores)
	w.write("terraform/"+network+"/fail-plan", "")
	o := w.options()
	o.PlanOnly = true
	done, err := applier.Run(t.Context(), w.engine, w.roots, o)
	if err == nil {
		t.Error("the failure is forgotten")
	}
	if len(done) != 1 || done[0].Root.Name() != stores {
		t.Errorf("planned: %+v", done)
	}
}

func TestNo(t *testing.T) {
	w := newWorld(t, network, stores)
	o := w.options()
	o.Approve = func([]applier.Planned) (bool, error) { return false, nil }
	_, err := applier.Run(t.Context(), w.engine, w.roots, o)
	var p diag.Problem
	if !errors.As(err, &p) || p.ID != "not-approved" {
		t.Errorf("no says %v", err)
	}
	w.want(w.asked(), steps(network)[:3]...)
	// The plan that nobody wanted is made anew.
	if _, err := applier.Run(t.Context(), w.engine, w.roots, w.options()); err != nil {
		t.Fatal(err)
	}
	w.want(w.asked(), slices.Concat(steps(network), steps(stores))...)
}

func TestNothingToDoIsNotAsked(t *testing.T) {
	w := newWorld(t, network)
	w.write("terraform/"+network+"/unchanged", "")
	o := w.options()
	o.Approve = func([]applier.Planned) (bool, error) { t.Error("asked about nothing"); return false, nil }
	if _, err := applier.Run(t.Context(), w.engine, w.roots, o); err != nil {
		t.Fatal(err)
	}
}

func TestProtected(t *testing.T) {
	const plan = `{"format_version": "1.2", "resource_changes": [
		{"address": "module.kafka.aws_ebs_volume.this[\"broker-0\"]", "mode": "managed", "type": "aws_ebs_volume", "change": {"actions": ["delete", "create"]}},
		{"address": "aws_security_group_rule.x", "mode": "managed", "type": "aws_security_group_rule", "change": {"actions": ["delete"]}},
		{"address": "data.aws_vpc.x", "mode": "data", "type": "aws_vpc", "change": {"actions": ["read"]}}]}`
	w := newWorld(t, stores)
	w.write("terraform/"+stores+"/plan.json", plan)
	_, err := applier.Run(t.Context(), w.engine, w.roots, w.options())
	var p diag.Problem
	if !errors.As(err, &p) || p.ID != "destroys-protected" || !strings.Contains(p.Fix, `prod/eu-west-1/30-data:module.kafka.aws_ebs_volume.this["broker-0"]`) {
		t.Fatalf("the plan is refused with %+v", err)
	}
	w.want(w.asked(), steps(stores)[:3]...)
	for _, allow := range []string{"module.kafka", `prod/eu-west-1/30-data:module.kafka`, `module.kafka.aws_ebs_volume.this["broker-0"]`} {
		o := w.options()
		o.State = t.TempDir()
		o.AllowDestroy = []string{allow}
		if _, err := applier.Run(t.Context(), w.engine, w.roots, o); err != nil {
			t.Errorf("%s does not allow it: %v", allow, err)
		}
	}
	for _, other := range []string{"module.kaf", "qa/eu-west-1/30-data:module.kafka"} {
		o := w.options()
		o.State = t.TempDir()
		o.AllowDestroy = []string{other}
		if _, err := applier.Run(t.Context(), w.engine, w.roots, o); err == nil {
			t.Errorf("%s allows it", other)
		}
	}
}

// Who ends the context lets what runs finish, and begins nothing more.
func TestInterrupt(t *testing.T) {
	w := newWorld(t, network, stores)
	ctx, cancel := context.WithCancel(t.Context())
	o := w.options()
	o.Progress = func(e applier.Event) {
		if e.Step == applier.Applying {
			cancel()
		}
	}
	if _, err := applier.Run(ctx, w.engine, w.roots, o); !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted says %v", err)
	}
	w.want(w.asked(), steps(network)...)
	if _, err := applier.Run(t.Context(), w.engine, w.roots, w.options()); err != nil {
		t.Fatal(err)
	}
	w.want(w.asked(), steps(stores)...)
}

func TestParallelWithinALayer(t *testing.T) {
	names := []string{}
	for _, env := range []string{"dev", "qa", "uat", "prod"} {
		names = append(names, env+"/eu-west-1/20-network", env+"/eu-west-1/30-data")
	}
	w := newWorld(t, names...)
	o := w.options()
	o.Parallel = 3
	var mu sync.Mutex
	applied := 0
	o.Progress = func(e applier.Event) {
		mu.Lock()
		defer mu.Unlock()
		if e.Step == applier.Planning && e.Root.Layer == "30-data" && applied < 4 {
			t.Errorf("%s is planned before the layer below is there", e.Root.Name())
		}
		if e.Step == applier.Applied {
			applied++
		}
	}
	if _, err := applier.Run(t.Context(), w.engine, w.roots, o); err != nil {
		t.Fatal(err)
	}
	if got := w.asked(); len(got) != 32 {
		t.Errorf("asked %d commands, want 32", len(got))
	}
}

func TestBootstrap(t *testing.T) {
	const root = "prod/eu-west-1/00-bootstrap"
	w := newWorld(t, root)
	o := w.options()
	o.Bootstrap = true
	override := filepath.Join(w.dir, "terraform", root, "paddock_override.tf")
	o.Approve = func([]applier.Planned) (bool, error) {
		_, err := os.Stat(override)
		return err == nil, nil // the state begins beside the root
	}
	if _, err := applier.Run(t.Context(), w.engine, w.roots, o); err != nil {
		t.Fatal(err)
	}
	w.want(w.asked(), append(steps(root), "init "+root)...)
	if _, err := os.Stat(override); err == nil {
		t.Error("the state stays beside the root")
	}
}

func TestSelect(t *testing.T) {
	w := newWorld(t, network, stores, "dev/eu-west-1/30-data", "production/eu-west-1/30-data")
	for _, tt := range []struct {
		words []string
		want  int
	}{{nil, 4}, {[]string{"prod"}, 2}, {[]string{"30-data"}, 3}, {[]string{"terraform/" + stores}, 1}, {[]string{"prod/eu-west-1", "dev"}, 3}} {
		got, unknown := applier.Select(w.roots, tt.words)
		if unknown != "" || len(got) != tt.want {
			t.Errorf("%v selects %d roots (%s), want %d", tt.words, len(got), unknown, tt.want)
		}
	}
	if _, unknown := applier.Select(w.roots, []string{"prod", "30-dat"}); unknown != "30-dat" {
		t.Errorf("unknown is %q", unknown)
	}
}

func TestNoEngine(t *testing.T) {
	var p diag.Problem
	if _, err := applier.Find(t.Context(), "", []string{"PATH=" + t.TempDir()}); !errors.As(err, &p) || p.ID != "no-terraform" {
		t.Errorf("no engine says %v", err)
	}
	w := newWorld(t)
	if _, err := w.tryFind("1.5.7"); !errors.As(err, &p) || p.ID != "old-terraform" {
		t.Errorf("an old engine says %v", err)
	}
}

func TestNotRendered(t *testing.T) {
	var p diag.Problem
	if _, err := applier.Roots(t.TempDir()); !errors.As(err, &p) || p.ID != "not-rendered" {
		t.Errorf("an empty directory says %v", err)
	}
	for _, bad := range []string{`{"roots": [{"dir": "../x"}]}`, `{"roots": [{"dir": "terraform/a"}, {"dir": "terraform/a"}]}`, `{`} {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "terraform"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "terraform", "roots.json"), []byte(bad), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := applier.Roots(dir); err == nil {
			t.Errorf("%s is read", bad)
		}
	}
}

// The real engine, where there is one: two roots with nothing but its built-in
// resource, so that no provider has to be fetched.
func TestRealEngine(t *testing.T) {
	var engine *applier.Engine
	for _, name := range []string{"terraform", "tofu"} {
		if _, err := exec.LookPath(name); err == nil {
			var err error
			if engine, err = applier.Find(t.Context(), name, os.Environ()); err == nil {
				break
			}
		}
	}
	if engine == nil {
		t.Skip("neither terraform nor tofu is installed")
	}
	w := newWorld(t, network, stores)
	for _, r := range []string{network, stores} {
		w.write("terraform/"+r+"/main.tf", "resource \"terraform_data\" \"this\" {\n  input = \""+r+"\"\n}\n")
	}
	if _, err := applier.Run(t.Context(), engine, w.roots, w.options()); err != nil {
		var p diag.Problem
		if errors.As(err, &p) {
			t.Log(p.Detail)
		}
		t.Fatal(err)
	}
	asked := false
	o := w.options()
	o.Approve = func([]applier.Planned) (bool, error) { asked = true; return true, nil }
	done, err := applier.Run(t.Context(), engine, w.roots, o)
	if err != nil {
		t.Fatal(err)
	}
	if asked || len(done) != 2 || done[0].Summary.Changes() != 0 {
		t.Errorf("the second plan is not empty: %+v", done)
	}
}
