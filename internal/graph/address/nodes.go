package address

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"paddock.dev/internal/model"
)

// A store has a block of sixteen addresses, the same in every zone's data
// subnet: a block follows from the store's name, and the place in it from what
// a node does and its number. Which zone a node is in does not matter for it, so
// a node keeps its address when a zone is added, unless it moves there. The
// first block and the last one hold addresses that AWS keeps for itself.
const (
	blockSize     = 16
	memberAt      = 0
	members       = 9
	coordinatorAt = 9
	coordinators  = 5
	balancerAt    = 14
)

// nodes plans the machines of stores that we run ourselves.
func (b *builder) nodes() {
	for _, v := range b.plan.VPCs {
		if v.Environment == "" {
			continue
		}
		env, _ := b.p.Environment(v.Environment)
		blocks := map[int]string{} // the stores that have them
		for _, s := range env.Stores {
			if s.Managed() || s.Segment != v.Segment || v.Recovery && !s.Recovery {
				continue
			}
			b.store(v, s, blocks)
		}
	}
}

// store plans the nodes of one store, or reports that another one is where they
// should be.
func (b *builder) store(v VPC, s model.Store, blocks map[int]string) {
	var planned []Node
	var mine []int
	add := func(role Role, index, zone, first, size int, standby bool) {
		chunk, at := "", first+index
		if index >= size {
			// More than a block has room for: further blocks, whole.
			chunk, at = fmt.Sprintf("/%s/%d", role, (index-size)/blockSize+1), (index-size)%blockSize
		}
		subnet, ok := v.Subnet(Data, zone)
		if !ok {
			return
		}
		block := blockOf(s.Name+chunk, subnet.CIDR)
		if !slices.Contains(mine, block) {
			mine = append(mine, block)
		}
		planned = append(planned, Node{
			Environment: v.Environment, Segment: v.Segment, Recovery: v.Recovery, Store: s.Name,
			Role: role, Standby: standby, Index: index, Zone: zone, Addr: Nth(subnet.CIDR, block*blockSize+at),
		})
	}
	zones := v.zones(Data)
	spread := min(max(s.Zones, 1), zones)
	for i := range s.Nodes {
		add(Member, i, zoneOf(i, spread), memberAt, members, false)
	}
	for i := range max(s.Coordinators, s.Aggregators) {
		add(Coordinator, i, zoneOf(i, spread), coordinatorAt, coordinators, false)
	}
	if s.Engine == model.SingleStore {
		// The vendor asks for a load balancer before the aggregators, and for a
		// second cluster rather than one over several zones.
		add(Balancer, 0, 0, balancerAt, 1, false)
		if s.Standby && zones > 1 {
			for i := range s.Nodes {
				add(Member, i, 1, memberAt, members, true)
			}
			for i := range s.Aggregators {
				add(Coordinator, i, 1, coordinatorAt, coordinators, true)
			}
			add(Balancer, 0, 1, balancerAt, 1, true)
		}
	}
	for _, block := range mine {
		if other, ok := blocks[block]; ok {
			b.sameBlock(v, s.Name, other, block)
			return
		}
	}
	if duplicate(planned) {
		b.sameBlock(v, s.Name, s.Name, mine[0])
		return
	}
	for _, block := range mine {
		blocks[block] = s.Name
	}
	b.plan.Nodes = append(b.plan.Nodes, planned...)
}

// zoneOf spreads nodes over zones. The home of a node is one of three zones; it
// lives elsewhere only while its home is not used, so a zone that is added moves
// only the nodes that it takes.
func zoneOf(index, zones int) int {
	if home := index % maxZones; home < zones {
		return home
	}
	return (index/maxZones + 1) % zones
}

// blockOf is the number of a store's block in a data subnet. A small subnet has
// no room for the places of known names, and all go by hash.
func blockOf(name string, subnet netip.Prefix) int {
	blocks := 1 << (32 - subnet.Bits()) / blockSize
	if block, ok := knownStores[name]; ok && block < blocks-1 {
		return block
	}
	return 1 + int(hash(storeSalt, name)%uint64(max(blocks-2, 1)))
}

func duplicate(nodes []Node) bool {
	seen := map[netip.Addr]bool{}
	for _, n := range nodes {
		if seen[n.Addr] {
			return true
		}
		seen[n.Addr] = true
	}
	return false
}

func (b *builder) sameBlock(v VPC, name, other string, block int) {
	subnet, _ := v.Subnet(Data, 0)
	cidr := netip.PrefixFrom(Nth(subnet.CIDR, block*blockSize), 28)
	free := another(name, []string{"-db", "-store", "-main", "2", "3"}, func(candidate string) bool {
		mine := blockOf(candidate, subnet.CIDR)
		return !slices.ContainsFunc(b.p.Environments, func(e model.Environment) bool {
			return slices.ContainsFunc(e.Stores, func(s model.Store) bool {
				return s.Segment == v.Segment && blockOf(s.Name, subnet.CIDR) == mine
			})
		})
	})
	names := []string{other, name}
	slices.Sort(names)
	b.conflict(Conflict{
		Summary: fmt.Sprintf("stores %s have the same addresses", strings.Join(names, " and ")),
		Detail:  fmt.Sprintf("The machines of a store have fixed addresses, which follow from its name alone, so that none ever moves because another store came. In the segment %s these two fall on the same ones.", v.Segment),
		Fix:     fmt.Sprintf("Give the one that has not been built yet another name, such as %s, or put it into another segment.", free),
		Claims:  []Claim{{What: "store " + other, Key: "stores." + other, CIDR: cidr}, {What: "store " + name, Key: "stores." + name, CIDR: cidr}},
	})
}
