// Package applier takes rendered Terraform roots to the cloud: in the order of
// their layers, each with a plan that is saved, shown, agreed to and then applied
// as it is. It remembers how far it came, so that a run goes on where the last
// one ended. It knows terraform and tofu as programs; it refuses to know what the
// roots are for, and whether the platform is sound: that is asked before.
package applier

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"paddock.dev/internal/diag"
)

// Root is one Terraform root of a rendered directory, as terraform/roots.json
// lists it.
type Root struct {
	// Dir below the rendered directory, such as terraform/prod/ap-south-1/30-data.
	Dir     string `json:"dir"`
	Scope   string `json:"scope"`
	Account string `json:"account"`
	Region  string `json:"region"`
	Layer   string `json:"layer"`
	Order   int    `json:"order"`
}

// Name is the root as people call it: prod/ap-south-1/30-data.
func (r Root) Name() string { return strings.TrimPrefix(r.Dir, "terraform/") }

// bootstrap is the layer that makes the place where states are kept.
const bootstrap = "00-bootstrap"

// Roots reads the list of a rendered directory, in the order in which they are
// applied.
func Roots(dir string) ([]Root, error) {
	file := filepath.Join(dir, "terraform", "roots.json")
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, diag.Problem{
			Severity: diag.Error, ID: "not-rendered", Summary: fmt.Sprintf("%s holds no rendered Terraform", dir),
			Detail: "There is no terraform/roots.json in it, which says what is applied in which order.",
			Fix:    "Render it: paddock render platform.yaml -o " + dir,
		}
	}
	if err != nil {
		return nil, err
	}
	return parseRoots(file, data)
}

func parseRoots(file string, data []byte) ([]Root, error) {
	var index struct{ Roots []Root }
	if err := json.Unmarshal(data, &index); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	seen := map[string]bool{}
	for _, r := range index.Roots {
		if !filepath.IsLocal(r.Dir) || !strings.HasPrefix(r.Dir, "terraform/") {
			return nil, fmt.Errorf("read %s: %q is no folder below terraform", file, r.Dir)
		}
		if seen[r.Dir] {
			return nil, fmt.Errorf("read %s: %s stands there twice", file, r.Dir)
		}
		seen[r.Dir] = true
	}
	slices.SortStableFunc(index.Roots, func(a, b Root) int {
		return cmp.Or(cmp.Compare(a.Layer, b.Layer), cmp.Compare(a.Order, b.Order), cmp.Compare(a.Dir, b.Dir))
	})
	return index.Roots, nil
}

// Select returns the roots that one of the words means: a whole name, or a scope,
// region or layer that begins or makes it up, such as prod, prod/ap-south-1 or
// 30-data. A word that means nothing comes back as unknown.
func Select(roots []Root, words []string) (selected []Root, unknown string) {
	if len(words) == 0 {
		return roots, ""
	}
	for _, w := range words {
		w = strings.Trim(strings.TrimPrefix(w, "terraform/"), "/")
		if w == "" || !slices.ContainsFunc(roots, func(r Root) bool { return r.means(w) }) {
			return nil, cmp.Or(w, "an empty word")
		}
	}
	for _, r := range roots {
		if slices.ContainsFunc(words, func(w string) bool { return r.means(strings.Trim(strings.TrimPrefix(w, "terraform/"), "/")) }) {
			selected = append(selected, r)
		}
	}
	return selected, ""
}

func (r Root) means(word string) bool {
	return r.Name() == word || strings.HasPrefix(r.Name(), word+"/") || r.Layer == word
}

// Options of a run.
type Options struct {
	// Dir is the rendered directory; State keeps plans and progress.
	Dir, State string
	// PlanOnly saves plans and applies nothing.
	PlanOnly bool
	// Parallel is how many roots of one layer are worked on at once.
	Parallel int
	// AllowDestroy are addresses, or addresses with the root before them
	// (prod/ap-south-1/30-data:module.kafka), whose destruction was agreed to.
	AllowDestroy []string
	// Bootstrap says that the buckets of the states do not exist yet: roots of the
	// first layer begin with a state beside them, which then moves.
	Bootstrap bool
	// Approve is asked once for every batch of plans. It is not asked when nothing
	// changes.
	Approve func([]Planned) (bool, error)
	// Progress is told what is being done. It is called from one goroutine at a
	// time.
	Progress func(Event)
}

// Event is one step of a root.
type Event struct {
	Root Root
	// Step such as Planning.
	Step Step
	// Summary of the plan, when there is one.
	Summary Summary
}

// Step is what is being done with a root.
type Step string

// The steps.
const (
	Planning  Step = "planning"
	PlanSaved Step = "planned"
	Applying  Step = "applying"
	Applied   Step = "applied"
	Skipped   Step = "applied before"
	Failed    Step = "failed"
)

// Planned is a root with its plan.
type Planned struct {
	Root    Root
	Summary Summary
}

// Run works on the roots, which are in their order. It returns what was planned
// or applied. When the context ends it begins nothing more, and what runs is
// waited for: a terraform that is killed leaves a lock and half of what it made.
func Run(ctx context.Context, e *Engine, roots []Root, o Options) ([]Planned, error) {
	j, err := openJournal(o.State, e.Name(), o.PlanOnly)
	if err != nil {
		return nil, err
	}
	r := &runner{engine: e, options: o, journal: j, parallel: max(1, o.Parallel)}
	var all []Planned
	for _, batch := range batches(roots) {
		done, err := r.batch(ctx, batch)
		all = append(all, done...)
		if err != nil {
			return all, err
		}
	}
	if r.failed != nil {
		return all, r.failed
	}
	if o.PlanOnly {
		return all, nil
	}
	return all, j.finish(roots)
}

// batches are roots of one layer and order: they do not look one another up.
func batches(roots []Root) [][]Root {
	var all [][]Root
	for i, r := range roots {
		if i == 0 || r.Layer != roots[i-1].Layer || r.Order != roots[i-1].Order {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], r)
	}
	return all
}

type runner struct {
	engine   *Engine
	options  Options
	journal  *journal
	parallel int
	telling  sync.Mutex
	// failed is the first plan that failed when only plans are wanted: the others
	// are still worth having.
	failed error
}

func (r *runner) tell(root Root, step Step, s Summary) {
	r.telling.Lock()
	defer r.telling.Unlock()
	if r.options.Progress != nil {
		r.options.Progress(Event{root, step, s})
	}
}

// batch plans, asks and applies.
func (r *runner) batch(ctx context.Context, roots []Root) ([]Planned, error) {
	plans, err := each(ctx, r.parallel, roots, r.plan)
	if err != nil && !r.options.PlanOnly {
		return nil, err
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		r.failed = cmp.Or(r.failed, err)
	}
	var all, open []Planned
	for _, p := range plans {
		if p == nil {
			continue // failed, or applied before
		}
		all = append(all, *p)
		if p.Summary.Changes() > 0 {
			open = append(open, *p)
		}
	}
	if err := protect(open, r.options.AllowDestroy); err != nil || r.options.PlanOnly {
		return all, err
	}
	if len(open) > 0 {
		yes, err := r.options.Approve(open)
		if err != nil {
			return all, err
		}
		if !yes {
			return all, diag.Problem{
				Severity: diag.Error, ID: "not-approved", Summary: "Nobody agreed to the plans, and nothing of them was applied",
				Detail: "What was applied before stays. The next run goes on from here.",
			}
		}
	}
	_, err = each(ctx, r.parallel, all, r.apply)
	return all, err
}

// each works on the items, so many at once, and stops beginning new ones after the
// first failure. What was begun is finished. The results are in the order of the
// items.
func each[T, R any](ctx context.Context, parallel int, items []T, work func(context.Context, T) (R, error)) ([]R, error) {
	results := make([]R, len(items))
	errs := make([]error, len(items))
	var group sync.WaitGroup
	var mu sync.Mutex
	next, stop := 0, false
	for range min(parallel, len(items)) {
		group.Go(func() {
			for {
				mu.Lock()
				i := next
				if stop || i >= len(items) || ctx.Err() != nil {
					mu.Unlock()
					return
				}
				next++
				mu.Unlock()
				results[i], errs[i] = work(ctx, items[i])
				if errs[i] != nil {
					mu.Lock()
					stop = true
					mu.Unlock()
				}
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return results, err
		}
	}
	if next < len(items) {
		return results, context.Cause(ctx)
	}
	return results, nil
}
