package address

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// item is a range of the plan or of others, for the comparison of all with all.
type item struct {
	claim       Claim
	environment string
	// drop leaves it out of the plan; nil for ranges of others.
	drop func()
	// avoid marks ranges that only we keep out of.
	avoid bool
}

// disjoint compares every network, service range and range of others with every
// other, and leaves out of the plan what meets something else.
func (b *builder) disjoint() {
	var items []item
	for _, e := range b.plan.Externals {
		items = append(items, item{claim: Claim{What: described(e), Key: e.Key, CIDR: e.CIDR}, avoid: e.Name == "avoid"})
	}
	vpcs, clusters := map[string]bool{}, map[Cluster]bool{}
	for _, v := range b.plan.VPCs {
		items = append(items, item{
			claim:       Claim{What: "the network " + v.Name, Key: b.keyOf(v.Environment), CIDR: v.CIDR},
			environment: v.Environment, drop: func() { vpcs[v.Name] = true },
		})
	}
	for _, c := range b.plan.Clusters {
		items = append(items, item{
			claim:       Claim{What: "the services of " + suffix(c.Environment+"-"+c.Segment, c.Recovery), Key: b.keyOf(c.Environment), CIDR: c.Services},
			environment: c.Environment, drop: func() { clusters[c] = true },
		})
	}
	ranges := make([]netip.Prefix, len(items))
	for i, it := range items {
		ranges[i] = it.claim.CIDR
	}
	for _, pair := range overlaps(ranges) {
		first, second := items[pair[0]], items[pair[1]]
		if second.drop == nil && (first.avoid || second.avoid) {
			continue // a range to keep out of may well be one that others have
		}
		if second.drop != nil {
			second.drop()
		}
		b.meet(first, second)
	}
	b.plan.VPCs = slices.DeleteFunc(b.plan.VPCs, func(v VPC) bool { return vpcs[v.Name] })
	b.plan.Clusters = slices.DeleteFunc(b.plan.Clusters, func(c Cluster) bool { return clusters[c] })
}

func (b *builder) meet(first, second item) {
	c := Conflict{
		Summary: fmt.Sprintf("%s and %s overlap", first.claim.What, second.claim.What),
		Detail:  fmt.Sprintf("%s has %s and %s has %s. A packet to an address in both can go to only one of them.", first.claim.What, first.claim.CIDR, second.claim.What, second.claim.CIDR),
		Claims:  []Claim{first.claim, second.claim},
	}
	switch {
	case second.drop == nil:
		c.Fix = "Change one of the two; networks with the same addresses cannot both be reached."
	case second.environment == "":
		c.Fix = "Choose another network.cidr: the shared networks have a fixed place in it."
	default:
		free, words := b.free()
		c.Free = free
		c.Fix = fmt.Sprintf("Pin the environment elsewhere with environments.%s.cidr: %s. A pin moves the environment.", second.environment, words)
	}
	b.conflict(c)
}

func described(e External) string {
	switch kind, name, _ := strings.Cut(e.Name, "/"); kind {
	case "site":
		return "the site " + name
	case "vpn":
		return "the VPN of people"
	}
	return "a range to avoid"
}

// keyOf is what states an environment's place; the shared networks follow from
// the space.
func (b *builder) keyOf(environment string) string {
	if environment == "" {
		return "network.cidr"
	}
	if env, _ := b.p.Environment(environment); env.CIDR.IsValid() {
		return "environments." + environment + ".cidr"
	}
	return "environments." + environment
}
