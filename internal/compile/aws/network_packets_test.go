package aws

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// packets follows packets through what is rendered: the lists of both networks,
// their routes, and the tables of the hub. Security groups are looked at
// elsewhere.
type packets struct {
	c *compiler
	// networks are the arguments of the networks' modules.
	networks map[string]Args
	// tables of the hub by name: where a range leads.
	tables map[string]map[netip.Prefix]string
	// listless follows them as if no network had lists.
	listless bool
}

func packetsOf(t *testing.T, target Target) packets {
	t.Helper()
	p := packets{c: newCompiler(target), networks: map[string]Args{}, tables: map[string]map[netip.Prefix]string{}}
	named := map[string]string{} // by the word of the name
	for _, v := range target.Addresses.VPCs {
		named[word(v.Name)] = v.Name
	}
	for _, s := range target.Platform.Network.Sites {
		named[word("site-"+s.Name)] = "site-" + s.Name
	}
	named["regions"] = "regions"
	route := func(table, cidr, to string) {
		if p.tables[table] == nil {
			p.tables[table] = map[netip.Prefix]string{}
		}
		p.tables[table][netip.MustParsePrefix(cidr)] = to
	}
	for _, r := range Roots(target) {
		for _, m := range r.Modules {
			switch m.Source {
			case "vpc":
				p.networks[m.Name] = m.Args
			case "transit-route-table":
				own := strings.TrimSuffix(m.Name, "-routes")
				for _, a := range object(m.Args, "routes") {
					parts := strings.Split(string(a.Value.(Ref)), ".")
					to := parts[1]
					if parts[0] == "data" {
						to = named[parts[2]]
					}
					route(own, a.Key, to)
				}
				for _, a := range object(m.Args, "back") {
					o := Args(a.Value.(Object))
					table := strings.Split(string(value(o, "table_id").(Ref)), ".")[2]
					if r.Region == target.Platform.Cloud.Region || table != "regions" {
						route(named[table], string(value(o, "cidr").(String)), own)
					}
				}
			}
		}
	}
	return p
}

func value(args Args, key string) Value {
	for _, a := range args {
		if a.Key == key {
			return a.Value
		}
	}
	return nil
}

// end is one end of a connection: an address in a network, or of a site.
type end struct {
	network string
	purpose address.Purpose
	addr    netip.Addr
}

func (p packets) at(v address.VPC, s address.Subnet) end {
	return end{v.Name, s.Purpose, address.Nth(s.CIDR, 20%s.Hosts())}
}

// connects says where a connection gets lost; nowhere is empty.
func (p packets) connects(from, to end, protocol string, port int) string {
	const ephemeral = 50000
	for _, way := range []struct {
		what     string
		from, to end
		port     int
	}{{"request", from, to, port}, {"answer", to, from, ephemeral}} {
		if why := p.passes(way.from, way.to, protocol, way.port); why != "" {
			return way.what + ": " + why
		}
	}
	return ""
}

func (p packets) passes(from, to end, protocol string, port int) string {
	if !p.listed(from, to.addr, "out", protocol, port) {
		return "the list of " + from.network + " lets nothing out to " + to.addr.String()
	}
	if from.network == to.network {
		if !p.listed(to, from.addr, "in", protocol, port) {
			return "the list of " + to.network + " lets nothing in"
		}
		return ""
	}
	if !p.routed(from, to.addr) {
		return fmt.Sprintf("%s of %s has no route to %s", from.purpose, from.network, to.addr)
	}
	longest, next := -1, "the black hole"
	for cidr, name := range p.tables[from.network] {
		// Black holes are shorter than every route but the default one.
		if cidr.Contains(to.addr) && cidr.Bits() > longest && (cidr.Bits() > 0 || !to.addr.IsPrivate()) {
			longest, next = cidr.Bits(), name
		}
	}
	if next != to.network {
		return fmt.Sprintf("the table of %s sends %s to %s", from.network, to.addr, next)
	}
	if !p.listed(to, from.addr, "in", protocol, port) {
		return "the list of " + to.network + " lets nothing in from " + from.addr.String()
	}
	return ""
}

// routed asks the route table of a purpose.
func (p packets) routed(from end, to netip.Addr) bool {
	args, ok := p.networks[from.network]
	if !ok {
		return true // the tables of sites and egress networks are not of this module
	}
	routed := Strings([]address.Purpose{address.Pods, address.Balancers, address.Machines, address.ToolsProduction, address.ToolsNonproduction, address.AgentsProduction, address.AgentsNonproduction, address.Association})
	if given, ok := value(args, "routed").(List); ok {
		routed = given
	}
	if slices.Contains(routed, Value(String(from.purpose))) {
		return true
	}
	return slices.ContainsFunc(list(args, "routes"), func(v Value) bool {
		o := Args(v.(Object))
		return value(o, "purpose") == Value(String(from.purpose)) && netip.MustParsePrefix(string(value(o, "cidr").(String))).Contains(to)
	})
}

// listed asks the network ACL of one end about the other, by rising number.
func (p packets) listed(here end, there netip.Addr, direction, protocol string, port int) bool {
	args, ok := p.networks[here.network]
	if !ok || p.listless {
		return true
	}
	behind := value(Args(object(args, "acl_lists")), string(here.purpose))
	best, allow := Number(1<<20), false
	for _, v := range list(args, "acl") {
		o := Args(v.(Object))
		number, is := value(o, "number").(Number), value(o, "protocol").(String)
		if number >= best || !slices.Contains(list(o, "lists"), behind) || !slices.Contains(list(o, "directions"), Value(String(direction))) {
			continue
		}
		from, to := value(o, "from").(Number), value(o, "to").(Number)
		if is != "-1" && (string(is) != protocol || Number(port) < from || Number(port) > to) {
			continue
		}
		if netip.MustParsePrefix(string(value(o, "cidr").(String))).Contains(there) {
			best, allow = number, bool(value(o, "allow").(Bool))
		}
	}
	return allow
}

// subnetsOf a network for one of some purposes.
func subnetsOf(v address.VPC, purposes ...address.Purpose) []address.Subnet {
	return slices.DeleteFunc(slices.Clone(v.Subnets), func(s address.Subnet) bool { return !slices.Contains(purposes, s.Purpose) })
}

// busy are the subnets of an environment's network in which something of ours
// runs.
func busy(env model.Environment, v address.VPC) []address.Subnet {
	var purposes []address.Purpose
	for _, s := range env.Services {
		if s.Segment == v.Segment && s.Runtime == model.EC2 {
			purposes = append(purposes, address.Machines)
		} else if s.Segment == v.Segment {
			purposes = append(purposes, address.Pods)
		}
	}
	for _, s := range env.Stores {
		if s.Segment == v.Segment && !s.Managed() && (!v.Recovery || s.Recovery) {
			purposes = append(purposes, address.Data)
		}
	}
	return subnetsOf(v, purposes...)
}

// Whatever runs somewhere asks AWS, writes logs, and answers those who look after
// it; the packets and their answers arrive.
func TestPacketsArrive(t *testing.T) {
	target := kestrel(t)
	p := packetsOf(t, target)
	n := 0
	try := func(from, to end, protocol string, port int) {
		n++
		if why := p.connects(from, to, protocol, port); why != "" {
			t.Errorf("%s %s -> %s %s %s/%d: %s", from.network, from.purpose, to.network, to.purpose, protocol, port, why)
		}
	}
	shared, _ := target.Addresses.VPC("shared")
	for _, v := range target.Addresses.VPCs {
		env, ok := target.Platform.Environment(v.Environment)
		if !ok {
			continue
		}
		obs, _ := target.Addresses.VPC("obs-" + tier(env))
		for _, s := range busy(env, v) {
			from := p.at(v, s)
			if home, _ := target.Addresses.VPC(map[bool]string{true: "shared", false: v.Name}[sharesEndpoints(v)]); len(p.c.endpointServices(env, v)) > 0 {
				for _, e := range p.c.endpointSubnets(v) {
					try(from, p.at(home, e), "tcp", 443)
				}
			}
			if !v.Recovery {
				for _, d := range subnetsOf(obs, address.Data) {
					try(from, p.at(obs, d), "tcp", 443)
				}
			}
		}
		if v.Recovery || !p.c.hasPods(env, v.Segment) {
			continue
		}
		for _, a := range subnetsOf(shared, address.Purpose("agents-"+tier(env))) {
			for _, s := range subnetsOf(v, address.ControlPlane) {
				try(p.at(shared, a), p.at(v, s), "tcp", 443)
			}
		}
	}
	for _, tier := range []address.Tier{address.Nonproduction, address.Production} {
		obs, _ := target.Addresses.VPC("obs-" + string(tier))
		for _, s := range subnetsOf(shared, address.Purpose("tools-"+string(tier))) {
			for _, d := range subnetsOf(obs, address.Data) {
				try(p.at(shared, s), p.at(obs, d), "tcp", 443) // Grafana looks into logs
			}
		}
		vpn, _ := target.Addresses.VPC("vpn-" + string(tier))
		for _, a := range subnetsOf(vpn, address.Association) {
			for _, rule := range p.c.authorizations(tier) {
				o := Args(rule.(Object))
				cidr := netip.MustParsePrefix(string(value(o, "cidr").(String)))
				at := cidr.Addr()
				if cidr.Bits() < 32 {
					at = address.Nth(cidr, 10)
				}
				v, s, ok := placeOf(target.Addresses, at)
				if !ok {
					t.Fatalf("people are let to %s, where nothing is", cidr)
				}
				try(p.at(vpn, a), end{v.Name, s.Purpose, at}, "tcp", int(value(o, "port").(Number)))
			}
		}
	}
	for _, s := range target.Platform.Network.Sites {
		from := end{"site-" + s.Name, "", s.CIDRs[0].Addr().Next()}
		if slices.ContainsFunc(p.c.askingSites(), func(a model.Site) bool { return a.Name == s.Name }) {
			for _, e := range p.c.endpointSubnets(shared) {
				try(from, p.at(shared, e), "udp", 53)
				try(from, p.at(shared, e), "tcp", 53)
			}
		}
		for _, reach := range s.Reach {
			env, _ := target.Platform.Environment("prod")
			svc, _ := env.Service(reach.Service)
			v, _ := target.Addresses.VPC(site{env: env}.vpc(svc.Segment))
			for _, b := range subnetsOf(v, address.Balancers) {
				try(from, p.at(v, b), "tcp", reach.Port)
			}
		}
	}
	if n < 200 {
		t.Errorf("only %d ways were tried", n)
	}
}

func placeOf(plan *address.Plan, at netip.Addr) (address.VPC, address.Subnet, bool) {
	for _, v := range plan.VPCs {
		for _, s := range v.Subnets {
			if s.CIDR.Contains(at) {
				return v, s, true
			}
		}
	}
	return address.VPC{}, address.Subnet{}, false
}

// What must not arrive gets lost in the hub, whatever the lists say.
func TestPacketsGetLost(t *testing.T) {
	target := kestrel(t)
	p := packetsOf(t, target)
	p.listless = true
	n := 0
	for _, test := range []struct {
		from    string
		subnets []address.Purpose
		to      string
		targets []address.Purpose
	}{
		{"dev-apps", []address.Purpose{address.Pods}, "prod-apps", []address.Purpose{address.Pods, address.Balancers}},
		{"dev-apps", []address.Purpose{address.Pods}, "obs-prod", []address.Purpose{address.Data}},
		{"dev-apps", []address.Purpose{address.Pods}, "shared", []address.Purpose{address.ToolsProduction, address.AgentsProduction}},
		{"prod-apps", []address.Purpose{address.Pods}, "shared", []address.Purpose{address.Endpoints, address.ToolsNonproduction}},
		{"vpn-nonprod", []address.Purpose{address.Association}, "shared", []address.Purpose{address.ToolsProduction, address.AgentsNonproduction, address.Endpoints}},
		{"vpn-nonprod", []address.Purpose{address.Association}, "obs-prod", []address.Purpose{address.Data}},
		{"vpn-prod", []address.Purpose{address.Association}, "prod-data", []address.Purpose{address.Data}},
		{"vpn-prod", []address.Purpose{address.Association}, "shared", []address.Purpose{address.ToolsNonproduction}},
	} {
		a, _ := target.Addresses.VPC(test.from)
		b, _ := target.Addresses.VPC(test.to)
		for _, from := range subnetsOf(a, test.subnets...) {
			for _, to := range subnetsOf(b, test.targets...) {
				n++
				if why := p.connects(p.at(a, from), p.at(b, to), "tcp", 443); !strings.Contains(why, "the table of") && !strings.Contains(why, "has no route") {
					t.Errorf("%s %s -> %s %s: %q", a.Name, from.CIDR, b.Name, to.CIDR, why)
				}
			}
		}
	}
	if n < 40 {
		t.Errorf("only %d ways were tried", n)
	}
}

func parsePrefix(t *testing.T, text string) netip.Prefix {
	t.Helper()
	p, err := netip.ParsePrefix(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
