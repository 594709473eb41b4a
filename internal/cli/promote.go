package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/delivery"
	"paddock.dev/internal/delivery/matrix"
	"paddock.dev/internal/delivery/policy"
	"paddock.dev/internal/delivery/rollout"
	"paddock.dev/internal/diag"
)

func newPromote(a *app) *cobra.Command {
	var out output
	var to, reason, as string
	cmd := &cobra.Command{
		Use:   "promote SERVICE|RELEASE",
		Short: "Bring a release into the next environment",
		Long: `Orders a rollout. A service stands for its newest release. Without --to the
release goes to the first environment of the path that has not verified it yet and
runs nothing newer.

Where the file asks for approval, the rollout waits for it; see paddock approve.`,
		Example: `  paddock promote booking
  paddock promote booking-1.13.0 --to prod --reason "sale starts at noon"`,
		Args:              exactly("SERVICE|RELEASE"),
		ValidArgsFunction: a.completeFirst(completeServices, completeReleases),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := a.connect()
			if err != nil {
				return err
			}
			in, err := p.Snapshot(cmd.Context(), a.cfg.Now())
			if err != nil {
				return err
			}
			release, err := pickRelease(in, args[0])
			if err != nil {
				return err
			}
			if err := knownEnvironment(in, to); err != nil {
				return err
			}
			if to == "" {
				if to, err = nextEnvironment(in, release); err != nil {
					return err
				}
			}
			r, err := delivery.RequestPromotion(cmd.Context(), p.Client, delivery.Promotion{
				Release: release.Name, Environment: to, By: a.person(as), Reason: reason, Path: in.Platform.Delivery.Path,
			})
			if err != nil {
				return err
			}
			return a.ordered(cmd.Context(), p, &out, r)
		},
	}
	out.flag(cmd)
	f := cmd.Flags()
	f.StringVar(&to, "to", "", "environment (default: the next one of the path)")
	f.StringVar(&reason, "reason", "", "why, for the record")
	f.StringVar(&as, "as", "", "person who orders it (default $USER)")
	f.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "env" { // what the other commands call it
			name = "to"
		}
		return pflag.NormalizedName(name)
	})
	_ = cmd.RegisterFlagCompletionFunc("to", a.complete(completeEnvironments))
	return cmd
}

func newRollback(a *app) *cobra.Command {
	var out output
	var env, to, reason, as string
	cmd := &cobra.Command{
		Use:   "rollback SERVICE --env ENV --reason TEXT",
		Short: "Go back to a release that was verified there, image and configuration together",
		Long: `Orders the way back, which waits for nobody. Without --to it leads to the last
release that succeeded in the environment and is not blocked; while a newer one is
on its way in, to the one that runs.`,
		Example: `  paddock rollback booking --env prod --reason "prices are wrong"
  paddock rollback booking --env prod --to booking-1.11.0 --reason "1.12 has it, too"`,
		Args:              exactly("SERVICE"),
		ValidArgsFunction: a.completeFirst(completeServices),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case env == "":
				return usage("missing-flag", "--env is missing", "Say where: --env prod")
			case reason == "":
				return usage("missing-flag", "--reason is missing", `Say why, for the record: --reason "prices are wrong"`)
			}
			p, err := a.connect()
			if err != nil {
				return err
			}
			in, err := p.Snapshot(cmd.Context(), a.cfg.Now())
			if err != nil {
				return err
			}
			if err := knownService(in, args[0]); err != nil {
				return err
			}
			if err := knownEnvironment(in, env); err != nil {
				return err
			}
			r, err := delivery.RequestRollback(cmd.Context(), p.Client, delivery.Rollback{Service: args[0], Environment: env, To: to, By: a.person(as), Reason: reason})
			if err != nil {
				return err
			}
			return a.ordered(cmd.Context(), p, &out, r)
		},
	}
	out.flag(cmd)
	a.environmentFlag(cmd, &env)
	f := cmd.Flags()
	f.StringVar(&to, "to", "", "release (default: the last one that was verified there)")
	f.StringVar(&reason, "reason", "", "why, for the record")
	f.StringVar(&as, "as", "", "person who orders it (default $USER)")
	_ = cmd.RegisterFlagCompletionFunc("to", a.complete(completeReleases))
	return cmd
}

// pickRelease finds the release of that name, or the newest of the service.
func pickRelease(in matrix.Input, name string) (*v1.Release, error) {
	if i := slices.IndexFunc(in.Releases, func(r v1.Release) bool { return r.Name == name }); i >= 0 {
		return &in.Releases[i], nil
	}
	services := completeServices(in)
	if !slices.Contains(services, name) {
		for _, s := range services {
			if len(name) > len(s) && name[:len(s)+1] == s+"-" {
				return nil, unknownRelease(in, name)
			}
		}
		return nil, unknown("service", name, services)
	}
	newest := policy.Newest(name, in.Releases)
	if newest == nil {
		return nil, inputError{diag.Problem{Severity: diag.Error, ID: "no-release", Summary: name + " has no release yet", Fix: "Push a commit, or see why its build failed: paddock status"}}
	}
	return newest, nil
}

// nextEnvironment is the first of the path where the release is something new:
// it was not verified there, and nothing newer runs there.
func nextEnvironment(in matrix.Input, release *v1.Release) (string, error) {
	numbers := map[string]int64{}
	for _, r := range in.Releases {
		numbers[r.Name] = r.Spec.Number
	}
	var newer string // the last environment that runs something newer
	for _, env := range in.Platform.Delivery.Path {
		if _, has := release.Spec.Config[env]; !has {
			continue
		}
		here := policy.In(release.Spec.Service, env, in.Rollouts)
		current := rollout.Current(here)
		switch {
		case current != nil && current.Spec.Release == release.Name:
		case current != nil && numbers[current.Spec.Release] > release.Spec.Number:
			newer = env
		case !rollout.Verified(here, release.Name):
			return env, nil
		}
	}
	if newer != "" {
		return "", diag.Problem{
			Severity: diag.Error, ID: "release-older", Summary: release.Name + " has nowhere to go: every environment verified it or runs something newer", Detail: "Promotion only goes forward.",
			Fix: "To go back: paddock rollback " + release.Spec.Service + " --env " + newer + " --to " + release.Name + " --reason TEXT",
		}
	}
	return "", diag.Problem{Severity: diag.Error, ID: "release-runs", Summary: release.Name + " was verified in every environment already", Fix: "Nothing needs to be done."}
}

// ordered answers with the rollout that was made.
func (a *app) ordered(ctx context.Context, p *Platform, out *output, r *v1.Rollout) error {
	if !out.text() {
		return out.encode(a.streams.Out, r)
	}
	what := "goes to"
	if r.Spec.Kind == v1.RolloutRollback {
		what = "comes back to"
	}
	fmt.Fprintf(a.streams.Out, "%s %s %s (rollout %s)\n", r.Spec.Release, what, r.Spec.Environment, r.Name)
	in, err := p.Snapshot(ctx, a.cfg.Now())
	if err != nil {
		return nil // it is ordered; the rest was a courtesy
	}
	if env, ok := in.Platform.Environment(r.Spec.Environment); ok && env.Approve.Count > 0 && !r.Spec.SkipApproval && r.Spec.Kind == v1.RolloutPromotion {
		fmt.Fprintf(a.streams.Err, "It waits for approval: paddock approve %s --env %s\n", r.Spec.Service, env.Name)
		return nil
	}
	fmt.Fprintln(a.streams.Err, "Watch it: paddock status --watch")
	return nil
}
