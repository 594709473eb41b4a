package aws

import (
	"slices"
	"strings"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// environmentNetworks is the root with the networks of one environment in one
// region, and everything that binds them to others.
func (c *compiler) environmentNetworks(env model.Environment, recovery bool) []Root {
	var vpcs []address.VPC
	for _, v := range c.Addresses.VPCs {
		if v.Environment == env.Name && v.Recovery == recovery {
			vpcs = append(vpcs, v)
		}
	}
	if len(vpcs) == 0 {
		return nil
	}
	region, asn := c.platform.Cloud.Region, hubASN
	if recovery {
		region, asn = c.platform.Recovery.Region, recoveryHubASN
	}
	account := c.accountOf(env.Name)
	r := Root{Account: account, Scope: env.Name, Region: region, Layer: Network, Order: 3}
	if recovery {
		r.Order = 4
	}
	r.Providers = append(r.Providers, Provider{Name: "aws", Alias: "hub", Account: Hub, Region: region})
	r.Lookups = append(r.Lookups, hubLookup("hub", "aws.hub", asn), organizationLookup())

	egress := c.egressOf(address.Tier(tier(env)), recovery)
	r.Lookups = append(r.Lookups, attachmentLookup(egress, c.name(egress)), tableLookup(egress, c.name(egress)))
	others := c.others(env, recovery)
	for _, o := range others {
		r.Lookups = append(r.Lookups, o.lookups(c)...)
	}
	if slices.ContainsFunc(vpcs, func(v address.VPC) bool { _, ok := c.twin(env, v); return ok }) {
		r.Lookups = append(r.Lookups, peeringLookup(c.name("regions")), tableLookup("regions", c.name("regions")))
	}

	allow, closed := Object{}, []string{}
	for _, v := range vpcs {
		allow = append(allow, Arg{v.Segment, Strings(c.names(env, v))})
		if v.Segment == "pci" {
			closed = append(closed, v.Segment)
		}
	}
	r.Modules = append(r.Modules, c.resolverModule(env.Name, region, allow, closed))

	g := c.graphOf(env.Name)
	for _, v := range vpcs {
		routes, back := Object{}, Object{}
		for _, n := range vpcs {
			if n.Segment != v.Segment && adjacent(g, v.Segment, n.Segment) {
				routes = append(routes, Arg{n.CIDR.String(), Ref("module." + n.Name + ".attachment_id")})
			}
		}
		for _, o := range others {
			if !o.meets(c, env, v) {
				continue
			}
			for _, cidr := range o.cidrs {
				routes = append(routes, Arg{cidr, Ref("data." + o.attachment + "." + word(o.name) + ".id")})
			}
			back = append(back, Arg{o.name, Object{{"cidr", String(v.CIDR.String())}, {"table_id", Ref("data.aws_ec2_transit_gateway_route_table." + word(o.name) + ".id")}}})
		}
		if c.leaves(v) {
			routes = append(routes, Arg{"0.0.0.0/0", Ref("data.aws_ec2_transit_gateway_vpc_attachment." + word(egress) + ".id")})
			back = append(back, Arg{egress, Object{{"cidr", String(v.CIDR.String())}, {"table_id", Ref("data.aws_ec2_transit_gateway_route_table." + word(egress) + ".id")}}})
		}
		for _, cidr := range c.edgeRanges(env, v) {
			// Answers to the public load balancer: its subnets are private addresses,
			// which would fall into the black hole.
			routes = append(routes, Arg{cidr, Ref("data.aws_ec2_transit_gateway_vpc_attachment." + word(egress) + ".id")})
		}
		if twin, ok := c.twin(env, v); ok {
			// Copies of data travel over the peering: between the same segments of the
			// two regions, and between no others. Each side writes its own half.
			routes = append(routes, Arg{twin.CIDR.String(), Ref("data.aws_ec2_transit_gateway_peering_attachment.regions.id")})
			back = append(back, Arg{"regions", Object{{"cidr", String(v.CIDR.String())}, {"table_id", Ref("data.aws_ec2_transit_gateway_route_table.regions.id")}}})
		}
		sortArgs(routes)
		sortArgs(back)
		more := Args{
			{"acl_lists", c.aclLists(v)}, {"acl", c.acl(v)},
			{"query_log_config_id", Ref("module.resolver.query_log_config_id")},
			{"dns_firewall_rule_groups", dnsGroup(v.Segment)},
		}
		if production(env) {
			more = append(more, Arg{"account_id", c.accountID(account)})
		}
		if c.hasPods(env, v.Segment) {
			more = append(more, Arg{"cluster", String(c.cluster(env.Name, v.Segment))})
		}
		if v.Segment == "pci" || v.Segment == "data" {
			more = append(more, Arg{"encryption_mode", String("enforce")})
		}
		if !c.leaves(v) {
			more = append(more, Arg{"routed", List{}})
		}
		// Stores and the cluster's API have no default route: the ways back to their
		// clients, one by one.
		ways := List{}
		way := func(p address.Purpose, cidr string) {
			ways = append(ways, Object{{"purpose", String(p)}, {"cidr", String(cidr)}})
		}
		if slices.ContainsFunc(env.Stores, func(s model.Store) bool { return s.Segment == v.Segment }) {
			for _, a := range routes {
				if a.Key != "0.0.0.0/0" {
					way(address.Data, a.Key)
				}
			}
		}
		if c.hasPods(env, v.Segment) {
			for _, o := range others {
				for _, cidr := range o.operators {
					way(address.ControlPlane, cidr)
				}
			}
		}
		if len(ways) > 0 {
			more = append(more, Arg{"routes", ways})
		}
		vpc := c.vpc(v, region, more)
		vpc.From = append(vpc.From, Origin{Key: "network.segments"})
		r.Modules = append(r.Modules, vpc, c.transitTable(v, routes, back))
		services := c.endpointServices(env, v)
		switch {
		case len(services) == 0:
			// What AWS runs there asks nothing of AWS.
		case sharesEndpoints(v):
			worksIn(&r, "shared", Shared)
			r.Modules = append(r.Modules, c.endpointsElsewhere(v, services))
		case production(env):
			r.Modules = append(r.Modules, c.endpoints(v, services, Args{{"account_id", c.accountID(account)}}))
		}
	}
	c.privateNames(&r, env, vpcs, recovery)
	return []Root{r}
}

// graphOf is the graph of an environment.
func (c *compiler) graphOf(env string) *graph.Graph {
	for _, g := range c.Graphs {
		if g.Environment.Name == env {
			return g
		}
	}
	return &graph.Graph{}
}

// adjacent reports whether somebody in one segment opens connections to somebody
// in the other, in either direction: a route serves both.
func adjacent(g *graph.Graph, a, b string) bool {
	segment := func(at addr.Address) string { t, _ := g.Thing(at); return t.Segment }
	for _, cell := range g.Reach() {
		from, to := segment(cell.From), segment(cell.To)
		if from == a && to == b || from == b && to == a {
			return true
		}
	}
	return false
}

func (c *compiler) hasPods(env model.Environment, segment string) bool {
	return slices.ContainsFunc(env.Services, func(s model.Service) bool { return s.Segment == segment && s.Runtime != model.EC2 })
}

// runsIn reports whether something of ours runs in the subnets of a purpose: pods,
// services on machines, or stores on machines.
func (c *compiler) runsIn(env model.Environment, v address.VPC, p address.Purpose) bool {
	switch p {
	case address.Pods:
		return c.hasPods(env, v.Segment)
	case address.Machines:
		return slices.ContainsFunc(env.Services, func(s model.Service) bool { return s.Segment == v.Segment && s.Runtime == model.EC2 })
	case address.Data:
		return slices.ContainsFunc(env.Stores, func(s model.Store) bool {
			return s.Segment == v.Segment && !s.Managed() && (!v.Recovery || s.Recovery)
		})
	}
	return false
}

func (c *compiler) holdsData(env model.Environment, segment string) bool {
	return slices.ContainsFunc(env.Stores, func(s model.Store) bool { return s.Segment == segment && s.Recovery })
}

// twin is the network of the same segment in the other region, where copies of
// the segment's data are.
func (c *compiler) twin(env model.Environment, v address.VPC) (address.VPC, bool) {
	if !c.holdsData(env, v.Segment) {
		return address.VPC{}, false
	}
	if v.Recovery {
		return c.Addresses.VPC(strings.TrimSuffix(v.Name, "-recovery"))
	}
	return c.Addresses.VPC(v.Name + "-recovery")
}

// edgeRanges are the subnets of the public load balancer before a network with
// services that the internet calls.
func (c *compiler) edgeRanges(env model.Environment, v address.VPC) []string {
	if !slices.ContainsFunc(env.Services, func(s model.Service) bool { return s.Segment == v.Segment && len(s.Routes) > 0 }) {
		return nil
	}
	var cidrs []string
	if egress, ok := c.Addresses.VPC(c.egressOf(address.Tier(tier(env)), v.Recovery)); ok {
		for _, s := range egress.Subnets {
			if s.Purpose == address.Edge {
				cidrs = append(cidrs, s.CIDR.String())
			}
		}
	}
	return cidrs
}

// names are the domains that a network may ask the resolver for.
func (c *compiler) names(env model.Environment, v address.VPC) []string {
	names := append(endpointNames(c.regionOf(v)), "*."+c.siteZone(site{env: env, recovery: v.Recovery})+".")
	if !v.Recovery {
		names = append(names, c.logHost(tier(env))+".")
	}
	for _, d := range c.platform.Network.Egress.Allow {
		names = append(names, d+".")
	}
	for _, s := range env.Services {
		if s.Segment == v.Segment {
			for _, d := range s.Egress {
				names = append(names, d+".")
			}
		}
	}
	for _, d := range c.platformDomains(env, v) {
		names = append(names, d+".")
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// other is a network outside the environment that some of its networks meet.
type other struct {
	name string
	// cidrs behind it that are reached from here.
	cidrs []string
	// operators are those of them from which clusters are operated.
	operators []string
	// attachment is the kind of data source that finds it.
	attachment string
	lookups    func(*compiler) []Lookup
	meets      func(*compiler, model.Environment, address.VPC) bool
}

// others are the networks that an environment's networks may meet: agents and
// tools of its tier, observation of its tier, the VPN of its tier, and sites.
func (c *compiler) others(env model.Environment, recovery bool) []other {
	if recovery {
		return nil // it waits for the day on which the primary region is gone
	}
	t := address.Tier(tier(env))
	var all []other
	network := func(v address.VPC, cidrs, operators []string, meets func(*compiler, model.Environment, address.VPC) bool) {
		all = append(all, other{
			name: v.Name, cidrs: cidrs, operators: operators, attachment: "aws_ec2_transit_gateway_vpc_attachment", meets: meets,
			lookups: func(c *compiler) []Lookup {
				return []Lookup{attachmentLookup(v.Name, c.name(v.Name)), tableLookup(v.Name, c.name(v.Name))}
			},
		})
	}
	for _, v := range c.Addresses.VPCs {
		if v.Environment != "" || v.Recovery {
			continue
		}
		switch {
		case isVPN(v) && v.Tier == t:
			network(v, []string{v.CIDR.String()}, []string{v.CIDR.String()}, func(c *compiler, _ model.Environment, to address.VPC) bool { return c.leaves(to) })
		case v.Name == "obs-"+string(t):
			network(v, []string{v.CIDR.String()}, nil, func(*compiler, model.Environment, address.VPC) bool { return true })
		case v.Tier == "" && !isEgress(v):
			var cidrs, operators []string
			for _, s := range v.Subnets {
				switch s.Purpose {
				case address.Purpose("agents-" + string(t)):
					operators = append(operators, s.CIDR.String())
					cidrs = append(cidrs, s.CIDR.String())
				case address.Purpose("tools-" + string(t)):
					cidrs = append(cidrs, s.CIDR.String())
				}
			}
			if t == address.Nonproduction {
				// The endpoints that its networks share are here.
				for _, s := range c.endpointSubnets(v) {
					cidrs = append(cidrs, s.CIDR.String())
				}
			}
			network(v, cidrs, operators, func(c *compiler, _ model.Environment, to address.VPC) bool { return true })
		}
	}
	for _, s := range c.platform.Network.Sites {
		site := s
		var cidrs []string
		for _, p := range s.CIDRs {
			cidrs = append(cidrs, p.String())
		}
		all = append(all, other{
			name: "site-" + s.Name, cidrs: cidrs, attachment: "aws_ec2_transit_gateway_vpn_attachment",
			lookups: func(c *compiler) []Lookup {
				return []Lookup{siteLookup("site-"+site.Name, c.name("site", site.Name)), tableLookup("site-"+site.Name, c.name("site", site.Name))}
			},
			meets: func(_ *compiler, env model.Environment, to address.VPC) bool { return reachesNetwork(site, env, to) },
		})
	}
	return slices.DeleteFunc(all, func(o other) bool {
		return !slices.ContainsFunc(c.Addresses.VPCs, func(v address.VPC) bool {
			return v.Environment == env.Name && !v.Recovery && o.meets(c, env, v)
		})
	})
}
