package applier

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"paddock.dev/internal/diag"
)

// localBackend is laid over a root whose bucket does not exist yet.
const localBackend = "paddock_override.tf"

// plan saves the plan of a root. A root that this run applied already has none; a
// plan that was saved before, of the same files, is taken as it is.
func (r *runner) plan(_ context.Context, root Root) (*Planned, error) {
	digest, err := digest(r.options.Dir, root)
	if err != nil {
		return nil, err
	}
	saved := r.journal.plan(root) + ".tfplan"
	if e, ok := r.journal.get(root); ok && e.Digest == digest {
		if e.State == Applied && !r.options.PlanOnly {
			r.tell(root, Skipped, e.Summary)
			return nil, nil
		}
		if _, err := os.Stat(saved); err == nil && e.State == PlanSaved && !r.options.PlanOnly {
			r.tell(root, PlanSaved, e.Summary)
			return &Planned{root, e.Summary}, nil
		}
	}
	r.tell(root, Planning, Summary{})
	log, err := r.log(root)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	dir := filepath.Join(r.options.Dir, root.Dir)
	if r.options.Bootstrap && root.Layer == bootstrap {
		text := "# The state moves to its bucket as soon as there is one.\nterraform {\n  backend \"local\" {}\n}\n"
		if err := os.WriteFile(filepath.Join(dir, localBackend), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	if _, err := r.engine.run(dir, log, "init", "-input=false", "-no-color"); err != nil {
		return nil, r.fail(root, err)
	}
	file, err := filepath.Abs(saved)
	if err != nil {
		return nil, err
	}
	if code, err := r.engine.run(dir, log, "plan", "-input=false", "-no-color", "-detailed-exitcode", "-out="+file); err != nil && code != 2 {
		return nil, r.fail(root, err)
	}
	_ = os.Chmod(file, 0o600) // it holds secrets; a file system without modes keeps its own
	data, err := r.engine.output(dir, "show", "-json", file)
	if err != nil {
		return nil, r.fail(root, err)
	}
	summary, err := summarize(data)
	if err != nil {
		return nil, r.fail(root, err)
	}
	if err := r.journal.set(entry{Dir: root.Dir, State: PlanSaved, Digest: digest, Summary: summary}); err != nil {
		return nil, err
	}
	r.tell(root, PlanSaved, summary)
	return &Planned{root, summary}, nil
}

// apply applies the saved plan.
func (r *runner) apply(_ context.Context, p Planned) (struct{}, error) {
	none := struct{}{}
	e, _ := r.journal.get(p.Root)
	dir := filepath.Join(r.options.Dir, p.Root.Dir)
	log, err := r.log(p.Root)
	if err != nil {
		return none, err
	}
	defer log.Close()
	// A plan without changes may still have outputs and moves to write down.
	r.tell(p.Root, Applying, p.Summary)
	file, err := filepath.Abs(r.journal.plan(p.Root) + ".tfplan")
	if err != nil {
		return none, err
	}
	if _, err := r.engine.run(dir, log, "apply", "-input=false", "-no-color", file); err != nil {
		// What was made is in the state. The plan is used up either way.
		e.State = Failed
		return none, errors.Join(r.fail(p.Root, err), os.Remove(file), r.journal.set(e))
	}
	if r.options.Bootstrap && p.Root.Layer == bootstrap {
		if err := os.Remove(filepath.Join(dir, localBackend)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return none, err
		}
		if _, err := r.engine.run(dir, log, "init", "-input=false", "-no-color", "-migrate-state", "-force-copy"); err != nil {
			return none, r.fail(p.Root, err)
		}
	}
	e.State = Applied
	if err := r.journal.set(e); err != nil {
		return none, err
	}
	r.tell(p.Root, Applied, p.Summary)
	return none, nil
}

func (r *runner) log(root Root) (io.WriteCloser, error) {
	return os.OpenFile(r.journal.plan(root)+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
}

// fail says which root failed, with the program's own words.
func (r *runner) fail(root Root, err error) error {
	r.tell(root, Failed, Summary{})
	p := diag.Problem{
		Severity: diag.Error, ID: "root-failed", Summary: fmt.Sprintf("%s failed in %s", r.engine.Name(), root.Name()),
		Detail: err.Error(), Fix: "What was applied stays. Mend it and run the same command again: it goes on from here. The whole output is in " + r.journal.plan(root) + ".log",
	}
	var run *runError
	if errors.As(err, &run) {
		p.Summary = fmt.Sprintf("terraform %s failed in %s", run.args[0], root.Name())
		p.Detail = colors.ReplaceAllString(run.output, "")
		if strings.Contains(p.Detail, "Saved plan is stale") {
			p.Fix = "Something changed since it was planned. Plan again: run the command once more."
		}
	}
	return p
}

var colors = regexp.MustCompile("\x1b\\[[0-9;]*m")

// digest of the files that decide what a root does: its own, and all modules.
func digest(dir string, root Root) (string, error) {
	sum := sha256.New()
	for _, folder := range []string{root.Dir, "terraform/modules"} {
		var names []string
		err := filepath.WalkDir(filepath.Join(dir, folder), func(p string, d fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist) && folder != root.Dir:
				return nil // a root may need none
			case err != nil:
				return err
			case d.IsDir() && d.Name() == ".terraform":
				return filepath.SkipDir
			case d.Type().IsRegular() && d.Name() != localBackend && (strings.HasSuffix(p, ".tf") || strings.HasSuffix(p, ".tfvars") || strings.HasSuffix(p, ".json") || strings.HasSuffix(p, ".zip")):
				names = append(names, p)
			}
			return nil
		})
		if err != nil {
			return "", err
		}
		slices.Sort(names)
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(sum, "%s %d\n", filepath.Base(name), len(data))
			sum.Write(data)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
