package aws

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"paddock.dev/internal/graph/address"
)

// The tools of the two tiers share no role, no machine, no cluster, no way in and
// no secret; and what Ansible finds them by is there.
func TestToolsOfTiersAreApart(t *testing.T) {
	target := kestrel(t)
	roots := slices.DeleteFunc(Roots(target), func(r Root) bool { return r.Layer != Tools })
	if len(roots) != 1 || roots[0].Account != Shared {
		t.Fatalf("%d roots of tools", len(roots))
	}
	shared, _ := target.Addresses.VPC("shared")
	of := map[string][]Module{}
	for _, m := range roots[0].Modules {
		if i := strings.LastIndex(m.Name, "-"); i >= 0 {
			of[m.Name[i+1:]] = append(of[m.Name[i+1:]], m)
		}
	}
	// Values that both tiers may have: they are of the account, or are the same
	// for everybody.
	common := map[string]bool{}
	for _, key := range []string{"account_id", "region", "vpc_id", "zone_name", "image_id", "copies_bucket", "vault_name", "authority_arn", "log_bucket", "data_key_arn", "secret_key_arn", "log_key_arn", "kms_key_arn", "s3_prefix_list_id", "kubernetes_version", "instance_type", "time_zone", "busy_from", "busy_to", "tool"} {
		common[key] = true
	}
	values := func(modules []Module) map[string]bool {
		all := map[string]bool{}
		for _, m := range modules {
			for _, a := range m.Args {
				if s, ok := a.Value.(String); ok && !common[a.Key] {
					all[string(s)] = true
				}
			}
		}
		return all
	}
	if len(of["prod"]) != len(of["nonprod"]) || len(of["prod"]) == 0 {
		t.Fatalf("%d modules of prod, %d of nonprod", len(of["prod"]), len(of["nonprod"]))
	}
	nonprod := values(of["nonprod"])
	for v := range values(of["prod"]) {
		if nonprod[v] {
			t.Errorf("both tiers have %q", v)
		}
	}
	inside := func(tier string, at netip.Addr, p string) bool {
		return slices.ContainsFunc(shared.Subnets, func(s address.Subnet) bool { return s.Purpose == address.Purpose(p+tier) && s.CIDR.Contains(at) })
	}
	for _, tier := range []string{"nonprod", "prod"} {
		for _, m := range of[tier] {
			switch m.Source {
			case "tool-machine":
				at, err := netip.ParseAddr(string(argument(m.Args, "address").(String)))
				if err != nil || !inside(tier, at, "tools-") {
					t.Errorf("%s stands at %v, %v", m.Name, at, err)
				}
				if argument(m.Args, "tier") != String(tier) || argument(m.Args, "tool") != String("jenkins") {
					t.Errorf("Ansible does not find %s", m.Name)
				}
			case "tool-balancer":
				agents, _ := argument(m.Args, "agents").(Object)
				for _, a := range agents {
					cidr, _ := argument(Args(a.Value.(Object)), "cidr").(String)
					if p := netip.MustParsePrefix(string(cidr)); !inside(tier, p.Addr(), "agents-") {
						t.Errorf("agents of %s come from %s", tier, cidr)
					}
				}
			case "eks":
				services := netip.MustParsePrefix(string(argument(m.Args, "service_cidr").(String)))
				for _, v := range target.Addresses.VPCs {
					if v.CIDR.Overlaps(services) {
						t.Errorf("service addresses of %s meet %s", m.Name, v.Name)
					}
				}
			}
		}
	}
	// Without Jenkins there is nothing to run it.
	target = kestrel(t)
	target.Platform.Delivery.Engine = "jobs"
	for _, r := range Roots(target) {
		if r.Layer == Tools {
			t.Error("tools without Jenkins")
		}
	}
}
