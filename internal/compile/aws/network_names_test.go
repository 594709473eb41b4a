package aws

import (
	"slices"
	"strings"
	"testing"

	"paddock.dev/internal/graph/address"
)

// zonesOf are, by the networks that know them, the private zones with an account
// that has each.
func zonesOf(roots []Root) map[string][]string {
	known := map[string][]string{}
	for _, r := range roots {
		zones := map[string]string{} // by module
		for _, m := range r.Modules {
			if m.Source != "private-zone" {
				continue
			}
			zone := string(value(m.Args, "zone").(String))
			zones[m.Name] = zone
			networks := List{value(m.Args, "vpc_id")}
			for _, a := range object(m.Args, "more_vpc_ids") {
				networks = append(networks, a.Value)
			}
			for _, n := range networks {
				known[networkOf(n)] = append(known[networkOf(n)], zone)
			}
		}
		for _, m := range r.Modules {
			if m.Source != "zone-binding" {
				continue
			}
			network := networkOf(value(m.Args, "vpc_id"))
			for _, a := range object(m.Args, "zone_ids") {
				known[network] = append(known[network], zones[strings.Split(string(a.Value.(Ref)), ".")[1]])
			}
		}
	}
	return known
}

// networkOf is the word of a network's name in module.x.id or data.aws_vpc.x.id.
func networkOf(v Value) string {
	parts := strings.Split(string(v.(Ref)), ".")
	return word(parts[len(parts)-2])
}

// Every private route has an address, and is known to its environment, to the
// people who may go there, and to nobody on the other side of the wall.
func TestPrivateNamesResolve(t *testing.T) {
	target := kestrel(t)
	roots, c := Roots(target), newCompiler(target)
	known := zonesOf(roots)
	covers := func(network, host string) bool {
		return slices.ContainsFunc(known[word(network)], func(zone string) bool { return host == zone || strings.HasSuffix(host, "."+zone) })
	}
	n := 0
	for _, env := range target.Platform.Environments {
		r, _ := find(roots, env.Name, target.Platform.Cloud.Region, Network)
		for _, host := range c.privateHosts(env) {
			n++
			if len(list(Args(host.record), "values")) == 0 {
				t.Errorf("%s has no address", host.name)
			}
			if !slices.ContainsFunc(r.Modules, func(m Module) bool {
				zone, ok := value(m.Args, "zone").(String)
				return ok && slices.ContainsFunc(object(m.Args, "records"), func(a Arg) bool {
					return a.Key == host.name || a.Key+"."+string(zone) == host.name
				})
			}) {
				t.Errorf("nobody has a record for %s", host.name)
			}
			for _, v := range target.Addresses.VPCs {
				inside := v.Environment == env.Name && !v.Recovery
				people := v.Name == "vpn-"+tier(env)
				asked := v.Name == "shared" && host.site
				if got := covers(v.Name, host.name); got != (inside || people || asked) {
					t.Errorf("%s knows %s: %v", v.Name, host.name, got)
				}
			}
		}
	}
	if n < 4 {
		t.Errorf("only %d private routes", n)
	}
	for _, tier := range []string{"nonprod", "prod"} {
		other := map[string]string{"nonprod": "prod", "prod": "nonprod"}[tier]
		for _, host := range []string{c.toolHost("jenkins", tier), c.toolHost("grafana", tier), c.logHost(tier)} {
			for network, want := range map[string]bool{"shared": true, "vpn-" + tier: true, "vpn-" + other: false} {
				if covers(network, host) != want {
					t.Errorf("%s knows %s: %v", network, host, !want)
				}
			}
		}
	}
}

// A network knows no zone twice: Route 53 refuses the second.
func TestZonesAreBoundOnce(t *testing.T) {
	for network, zones := range zonesOf(Roots(kestrel(t))) {
		slices.Sort(zones)
		if len(slices.Compact(slices.Clone(zones))) != len(zones) {
			t.Errorf("%s has %v", network, zones)
		}
	}
}

// Groups of people reach what the file gives them, on the ports where it answers:
// one rule for an address and a port, and none over the wall between tiers.
func TestPeopleReachTheirs(t *testing.T) {
	target := kestrel(t)
	c := newCompiler(target)
	for _, tier := range []address.Tier{address.Nonproduction, address.Production} {
		groups := map[string]int{}
		for _, v := range c.authorizations(tier) {
			o := Args(v.(Object))
			group, cidr := string(value(o, "group").(String)), string(value(o, "cidr").(String))
			groups[group]++
			network, subnet, ok := placeOf(target.Addresses, parsePrefix(t, cidr).Addr())
			if !ok || network.Tier != tier && (network.Tier != "" || subnet.Purpose != address.Purpose("tools-"+string(tier))) || network.Segment == "data" {
				t.Errorf("%s reaches %s %s", group, network.Name, cidr)
			}
			if group == "operations" && !strings.HasSuffix(cidr, "/32") {
				t.Errorf("operations was given ops-console and reaches %s", cidr)
			}
		}
		want := map[string]bool{"developers": tier == address.Nonproduction, "sre": tier == address.Production, "operations": tier == address.Production}
		for group, reaches := range want {
			if (groups[group] > 0) != reaches {
				t.Errorf("%s on the VPN of %s: %d ranges", group, tier, groups[group])
			}
		}
	}
	// Each load balancer lets in people where they are let go.
	for _, env := range target.Platform.Environments {
		svc, _ := env.Service("ops-console")
		s := site{env: env, region: target.Platform.Cloud.Region, account: env.Name}
		v, _ := target.Addresses.VPC(s.vpc(svc.Segment))
		m := c.balancer(s, svc, v)
		if value(m.Args, "web") != Value(Bool(true)) || !slices.ContainsFunc(object(m.Args, "clients"), func(a Arg) bool {
			return strings.HasPrefix(a.Key, "vpn-") && value(Args(a.Value.(Object)), "port") == Value(Number(443))
		}) {
			t.Errorf("the private route of %s is closed to people", env.Name)
		}
	}
}

// Build agents apply what is rendered: whatever the file allows, they call the
// APIs of AWS that have no endpoint.
func TestAgentsCallAWS(t *testing.T) {
	target := kestrel(t)
	c := newCompiler(target)
	shared, _ := target.Addresses.VPC("shared")
	out, _ := target.Addresses.VPC(c.egressOf(c.leavesBy(shared), false))
	if got := list(Args(object(Args(c.domains(out)), "shared")), "allow"); !slices.Contains(got, Value(String(".amazonaws.com"))) {
		t.Errorf("agents may ask for %v", got)
	}
}

// Egress networks, in which nothing asks for names, answer no others than those
// of the networks behind.
func TestEgressNetworksHaveLists(t *testing.T) {
	target := kestrel(t)
	n := 0
	for _, r := range Roots(target) {
		resolver, _ := moduleOf(r, "resolver")
		for _, m := range r.Modules {
			if m.Source != "egress" {
				continue
			}
			n++
			allowed := list(Args(object(resolver.Args, "allow")), m.Name)
			if !slices.Contains(list(resolver.Args, "closed"), Value(String(m.Name))) || len(object(m.Args, "dns_firewall_rule_groups")) == 0 {
				t.Errorf("%s answers whatever is asked", m.Name)
			}
			for _, a := range object(m.Args, "domains") {
				for _, d := range list(Args(a.Value.(Object)), "allow") {
					name := string(d.(String)) + "."
					if strings.HasPrefix(name, ".") {
						name = "*" + name
					}
					if !slices.Contains(allowed, Value(String(name))) {
						t.Errorf("%s: the firewall lets %s pass, and nobody resolves it", m.Name, name)
					}
				}
			}
		}
	}
	if n != 3 {
		t.Errorf("%d egress networks", n)
	}
}
