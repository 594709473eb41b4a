// Command terraform holds what paddock renders against the real engine: every
// root of the examples is initialised, validated, planned, applied, planned
// again (which must find nothing to do) and destroyed, offline, by a stand-in
// for the providers that knows their schemas. Then it reads the plans and says
// how much there is and whether anything of the case study is missing.
//
//	go run ./test/terraform -offline ../shared/tools/tfoffline/tfoffline
//
// It needs terraform or tofu on PATH, or named by TF_BIN. An example that is
// applied then says one thing more (a service, a store, an environment), and is
// planned against what is applied: only what is new may change.
//
// In the mode judge it lets checkov and kube-score read what kestrel renders
// instead, and fails for findings without a waiver and waivers without a finding:
//
//	go run ./test/terraform -mode judge -checkov /opt/checkov/bin/checkov
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

type options struct {
	offline, mode, only string
	workers             int
	keep                string
	checkov, kubeScore  string
	waivers             string
	schemas             string
}

func main() {
	var o options
	flag.StringVar(&o.offline, "offline", "", "the harness that runs the engine offline")
	flag.StringVar(&o.mode, "mode", "destroy", "how far to go: validate, plan, apply or destroy; or judge")
	flag.StringVar(&o.only, "only", ".", "roots whose path matches this expression")
	flag.IntVar(&o.workers, "workers", runtime.NumCPU(), "roots at once")
	flag.StringVar(&o.keep, "keep", "", "directory for what is rendered and planned (default: a temporary one)")
	flag.StringVar(&o.checkov, "checkov", "checkov", "the judge of Terraform and Kubernetes objects")
	flag.StringVar(&o.kubeScore, "kube-score", "kube-score", "the judge of Kubernetes objects alone")
	flag.StringVar(&o.waivers, "waivers", "test/terraform/waivers.yaml", "findings that are right where they are")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	only, err := regexp.Compile(o.only)
	if err != nil {
		return err
	}
	work := o.keep
	if work == "" {
		if work, err = os.MkdirTemp("", "paddock-terraform-"); err != nil {
			return err
		}
		defer os.RemoveAll(work)
	}
	paddock := filepath.Join(work, "paddock")
	if err := command(ctx, "go", "build", "-o", paddock, "./cmd/paddock"); err != nil {
		return err
	}
	if o.mode == "judge" {
		return judge(ctx, o, work, paddock)
	}
	if o.schemas, err = schemas(o.offline, work); err != nil {
		return err
	}
	var wrong []error
	for _, p := range platforms {
		if err := life(ctx, o, paddock, p, filepath.Join(work, p.name), only); err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", p.name, err))
		}
	}
	return errors.Join(wrong...)
}

// platform is a file that is rendered and held, to the mode that is asked for or
// to its own when that does not go as far.
type platform struct{ name, file, most string }

// platforms are the examples, and one of what they do not use.
var platforms = []platform{
	{"minimal", "examples/minimal/platform.yaml", "destroy"},
	{"corners", "internal/compile/aws/testdata/corners/platform.yaml", "plan"},
	{"kestrel", "examples/kestrel/platform.yaml", "destroy"},
}

// life takes all roots of a platform through what the mode says.
func life(ctx context.Context, o options, paddock string, p platform, out string, only *regexp.Regexp) error {
	if p.most == "plan" && (o.mode == "apply" || o.mode == "destroy") {
		o.mode = p.most
	}
	if err := command(ctx, paddock, "render", p.file, "-o", out, "--force"); err != nil {
		return err
	}
	roots, err := rootsBelow(filepath.Join(out, "terraform"), only)
	if err != nil {
		return err
	}
	if err := liftProtection(filepath.Join(out, "terraform")); err != nil {
		return err
	}
	began := time.Now()
	plans, failed := hold(ctx, o, out, roots)
	fmt.Printf("%s: %d roots, %d resources, %s\n", p.name, len(roots), count(plans), time.Since(began).Round(time.Second))
	if len(failed) > 0 {
		return fmt.Errorf("%d of %d roots failed: %s", len(failed), len(roots), strings.Join(failed, ", "))
	}
	if twice := collisions(plans); len(twice) > 0 {
		return fmt.Errorf("names collide:\n%s", strings.Join(twice, "\n"))
	}
	if o.mode == "apply" || o.mode == "destroy" {
		if err := grow(ctx, o, paddock, p, out, only); err != nil {
			return err
		}
	}
	if p.name == "kestrel" && o.only == "." && o.mode != "validate" {
		return trace(out, plans)
	}
	return nil
}

func command(ctx context.Context, name string, args ...string) error {
	c := exec.CommandContext(ctx, name, args...)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", filepath.Base(name), strings.Join(args, " "), err)
	}
	return nil
}

// unknown are the providers whose schemas the stand-in does not have.
var unknown = []string{"grafana/grafana", "opensearch-project/opensearch"}

// rootsBelow are the folders with roots, without those of providers that the
// stand-in does not know; they are named.
func rootsBelow(dir string, only *regexp.Regexp) ([]string, error) {
	var roots []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == "modules" {
			return filepath.SkipDir
		}
		if d.Name() != "versions.tf" {
			return nil
		}
		rel, err := filepath.Rel(dir, filepath.Dir(path))
		if err != nil || !only.MatchString(rel) {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, provider := range unknown {
			if bytes.Contains(text, []byte(provider)) {
				fmt.Printf("left out: %s (no schema of %s is at hand)\n", rel, provider)
				return nil
			}
		}
		roots = append(roots, rel)
		return nil
	})
	slices.Sort(roots)
	return roots, err
}

// liftProtection does what a person has to do before anything protected can be
// destroyed.
func liftProtection(dir string) error {
	protected := regexp.MustCompile(`prevent_destroy\s*=\s*true`)
	return filepath.WalkDir(filepath.Join(dir, "modules"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".tf" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil || !protected.Match(text) {
			return err
		}
		return os.WriteFile(path, protected.ReplaceAll(text, []byte("prevent_destroy = false")), 0o644)
	})
}

// change is one resource of a plan.
type change struct {
	Address, Type, Mode string
	Change              struct {
		Actions       []string
		Before, After map[string]any
		AfterUnknown  map[string]any `json:"after_unknown"`
	}
}

// plan is what is read of `terraform show -json`.
type plan struct {
	root    string
	Changes []change `json:"resource_changes"`
}

func count(plans []plan) int {
	n := 0
	for _, p := range plans {
		for _, c := range p.Changes {
			if c.Mode == "managed" {
				n++
			}
		}
	}
	return n
}

// hold runs every root through its life and returns the plans.
func hold(ctx context.Context, o options, out string, roots []string) (plans []plan, failed []string) {
	return over(ctx, o, roots, func(root string) (plan, string, error) { return one(ctx, o, out, root, o.mode) })
}

// over does something with every root, several at once, and says how far it is.
func over(ctx context.Context, o options, roots []string, do func(root string) (plan, string, error)) (plans []plan, failed []string) {
	var mu sync.Mutex
	var group sync.WaitGroup
	next := make(chan string)
	for range o.workers {
		group.Go(func() {
			for root := range next {
				began := time.Now()
				p, text, err := do(root)
				mu.Lock()
				if err != nil {
					failed = append(failed, root)
				} else {
					plans = append(plans, p)
				}
				done, took := len(plans)+len(failed), time.Since(began).Seconds()
				if err != nil {
					fmt.Printf("%3d/%d FAIL %s: %v\n%s\n", done, len(roots), root, err, text)
				} else {
					fmt.Printf("%3d/%d %5.1fs %4d resources  %s\n", done, len(roots), took, count([]plan{p}), root)
				}
				mu.Unlock()
			}
		})
	}
	for _, root := range roots {
		if ctx.Err() != nil {
			break
		}
		next <- root
	}
	close(next)
	group.Wait()
	slices.Sort(failed)
	slices.SortFunc(plans, func(a, b plan) int { return strings.Compare(a.root, b.root) })
	return plans, failed
}

var asks = regexp.MustCompile(`(?m)^variable "([a-z0-9_]+)" {\n\s+type\s+= (.+)$`)

// answers are made-up values for what a root asks people for.
func answers(dir string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.tf"))
	if err != nil {
		return nil, err
	}
	var env []string
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		for _, m := range asks.FindAllSubmatch(text, -1) {
			env = append(env, "TF_VAR_"+string(m[1])+"="+answer(string(m[1]), string(m[2])))
		}
	}
	return env, nil
}

// one takes a root as far as a mode goes.
func one(ctx context.Context, o options, out, root, mode string, env ...string) (plan, string, error) {
	results := filepath.Join(out, "plans", strings.ReplaceAll(root, "/", "_"))
	dir, err := os.MkdirTemp(out, "alone-")
	if err != nil {
		return plan{}, "", err
	}
	defer os.RemoveAll(dir)
	if err := alone(filepath.Join(out, "terraform"), dir, root); err != nil {
		return plan{}, "", err
	}
	asked, err := answers(filepath.Join(dir, root))
	if err != nil {
		return plan{}, "", err
	}
	c := exec.CommandContext(ctx, "sh", o.offline, "-r", dir, filepath.Join(dir, root), mode)
	// Engine and providers live for seconds: collecting less often takes more memory
	// and a third less time.
	c.Env = slices.Concat(os.Environ(), asked, env, []string{"GOGC=400", "TFOFFLINE_SCHEMAS=" + o.schemas, "TFOFFLINE_OUT=" + results, "TFOFFLINE_QUIET=1"})
	text, err := c.CombinedOutput()
	p := plan{root: root}
	if err != nil || mode == "validate" {
		return p, string(text), err
	}
	data, err := os.ReadFile(filepath.Join(results, "plan.json"))
	if err != nil {
		return p, string(text), err
	}
	if err := json.Unmarshal(data, &p); err != nil {
		return p, string(text), err
	}
	if len(p.Changes) == 0 {
		return p, string(text), errors.New("the plan is empty")
	}
	return p, string(text), nil
}
