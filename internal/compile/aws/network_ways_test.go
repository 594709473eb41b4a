package aws

import (
	"net/netip"
	"slices"
	"testing"

	"paddock.dev/internal/graph/address"
)

// The public load balancer gets its answers: its subnets are private addresses,
// so the table of every origin must name them, in both regions.
func TestOriginsAnswerThePublicLoadBalancer(t *testing.T) {
	target := kestrel(t)
	roots := Roots(target)
	c := newCompiler(target)
	n := 0
	for _, env := range target.Platform.Environments {
		for _, svc := range env.Services {
			for i, region := range c.regions() {
				v, ok := target.Addresses.VPC(site{env: env, recovery: i > 0}.vpc(svc.Segment))
				if len(svc.Routes) == 0 || !ok {
					continue
				}
				egress, ok := target.Addresses.VPC(c.egressOf(address.Tier(tier(env)), i > 0))
				if !ok {
					t.Fatalf("%s has no way out in %s", env.Name, region)
				}
				r, _ := find(roots, env.Name, region, Network)
				table, _ := moduleOf(r, v.Name+"-routes")
				routes := object(table.Args, "routes")
				for _, s := range egress.Subnets {
					if s.Purpose != address.Edge {
						continue
					}
					n++
					if !slices.ContainsFunc(routes, func(a Arg) bool { return a.Key == s.CIDR.String() }) {
						t.Errorf("%s: answers of %s to %s fall into the black hole", region, v.Name, s.CIDR)
					}
				}
			}
		}
	}
	if n == 0 {
		t.Fatal("nothing is exposed")
	}
}

// Copies of data travel in both directions: each side has a route over the
// peering, a route for what arrives by it, and a list that lets it in.
func TestCopiesReachTheOtherRegion(t *testing.T) {
	target := kestrel(t)
	roots := Roots(target)
	c := newCompiler(target)
	n := 0
	for _, v := range target.Addresses.VPCs {
		env, ok := target.Platform.Environment(v.Environment)
		if !ok {
			continue
		}
		twin, ok := c.twin(env, v)
		if !ok {
			continue
		}
		n++
		region := target.Platform.Cloud.Region
		if v.Recovery {
			region = target.Platform.Recovery.Region
		}
		r, _ := find(roots, env.Name, region, Network)
		table, _ := moduleOf(r, v.Name+"-routes")
		if !slices.ContainsFunc(object(table.Args, "routes"), func(a Arg) bool { return a.Key == twin.CIDR.String() }) {
			t.Errorf("%s has no route to %s", v.Name, twin.Name)
		}
		if !slices.ContainsFunc(object(table.Args, "back"), func(a Arg) bool { return a.Key == "regions" }) {
			t.Errorf("what arrives for %s over the peering falls into the black hole", v.Name)
		}
		if !slices.Contains(c.serving(v), twin.CIDR) {
			t.Errorf("the list of %s denies %s", v.Name, twin.Name)
		}
	}
	if n == 0 {
		t.Fatal("nothing is copied")
	}
}

// A network's list lets in those of its own region only: the others have no
// route to it.
func TestListsNameTheirOwnRegion(t *testing.T) {
	target := kestrel(t)
	c := newCompiler(target)
	for _, v := range target.Addresses.VPCs {
		for _, p := range c.serving(v) {
			i := slices.IndexFunc(target.Addresses.VPCs, func(o address.VPC) bool { return o.CIDR == p })
			if i < 0 {
				continue // a site
			}
			if o := target.Addresses.VPCs[i]; o.Environment == "" && o.Recovery != v.Recovery {
				t.Errorf("%s lets in %s of the other region", v.Name, target.Addresses.VPCs[i].Name)
			}
		}
		// AWS allows 20 rules in each direction ("Amazon VPC quotas").
		in := map[netip.Prefix]bool{}
		for _, p := range complement(target.Addresses.CIDR, c.home(v)) {
			in[p] = true
		}
		if most := len(c.serving(v)) + len(in) + 4; most > 20 {
			t.Errorf("the list of %s has up to %d rules", v.Name, most)
		}
	}
}

// What stands before names for which there is no answer otherwise: the zone of the
// site itself, in the region that takes over too, and the store of logs.
func TestListsOfNamesHaveOurOwn(t *testing.T) {
	target := kestrel(t)
	roots, c := Roots(target), newCompiler(target)
	for _, v := range target.Addresses.VPCs {
		env, ok := target.Platform.Environment(v.Environment)
		if !ok {
			continue
		}
		r, _ := find(roots, env.Name, c.regionOf(v), Network)
		resolver, _ := moduleOf(r, "resolver")
		allowed := list(Args(object(resolver.Args, "allow")), v.Segment)
		want := []string{"*." + c.siteZone(site{env: env, recovery: v.Recovery}) + "."}
		if !v.Recovery {
			want = append(want, c.logHost(tier(env))+".")
		}
		for _, name := range want {
			if !slices.Contains(allowed, Value(String(name))) {
				t.Errorf("%s may not ask for %s", v.Name, name)
			}
		}
	}
}
