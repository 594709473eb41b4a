package address

import (
	"net/netip"
	"slices"
	"strings"
)

// A segment is cut the same way whatever its size: three quarters are three
// blocks, one for each zone, of what the segment is mostly for. The last quarter
// is 32 halves, so called because load balancers have two of them for a zone.
//
//	 0-5   lb         2 halves for each zone
//	 6-8   tgw        the first /28 of a half
//	 9-11  cp         the first /28 of a half
//	12-14  vm         1 half
//	16-27  data       4 halves; pods in a segment that is mostly for data
//	28-30  endpoints  1 half
//
// Halves 15 and 31, and what follows the /28s, are left for growth.

// segmentSubnets cuts a segment for so many zones.
func segmentSubnets(cidr netip.Prefix, name string, zones int) []Subnet {
	most, some := Pods, Data
	if slices.Contains(dataSegments, name) {
		most, some = Data, Pods
	}
	bits := cidr.Bits()
	quarter := part(cidr, bits+2, 3)
	half := func(i int) netip.Prefix { return part(quarter, bits+7, i) }
	var all []Subnet
	for z := range zones {
		all = append(all,
			Subnet{most, z, part(cidr, bits+2, z)},
			Subnet{Balancers, z, widen(half(2*z), 1)},
			Subnet{Transit, z, part(half(6+z), 28, 0)},
			Subnet{ControlPlane, z, part(half(9+z), 28, 0)},
			Subnet{Machines, z, half(12 + z)},
			Subnet{some, z, widen(half(16+4*z), 2)},
			Subnet{Endpoints, z, half(28 + z)},
		)
	}
	sortSubnets(all)
	return all
}

// widen doubles a range so many times.
func widen(p netip.Prefix, times int) netip.Prefix {
	return netip.PrefixFrom(p.Addr(), p.Bits()-times)
}

func sortSubnets(all []Subnet) {
	slices.SortFunc(all, func(a, b Subnet) int {
		if c := a.CIDR.Addr().Compare(b.CIDR.Addr()); c != 0 {
			return c
		}
		return strings.Compare(string(a.Purpose), string(b.Purpose))
	})
}

// coreNetwork is one of the networks that serve all, at a fixed place of the
// core slot whatever the size of the space.
type coreNetwork struct {
	name    string
	tier    Tier
	at      int // in /24
	bits    int
	subnets []corePart
}

// corePart is a purpose with one range for every zone: the first one at so many
// sixteenths of a /24, the others behind it.
type corePart struct {
	purpose  Purpose
	at, bits int
	zones    int
}

func egressParts() []corePart {
	return []corePart{{Edge, 0, 26, 3}, {NAT, 16, 27, 3}, {Firewall, 32, 28, 3}, {Transit, 48, 28, 3}}
}

func observeParts() []corePart {
	return []corePart{{Data, 0, 24, 3}, {Transit, 48, 28, 3}, {Endpoints, 52, 26, 3}}
}

func associationParts() []corePart { return []corePart{{Association, 0, 26, 2}, {Transit, 8, 28, 2}} }

var coreNetworks = []coreNetwork{
	{"egress-prod", Production, 0, 22, egressParts()},
	{"egress-nonprod", Nonproduction, 4, 22, egressParts()},
	{"shared", "", 8, 21, []corePart{
		{ToolsNonproduction, 0, 25, 3}, {ToolsProduction, 24, 25, 3},
		{AgentsNonproduction, 48, 25, 3}, {AgentsProduction, 80, 25, 3},
		{Transit, 112, 28, 3}, {Endpoints, 116, 26, 3},
	}},
	{"obs-prod", Production, 16, 22, observeParts()},
	{"obs-nonprod", Nonproduction, 20, 22, observeParts()},
	{"vpn-nonprod", Nonproduction, 24, 24, associationParts()},
	{"vpn-prod", Production, 25, 24, associationParts()},
}

func (c coreNetwork) vpc(core netip.Prefix, zones int) VPC {
	v := VPC{Name: c.name, Tier: c.tier, CIDR: netip.PrefixFrom(part(core, 24, c.at).Addr(), c.bits)}
	for _, s := range c.subnets {
		for z := range min(zones, s.zones) {
			first := part(v.CIDR, 28, s.at)
			v.Subnets = append(v.Subnets, Subnet{s.purpose, z, part(first, s.bits, z)})
		}
	}
	sortSubnets(v.Subnets)
	return v
}
