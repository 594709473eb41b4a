// Package address plans every address of a platform from network.cidr: the
// networks (VPCs) of environments and segments, their subnets, the service
// ranges of clusters, and the fixed addresses of stores' nodes. The plan keeps
// no state and is stable all the same: a place follows from a name alone, so
// adding an environment, segment, zone, store or service never moves another.
// Two names that fall on one place are a Conflict for people to decide, never
// a silent second try. It refuses to know how the plan is built anywhere.
package address

import (
	"net/netip"

	"paddock.dev/internal/model"
)

// Purpose is what a subnet is for.
type Purpose string

const (
	// Pods holds a cluster's machines and pods.
	Pods Purpose = "pods"
	// Balancers holds internal load balancers.
	Balancers Purpose = "lb"
	// Data holds stores.
	Data Purpose = "data"
	// Endpoints holds the interfaces of AWS services.
	Endpoints Purpose = "endpoints"
	// ControlPlane holds the interfaces of the cluster's API and nothing else.
	ControlPlane Purpose = "cp"
	// Transit holds the attachment to the transit gateway and nothing else.
	Transit Purpose = "tgw"
	// Machines holds services that run on EC2.
	Machines Purpose = "vm"

	// Edge holds public load balancers.
	Edge Purpose = "edge"
	// NAT holds the gateways through which connections leave.
	NAT Purpose = "nat"
	// Firewall holds the endpoints of the firewall.
	Firewall Purpose = "fw"
	// Tools and Agents hold what builds and shows, apart for production and the
	// rest.
	ToolsProduction     Purpose = "tools-prod"
	ToolsNonproduction  Purpose = "tools-nonprod"
	AgentsProduction    Purpose = "agents-prod"
	AgentsNonproduction Purpose = "agents-nonprod"
	// Association holds the ends of the VPN of people.
	Association Purpose = "assoc"
)

// Tier separates production from all else.
type Tier string

// The tiers; the network that serves both has none.
const (
	Production    Tier = "prod"
	Nonproduction Tier = "nonprod"
)

// VPC is one network.
type VPC struct {
	// Name such as prod-apps, egress-nonprod or prod-data-recovery.
	Name string
	// Environment and Segment are empty for the networks that serve all.
	Environment, Segment string
	Tier                 Tier
	// Recovery means that it is in the recovery region.
	Recovery bool
	CIDR     netip.Prefix
	// Subnets rise by address.
	Subnets []Subnet
}

// Subnet is a part of a VPC in one zone.
type Subnet struct {
	Purpose Purpose
	// Zone counts from 0.
	Zone int
	CIDR netip.Prefix
}

// Hosts is how many addresses can be given away: AWS keeps the first four and
// the last one of every subnet ("Subnet CIDR blocks", Amazon VPC User Guide).
func (s Subnet) Hosts() int { return 1<<(32-s.CIDR.Bits()) - 5 }

// ZoneLetter is the zone as names write it: a for the first one.
func ZoneLetter(zone int) string { return string(rune('a' + zone)) }

// Cluster is a Kubernetes cluster's range of service addresses. It is never
// routed, but must not overlap what is.
type Cluster struct {
	Environment, Segment string
	Recovery             bool
	Services             netip.Prefix
}

// DNS is the address of the cluster's name server, the tenth of the range as
// EKS has it.
func (c Cluster) DNS() netip.Addr { return Nth(c.Services, 10) }

// Role is what a node of a store does.
type Role string

const (
	// Member holds data.
	Member Role = "node"
	// Coordinator is a ZooKeeper server, KRaft controller or aggregator.
	Coordinator Role = "coordinator"
	// Balancer is the load balancer before a store.
	Balancer Role = "balancer"
)

// Node is the fixed address of one machine of a store.
type Node struct {
	Environment, Segment string
	Recovery             bool
	Store                string
	Role                 Role
	// Standby means the second cluster of a store.
	Standby bool
	// Index counts the nodes of a role from 0, Zone the zones.
	Index, Zone int
	Addr        netip.Addr
}

// External is a range that belongs to others and that we talk to, or keep out
// of.
type External struct {
	// Name such as site/bangalore, vpn or avoid.
	Name string
	CIDR netip.Prefix
	Key  string
}

// Plan is where everything is.
type Plan struct {
	// CIDR that the plan is made from.
	CIDR netip.Prefix
	// VPCs: those that serve all, then environments in the order of the delivery
	// path with their segments in the order of the file, recovery after each.
	VPCs []VPC
	// Clusters and Nodes follow the order of VPCs.
	Clusters []Cluster
	Nodes    []Node
	// Externals in the order of the file.
	Externals []External

	lookup lookup
}

// VPC returns the network of that name.
func (p *Plan) VPC(name string) (VPC, bool) {
	for _, v := range p.VPCs {
		if v.Name == name {
			return v, true
		}
	}
	return VPC{}, false
}

// Subnet returns the subnet of a purpose in a zone.
func (v VPC) Subnet(purpose Purpose, zone int) (Subnet, bool) {
	for _, s := range v.Subnets {
		if s.Purpose == purpose && s.Zone == zone {
			return s, true
		}
	}
	return Subnet{}, false
}

// zones is in how many zones there is a subnet of the purpose.
func (v VPC) zones(purpose Purpose) int {
	n := 0
	for _, s := range v.Subnets {
		if s.Purpose == purpose {
			n++
		}
	}
	return n
}

// defaultCIDR is the range of a file that states none.
var defaultCIDR = netip.MustParsePrefix("10.0.0.0/8")

// Of plans the addresses of a platform. Whatever takes part in a conflict as the
// second of two is left out, so that the plan itself never overlaps.
func Of(p *model.Platform) (*Plan, []Conflict) {
	b := newBuilder(p)
	if b.plan.CIDR.IsValid() {
		b.externals()
		b.environments()
		b.core()
		b.segments()
		b.clusters()
		b.disjoint()
		b.nodes()
	}
	b.plan.lookup = newLookup(b.plan)
	return b.plan, b.conflicts
}
