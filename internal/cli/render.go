package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
	"paddock.dev/internal/prove/rules"
	"paddock.dev/internal/render"
	"paddock.dev/internal/spec"
	"paddock.dev/internal/tree"
)

type renderFlags struct {
	out   string
	only  []string
	env   []string
	diff  bool
	force bool
	// functions is the directory of Paddock's source from which the functions
	// are built; empty builds none.
	functions string
	format    output
}

func newRender(a *app) *cobra.Command {
	var o renderFlags
	cmd := &cobra.Command{
		Use:   "render [FILE]",
		Short: "Compile the platform file for its production system",
		Long: `Compiles the platform file for AWS: Terraform roots and modules, Kubernetes objects,
and all else that stands beside them, into a directory that is yours to read, review
and keep in git.

The same file gives the same bytes. Only files that changed are written; files that
are no longer rendered are removed. What you edited by hand is kept and named; with
--force it is overwritten. Nothing is written when the file does not pass the rules of
paddock check.`,
		Example: `  paddock render platform.yaml -o infrastructure

  # what would change
  paddock render platform.yaml -o infrastructure --diff

  # only the roots of one account, and the playbooks
  paddock render --only terraform/prod,ansible

  # production, and what all environments share
  paddock render --env prod --diff

  # with the programs that Lambda runs
  paddock render platform.yaml -o infrastructure --functions=../paddock`,
		Args:              atMost("FILE"),
		ValidArgsFunction: completeYAML,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.render(cmd.Context(), fileArgument(args), &o)
		},
	}
	cmd.Flags().StringVarP(&o.out, "out", "o", "rendered", "directory to write")
	cmd.Flags().StringSliceVar(&o.only, "only", nil, "only these folders, such as terraform/prod or ansible")
	cmd.Flags().StringSliceVarP(&o.env, "env", "e", nil, "only these environments and what all share; the files of others stay as they are")
	cmd.Flags().BoolVar(&o.diff, "diff", false, "show what would change, and write nothing")
	cmd.Flags().BoolVar(&o.force, "force", false, "take a directory that holds other files, and overwrite what was edited by hand")
	cmd.Flags().StringVar(&o.functions, "functions", "", "build the programs that Lambda runs too, from this directory of Paddock's source; needs Go")
	cmd.Flags().Lookup("functions").NoOptDefVal = "."
	o.format.flagNamed(cmd, "format", "")
	_ = cmd.MarkFlagDirname("out")
	_ = cmd.RegisterFlagCompletionFunc("only", cobra.FixedCompletions(partNames(), cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("env", a.complete(completeEnvironments))
	return cmd
}

func fileArgument(args []string) string {
	if len(args) == 0 {
		return "platform.yaml"
	}
	return args[0]
}

func partNames() []string {
	var names []string
	for _, p := range render.Parts() {
		names = append(names, p.Name)
	}
	return names
}

func (a *app) render(ctx context.Context, file string, o *renderFlags) error {
	in, err := a.proven(file, "nothing is rendered")
	if err != nil {
		return err
	}
	for _, want := range o.only {
		part, _, _ := strings.Cut(strings.Trim(want, "/"), "/")
		if !slices.Contains(partNames(), part) {
			return unknown("part", part, partNames())
		}
	}
	for _, want := range o.env {
		if names := in.Platform.EnvironmentNames(); !slices.Contains(names, want) {
			return unknown("environment", want, names)
		}
	}
	defer a.step("")
	files, err := render.Files(in, func(part string) bool {
		wanted := len(o.only) == 0 || slices.ContainsFunc(o.only, func(w string) bool {
			w = strings.Trim(w, "/")
			return w == part || strings.HasPrefix(w, part+"/")
		})
		if wanted {
			a.step("rendering " + part)
		}
		return wanted
	})
	if err != nil {
		return err
	}
	a.step("comparing with " + o.out)
	plan, err := tree.Compare(o.out, files, tree.Options{Only: o.selected(in.Platform), Force: o.force})
	var foreign *tree.ForeignError
	if errors.As(err, &foreign) {
		return usage("foreign-directory", fmt.Sprintf("%s holds files that were not rendered by paddock", o.out), "Name an empty or new directory, or add --force to write beside what is there.")
	}
	if err != nil {
		return err
	}
	if o.diff {
		a.step("")
		return a.printRenderDiff(plan, o)
	}
	a.step("writing " + o.out)
	if err := plan.Write(); err != nil {
		return err
	}
	a.step("")
	if o.functions != "" {
		if err := a.renderFunctions(ctx, o.out, o.functions); err != nil {
			return err
		}
	}
	return a.printRender(plan, o)
}

// step draws what is done now for those who watch; an empty one wipes it off.
func (a *app) step(now string) {
	if a.streams.ErrTerminal {
		fmt.Fprintf(a.streams.Err, "\r%s\x1b[K", now)
	}
}

// selected says which files are meant, of those that are rendered and of those
// that lie in the directory; nil means all.
func (o *renderFlags) selected(p *model.Platform) func(path string) bool {
	below := tree.Below(o.only)
	if len(o.env) == 0 {
		return below
	}
	return func(path string) bool {
		if below != nil && !below(path) {
			return false
		}
		e := render.EnvironmentOf(p, path)
		return e == "" || slices.Contains(o.env, e)
	}
}

// proven reads a platform file and refuses one that does not pass the rules, for
// the consequence that it names: what goes to a cloud has been looked at as
// `paddock check` does, the cloud's limits with it even when no block of the file
// is about the cloud.
func (a *app) proven(path, consequence string) (render.Input, error) {
	file, problems := spec.LoadFile(path)
	if file == nil {
		return render.Input{}, a.refuse(problems, errInput)
	}
	in, conflicts := render.Of(file.Platform, func(environment, key string) (render.Place, bool) {
		at, ok := file.Locate(environment, key)
		// From wherever the command runs, the same file gives the same bytes.
		if name, err := filepath.Rel(filepath.Dir(path), at.File); err == nil {
			at.File = filepath.ToSlash(name)
		}
		return render.Place{File: at.File, Line: at.Line, Column: at.Column}, ok
	})
	found := rules.Check(file.Platform, a.cfg.Now(), rules.Options{Cloud: true, Graphs: in.Graphs})
	problems = append(problems, rules.Problems(found.Findings, file)...)
	if diag.HasErrors(problems) {
		return render.Input{}, a.refuse(problems, diag.Problem{Severity: diag.Error, ID: "not-proven", Summary: fmt.Sprintf("%s does not pass the rules, and %s", path, consequence), Fix: "Mend it, or waive it in the file with a reason."})
	}
	if len(conflicts) > 0 { // Waived, and two things cannot have one address all the same.
		return render.Input{}, diag.Problem{Severity: diag.Error, ID: "address-conflict", Summary: conflicts[0].Summary, Detail: conflicts[0].Detail, Fix: conflicts[0].Fix}
	}
	return in, nil
}

// refuse prints the problems that are errors, and returns what the command ends
// with.
func (a *app) refuse(problems []diag.Problem, end error) error {
	problems = slices.DeleteFunc(diag.Compact(problems), func(p diag.Problem) bool { return p.Severity != diag.Error })
	if err := diag.WriteText(a.streams.Err, problems, diag.TextOptions{Color: a.streams.ErrColor}); err != nil {
		return err
	}
	return end
}

// renderResult is the answer for programs.
type renderResult struct {
	Directory string        `json:"directory"`
	Counts    []renderCount `json:"counts"`
	Changes   []tree.Change `json:"changes"`
	Conflicts []string      `json:"conflicts,omitempty"`
}

type renderCount struct {
	Part  string `json:"part"`
	Files int    `json:"files"`
}

// renderCounts is how many files each part has.
func renderCounts(plan *tree.Plan) []renderCount {
	files := map[string]int{}
	for _, c := range plan.Changes {
		if c.Kind != tree.Removed {
			part, _, _ := strings.Cut(c.Path, "/")
			files[part]++
		}
	}
	counts := []renderCount{}
	for _, p := range render.Parts() {
		if n := files[p.Name]; n > 0 {
			counts = append(counts, renderCount{p.Name, n})
		}
	}
	return counts
}

func (a *app) renderAnswer(plan *tree.Plan, o *renderFlags) renderResult {
	changes := slices.DeleteFunc(slices.Clone(plan.Changes), func(c tree.Change) bool { return c.Kind == tree.Unchanged })
	return renderResult{Directory: o.out, Counts: renderCounts(plan), Changes: changes, Conflicts: plan.Conflicts()}
}

func (a *app) printRender(plan *tree.Plan, o *renderFlags) error {
	answer := a.renderAnswer(plan, o)
	if !o.format.text() {
		if err := o.format.encode(a.streams.Out, answer); err != nil {
			return err
		}
	} else {
		short := map[string]string{}
		for _, p := range render.Parts() {
			short[p.Name] = p.Short
		}
		for _, n := range answer.Counts {
			fmt.Fprintf(a.streams.Out, "%-12s %5s  %s\n", n.Part, fmt.Sprint(n.Files), short[n.Part])
		}
		fmt.Fprintf(a.streams.Out, "%s: %d added, %d changed, %d removed, %d unchanged\n", o.out,
			plan.Count(tree.Added), plan.Count(tree.Changed), plan.Count(tree.Removed), plan.Count(tree.Unchanged))
		for _, c := range answer.Changes {
			if c.Kind != tree.Edited {
				continue
			}
			why := "edited by hand, kept"
			if c.Conflicting {
				why += ": what is rendered now differs"
			}
			fmt.Fprintf(a.streams.Err, "%s: %s\n", c.Path, why)
		}
	}
	if len(answer.Conflicts) > 0 {
		return errProblems
	}
	return nil
}

func (a *app) printRenderDiff(plan *tree.Plan, o *renderFlags) error {
	if !o.format.text() {
		return o.format.encode(a.streams.Out, a.renderAnswer(plan, o))
	}
	for _, c := range plan.Changes {
		switch c.Kind {
		case tree.Unchanged, tree.Edited:
		case tree.Added:
			fmt.Fprintf(a.streams.Out, "%s\n", diff.Diff("/dev/null", nil, c.Path, c.New))
		case tree.Removed:
			fmt.Fprintf(a.streams.Out, "%s\n", diff.Diff(c.Path, c.Old, "/dev/null", nil))
		default:
			fmt.Fprintf(a.streams.Out, "%s\n", diff.Diff(c.Path, c.Old, c.Path, c.New))
		}
	}
	fmt.Fprintf(a.streams.Err, "%s: %d would be added, %d changed, %d removed\n", o.out, plan.Count(tree.Added), plan.Count(tree.Changed), plan.Count(tree.Removed))
	return nil
}
