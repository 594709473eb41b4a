package cli

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"paddock.dev/internal/delivery/drill"
	"paddock.dev/internal/delivery/matrix"
	"paddock.dev/internal/model"
)

func newDrill(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "drill",
		Short: "Make something go wrong on purpose and measure the way back",
		Args:  unknownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newDrillRollback(a))
	return cmd
}

// rollbackDrill are the arguments of `paddock drill rollback`.
type rollbackDrill struct {
	service, env, host, path string
	rate                     float64
	settings                 []string
	out                      output
}

func newDrillRollback(a *app) *cobra.Command {
	var o rollbackDrill
	cmd := &cobra.Command{
		Use:   "rollback",
		Short: "Let a bad release into an environment and see it come back",
		Long: `Pushes a commit of its own to a service's repository, has it built, makes a release
of it whose settings break it, and rolls it out while it sends requests at a steady
rate. Then it tells how long the verdict and the way back took, which requests
failed, and whether image and configuration are the old ones again.

Only a canary finds out that a release is bad, so the environment must have one:
stage production, and steps in delivery.rollout.canary. A drill that is interrupted takes
its release back.

The release is marked as a drill: it never travels by policy, and stays blocked.
The exit code is 1 when a request reached the bad release after the flip, when a
request failed that the bad release did not answer, or when anything is not back.`,
		Example: `  # the first service with a public route, in the last environment of production
  paddock drill rollback

  # another service, faster, and bad in another way
  paddock drill rollback --service search --rate 200 --setting FAULT_LATENCY=2s`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.drillRollback(cmd.Context(), o) },
	}
	a.serviceFlag(cmd, &o.service)
	a.environmentFlag(cmd, &o.env)
	f := cmd.Flags()
	f.Lookup("service").Usage = "service to break (default: the first with a public route)"
	f.Lookup("env").Usage = "environment to break it in (default: the last of production in the path)"
	f.StringVar(&o.host, "host", "", "host of the requests (default: the service's first public route)")
	f.StringVar(&o.path, "path", "", "path of the requests; it must answer 200 (default: that of the route)")
	f.Float64Var(&o.rate, "rate", 100, "requests per second")
	f.StringArrayVar(&o.settings, "setting", []string{"FAULT_ERROR_RATE=20%"}, "setting that makes the release bad, NAME=VALUE; may be repeated")
	o.out.flag(cmd)
	return cmd
}

func (a *app) drillRollback(ctx context.Context, o rollbackDrill) error {
	settings := map[string]string{}
	for _, s := range o.settings {
		name, value, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			return usage("bad-setting", fmt.Sprintf("--setting %q is no setting", s), "write NAME=VALUE, such as FAULT_ERROR_RATE=20%.")
		}
		settings[name] = value
	}
	if o.rate <= 0 || o.rate > 5000 {
		return usage("bad-rate", fmt.Sprintf("--rate %g is out of range", o.rate), "write requests per second, above 0 and at most 5000.")
	}
	p, err := a.connect()
	if err != nil {
		return err
	}
	in, err := p.Snapshot(ctx, a.cfg.Now())
	if err != nil {
		return err
	}
	if err := cmp.Or(knownService(in, o.service), knownEnvironment(in, o.env)); err != nil {
		return err
	}
	service, env, err := drillTarget(in, o)
	if err != nil {
		return err
	}
	began := time.Now()
	d := drill.Rollback{
		Client: p.Client, Gateway: p.State.Gateway,
		Repository: (&url.URL{Scheme: "http", User: url.User(a.person("")), Host: p.State.Console, Path: "/git/" + service.Name + ".git"}).String(),
		Host:       cmp.Or(o.host, service.Routes[0].Host), Path: cmp.Or(o.path, service.Routes[0].Path),
		Service: service.Name, Environment: env, Rate: o.rate, Settings: settings, By: a.person(""),
		Progress: func(text string) {
			fmt.Fprintf(a.streams.Err, "%6.1fs  %s\n", time.Since(began).Seconds(), safe(text))
		},
	}
	report, err := d.Run(ctx)
	if err != nil {
		return err
	}
	if o.out.text() {
		err = report.Print(a.streams.Out)
	} else {
		err = o.out.encode(a.streams.Out, report)
	}
	if err == nil && !report.Passed() {
		return errProblems
	}
	return err
}

// drillTarget picks what was not named. Without a canary nobody would judge the
// bad release, and it would stay.
func drillTarget(in matrix.Input, o rollbackDrill) (model.Service, string, error) {
	env, ok := lastCanary(in.Platform)
	switch {
	case !ok && len(in.Platform.Delivery.Canary) == 0:
		return model.Service{}, "", usage("no-canary", "The platform file has no canary: the bad release would stay", "Give delivery.rollout.canary its steps in the platform file.")
	case !ok:
		return model.Service{}, "", usage("no-canary", "No environment of the path has a canary: the bad release would stay", "Have an environment of stage production in the path.")
	case o.env != "" && o.env != env.Name:
		named, _ := in.Platform.Environment(o.env)
		if named.Stage != model.Production {
			return model.Service{}, "", usage("no-canary", fmt.Sprintf("%s has no canary: the bad release would stay", o.env), "Choose one that has: --env "+env.Name)
		}
		env = named
	}
	for _, s := range env.Services {
		if (o.service == "" || s.Name == o.service) && s.Source != nil && len(s.Routes) > 0 {
			return s, env.Name, nil
		}
	}
	what := "No service has"
	if o.service != "" {
		what = fmt.Sprintf("%q does not have", o.service)
	}
	return model.Service{}, "", usage("no-route", fmt.Sprintf("%s a source and a public route in %s", what, env.Name), "name a service with `routes`: the drill sends its requests as a customer.")
}

// lastCanary is the last environment of the path whose rollouts take canary
// steps.
func lastCanary(p *model.Platform) (model.Environment, bool) {
	if len(p.Delivery.Canary) == 0 {
		return model.Environment{}, false
	}
	for _, name := range slices.Backward(p.Delivery.Path) {
		if env, ok := p.Environment(name); ok && env.Stage == model.Production {
			return env, true
		}
	}
	return model.Environment{}, false
}
