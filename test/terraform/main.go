// Command terraform holds what paddock renders against the real engine: every
// root of the examples is initialised, validated, planned, applied, planned
// again (which must find nothing to do) and destroyed, offline, by a stand-in
// for the providers that knows their schemas. Then it reads the plans and says
// how much there is and whether anything of the case study is missing.
//
//	go run ./test/terraform -offline ../shared/tools/tfoffline/tfoffline
//
// It needs terraform or tofu on PATH, or named by TF_BIN. In the mode judge it
// lets checkov read what kestrel renders instead, and fails for findings without
// a waiver and waivers without a finding:
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
	checkov, waivers    string
}

func main() {
	var o options
	flag.StringVar(&o.offline, "offline", "", "the harness that runs the engine offline")
	flag.StringVar(&o.mode, "mode", "destroy", "how far to go: validate, plan, apply or destroy; or judge")
	flag.StringVar(&o.only, "only", ".", "roots whose path matches this expression")
	flag.IntVar(&o.workers, "workers", runtime.NumCPU(), "roots at once")
	flag.StringVar(&o.keep, "keep", "", "directory for what is rendered and planned (default: a temporary one)")
	flag.StringVar(&o.checkov, "checkov", "checkov", "the program that judges")
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
		return judge(ctx, work, paddock, o.checkov, o.waivers)
	}
	for _, name := range []string{"minimal", "kestrel"} {
		out := filepath.Join(work, name)
		if err := command(ctx, paddock, "render", filepath.Join("examples", name, "platform.yaml"), "-o", out, "--force"); err != nil {
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
		fmt.Printf("%s: %d roots, %d resources, %s\n", name, len(roots), count(plans), time.Since(began).Round(time.Second))
		if len(failed) > 0 {
			return fmt.Errorf("%s: %d of %d roots failed: %s", name, len(failed), len(roots), strings.Join(failed, ", "))
		}
		if twice := collisions(plans); len(twice) > 0 {
			return fmt.Errorf("%s: names collide:\n%s", name, strings.Join(twice, "\n"))
		}
		if name == "kestrel" && o.only == "." && o.mode != "validate" {
			if err := trace(out, plans); err != nil {
				return err
			}
		}
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
var unknown = []string{"akamai/akamai", "grafana/grafana", "opensearch-project/opensearch"}

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
		After map[string]any
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

// hold runs every root, several at once, and returns their plans.
func hold(ctx context.Context, o options, out string, roots []string) (plans []plan, failed []string) {
	var mu sync.Mutex
	var group sync.WaitGroup
	next := make(chan string)
	for range o.workers {
		group.Go(func() {
			for root := range next {
				p, text, err := one(ctx, o, out, root)
				mu.Lock()
				if err != nil {
					failed = append(failed, root)
					fmt.Printf("FAIL %s: %v\n%s\n", root, err, text)
				} else {
					plans = append(plans, p)
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

var asks = regexp.MustCompile(`(?m)^variable "([a-z0-9_]+)"`)

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
			value := "1"
			if bytes.HasPrefix(m[1], []byte("account_")) {
				value = "111111111199"
			}
			env = append(env, "TF_VAR_"+string(m[1])+"="+value)
		}
	}
	return env, nil
}

func one(ctx context.Context, o options, out, root string) (plan, string, error) {
	results := filepath.Join(out, "plans", strings.ReplaceAll(root, "/", "_"))
	c := exec.CommandContext(ctx, "sh", o.offline, "-r", filepath.Join(out, "terraform"), filepath.Join(out, "terraform", root), o.mode)
	asked, err := answers(filepath.Join(out, "terraform", root))
	if err != nil {
		return plan{}, "", err
	}
	c.Env = append(append(os.Environ(), asked...), "TFOFFLINE_OUT="+results, "TFOFFLINE_QUIET=1")
	text, err := c.CombinedOutput()
	p := plan{root: root}
	if err != nil || o.mode == "validate" {
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
