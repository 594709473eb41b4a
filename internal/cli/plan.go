package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/plan"
	"paddock.dev/internal/spec"
)

type planFlags struct {
	out    output
	accept []string
	cost   bool
}

func newPlan(a *app) *cobra.Command {
	var o planFlags
	cmd := &cobra.Command{
		Use:   "plan [OLD] [NEW]",
		Short: "Say what a change of the platform file does, in consequences",
		Long: `Compares two platform files and says what the change does on AWS: who can newly reach
whom, and who comes to card data; what is added, replaced, or destroyed with data in
it; addresses that move; promises, approvals, copies and retention that become weaker;
what a month costs before and after; which quotas are nearly used up.

OLD may be a file of a git revision, such as HEAD:platform.yaml or v1.4:./platform.yaml.
With one file, OLD is that file in HEAD.

The exit code is 1 when the change destroys data, moves what cannot be moved, or opens
a way to card data, and nobody accepted it: --accept takes the id of a consequence,
its kind, what it happens to, or all.

Costs are an estimate from list prices with a date; --cost shows the lines and what is
assumed. What people changed in the cloud by hand, only the plan of Terraform knows.`,
		Example: `  paddock plan
  paddock plan HEAD~3:platform.yaml platform.yaml
  paddock plan old.yaml new.yaml --cost
  paddock plan --accept store-destroyed/dev/store/ledger -o json`,
		Args:              atMost("OLD", "NEW"),
		ValidArgsFunction: completeYAML,
		RunE: func(_ *cobra.Command, args []string) error {
			old, now := "", fileArgument(args)
			if len(args) == 2 {
				old, now = args[0], args[1]
			} else {
				old = "HEAD:./" + strings.TrimPrefix(now, "./")
			}
			return a.plan(old, now, &o)
		},
	}
	o.out.flag(cmd)
	cmd.Flags().StringSliceVar(&o.accept, "accept", nil, "consequences that are accepted: ids, kinds, things, or all")
	cmd.Flags().BoolVar(&o.cost, "cost", false, "show every line of the estimate, and what it assumes")
	return cmd
}

// planned is a plan with the two files that it compares.
type planned struct {
	plan.Plan
	old, now *spec.File
}

// at is where a consequence is stated: in the new file, or in the old one for
// what is no more there. A key that is written nowhere is looked for at the next
// one above it.
func (p planned) at(c plan.Consequence) diag.Range {
	for _, f := range []*spec.File{p.now, p.old} {
		for key := c.Key; key != ""; {
			if at, ok := f.Locate(c.Environment, key); ok {
				return at
			}
			i := strings.LastIndexAny(key, ".[")
			if i < 0 {
				break
			}
			key = key[:i]
			if !strings.Contains(key, ".") {
				break // a whole block says nothing
			}
		}
	}
	return diag.Range{}
}

func (a *app) plan(old, now string, o *planFlags) error {
	oldFile, err := a.loadRevision(old)
	if err != nil {
		return err
	}
	nowFile, err := a.loadRevision(now)
	if err != nil {
		return err
	}
	p := planned{plan.Compare(plan.Of(oldFile.Platform), plan.Of(nowFile.Platform)), oldFile, nowFile}
	for _, accepted := range o.accept {
		if accepted != "all" && !slices.ContainsFunc(p.Consequences, func(c plan.Consequence) bool { return c.Accepted([]string{accepted}) }) {
			var ids []string
			for _, c := range p.Consequences {
				if c.Level == plan.Danger {
					ids = append(ids, c.ID)
				}
			}
			return unknown("consequence", accepted, ids)
		}
	}
	if err := a.printPlan(p, o); err != nil {
		return err
	}
	if slices.ContainsFunc(p.Consequences, func(c plan.Consequence) bool {
		return c.Level == plan.Danger && !c.Accepted(o.accept)
	}) {
		return errProblems
	}
	return nil
}

// consequence is one for programs.
type consequence struct {
	plan.Consequence
	Line     string `json:"line,omitempty"`
	Accepted bool   `json:"accepted,omitempty"`
}

// planAnswer is the answer for programs.
type planAnswer struct {
	Consequences []consequence `json:"consequences"`
	Cost         costAnswer    `json:"cost"`
	Quotas       []plan.Quota  `json:"quotas"`
}

func (a *app) printPlan(p planned, o *planFlags) error {
	if o.out.text() {
		return a.printPlanText(p, o)
	}
	answer := planAnswer{Consequences: []consequence{}, Cost: costFor(p.Cost, o.cost), Quotas: p.Quotas}
	for _, c := range p.Consequences {
		answer.Consequences = append(answer.Consequences, consequence{c, p.at(c).String(), c.Level == plan.Danger && c.Accepted(o.accept)})
	}
	if answer.Quotas == nil {
		answer.Quotas = []plan.Quota{}
	}
	return o.out.encode(a.streams.Out, answer)
}

// told is one consequence, the same one in several environments once.
type told struct {
	plan.Consequence
	environments []string
	details      []string
	accepted     bool
	at           string
}

func (p planned) told(o *planFlags) []told {
	var all []told
	for _, c := range p.Consequences {
		accepted := c.Accepted(o.accept)
		i := slices.IndexFunc(all, func(t told) bool {
			return t.Kind == c.Kind && t.At == c.At && t.Summary == c.Summary && t.Level == c.Level && t.accepted == accepted
		})
		if i < 0 {
			i = len(all)
			all = append(all, told{Consequence: c, accepted: accepted, at: p.at(c).String()})
		}
		if c.Environment != "" {
			all[i].environments = append(all[i].environments, c.Environment)
		}
		if c.Detail != "" && !slices.Contains(all[i].details, c.Detail) {
			all[i].details = append(all[i].details, c.Detail)
		}
	}
	return all
}

func (a *app) printPlanText(p planned, o *planFlags) error {
	w, color := a.streams.Out, paint(a.streams.OutColor)
	all := p.told(o)
	counts := map[plan.Level]int{}
	if len(all) == 0 {
		fmt.Fprintln(w, "The change has no consequence.")
	}
	colors := map[plan.Level]string{plan.Danger: red, plan.Warning: yellow, plan.Notice: dim}
	for _, t := range all {
		counts[t.Level]++
		where := ""
		if len(t.environments) > 0 {
			where = " (" + strings.Join(t.environments, ", ") + ")"
		}
		fmt.Fprintf(w, "%s %s%s\n", color.as(colors[t.Level], fmt.Sprintf("%-7s", t.Level)), color.as(bold, safe(t.Summary)), where)
		for _, d := range t.details {
			fmt.Fprintf(w, "        %s\n", safe(d))
		}
		switch {
		case t.accepted && t.Level == plan.Danger:
			fmt.Fprintf(w, "        %s\n", color.as(dim, strings.TrimSpace("accepted  "+t.at)))
		case t.Level == plan.Danger:
			fmt.Fprintf(w, "        %s\n", color.as(dim, strings.TrimSpace("accept it: --accept "+quoted(t.acceptable())+"  "+t.at)))
		case t.at != "":
			fmt.Fprintf(w, "        %s\n", color.as(dim, t.at))
		}
	}
	if len(all) > 0 {
		fmt.Fprintf(w, "\n%s, %s, %s\n", count(counts[plan.Danger], "danger"), count(counts[plan.Warning], "warning"), count(counts[plan.Notice], "notice"))
	}
	fmt.Fprintln(w)
	if err := a.printCost(p.Cost, o.cost); err != nil {
		return err
	}
	return a.printQuotas(p.Quotas)
}

// acceptable is the shortest that accepts what was told and nothing of another
// kind: the id, when there is only one.
func (t told) acceptable() string {
	if len(t.environments) < 2 {
		return t.ID
	}
	return t.At
}

// quoted is a word for the shell.
func quoted(s string) string {
	if strings.ContainsAny(s, " ><#*$'\"") {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

// printQuotas shows what is nearly used up.
func (a *app) printQuotas(all []plan.Quota) error {
	t := table{}
	for _, q := range all {
		if 5*q.Used < 4*q.Limit {
			continue
		}
		color := ""
		if q.Used > q.Limit {
			color = yellow
		}
		t.add(cell{fmt.Sprintf("%d of %d", q.Used, q.Limit), color}, plain(q.Name), plain(strings.TrimSpace(q.Account+" "+q.Region+" "+q.Where)), cell{strings.TrimSpace(q.Code + " " + q.Source), dim})
	}
	if len(t.rows) == 0 {
		return nil
	}
	fmt.Fprintln(a.streams.Out, "\nQuotas of AWS of which four fifths are used:")
	return t.write(a.streams.Out, paint(a.streams.OutColor), 0)
}
