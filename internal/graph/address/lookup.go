package address

import (
	"fmt"
	"net/netip"
	"slices"
)

// Place is what is known of one address. Fields that do not apply are empty.
type Place struct {
	// Network is the VPC, or the cluster's network for a service address.
	Network              string
	Environment, Segment string
	Recovery             bool
	// Subnet with the zone, such as prod-apps-pods-a; Purpose and Zone are its
	// parts. Zone is -1 when the address is in no subnet.
	Subnet  string
	Purpose Purpose
	Zone    int
	// Store, Role and Index of a node.
	Store string
	Role  Role
	Index int
	// External is the range of others that it is in, such as site/bangalore.
	External string
}

// String is the place as a report shows it.
func (p Place) String() string {
	switch {
	case p.External != "":
		return p.External
	case p.Store != "" && p.Role == Balancer:
		return fmt.Sprintf("%s balancer (%s)", p.Store, p.Subnet)
	case p.Store != "":
		return fmt.Sprintf("%s %s %d (%s)", p.Store, p.Role, p.Index, p.Subnet)
	case p.Subnet != "":
		return p.Subnet
	}
	return p.Network
}

// lookup finds the narrowest range around an address by halving.
type lookup struct {
	// ranges rise by address; those that contain others come first.
	ranges []place
	nodes  map[netip.Addr]Place
}

type place struct {
	cidr netip.Prefix
	Place
	// inside is the index of the range that contains this one, or -1.
	inside int
}

// Lookup says what an address is. It is false for addresses that the plan does
// not know.
func (p *Plan) Lookup(a netip.Addr) (Place, bool) {
	a = a.Unmap()
	if found, ok := p.lookup.nodes[a]; ok {
		return found, true
	}
	return p.lookup.at(a)
}

// at finds the narrowest range around an address.
func (l lookup) at(a netip.Addr) (Place, bool) {
	i, _ := slices.BinarySearchFunc(l.ranges, a, func(x place, a netip.Addr) int {
		if x.cidr.Addr().Compare(a) <= 0 {
			return -1
		}
		return 1
	})
	for i--; i >= 0; i = l.ranges[i].inside {
		if l.ranges[i].cidr.Contains(a) {
			return l.ranges[i].Place, true
		}
	}
	return Place{}, false
}

func newLookup(p *Plan) lookup {
	l := lookup{nodes: map[netip.Addr]Place{}}
	for _, e := range p.Externals {
		if e.Name != "avoid" {
			l.ranges = append(l.ranges, place{cidr: e.CIDR, Place: Place{External: e.Name, Zone: -1}})
		}
	}
	for _, c := range p.Clusters {
		l.ranges = append(l.ranges, place{cidr: c.Services, Place: Place{
			Network:     suffix(c.Environment+"-"+c.Segment, c.Recovery) + "-services",
			Environment: c.Environment, Segment: c.Segment, Recovery: c.Recovery, Zone: -1,
		}})
	}
	for _, v := range p.VPCs {
		whole := Place{Network: v.Name, Environment: v.Environment, Segment: v.Segment, Recovery: v.Recovery, Zone: -1}
		l.ranges = append(l.ranges, place{cidr: v.CIDR, Place: whole})
		for _, s := range v.Subnets {
			in := whole
			in.Subnet, in.Purpose, in.Zone = zoneName(v.Name, s.Purpose, s.Zone), s.Purpose, s.Zone
			l.ranges = append(l.ranges, place{cidr: s.CIDR, Place: in})
		}
	}
	slices.SortStableFunc(l.ranges, func(a, b place) int {
		if c := a.cidr.Addr().Compare(b.cidr.Addr()); c != 0 {
			return c
		}
		return a.cidr.Bits() - b.cidr.Bits()
	})
	var open []int
	for i := range l.ranges {
		for len(open) > 0 && !l.ranges[open[len(open)-1]].cidr.Overlaps(l.ranges[i].cidr) {
			open = open[:len(open)-1]
		}
		l.ranges[i].inside = -1
		if len(open) > 0 {
			l.ranges[i].inside = open[len(open)-1]
		}
		open = append(open, i)
	}
	for _, n := range p.Nodes {
		in, _ := l.at(n.Addr)
		in.Store, in.Role, in.Index = n.Store, n.Role, n.Index
		l.nodes[n.Addr] = in
	}
	return l
}
