package cli

import (
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
	"paddock.dev/internal/prove/rules"
	"paddock.dev/internal/spec"
)

// checkFlags are the flags of `paddock check`.
type checkFlags struct {
	out    checkOutput
	rules  rules.Options
	strict bool
	waived bool
	day    string
}

func newCheck(a *app) *cobra.Command {
	var o checkFlags
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Say what is wrong with a platform file",
		Long: `Reads the file strictly, then looks at the platform that it describes with some
hundred rules: quorums, quotas, promises that dependencies cannot keep, gaps in
on-call, freezes that never end, card data in the wrong place. Every problem comes
with its place, the numbers behind it and the way out. Nothing is started and nothing
is changed.

Findings are waived in the file, under waivers, with a reason and a last day.

The exit code is 1 when a problem is an error; with --strict, a warning is enough. A
file that cannot be read is such a problem, too: everywhere else it is a wrong input
and the code is 2.`,
		Example: `  paddock check

  # for an editor, a pipeline, or the code scanning of GitHub
  paddock check platform.yaml -o json
  paddock check platform.yaml -o sarif > paddock.sarif

  # one question only
  paddock check platform.yaml --rule oncall-gap,freeze-forever

  # what will be wrong in spring?
  paddock check platform.yaml --at 2027-04-01`,
		Args:              atMost("FILE"),
		ValidArgsFunction: completeYAML,
		RunE:              func(_ *cobra.Command, args []string) error { return a.check(fileArgument(args), &o) },
	}
	f := cmd.Flags()
	o.out.flag(cmd)
	f.StringSliceVar(&o.rules.Only, "rule", nil, "look with these rules only")
	f.StringSliceVar(&o.rules.Skip, "skip", nil, "leave these rules out")
	f.StringVarP(&o.rules.Environment, "env", "e", "", "only what concerns this environment")
	f.BoolVar(&o.strict, "strict", false, "let warnings fail, too")
	f.BoolVar(&o.waived, "waived", false, "show what is waived, and why")
	f.StringVar(&o.day, "at", "", "look at the platform as it is on this day, such as 2027-04-01 (default: now)")
	_ = cmd.RegisterFlagCompletionFunc("env", a.complete(completeEnvironments))
	for _, name := range []string{"rule", "skip"} {
		_ = cmd.RegisterFlagCompletionFunc(name, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) { return completeRules() })
	}
	return cmd
}

// checked is what there is to say about a file.
type checked struct {
	file string
	// platform is nil when the file could not be read.
	platform *model.Platform
	problems []diag.Problem
	waived   []waived
	// idle are the parts of the file on which nothing here acts yet.
	idle []spec.Idle
}

// waived is a problem that somebody accepted.
type waived struct {
	diag.Problem
	Reason string `json:"reason"`
	Until  string `json:"until"`
}

func (a *app) check(path string, o *checkFlags) error {
	now := a.cfg.Now()
	if o.day != "" {
		day, err := time.Parse(time.DateOnly, o.day)
		if err != nil {
			return usage("bad-date", fmt.Sprintf("--at %q is no day", o.day), "Write year, month and day: --at 2027-04-01")
		}
		now = day
	}
	for _, id := range slices.Concat(o.rules.Only, o.rules.Skip) {
		if _, ok := rules.Find(id); !ok {
			return unknownRule(id)
		}
	}
	file, problems := spec.LoadFile(path)
	c := checked{file: path, problems: problems}
	if file != nil {
		if err := c.look(file, o, now); err != nil {
			return err
		}
	}
	if err := a.printCheck(o, &c); err != nil {
		return err
	}
	if diag.HasErrors(c.problems) || o.strict && len(c.problems) > 0 {
		return errProblems
	}
	return nil
}

// look adds what the rules find to what the reader found.
func (c *checked) look(file *spec.File, o *checkFlags, now time.Time) error {
	c.platform, c.idle = file.Platform, file.Idle()
	environments := c.platform.EnvironmentNames()
	if e := o.rules.Environment; e != "" && !slices.Contains(environments, e) {
		return unknown("environment", e, environments)
	}
	_, o.rules.Cloud = file.Locate("", "cloud")
	found := rules.Check(c.platform, now, o.rules)
	c.problems = diag.Compact(append(c.problems, rules.Problems(found.Findings, file)...))
	// What one waiver silences in several environments is one thing.
	by := map[model.Waiver][]rules.Finding{}
	var order []model.Waiver
	for _, w := range found.Waived {
		if by[w.Waiver] == nil {
			order = append(order, w.Waiver)
		}
		by[w.Waiver] = append(by[w.Waiver], w.Finding)
	}
	for _, w := range order {
		for _, p := range rules.Problems(by[w], file) {
			c.waived = append(c.waived, waived{p, w.Reason, w.Until.String()})
		}
	}
	return nil
}
