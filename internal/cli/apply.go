package cli

import (
	"bufio"
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"paddock.dev/internal/applier"
	"paddock.dev/internal/diag"
	"paddock.dev/internal/render"
	"paddock.dev/internal/tree"
)

type applyFlags struct {
	out       output
	aws       string
	jira      string
	file      string
	only      []string
	planOnly  bool
	parallel  int
	approve   bool
	destroy   []string
	state     string
	engine    string
	bootstrap bool
	edited    bool
}

func newApply(a *app) *cobra.Command {
	var o applyFlags
	cmd := &cobra.Command{
		Use:   "apply --aws DIRECTORY",
		Short: "Apply what was rendered, layer by layer, with plans that are shown first",
		Long: `Runs terraform (or tofu) over the roots of a rendered directory in the order of their
layers. Every root is planned; the plan is saved, shown, agreed to, and applied as it is.

Nothing is applied unless the platform file passes the rules of paddock check and the
directory is what that file renders to. What you edited by hand in it stands outside
of the proof: --edited says that you know.

After a failure or a Ctrl-C, which lets what runs finish, the same command goes on
where it ended. With --plan-only plans are saved; the next run applies these.

Plans that destroy stores, keys or networks are refused until --allow-destroy names
what is destroyed: an address, or a module such as module.kafka.

With --jira the rendered project is made in Jira instead, as far as it is not there.
JIRA_TOKEN is the token, JIRA_USER the mail address that it belongs to in Jira Cloud.`,
		Example: `  paddock apply --aws infrastructure --plan-only
  paddock apply --aws infrastructure

  # one layer of one environment, four roots at once, in a pipeline
  paddock apply --aws infrastructure --only prod/ap-south-1/30-data --approve --parallel 4

  # the first time: the buckets of the states do not exist yet
  paddock apply --aws infrastructure --only 00-bootstrap --bootstrap

  # the project in which work is planned
  paddock apply --jira infrastructure`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.apply(cmd.Context(), &o)
		},
	}
	o.out.flag(cmd)
	f := cmd.Flags()
	f.StringVar(&o.aws, "aws", "", "the rendered directory")
	f.StringVar(&o.jira, "jira", "", "the rendered directory, for its requests to Jira")
	f.StringVar(&o.file, "file", "platform.yaml", "the platform file that it was rendered from")
	f.StringSliceVar(&o.only, "only", nil, "only these roots: names, scopes, or layers, such as prod, prod/ap-south-1 or 20-network")
	f.BoolVar(&o.planOnly, "plan-only", false, "save plans and apply nothing")
	f.IntVar(&o.parallel, "parallel", 1, "how many roots of one layer are worked on at once")
	f.BoolVar(&o.approve, "approve", false, "agree to all plans, without being asked")
	f.StringSliceVar(&o.destroy, "allow-destroy", nil, "addresses of stores, keys and networks that may be destroyed")
	f.StringVar(&o.state, "state", "", "directory for plans and progress (default: .paddock-apply in the rendered directory)")
	f.StringVar(&o.engine, "engine", "", "the program (default: terraform, else tofu, of the PATH)")
	f.BoolVar(&o.bootstrap, "bootstrap", false, "begin 00-bootstrap with states beside the roots, and move them to their buckets")
	f.BoolVar(&o.edited, "edited", false, "take a directory in which files were edited by hand")
	_ = cmd.MarkFlagDirname("aws")
	_ = cmd.MarkFlagDirname("jira")
	_ = cmd.MarkFlagDirname("state")
	_ = cmd.MarkFlagFilename("file", "yaml", "yml")
	return cmd
}

func (a *app) apply(ctx context.Context, o *applyFlags) error {
	switch {
	case o.aws != "" && o.jira != "":
		return usage("bad-flag", "--aws and --jira are two things", "Write two commands")
	case o.jira != "":
		return a.applyTickets(ctx, o)
	case o.aws == "":
		return usage("missing-flag", "It is not said what is applied", "Write: paddock apply --aws DIRECTORY")
	}
	if o.parallel < 1 {
		return usage("bad-flag", fmt.Sprintf("--parallel %d works on nothing", o.parallel), "Write 1 or more")
	}
	roots, err := applier.Roots(o.aws)
	if err != nil {
		return err
	}
	selected, unknownRoot := applier.Select(roots, o.only)
	if unknownRoot != "" {
		var names []string
		for _, r := range roots {
			names = append(names, r.Name())
		}
		return unknown("root", unknownRoot, names)
	}
	if err := a.mayApply(o); err != nil {
		return err
	}
	engine, err := applier.Find(ctx, o.engine, a.cfg.Env)
	if err != nil {
		return err
	}
	state := o.state
	if state == "" {
		state = filepath.Join(o.aws, ".paddock-apply")
	}
	fmt.Fprintf(a.streams.Err, "%s, %s\n", engine.Name(), count(len(selected), "root"))
	done, err := applier.Run(ctx, engine, selected, applier.Options{
		Dir: o.aws, State: state, PlanOnly: o.planOnly, Parallel: o.parallel, AllowDestroy: o.destroy, Bootstrap: o.bootstrap,
		Approve:  func(p []applier.Planned) (bool, error) { return a.agree(p, o) },
		Progress: func(e applier.Event) { a.applyProgress(e) },
	})
	if printed := a.printApply(done, o, err == nil); printed != nil {
		return printed
	}
	return err
}

// mayApply refuses a platform that does not pass the rules, and a directory that
// is not what it renders to.
func (a *app) mayApply(o *applyFlags) error {
	in, err := a.proven(o.file, "nothing of it is applied")
	if err != nil {
		return err
	}
	const part = "terraform"
	files, err := render.Files(in, func(p string) bool { return p == part })
	if err != nil {
		return err
	}
	plan, err := tree.Compare(o.aws, files, tree.Options{Only: tree.Below([]string{part})})
	if err != nil {
		return err
	}
	var stale, edited []string
	for _, c := range plan.Changes {
		switch {
		// The list of places says where things are in the file, not what they are.
		case c.Kind == tree.Unchanged, c.Path == part+"/sourcemap.json":
		case c.Kind == tree.Edited:
			edited = append(edited, c.Path)
		default:
			stale = append(stale, c.Path)
		}
	}
	switch {
	case len(stale) > 0:
		return diag.Problem{
			Severity: diag.Error, ID: "stale-directory", Summary: fmt.Sprintf("%s is not what %s renders to", o.aws, o.file),
			Detail: fmt.Sprintf("%s differ, the first is %s. What was not rendered from the file was not proven with it.", count(len(stale), "file"), stale[0]),
			Fix:    fmt.Sprintf("Render again: paddock render %s -o %s", o.file, o.aws),
		}
	case len(edited) > 0 && !o.edited:
		return diag.Problem{
			Severity: diag.Error, ID: "edited-directory", Summary: fmt.Sprintf("%s in %s was edited by hand", count(len(edited), "file"), o.aws),
			Detail: "The first is " + edited[0] + ". What it does is not part of what was proven.",
			Fix:    "Say that you know: --edited",
		}
	}
	return nil
}

func (a *app) applyProgress(e applier.Event) {
	color := paint(a.streams.ErrColor)
	tone := map[applier.Step]string{applier.Applied: green, applier.Failed: red, applier.Skipped: dim, applier.Planning: dim}[e.Step]
	line := fmt.Sprintf("%-40s %s", e.Root.Name(), color.as(tone, string(e.Step)))
	if e.Step == applier.PlanSaved {
		line += "  " + e.Summary.String()
	}
	fmt.Fprintln(a.streams.Err, line)
}

// agree shows what a batch of plans does and asks.
func (a *app) agree(plans []applier.Planned, o *applyFlags) (bool, error) {
	color := paint(a.streams.ErrColor)
	for _, p := range plans {
		for _, d := range p.Summary.Destroys {
			what := "destroys"
			if d.Replaced {
				what = "replaces"
			}
			fmt.Fprintf(a.streams.Err, "  %s %s %s\n", p.Root.Name(), color.as(red, what), safe(d.Address))
		}
	}
	if o.approve {
		return true, nil
	}
	if !a.streams.InTerminal {
		return false, diag.Problem{Severity: diag.Error, ID: "confirm", Summary: "Somebody has to agree to the plans", Detail: "Nobody can answer here: the input is no terminal.", Fix: "Look at the plans with --plan-only, and agree with --approve."}
	}
	names := make([]string, len(plans))
	for i, p := range plans {
		names[i] = p.Root.Name()
	}
	fmt.Fprintf(a.streams.Err, "Apply %s? [y/N] ", strings.Join(names, ", "))
	line, _ := bufio.NewReader(a.streams.In).ReadString('\n') // no answer is a no
	answer := strings.ToLower(strings.TrimSpace(line))
	return answer == "y" || answer == "yes", nil
}

// applyAnswer is the answer for programs.
type applyAnswer struct {
	// Complete means that every root that was asked for was worked on.
	Complete bool        `json:"complete"`
	Roots    []applyRoot `json:"roots"`
}

type applyRoot struct {
	Root     string              `json:"root"`
	Add      int                 `json:"add"`
	Change   int                 `json:"change"`
	Destroy  int                 `json:"destroy"`
	Destroys []applier.Destroyed `json:"destroys"`
}

func (a *app) printApply(done []applier.Planned, o *applyFlags, complete bool) error {
	answer := applyAnswer{Complete: complete, Roots: []applyRoot{}}
	var sum applier.Summary
	for _, p := range done {
		s := p.Summary
		if s.Destroys == nil {
			s.Destroys = []applier.Destroyed{}
		}
		answer.Roots = append(answer.Roots, applyRoot{p.Root.Name(), s.Add, s.Change, s.Destroy, s.Destroys})
		sum.Add, sum.Change, sum.Destroy = sum.Add+s.Add, sum.Change+s.Change, sum.Destroy+s.Destroy
	}
	if !o.out.text() {
		return o.out.encode(a.streams.Out, answer)
	}
	if !complete {
		return nil
	}
	verb := "applied"
	if o.planOnly {
		verb = "planned"
	}
	_, err := fmt.Fprintf(a.streams.Out, "%s %s: %d added, %d changed, %d destroyed\n", count(len(done), "root"), verb, sum.Add, sum.Change, sum.Destroy)
	return err
}
