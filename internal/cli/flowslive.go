package cli

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"paddock.dev/internal/cluster/network"
	"paddock.dev/internal/forensics/flows"
	"paddock.dev/internal/store"
)

// liveFlows is the flow log of the platform of this machine, and its names.
func (a *app) liveFlows(ctx context.Context, o *flowsOptions) (flows.Plan, error) {
	var none flows.Plan
	switch {
	case len(o.locations) > 0:
		return none, usage("flags-exclude", "--live reads the platform's own log and no other", "Leave out --live, or the locations.")
	case o.plan != "":
		return none, usage("flags-exclude", "--live has names of its own: addresses of a plan are those on AWS", "Leave out --plan.")
	case o.format != "":
		return none, usage("flags-exclude", "--live has a format of its own", "Leave out --format.")
	}
	name, layout, err := a.locate()
	if err != nil {
		return none, err
	}
	var there bool
	if o.locations, there = written(layout.FlowLog()); !there {
		return none, usage("no-flow-log", fmt.Sprintf("The platform %q has written no flow log yet", name), "It is written once a minute while the platform runs: paddock up platform.yaml")
	}
	if o.follow {
		o.locations = o.locations[len(o.locations)-1:]
	}
	return a.livePlan(ctx, layout), nil
}

// written are the files of a log that is rotated once, the older one first.
func written(log string) ([]string, bool) {
	if _, err := os.Stat(log); err != nil {
		return nil, false
	}
	if _, err := os.Stat(log + ".1"); err == nil {
		return []string{log + ".1", log}, true
	}
	return []string{log}, true
}

// livePlan names the addresses of pods and, while the platform runs, of
// services. What cannot be found out stays a number: flows are worth seeing
// without names.
func (a *app) livePlan(ctx context.Context, layout store.Layout) flows.Plan {
	plan := flows.Plan{NamesOnly: true, Names: []flows.NamedPrefix{
		{Prefix: netip.MustParsePrefix("127.0.0.0/8"), Name: "this machine"},
		// More specific names win over this one.
		{Prefix: netip.MustParsePrefix("10.0.0.0/8"), Name: "gone"},
	}}
	one := func(at netip.Addr, environment, name string) {
		plan.Names = append(plan.Names, flows.NamedPrefix{Prefix: netip.PrefixFrom(at, at.BitLen()), Name: name, Environment: environment})
	}
	pods, _ := network.Pods(filepath.Join(layout.Node(), "addresses.json"))
	for at, pod := range pods {
		one(at, pod.Namespace, pod.Name)
	}
	if p, err := a.connect(); err == nil {
		var services corev1.ServiceList
		if p.Client.List(ctx, &services) == nil {
			for _, s := range services.Items {
				if at, err := netip.ParseAddr(s.Spec.ClusterIP); err == nil {
					one(at, s.Namespace, s.Name)
				}
			}
		}
	}
	slices.SortFunc(plan.Names, func(x, y flows.NamedPrefix) int {
		return cmp.Or(x.Prefix.Addr().Compare(y.Prefix.Addr()), cmp.Compare(x.Prefix.Bits(), y.Prefix.Bits()))
	})
	return plan
}
