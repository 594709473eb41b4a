package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// A waiver says that findings of a check are right where they are, and how many
// there are of them. Other findings are faults; so are waivers of findings that
// are no more.
type waiver struct {
	Check  string `yaml:"check"`
	Reason string `yaml:"reason"`
	// At counts findings by place: the module (or the root) and the block, both
	// perhaps with a * as in path.Match.
	At map[string]int `yaml:"at"`
}

// finding is one check that failed at one block.
type finding struct{ check, title, at string }

// judge renders kestrel, lets checkov read all of it, and holds what it finds
// against the waivers.
func judge(ctx context.Context, work, paddock, checkov, waivers string) error {
	out := filepath.Join(work, "judged")
	if err := command(ctx, paddock, "render", "examples/kestrel/platform.yaml", "-o", out, "--force"); err != nil {
		return err
	}
	report, err := check(ctx, checkov, filepath.Join(out, "terraform"))
	if err != nil {
		return err
	}
	findings, passed, err := readFindings(bytes.NewReader(report))
	if err != nil {
		return err
	}
	text, err := os.ReadFile(waivers)
	if err != nil {
		return err
	}
	list, err := readWaivers(text)
	if err != nil {
		return fmt.Errorf("%s: %w", waivers, err)
	}
	problems := compare(findings, list)
	fmt.Printf("checkov: %d checks passed, %d findings, %d waivers, %d problems\n", passed, len(findings), len(list), len(problems))
	for _, p := range problems {
		fmt.Println(p)
	}
	if len(problems) > 0 {
		return fmt.Errorf("%d problems: fix them, or say in %s why they are none", len(problems), waivers)
	}
	return nil
}

// check runs checkov over rendered Terraform. It ends with an error when there
// are findings, which is no error here; it asks nobody on the network.
func check(ctx context.Context, checkov, dir string) ([]byte, error) {
	c := exec.CommandContext(ctx, checkov, "-d", ".", "--framework", "terraform", "--download-external-modules", "false",
		"--skip-download", "--quiet", "--compact", "-o", "json")
	c.Dir = dir
	var complaints bytes.Buffer
	c.Stderr = &complaints
	report, err := c.Output()
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 1 && len(report) > 0) {
		return nil, fmt.Errorf("%s: %w: %s", checkov, err, complaints.Bytes())
	}
	return report, nil
}

var block = regexp.MustCompile(`([a-z0-9_]+\.[A-Za-z0-9_-]+)(\[.*\])?$`)

// readFindings reads checkov's report.
func readFindings(r io.Reader) ([]finding, int, error) {
	var report struct {
		Results struct {
			Failed []struct {
				Check    string `json:"check_id"`
				Name     string `json:"check_name"`
				File     string `json:"file_path"`
				Resource string `json:"resource"`
			} `json:"failed_checks"`
			Broken []string `json:"parsing_errors"`
		} `json:"results"`
		Summary struct {
			Passed    int `json:"passed"`
			Resources int `json:"resource_count"`
		} `json:"summary"`
	}
	if err := json.NewDecoder(r).Decode(&report); err != nil {
		return nil, 0, fmt.Errorf("checkov's report: %w", err)
	}
	if len(report.Results.Broken) > 0 {
		return nil, 0, fmt.Errorf("checkov cannot read %s", strings.Join(report.Results.Broken, ", "))
	}
	if report.Summary.Resources == 0 {
		return nil, 0, errors.New("checkov saw no resources")
	}
	var all []finding
	for _, f := range report.Results.Failed {
		at := f.Resource
		if m := block.FindStringSubmatch(f.Resource); m != nil {
			at = m[1]
		}
		all = append(all, finding{f.Check, f.Name, strings.TrimPrefix(path.Dir(f.File), "/") + " " + at})
	}
	return all, report.Summary.Passed, nil
}

func readWaivers(text []byte) ([]waiver, error) {
	var file struct {
		Waivers []waiver `yaml:"waivers"`
	}
	if err := yaml.UnmarshalWithOptions(text, &file, yaml.DisallowUnknownField()); err != nil {
		return nil, err
	}
	for _, w := range file.Waivers {
		if w.Check == "" || w.Reason == "" || len(w.At) == 0 {
			return nil, fmt.Errorf("waiver of %q: it needs check, reason and at", w.Check)
		}
		for at, n := range w.At {
			if _, err := path.Match(at, ""); err != nil || n < 1 {
				return nil, fmt.Errorf("waiver of %s at %q: a place and a number from 1 are needed", w.Check, at)
			}
		}
	}
	return file.Waivers, nil
}

// compare says what is found and not waived, waived and not found, and both in
// different numbers.
func compare(findings []finding, waivers []waiver) []string {
	type place struct{ check, at string }
	titles, found := map[string]string{}, map[place]int{}
	for _, f := range findings {
		titles[f.check] = f.title
		found[place{f.check, f.at}]++
	}
	var problems []string
	for _, w := range waivers {
		for _, at := range slices.Sorted(maps.Keys(w.At)) {
			n := 0
			for p, times := range found {
				if ok, _ := path.Match(at, p.at); ok && p.check == w.Check {
					n += times
					delete(found, p)
				}
			}
			switch want := w.At[at]; {
			case n == 0:
				problems = append(problems, fmt.Sprintf("stale: %s at %s is waived and found no more", w.Check, at))
			case n != want:
				problems = append(problems, fmt.Sprintf("count: %s at %s is waived %d times and found %d times", w.Check, at, want, n))
			}
		}
	}
	for p, n := range found {
		problems = append(problems, fmt.Sprintf("new: %s at %s, %d times: %s", p.check, p.at, n, titles[p.check]))
	}
	slices.Sort(problems)
	return problems
}
