package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/client-go/rest"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/delivery"
	"paddock.dev/internal/delivery/matrix"
	"paddock.dev/internal/diag"
	"paddock.dev/internal/kube"
)

func newApprove(a *app) *cobra.Command {
	var out output
	var env, as, comment string
	cmd := &cobra.Command{
		Use:   "approve [SERVICE|ROLLOUT]",
		Short: "Say yes to a rollout that waits",
		Long: `Records one person's yes, given to the API server as that person. Without an
argument it approves the only rollout that waits. Who may is in the platform file;
nobody approves their own commit.`,
		Example: `  paddock approve booking --env prod --comment "tested on staging data"
  paddock approve --as meera`,
		Args:              atMost("SERVICE|ROLLOUT"),
		ValidArgsFunction: a.completeFirst(completeWaiting),
		RunE: func(cmd *cobra.Command, args []string) error {
			person := a.person(as)
			if person == "" {
				return usage("who-are-you", "It is not known who you are", "Say it: --as NAME")
			}
			p, err := a.connect()
			if err != nil {
				return err
			}
			in, err := p.Snapshot(cmd.Context(), a.cfg.Now())
			if err != nil {
				return err
			}
			if err := knownEnvironment(in, env); err != nil {
				return err
			}
			w, err := pickWaiting(matrix.Status(in).Approvals, strings.Join(args, ""), env)
			if err != nil {
				return err
			}
			if err := mayApprove(w, person); err != nil {
				return err
			}
			config := rest.CopyConfig(p.Config)
			config.Impersonate = rest.ImpersonationConfig{UserName: person, Groups: []string{kube.ApproversGroup, "system:authenticated"}}
			client, err := newClient(config)
			if err != nil {
				return err
			}
			approval, err := delivery.RequestApproval(cmd.Context(), client, w.Rollout, person, comment)
			if err != nil {
				return err
			}
			if !out.text() {
				return out.encode(a.streams.Out, approval)
			}
			given := len(w.Given)
			if !slices.Contains(w.Given, person) {
				given++
			}
			_, err = fmt.Fprintf(a.streams.Out, "%s approved %s %s for %s (%d of %d)\n", person, w.Service, w.Version, w.Environment, min(given, w.Need), w.Need)
			return err
		},
	}
	out.flag(cmd)
	a.environmentFlag(cmd, &env)
	f := cmd.Flags()
	f.StringVar(&as, "as", "", "person who approves (default $USER)")
	f.StringVar(&comment, "comment", "", "what they looked at, for the record")
	return cmd
}

// pickWaiting finds the one rollout that is meant among those that wait.
func pickWaiting(all []v1.WaitingApproval, name, env string) (v1.WaitingApproval, error) {
	var found []v1.WaitingApproval
	for _, w := range all {
		if (name == "" || slices.Contains([]string{w.Service, w.Rollout, w.Release}, name)) && (env == "" || env == w.Environment) {
			found = append(found, w)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	list := func(waiting []v1.WaitingApproval) string {
		var commands []string
		for _, w := range waiting {
			commands = append(commands, w.Command)
		}
		return strings.Join(commands, "\n")
	}
	p := diag.Problem{Severity: diag.Error, ID: "which-rollout", Summary: "Several rollouts wait for approval", Fix: "Choose one:\n" + list(found)}
	switch {
	case len(all) == 0:
		p.ID, p.Summary, p.Fix = "nothing-waits", "Nothing waits for approval", ""
	case len(found) == 0:
		what := cmp.Or(name, "Nothing")
		if env != "" {
			what += " in " + env
		}
		p.ID, p.Summary, p.Fix = "nothing-waits", what+" waits for no approval", "This does:\n"+list(all)
		if name == "" {
			p.Summary = "Nothing in " + env + " waits for approval"
		}
	}
	return v1.WaitingApproval{}, inputError{p}
}

// mayApprove refuses somebody whose yes would not count.
func mayApprove(w v1.WaitingApproval, person string) error {
	if slices.Contains(w.May, person) || slices.Contains(w.Given, person) {
		return nil
	}
	p := diag.Problem{
		Severity: diag.Error, ID: "may-not-approve",
		Summary: fmt.Sprintf("%s may not approve %s %s for %s", person, w.Service, w.Version, w.Environment),
		Detail:  fmt.Sprintf("The platform file asks %d of %s, and nobody approves their own commit (%s).", w.Need, strings.Join(w.From, ", "), cmp.Or(matrix.Person(w.Author), "author unknown")),
		Fix:     "Nobody else of these groups is left; add somebody to them in the platform file.",
	}
	switch {
	case len(w.Given) >= w.Need:
		p.Fix = "Nothing needs to be done: " + strings.Join(w.Given, " and ") + " approved it."
	case len(w.May) > 0:
		p.Fix = "Ask " + strings.Join(w.May, " or ") + ", or say who you are: --as " + w.May[0]
	}
	return p
}
