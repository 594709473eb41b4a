package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/goccy/go-yaml"
)

// A waiver says that findings of a check are right where they are. Other findings
// are faults; so are waivers of findings that are no more.
type waiver struct {
	Checks []string `yaml:"checks"`
	Reason string   `yaml:"reason"`
	// At counts findings by place, perhaps with a * as in path.Match: the module
	// (or the root), the block, and the module around it for Terraform, the cluster
	// and the kind for Kubernetes. Where a block is found at fault whatever its values are, every
	// instance of it is found, and how many there are is news to nobody: every.
	At map[string]times `yaml:"at"`
}

// times is how often something is found; every is any number from 1.
type times int

const every times = -1

func (t *times) UnmarshalYAML(text []byte) error {
	if string(bytes.TrimSpace(text)) == "every" {
		*t = every
		return nil
	}
	n, err := strconv.Atoi(string(bytes.TrimSpace(text)))
	if err != nil || n < 1 {
		return fmt.Errorf("%s is neither every nor a number from 1", text)
	}
	*t = times(n)
	return nil
}

// finding is one check that failed at one place.
type finding struct{ check, title, at string }

// judge renders kestrel, lets checkov and kube-score read all of it, and holds
// what they find against the waivers.
func judge(ctx context.Context, o options, work, paddock string) error {
	out := filepath.Join(work, "judged")
	if err := command(ctx, paddock, "render", "examples/kestrel/platform.yaml", "-o", out, "--force", "--only", "terraform,kubernetes"); err != nil {
		return err
	}
	judges := []struct {
		name string
		read func() ([]finding, int, error)
	}{
		{"checkov of terraform", func() ([]finding, int, error) {
			return checkov(ctx, o.checkov, "terraform", filepath.Join(out, "terraform"), modulePlace)
		}},
		{"checkov of kubernetes", func() ([]finding, int, error) {
			return checkov(ctx, o.checkov, "kubernetes", filepath.Join(out, "kubernetes"), objectPlace)
		}},
		{"kube-score", func() ([]finding, int, error) { return kubeScore(ctx, o.kubeScore, filepath.Join(out, "kubernetes")) }},
	}
	said, failed := make([][]finding, len(judges)), make([]error, len(judges))
	var group sync.WaitGroup
	for i, j := range judges {
		group.Go(func() {
			began := time.Now()
			found, passed, err := j.read()
			if err != nil {
				failed[i] = fmt.Errorf("%s: %w", j.name, err)
				return
			}
			said[i] = found
			fmt.Printf("%s: %d checks passed, %d findings, %s\n", j.name, passed, len(found), time.Since(began).Round(time.Second))
		})
	}
	group.Wait()
	if err := errors.Join(failed...); err != nil {
		return err
	}
	findings := slices.Concat(said...)
	text, err := os.ReadFile(o.waivers)
	if err != nil {
		return err
	}
	list, err := readWaivers(text)
	if err != nil {
		return fmt.Errorf("%s: %w", o.waivers, err)
	}
	problems := compare(findings, list)
	fmt.Printf("%d findings, %d waivers, %d problems\n", len(findings), len(list), len(problems))
	for _, p := range problems {
		fmt.Println(p)
	}
	if len(problems) > 0 {
		return fmt.Errorf("%d problems: fix them, or say in %s why they are none", len(problems), o.waivers)
	}
	return nil
}

// ask runs a judge. It ends with an error when there are findings, which is no
// error here.
func ask(ctx context.Context, dir, program string, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, program, args...)
	c.Dir = dir
	var complaints bytes.Buffer
	c.Stderr = &complaints
	report, err := c.Output()
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 1 && len(report) > 0) {
		return nil, fmt.Errorf("%s: %w: %s", program, err, complaints.Bytes())
	}
	return report, nil
}

// checkov reads one kind of file below a folder; it asks nobody on the network.
func checkov(ctx context.Context, program, framework, dir string, place func(file, resource string) string) ([]finding, int, error) {
	report, err := ask(ctx, dir, program, "-d", ".", "--framework", framework, "--download-external-modules", "false",
		"--skip-download", "--quiet", "--compact", "-o", "json")
	if err != nil {
		return nil, 0, err
	}
	return readCheckov(bytes.NewReader(report), place)
}

// inside finds the module in which another one is called.
var inside = regexp.MustCompile(`/modules/([a-z0-9-]+)/[^/]+$`)

var block = regexp.MustCompile(`([a-z0-9_]+\.[A-Za-z0-9_-]+)(\[.*\])?$`)

// modulePlace is the module or root and the block.
func modulePlace(file, resource string) string {
	if m := block.FindStringSubmatch(resource); m != nil {
		resource = m[1]
	}
	return strings.TrimPrefix(path.Dir(file), "/") + " " + resource
}

// objectPlace is the cluster and the kind of object.
func objectPlace(file, resource string) string {
	parts := strings.SplitN(strings.TrimPrefix(file, "/"), "/", 3)
	kind, _, _ := strings.Cut(resource, ".")
	return strings.Join(parts[:min(2, len(parts))], "/") + " " + kind
}

// readCheckov reads checkov's report.
func readCheckov(r io.Reader, place func(file, resource string) string) ([]finding, int, error) {
	var report struct {
		Results struct {
			Failed []struct {
				Check    string `json:"check_id"`
				Name     string `json:"check_name"`
				File     string `json:"file_path"`
				Resource string `json:"resource"`
				From     struct {
					Modules []struct{ Path string } `json:"source_module_"`
				} `json:"breadcrumbs"`
			} `json:"failed_checks"`
			Broken []string `json:"parsing_errors"`
		} `json:"results"`
		Summary struct {
			Passed    int `json:"passed"`
			Resources int `json:"resource_count"`
		} `json:"summary"`
	}
	if err := json.NewDecoder(r).Decode(&report); err != nil {
		return nil, 0, fmt.Errorf("its report: %w", err)
	}
	if len(report.Results.Broken) > 0 {
		return nil, 0, fmt.Errorf("it cannot read %s", strings.Join(report.Results.Broken, ", "))
	}
	if report.Summary.Resources == 0 {
		return nil, 0, errors.New("it saw no resources")
	}
	var all []finding
	for _, f := range report.Results.Failed {
		at := place(f.File, f.Resource)
		if n := len(f.From.Modules); n > 0 {
			if m := inside.FindStringSubmatch(f.From.Modules[n-1].Path); m != nil {
				at += " in " + m[1]
			}
		}
		all = append(all, finding{f.Check, f.Name, at})
	}
	return all, report.Summary.Passed, nil
}

// kubeScore reads the objects of every cluster, one cluster at a time: what a
// selector finds must be in the same one.
func kubeScore(ctx context.Context, program, dir string) (all []finding, passed int, err error) {
	clusters, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil {
		return nil, 0, err
	}
	for _, cluster := range clusters {
		args := []string{"score", "--output-format", "json"}
		err := filepath.WalkDir(cluster, func(name string, d fs.DirEntry, err error) error {
			if err == nil && filepath.Ext(name) == ".yaml" && d.Name() != "kustomization.yaml" {
				args = append(args, name)
			}
			return err
		})
		if err != nil {
			return nil, 0, err
		}
		report, err := ask(ctx, dir, program, args...)
		if err != nil {
			return nil, 0, err
		}
		name, err := filepath.Rel(dir, cluster)
		if err != nil {
			return nil, 0, err
		}
		found, good, err := readKubeScore(report, filepath.ToSlash(name))
		if err != nil {
			return nil, 0, fmt.Errorf("%s: %w", name, err)
		}
		all, passed = append(all, found...), passed+good
	}
	if passed == 0 {
		return nil, 0, errors.New("it saw no objects")
	}
	return all, passed, nil
}

// readKubeScore reads kube-score's report of one cluster.
func readKubeScore(report []byte, cluster string) (all []finding, passed int, err error) {
	var objects []struct {
		Type   struct{ Kind string } `json:"type_meta"`
		Checks []struct {
			Check struct {
				ID, Name string
			}
			Grade   int
			Skipped bool
		}
	}
	if err := json.Unmarshal(report, &objects); err != nil {
		return nil, 0, fmt.Errorf("its report: %w", err)
	}
	const fine = 10 // the best of its grades
	for _, o := range objects {
		for _, c := range o.Checks {
			switch {
			case c.Skipped:
			case c.Grade >= fine:
				passed++
			default:
				all = append(all, finding{c.Check.ID, c.Check.Name, cluster + " " + o.Type.Kind})
			}
		}
	}
	return all, passed, nil
}

func readWaivers(text []byte) ([]waiver, error) {
	var file struct {
		Waivers []waiver `yaml:"waivers"`
	}
	if err := yaml.UnmarshalWithOptions(text, &file, yaml.DisallowUnknownField()); err != nil {
		return nil, err
	}
	for _, w := range file.Waivers {
		if len(w.Checks) == 0 || w.Reason == "" || len(w.At) == 0 {
			return nil, fmt.Errorf("waiver of %q: it needs checks, reason and at", w.Checks)
		}
		for at := range w.At {
			if _, err := path.Match(at, ""); err != nil {
				return nil, fmt.Errorf("waiver of %q at %q: %w", w.Checks, at, err)
			}
		}
	}
	return file.Waivers, nil
}

// compare says what is found and not waived, waived and not found, and both in
// different numbers.
func compare(findings []finding, waivers []waiver) []string {
	type place struct{ check, at string }
	titles, found := map[string]string{}, map[place]times{}
	for _, f := range findings {
		titles[f.check] = f.title
		found[place{f.check, f.at}]++
	}
	var problems []string
	for _, w := range waivers {
		for _, check := range w.Checks {
			for _, at := range slices.Sorted(maps.Keys(w.At)) {
				n := times(0)
				for p, more := range found {
					if ok, _ := path.Match(at, p.at); ok && p.check == check {
						n += more
						delete(found, p)
					}
				}
				switch want := w.At[at]; {
				case n == 0:
					problems = append(problems, fmt.Sprintf("stale: %s at %s is waived and found no more", check, at))
				case want != every && n != want:
					problems = append(problems, fmt.Sprintf("count: %s at %s is waived %d times and found %d times", check, at, want, n))
				}
			}
		}
	}
	for p, n := range found {
		problems = append(problems, fmt.Sprintf("new: %s at %s, %d times: %s", p.check, p.at, n, titles[p.check]))
	}
	slices.Sort(problems)
	return problems
}
