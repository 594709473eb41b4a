package address_test

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// rentals has four environments, segments, stores and networks of others.
func rentals() *model.Platform {
	stores := []model.Store{
		{Name: "bookings", Engine: model.MongoDB, Nodes: 3, Zones: 3, Segment: "data", Recovery: true},
		{Name: "cache", Engine: model.Redis, Nodes: 1, Segment: "data"},
		{Name: "cards", Engine: model.MongoDB, Nodes: 3, Zones: 3, Segment: "pci"},
		{Name: "events", Engine: model.Kafka, Coordination: model.ZooKeeper, Nodes: 6, Coordinators: 3, Zones: 3, Segment: "data"},
		{Name: "ledger", Engine: model.SingleStore, Nodes: 4, Aggregators: 3, Zones: 1, Standby: true, Segment: "data"},
	}
	services := []model.Service{{Name: "booking", Segment: "apps"}, {Name: "invoicing", Segment: "iot", Runtime: model.EC2}, {Name: "payments", Segment: "pci"}}
	p := &model.Platform{
		Name: "rentals", Cloud: model.Cloud{Zones: 3}, Recovery: model.Recovery{Region: "elsewhere", Zones: 3},
		Network: model.Network{
			CIDR: netip.MustParsePrefix("10.0.0.0/8"), Segments: []string{"apps", "pci", "iot", "data"},
			Clients: &model.VPNClients{CIDR: netip.MustParsePrefix("172.24.0.0/22")},
			Sites:   []model.Site{{Name: "office", CIDRs: []netip.Prefix{netip.MustParsePrefix("172.20.0.0/16")}}},
		},
	}
	for _, e := range []model.Environment{
		{Name: "dev", Stage: model.Development, Zones: 2, Segments: []string{"apps", "data"}},
		{Name: "qa", Stage: model.Test, Zones: 2, Segments: []string{"apps", "data"}},
		{Name: "uat", Stage: model.Acceptance, Zones: 3, Segments: []string{"apps", "pci", "data"}},
		{Name: "prod", Stage: model.Production, Zones: 3, Segments: []string{"apps", "pci", "iot", "data"}},
	} {
		e.Stores, e.Services = stores, services
		p.Environments = append(p.Environments, e)
	}
	return p
}

func render(plan *address.Plan) string {
	var b strings.Builder
	for _, v := range plan.VPCs {
		fmt.Fprintf(&b, "%s %s\n", v.Name, v.CIDR)
		for _, s := range v.Subnets {
			fmt.Fprintf(&b, "  %s-%s %s\n", s.Purpose, address.ZoneLetter(s.Zone), s.CIDR)
		}
	}
	for _, c := range plan.Clusters {
		fmt.Fprintf(&b, "services %s %s recovery=%v %s dns %s\n", c.Environment, c.Segment, c.Recovery, c.Services, c.DNS())
	}
	for _, n := range plan.Nodes {
		if n.Environment == "prod" {
			fmt.Fprintf(&b, "node %s %s %d %s recovery=%v standby=%v %s\n", n.Store, n.Role, n.Index, address.ZoneLetter(n.Zone), n.Recovery, n.Standby, n.Addr)
		}
	}
	return b.String()
}

// The golden file is a promise: an address in it never changes.
func TestPlan(t *testing.T) {
	plan, conflicts := address.Of(rentals())
	for _, c := range conflicts {
		t.Errorf("%s: %s", c.Summary, c.Detail)
	}
	golden(t, "testdata/rentals.txt", render(plan))
	mustHold(t, plan)
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; look at the diff, since addresses must never move:\n%s", path, got)
	}
}

// mustHold are the rules for every plan there can be.
func mustHold(t *testing.T, plan *address.Plan) {
	t.Helper()
	type named struct {
		name string
		cidr netip.Prefix
	}
	var all []named
	for _, v := range plan.VPCs {
		if !plan.CIDR.Contains(v.CIDR.Addr()) || v.CIDR.Bits() < plan.CIDR.Bits() || v.CIDR != v.CIDR.Masked() {
			t.Errorf("%s %s is not inside %s", v.Name, v.CIDR, plan.CIDR)
		}
		if v.CIDR.Bits() < 16 || v.CIDR.Bits() > 28 {
			t.Errorf("%s: AWS has no network of the size of %s", v.Name, v.CIDR)
		}
		all = append(all, named{v.Name, v.CIDR})
		for i, s := range v.Subnets {
			if !v.CIDR.Contains(s.CIDR.Addr()) || s.CIDR != s.CIDR.Masked() || s.CIDR.Bits() > 28 || s.Hosts() < 11 {
				t.Errorf("%s: subnet %s %s does not fit", v.Name, s.Purpose, s.CIDR)
			}
			for _, other := range v.Subnets[:i] {
				if other.CIDR.Overlaps(s.CIDR) {
					t.Errorf("%s: %s %s overlaps %s %s", v.Name, s.Purpose, s.CIDR, other.Purpose, other.CIDR)
				}
			}
		}
	}
	for _, c := range plan.Clusters {
		all = append(all, named{"services of " + c.Environment + c.Segment, c.Services})
	}
	ours := len(all)
	for _, e := range plan.Externals {
		all = append(all, named{e.Name, e.CIDR})
	}
	for i, a := range all {
		for _, b := range all[i+1:] {
			if i < ours && a.cidr.Overlaps(b.cidr) {
				t.Errorf("%s %s overlaps %s %s", a.name, a.cidr, b.name, b.cidr)
			}
		}
	}
	seen := map[netip.Addr]bool{}
	for _, n := range plan.Nodes {
		v := slices.IndexFunc(plan.VPCs, func(v address.VPC) bool { return v.CIDR.Contains(n.Addr) })
		if v < 0 {
			t.Errorf("%s %d is outside of every network: %s", n.Store, n.Index, n.Addr)
			continue
		}
		s, ok := plan.VPCs[v].Subnet(address.Data, n.Zone)
		last := s.CIDR.Addr().As4()[3] | byte(1<<min(8, 32-s.CIDR.Bits())-1)
		low := n.Addr.As4()
		if !ok || !s.CIDR.Contains(n.Addr) || seen[n.Addr] || low[3] < 4 && n.Addr.As4()[2] == s.CIDR.Addr().As4()[2] || low[3] == last && s.CIDR.Bits() >= 24 {
			t.Errorf("%s %s %d cannot have %s in %s", n.Store, n.Role, n.Index, n.Addr, s.CIDR)
		}
		seen[n.Addr] = true
		if place, ok := plan.Lookup(n.Addr); !ok || place.Store != n.Store || place.Index != n.Index || place.Zone != n.Zone {
			t.Errorf("%s is looked up as %v", n.Addr, place)
		}
	}
}

func TestLookup(t *testing.T) {
	plan, _ := address.Of(rentals())
	for text, want := range map[string]string{
		"10.40.0.9":    "prod-apps-pods-a",
		"10.40.70.1":   "prod-apps-pods-b",
		"10.32.0.70":   "egress-prod-edge-b",
		"10.32.8.5":    "shared-tools-nonprod-a",
		"10.168.0.1":   "prod-apps-recovery-pods-a",
		"10.40.254.77": "prod-apps",
		"172.20.3.4":   "site/office",
		"172.24.1.1":   "vpn",
		"172.18.128.9": "prod-apps-services",
		"10.99.0.1":    "",
		"9.255.255.1":  "",
		"2001:db8::1":  "",
	} {
		got, ok := plan.Lookup(netip.MustParseAddr(text))
		if got.String() != want || ok != (want != "") {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
	for _, n := range plan.Nodes {
		if n.Environment == "prod" && n.Store == "ledger" && n.Role == address.Balancer && n.Zone == 0 {
			if got, _ := plan.Lookup(n.Addr); got.String() != "ledger balancer (prod-data-data-a)" {
				t.Errorf("got %q", got)
			}
		}
	}
}

// Every size that is accepted holds a whole plan, and the next smaller one says
// what would do.
func TestSizes(t *testing.T) {
	for bits := 7; bits <= 12; bits++ {
		p := rentals()
		p.Network.CIDR = netip.PrefixFrom(netip.MustParseAddr("10.0.0.0"), bits).Masked()
		plan, conflicts := address.Of(p)
		if len(conflicts) > 0 {
			t.Errorf("/%d: %s", bits, conflicts[0].Summary)
		}
		mustHold(t, plan)
	}
	p := rentals()
	p.Network.CIDR = netip.MustParsePrefix("10.20.0.0/13")
	plan, conflicts := address.Of(p)
	if len(plan.VPCs) != 0 || len(conflicts) != 1 || !strings.Contains(conflicts[0].Detail, "is a /12") || !strings.Contains(conflicts[0].Fix, "10.16.0.0/12") {
		t.Errorf("got %v", conflicts)
	}
}

// Service addresses leave 172.16.0.0/12 when the platform itself is there.
func TestServicesOutsideTheSpace(t *testing.T) {
	p := rentals()
	p.Network.CIDR, p.Network.Clients, p.Network.Sites = netip.MustParsePrefix("172.16.0.0/12"), nil, nil
	plan, conflicts := address.Of(p)
	if len(conflicts) > 0 || len(plan.Clusters) == 0 {
		t.Errorf("got %v", conflicts)
	}
	mustHold(t, plan)
}

func TestConflicts(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*model.Platform)
		summary string
		keys    []string
		fix     string
	}{
		"pin on another": {
			func(p *model.Platform) { p.Environments[0].CIDR = netip.MustParsePrefix("10.40.0.0/14") },
			"environment dev and environment prod have the same addresses",
			[]string{"environments.dev.cidr", "environments.prod"}, "environments.dev.cidr; 10.28.0.0/14 is free",
		},
		"pin outside": {
			func(p *model.Platform) { p.Environments[0].CIDR = netip.MustParsePrefix("192.168.0.0/16") },
			"environment dev cannot have the addresses 192.168.0.0/16",
			[]string{"environments.dev.cidr"}, "10.28.0.0/14 is free",
		},
		"pin on the shared networks": {
			func(p *model.Platform) { p.Environments[0].CIDR = netip.MustParsePrefix("10.32.0.0/16") },
			"the shared networks and environment dev have the same addresses",
			[]string{"network.cidr", "environments.dev.cidr"}, "is free",
		},
		"site": {
			func(p *model.Platform) {
				p.Network.Sites[0].CIDRs = append(p.Network.Sites[0].CIDRs, netip.MustParsePrefix("10.41.0.0/24"))
			},
			"the site office and the network prod-pci overlap",
			[]string{"network.vpn.sites[office].cidrs[1]", "environments.prod"}, "environments.prod.cidr",
		},
		"avoid": {
			func(p *model.Platform) { p.Network.Avoid = []netip.Prefix{netip.MustParsePrefix("10.4.0.0/16")} },
			"a range to avoid and the network dev-apps overlap",
			[]string{"network.avoid[0]", "environments.dev"}, "environments.dev.cidr",
		},
		"services": {
			func(p *model.Platform) {
				p.Network.Sites[0].CIDRs = []netip.Prefix{netip.MustParsePrefix("172.16.64.0/20")}
			},
			"the site office and the services of dev-apps overlap",
			[]string{"network.vpn.sites[office].cidrs[0]", "environments.dev"}, "environments.dev.cidr",
		},
		"two sites": {
			func(p *model.Platform) {
				p.Network.Sites = append(p.Network.Sites, model.Site{Name: "plant", CIDRs: []netip.Prefix{netip.MustParsePrefix("172.20.7.0/24")}})
			},
			"the site office and the site plant overlap",
			[]string{"network.vpn.sites[office].cidrs[0]", "network.vpn.sites[plant].cidrs[0]"}, "Change one of the two",
		},
		"segments": {
			func(p *model.Platform) {
				p.Network.Segments = append(p.Network.Segments, "main")
				p.Environments[3].Segments = append(slices.Clone(p.Environments[3].Segments), "main")
			},
			"segments apps and main have the same addresses",
			[]string{"network.segments[apps]", "network.segments[main]"}, "such as main-",
		},
		"zones": {
			func(p *model.Platform) { p.Environments[3].Zones = 4 },
			"environment prod uses 4 zones; the address plan has room for 3",
			[]string{"environments.prod.zones"}, "zones: 3",
		},
		"no IPv4": {
			func(p *model.Platform) { p.Network.CIDR = netip.MustParsePrefix("fd00::/8") },
			"Addresses cannot be planned from fd00::/8", []string{"network.cidr"}, "10.0.0.0/8",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := rentals()
			c.change(p)
			plan, conflicts := address.Of(p)
			mustHold(t, plan)
			i := slices.IndexFunc(conflicts, func(got address.Conflict) bool { return got.Summary == c.summary })
			if i < 0 {
				t.Fatalf("%q is missing in %+v", c.summary, conflicts)
			}
			var keys []string
			for _, claim := range conflicts[i].Claims {
				keys = append(keys, claim.Key)
			}
			if !slices.Equal(keys, c.keys) || !strings.Contains(conflicts[i].Fix, c.fix) || conflicts[i].Detail == "" {
				t.Errorf("got %v, %s", keys, conflicts[i].Fix)
			}
		})
	}
}

// What a conflict proposes resolves it.
func TestProposalResolves(t *testing.T) {
	p := rentals()
	p.Network.Avoid = []netip.Prefix{netip.MustParsePrefix("10.40.0.0/13"), netip.MustParsePrefix("10.4.0.0/14")}
	for range 10 {
		_, conflicts := address.Of(p)
		if len(conflicts) == 0 {
			return
		}
		c := conflicts[0]
		name := strings.Split(c.Claims[len(c.Claims)-1].Key, ".")[1]
		for i := range p.Environments {
			if p.Environments[i].Name == name {
				p.Environments[i].CIDR = c.Free
			}
		}
	}
	_, conflicts := address.Of(p)
	t.Errorf("still in conflict: %s", conflicts[0].Summary)
}

// Names in frequent use have places of their own.
func TestUsualNamesDoNotMeet(t *testing.T) {
	p := rentals()
	p.Network.Segments = []string{"apps", "pci", "iot", "data", "edge", "batch", "ml", "ops", "legacy", "partners", "analytics", "web", "dmz"}
	p.Environments = nil
	for _, name := range []string{"dev", "test", "qa", "uat", "staging", "preprod", "prod", "production", "live", "stage", "sandbox", "demo", "perf"} {
		p.Environments = append(p.Environments, model.Environment{Name: name, Stage: model.Production, Zones: 3, Segments: p.Network.Segments})
	}
	plan, conflicts := address.Of(p)
	for _, c := range conflicts {
		t.Error(c.Summary)
	}
	mustHold(t, plan)
}

func TestSameEveryTime(t *testing.T) {
	first, _ := address.Of(rentals())
	for range 10 {
		if again, _ := address.Of(rentals()); !reflect.DeepEqual(first, again) {
			t.Fatal("the same platform gave another plan")
		}
	}
}

func BenchmarkPlan(b *testing.B) {
	p := rentals()
	b.ReportAllocs()
	for b.Loop() {
		if plan, _ := address.Of(p); len(plan.VPCs) == 0 {
			b.Fatal("no plan")
		}
	}
}

func BenchmarkLookup(b *testing.B) {
	plan, _ := address.Of(rentals())
	a := netip.MustParseAddr("10.40.70.1")
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := plan.Lookup(a); !ok {
			b.Fatal("not found")
		}
	}
}
