package address

import (
	"fmt"
	"net/netip"
	"slices"

	"paddock.dev/internal/model"
)

// core plans the networks that serve all: those of a tier when an environment
// is of the tier, egress also in the recovery region.
func (b *builder) core() {
	bits := environmentBits(b.plan.CIDR)
	place := part(b.plan.CIDR, bits, coreSlot)
	for _, c := range coreNetworks {
		shared := b.p.Network.Egress.Shared
		egress := c.name == "egress-prod" || c.name == "egress-nonprod"
		vpn := c.name == "vpn-prod" || c.name == "vpn-nonprod"
		switch {
		case vpn && b.p.Network.Clients == nil:
			continue
		case egress && shared && c.name == "egress-nonprod":
			continue
		case egress && shared:
			c.name, c.tier = "egress", ""
		case c.tier != "" && !b.has(c.tier):
			continue
		}
		b.plan.VPCs = append(b.plan.VPCs, c.vpc(place, b.zones(b.p.Cloud.Zones)))
		if egress && slices.ContainsFunc(b.p.Environments, b.recovers) {
			v := c.vpc(mirror(b.plan.CIDR, place), b.zones(b.p.Recovery.Zones))
			v.Name, v.Recovery = suffix(v.Name, true), true
			if c.tier != Nonproduction {
				b.plan.VPCs = append(b.plan.VPCs, v)
			}
		}
	}
}

func (b *builder) has(tier Tier) bool {
	return slices.ContainsFunc(b.p.Environments, func(e model.Environment) bool { return tierOf(e) == tier })
}

func tierOf(e model.Environment) Tier {
	if e.Stage == model.Production {
		return Production
	}
	return Nonproduction
}

// zones is a number of zones that the plan can have; 0 is what a file leaves to
// us.
func (b *builder) zones(n int) int {
	if n <= 0 {
		return maxZones
	}
	return min(n, maxZones)
}

// segments plans one network for every environment and segment.
func (b *builder) segments() {
	for _, env := range b.p.Environments {
		place, ok := b.placed[env.Name]
		if !ok {
			continue
		}
		if env.Zones > maxZones {
			b.conflict(Conflict{
				Summary: fmt.Sprintf("environment %s uses %d zones; the address plan has room for %d", env.Name, env.Zones, maxZones),
				Detail:  "Pods of three zones take three quarters of every segment. A fourth zone adds cost for traffic between zones, and no availability that three do not have.",
				Fix:     fmt.Sprintf("Write zones: %d.", maxZones),
				Claims:  []Claim{{What: "environment " + env.Name, Key: "environments." + env.Name + ".zones", CIDR: place}},
			})
		}
		for _, name := range b.settled(env, place) {
			b.plan.VPCs = append(b.plan.VPCs, b.segment(env, name, place, false))
			if b.recovers(env) {
				b.plan.VPCs = append(b.plan.VPCs, b.segment(env, name, mirror(b.plan.CIDR, place), true))
			}
		}
	}
}

// settled are the segments of an environment that have a place, in the order of
// the file. Of two with the same place the one whose name comes first has it.
func (b *builder) settled(env model.Environment, place netip.Prefix) []string {
	owner := map[int]string{}
	for _, name := range slices.Sorted(slices.Values(env.Segments)) {
		slot, _ := segmentSlot(name)
		first, ok := owner[slot]
		if !ok {
			owner[slot] = name
			continue
		}
		if first == name {
			continue
		}
		b.conflict(Conflict{
			Summary: fmt.Sprintf("segments %s and %s have the same addresses", first, name),
			Detail:  "Places follow from names alone, so that no segment ever moves because another came. These two names fall on the same one.",
			Fix:     fmt.Sprintf("Give the one that has not been built yet another name, such as %s.", b.otherSegment(name)),
			Claims: []Claim{
				{What: "segment " + first, Key: "network.segments[" + first + "]", CIDR: segmentRange(place, first)},
				{What: "segment " + name, Key: "network.segments[" + name + "]", CIDR: segmentRange(place, name)},
			},
		})
	}
	var names []string
	for _, name := range env.Segments {
		if slot, _ := segmentSlot(name); owner[slot] == name && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// otherSegment is a name like this one that falls on a free place.
func (b *builder) otherSegment(name string) string {
	return another(name, []string{"-net", "-zone", "-segment", "2", "3"}, func(candidate string) bool {
		slot, _ := segmentSlot(candidate)
		return !slices.ContainsFunc(b.p.Network.Segments, func(s string) bool {
			have, _ := segmentSlot(s)
			return have == slot
		})
	})
}

func another(name string, endings []string, free func(string) bool) string {
	for _, ending := range endings {
		if free(name + ending) {
			return name + ending
		}
	}
	for i := 4; i < 100; i++ {
		if candidate := fmt.Sprintf("%s%d", name, i); free(candidate) {
			return candidate
		}
	}
	return name + "-other"
}

// segmentRange is the place of a segment in its environment.
func segmentRange(env netip.Prefix, name string) netip.Prefix {
	slot, size := segmentSlot(name)
	p := part(env, env.Bits()+4, slot)
	if size == 4 {
		p = widen(p, 2)
	}
	return p
}

func (b *builder) segment(env model.Environment, name string, place netip.Prefix, recovery bool) VPC {
	zones := b.zones(env.Zones)
	if recovery {
		zones = b.zones(b.p.Recovery.Zones)
	}
	v := VPC{
		Name: suffix(env.Name+"-"+name, recovery), Environment: env.Name, Segment: name,
		Tier: tierOf(env), Recovery: recovery, CIDR: segmentRange(place, name),
	}
	v.Subnets = segmentSubnets(v.CIDR, name, zones)
	return v
}

// servicePool is where clusters have the addresses of their services, which are
// never routed. EKS takes them from private ranges, and not from one that is
// routed too.
func servicePool(space netip.Prefix) netip.Prefix {
	usual := netip.MustParsePrefix("172.16.0.0/12")
	if usual.Overlaps(space) {
		return netip.MustParsePrefix("10.96.0.0/12")
	}
	return usual
}

// serviceBlock is what the clusters of one slot share; each segment has a
// sixteenth, 1,022 services.
func (b *builder) serviceBlock(slot int) netip.Prefix {
	return part(servicePool(b.plan.CIDR), 18, slot%64)
}

// clusters plans the service addresses of every segment with pods in it.
func (b *builder) clusters() {
	space, bits := b.plan.CIDR, environmentBits(b.plan.CIDR)
	for _, v := range b.plan.VPCs {
		if v.Environment == "" {
			continue
		}
		env, _ := b.p.Environment(v.Environment)
		pods := slices.ContainsFunc(env.Services, func(s model.Service) bool {
			return s.Segment == v.Segment && s.Runtime != model.EC2
		})
		if !pods {
			continue
		}
		slot, _ := segmentSlot(v.Segment)
		b.plan.Clusters = append(b.plan.Clusters, Cluster{
			Environment: v.Environment, Segment: v.Segment, Recovery: v.Recovery,
			Services: part(b.serviceBlock(slotOf(space, v.CIDR, bits)), 22, slot),
		})
	}
}
