package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"paddock.dev/internal/delivery/matrix"
	"paddock.dev/internal/store"
)

// snapshot connects and reads, for commands that only look.
func (a *app) snapshot(ctx context.Context) (matrix.Input, error) {
	p, err := a.connect()
	if err != nil {
		return matrix.Input{}, err
	}
	return p.Snapshot(ctx, a.cfg.Now())
}

// knownService refuses a name that the file does not have; empty is no name.
func knownService(in matrix.Input, name string) error {
	if known := completeServices(in); name != "" && !slices.Contains(known, name) {
		return unknown("service", name, known)
	}
	return nil
}

func knownEnvironment(in matrix.Input, name string) error {
	if known := completeEnvironments(in); name != "" && !slices.Contains(known, name) {
		return unknown("environment", name, known)
	}
	return nil
}

func (a *app) serviceFlag(cmd *cobra.Command, into *string) {
	cmd.Flags().StringVar(into, "service", "", "only this service")
	_ = cmd.RegisterFlagCompletionFunc("service", a.complete(completeServices))
}

func (a *app) environmentFlag(cmd *cobra.Command, into *string) {
	cmd.Flags().StringVarP(into, "env", "e", "", "environment")
	_ = cmd.RegisterFlagCompletionFunc("env", a.complete(completeEnvironments))
}

// complete offers names from the running platform, else from ./platform.yaml, and
// nothing when there is neither: a completion has no place for an error.
func (a *app) complete(names ...func(matrix.Input) []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		in, err := a.look(ctx)
		if err != nil {
			in = fromFile("platform.yaml")
		}
		var found []string
		for _, f := range names {
			for _, name := range f(in) {
				if strings.HasPrefix(name, prefix) {
					found = append(found, name)
				}
			}
		}
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeFirst is complete for the argument of a command that takes only one.
func (a *app) completeFirst(names ...func(matrix.Input) []string) cobra.CompletionFunc {
	offer := a.complete(names...)
	return func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return offer(cmd, args, prefix)
	}
}

func completeServices(in matrix.Input) []string {
	return matrix.Status(matrix.Input{Platform: in.Platform}).Services
}

func completeEnvironments(in matrix.Input) []string {
	return in.Platform.EnvironmentNames()
}

func completeReleases(in matrix.Input) []string {
	var names []string
	for _, r := range matrix.Releases(in, "").Releases {
		names = append(names, r.Name)
	}
	return names
}

func completeWaiting(in matrix.Input) []string {
	var names []string
	for _, w := range matrix.Status(in).Approvals {
		names = append(names, w.Service)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (a *app) completePlatforms(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	root, err := store.Root(a.data, a.getenv)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names, _ := store.Platforms(root)
	return names, cobra.ShellCompDirectiveNoFileComp
}

func completeYAML(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
}
