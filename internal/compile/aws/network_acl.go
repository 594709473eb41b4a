package aws

import (
	"net/netip"
	"slices"

	"paddock.dev/internal/graph/address"
)

// The rule numbers. Denials of everything that is ours and elsewhere stand
// between what serves all and what is inside, so that an allowance below can
// never reach another environment.
const (
	aclShared  = 50  // tools, agents, observation
	aclForeign = 200 // all other addresses of the platform
	aclInside  = 300 // the environment itself
	aclNames   = 310 // sites that ask for names
	aclWorld   = 400 // the internet, and its answers
)

// The lists of a network. Purposes that are reached alike share one.
const (
	aclOpen    = "open"    // reaches the internet, by the hub and the firewall
	aclClosed  = "closed"  // reaches what is ours and nothing else
	aclTransit = "transit" // carries what other lists have judged already
	aclServing = "serving" // answers networks elsewhere, and asks nobody
)

// aclLists says behind which list each purpose of a network stands.
func (c *compiler) aclLists(v address.VPC) Object {
	lists := Object{}
	for _, s := range v.Subnets {
		if slices.ContainsFunc(lists, func(a Arg) bool { return a.Key == string(s.Purpose) }) {
			continue
		}
		list := aclOpen
		switch {
		case s.Purpose == address.Transit:
			list = aclTransit
		case serves(v) && (s.Purpose == address.Endpoints || s.Purpose == address.Data):
			list = aclServing
		case s.Purpose == address.Data || s.Purpose == address.Endpoints || s.Purpose == address.ControlPlane || v.Environment != "" && !c.leaves(v):
			list = aclClosed
		}
		lists = append(lists, Arg{string(s.Purpose), String(list)})
	}
	sortArgs(lists)
	return lists
}

// acl are the rules of a network's lists. Which networks exist beside it makes
// no difference, so that adding one changes none of them.
func (c *compiler) acl(v address.VPC) List {
	judged, open := []string{aclClosed, aclOpen}, []string{aclOpen}
	both, in, out := []string{"in", "out"}, []string{"in"}, []string{"out"}
	rules := List{aclRule(aclInside, true, "-1", "0.0.0.0/0", 0, 0, []string{aclTransit}, both)}
	if serves(v) {
		// Who has a route here is said by the hub, and who is let in by the security
		// group: environments come and go.
		serving := []string{aclServing}
		rules = append(rules,
			aclRule(aclInside-1, true, "-1", v.CIDR.String(), 0, 0, serving, both),
			aclRule(aclInside, true, "tcp", c.Addresses.CIDR.String(), 443, 443, serving, in),
			aclRule(aclInside, true, "tcp", c.Addresses.CIDR.String(), 1024, 65535, serving, out),
		)
		if v.Tier == "" {
			for i, s := range c.askingSites() {
				for j, p := range s.CIDRs {
					for k, protocol := range []string{"tcp", "udp"} {
						number := aclNames + 10*i + 2*j + k
						rules = append(rules,
							aclRule(number, true, protocol, p.String(), 53, 53, serving, in),
							aclRule(number, true, protocol, p.String(), 1024, 65535, serving, out),
						)
					}
				}
			}
		}
	}
	// One network serves all environments of a tier and is let in before the
	// denial; security groups say which of its subnets on which port.
	for i, s := range c.serving(v) {
		rules = append(rules, aclRule(aclShared+i, true, "tcp", s.String(), 443, 65535, judged, both))
	}
	home := c.home(v)
	for i, foreign := range complement(c.Addresses.CIDR, home) {
		rules = append(rules, aclRule(aclForeign+i, false, "-1", foreign.String(), 0, 0, judged, both))
	}
	if !home.IsValid() {
		home = v.CIDR
	}
	return append(rules,
		aclRule(aclInside, true, "-1", home.String(), 0, 0, judged, both),
		aclRule(aclWorld, true, "tcp", "0.0.0.0/0", 1024, 65535, open, in),
		aclRule(aclWorld, true, "tcp", "0.0.0.0/0", 443, 443, open, out),
		aclRule(aclWorld+1, true, "tcp", "0.0.0.0/0", 1024, 65535, open, out),
	)
}

// serves reports whether networks of environments open connections to this one:
// to the endpoints of the shared one, to the stores of logs.
func serves(v address.VPC) bool { return v.Environment == "" && !isEgress(v) && !isVPN(v) }

// serving are the networks that serve the tier of this one, in its region, and
// those of others that reach something in it.
func (c *compiler) serving(v address.VPC) []netip.Prefix {
	var all []netip.Prefix
	for _, s := range c.Addresses.VPCs {
		if s.Environment == "" && s.Recovery == v.Recovery && s.Name != v.Name && (s.Tier == v.Tier || s.Tier == "" || v.Tier == "") {
			all = append(all, s.CIDR)
		}
	}
	// Copies of data come from the same segment of the other region.
	if env, ok := c.platform.Environment(v.Environment); ok {
		if twin, ok := c.twin(env, v); ok {
			all = append(all, twin.CIDR)
		}
		for _, s := range c.platform.Network.Sites {
			if reachesNetwork(s, env, v) {
				all = append(all, s.CIDRs...)
			}
		}
	}
	return all
}

// home is the range of a network's environment: its segments are told apart by
// routes, security groups and network policies.
func (c *compiler) home(v address.VPC) netip.Prefix {
	var home netip.Prefix
	for _, s := range c.Addresses.VPCs {
		if s.Environment != v.Environment || s.Recovery != v.Recovery || v.Environment == "" {
			continue
		}
		if !home.IsValid() {
			home = s.CIDR
		}
		for !home.Contains(s.CIDR.Addr()) || home.Bits() > s.CIDR.Bits() {
			home = netip.PrefixFrom(home.Addr(), home.Bits()-1).Masked()
		}
	}
	return home
}

// complement is everything of a range that is not in a part of it, as the
// fewest prefixes: one sibling on each level.
func complement(whole, part netip.Prefix) []netip.Prefix {
	if !part.IsValid() {
		return nil
	}
	var rest []netip.Prefix
	for p := part; p.Bits() > whole.Bits(); {
		parent := netip.PrefixFrom(p.Addr(), p.Bits()-1).Masked()
		b := p.Addr().As4()
		bit := 32 - p.Bits()
		b[3-bit/8] ^= 1 << (bit % 8)
		rest = append(rest, netip.PrefixFrom(netip.AddrFrom4(b), p.Bits()))
		p = parent
	}
	slices.Reverse(rest)
	return rest
}

func aclRule(number int, allow bool, protocol, cidr string, from, to int, lists, directions []string) Object {
	return Object{
		{"number", Number(number)}, {"allow", Bool(allow)}, {"protocol", String(protocol)}, {"cidr", String(cidr)},
		{"from", Number(from)}, {"to", Number(to)}, {"lists", Strings(lists)}, {"directions", Strings(directions)},
	}
}
