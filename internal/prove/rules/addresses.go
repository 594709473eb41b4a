package rules

import (
	"fmt"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// addressRules are about the plan that all addresses follow from.
var addressRules = []*Rule{
	{
		ID: "address-conflict", Severity: diag.Error,
		Title:  "Every network has addresses of its own",
		Why:    "Two networks with the same addresses cannot be routed to one another, and a range that is in use cannot be changed without moving everything in it.",
		Fix:    "Write the range that is proposed, or another free one.",
		Source: "Amazon VPC User Guide, VPC CIDR blocks; RFC 1918",
		check: func(f *Facts, report func(Finding)) {
			if !f.cloud {
				return // nobody builds these networks
			}
			_, conflicts := f.addresses()
			for _, c := range conflicts {
				at := c.Claims[len(c.Claims)-1]
				one := Finding{Place: Place{Key: at.Key}, Summary: capital(c.Summary), Detail: capital(c.Detail), Fix: c.Fix}
				for _, other := range c.Claims[:len(c.Claims)-1] {
					if other.Key != at.Key {
						one.Related = append(one.Related, Note{Place{Key: other.Key}, fmt.Sprintf("%s has %s", other.What, other.CIDR)})
					}
				}
				report(one)
			}
		},
	},
	{
		ID: "pod-addresses", Severity: diag.Error,
		Title:  "There are addresses for all pods at their maximum, one zone lost",
		Why:    "Every pod takes an address of its subnet. When they are used up, new pods wait although there is CPU; and after the loss of a zone the others must hold all of them.",
		Fix:    "Lower maxima, use a larger network.cidr, or move services to a segment of their own.",
		Source: "Amazon EKS Best Practices Guide, IP address optimization; VPC CNI, prefix mode",
		check: func(f *Facts, report func(Finding)) {
			if !f.cloud {
				return
			}
			plan, _ := f.addresses()
			for _, e := range f.envs {
				for _, segment := range e.Segments {
					vpc, ok := plan.VPC(e.Name + "-" + segment)
					if !ok {
						continue
					}
					need, top, topMax := 0, "", 0
					for i := range e.Services {
						s := &e.Services[i]
						if s.Segment != segment || s.Runtime == model.EC2 {
							continue
						}
						need += s.Scale.Max
						if s.Scale.Max > topMax {
							top, topMax = s.Name, s.Scale.Max
						}
					}
					have, largest := 0, 0
					for _, s := range vpc.Subnets {
						if s.Purpose == address.Pods {
							have += s.Hosts()
							largest = max(largest, s.Hosts())
						}
					}
					if e.Zones > 1 {
						have -= largest
					}
					// A fifth more for machines, system pods and addresses on their way
					// back.
					want := need + need/5
					if have == 0 || want <= have {
						continue
					}
					report(Finding{
						Place:   e.here(key("services", top, "scale", "replicas")),
						Summary: fmt.Sprintf("The segment %q has fewer addresses than pods at their maximum", segment),
						Detail: fmt.Sprintf("%d pods + 20%% for machines and system pods = %d. The subnets of %s have %d with one zone lost. The largest share is %s with %d.",
							need, want, vpc.CIDR, have, top, topMax),
						Fix:     "Lower its maximum, or use a larger network.cidr.",
						Related: []Note{{Place{Key: "network.cidr"}, "the space that the plan is made from"}},
					})
				}
			}
		},
	},
}

// addresses is the plan, made when a rule asks for it.
func (f *Facts) addresses() (*address.Plan, []address.Conflict) {
	if f.plan == nil {
		f.plan, f.conflicts = address.Of(f.Platform)
	}
	return f.plan, f.conflicts
}
