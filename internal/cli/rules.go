package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/prove/rules"
)

func newRules(a *app) *cobra.Command {
	var out output
	cmd := &cobra.Command{
		Use:   "rules [ID]",
		Short: "List the rules that check looks at, or explain one",
		Long: `Without an argument it lists all rules with their severity and what holds when they
are kept. With the id of a rule, as check prints it in brackets, it says why the rule
is there, how to keep it, and shows a piece of a file that breaks it and one that
keeps it.`,
		Example: `  paddock rules

  # why does check complain?
  paddock rules objective-product`,
		Args: atMost("ID"),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return completeRules()
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.listRules(&out)
			}
			r, ok := rules.Find(args[0])
			if !ok {
				return unknownRule(args[0])
			}
			return a.explainRule(&out, r)
		},
	}
	out.flag(cmd)
	return cmd
}

// ruleAnswer is a rule for programs.
type ruleAnswer struct {
	ID       string `json:"id"`
	Topic    string `json:"topic"`
	Severity string `json:"severity"`
	Title    string `json:"title"`
	Why      string `json:"why"`
	Fix      string `json:"fix"`
	Source   string `json:"source,omitempty"`
	// Fails and Passes are pieces of platform files.
	Fails  string `json:"fails,omitempty"`
	Passes string `json:"passes,omitempty"`
}

func answerOf(r *rules.Rule) ruleAnswer {
	return ruleAnswer{ID: r.ID, Topic: r.Topic, Severity: string(r.Severity), Title: r.Title, Why: r.Why, Fix: r.Fix, Source: r.Source}
}

func (a *app) listRules(out *output) error {
	if !out.text() {
		var all []ruleAnswer
		for _, r := range rules.All() {
			all = append(all, answerOf(r))
		}
		return out.encode(a.streams.Out, map[string][]ruleAnswer{"rules": all})
	}
	p := paint(a.streams.OutColor)
	columns := 0
	if a.streams.OutTerminal {
		columns, _ = a.streams.size()
	}
	t, last := table{indent: "  "}, ""
	flush := func() error {
		rows := t
		t = table{indent: "  "}
		return rows.write(a.streams.Out, p, columns)
	}
	for _, r := range rules.All() {
		if r.Topic != last {
			if err := flush(); err != nil {
				return err
			}
			gap := "\n"
			if last == "" {
				gap = ""
			}
			last = r.Topic
			if _, err := fmt.Fprintln(a.streams.Out, gap+p.as(bold, last)); err != nil {
				return err
			}
		}
		tint := red
		if r.Severity == "warning" {
			tint = yellow
		}
		t.add(plain(fmt.Sprintf("%-28s", r.ID)), cell{fmt.Sprintf("%-7s", r.Severity), tint}, plain(r.Title))
	}
	return flush()
}

func (a *app) explainRule(out *output, r *rules.Rule) error {
	fails, passes := r.Examples()
	if !out.text() {
		answer := answerOf(r)
		answer.Fails, answer.Passes = fails, passes
		return out.encode(a.streams.Out, answer)
	}
	p := paint(a.streams.OutColor)
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)\n", p.as(bold, r.ID), r.Severity)
	fmt.Fprintf(&b, "%s.\n", fold(r.Title, 88))
	fmt.Fprintf(&b, "\n%s\n", fold(r.Why, 88))
	fmt.Fprintf(&b, "\n%s %s\n", p.as(green, "Fix:"), fold(r.Fix, 83))
	if r.Source != "" {
		fmt.Fprintf(&b, "\n%s\n", fold("Source: "+r.Source, 88))
	}
	fmt.Fprintf(&b, "\n%s\n%s\n%s\n%s", p.as(bold, "Found, at the line with # here:"), inset(fails), p.as(bold, "Kept:"), inset(passes))
	_, err := io.WriteString(a.streams.Out, b.String())
	return err
}

// fold breaks a text into lines of at most so many columns.
func fold(text string, columns int) string {
	var b strings.Builder
	used := 0
	for i, word := range strings.Fields(text) {
		switch n := len([]rune(word)); {
		case i == 0:
			used = n
		case used+1+n > columns:
			b.WriteByte('\n')
			used = n
		default:
			b.WriteByte(' ')
			used += 1 + n
		}
		b.WriteString(word)
	}
	return b.String()
}

func inset(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("  " + line)
	}
	return b.String()
}

// unknownRule does not list all rules as unknown does: there are too many.
func unknownRule(id string) error {
	p := diag.Problem{Severity: diag.Error, ID: "unknown-rule", Summary: fmt.Sprintf("There is no rule %q", id), Fix: "See all of them: paddock rules"}
	if near := diag.Nearest(id, rules.IDs()); len(near) > 0 {
		p.Fix = "Did you mean " + strings.Join(near, " or ") + "?"
	}
	return inputError{p}
}

func completeRules() ([]string, cobra.ShellCompDirective) {
	var all []string
	for _, r := range rules.All() {
		all = append(all, r.ID+"\t"+r.Title)
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}
