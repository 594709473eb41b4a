package aws

import (
	"cmp"

	"paddock.dev/internal/graph/address"
)

// sharedNetworks are the networks of the shared account: tools, agents and
// observation.
func (c *compiler) sharedNetworks() []Root {
	r := Root{Account: Shared, Region: c.platform.Cloud.Region, Layer: Network, Order: 2}
	r.Providers = append(r.Providers, Provider{Name: "aws", Alias: "hub", Account: Hub, Region: r.Region})
	r.Lookups = append(r.Lookups, hubLookup("hub", "aws.hub", hubASN), organizationLookup())
	r.Modules = append(r.Modules, c.resolverModule(Shared, r.Region, Object{{"shared", Strings(c.sharedNames())}}, nil))
	for _, v := range c.Addresses.VPCs {
		if v.Environment != "" || isEgress(v) || isVPN(v) {
			continue
		}
		routes, back := Object{}, Object{}
		if v.Tier == "" {
			c.leaveShared(&r, v, &routes, &back)
		}
		routes = append(routes, c.meetTools(v)...)
		c.meetPeople(&r, v, &routes, &back)
		more := Args{{"acl_lists", c.aclLists(v)}, {"acl", c.acl(v)}, {"query_log_config_id", Ref("module.resolver.query_log_config_id")}, {"dns_firewall_rule_groups", dnsGroup("shared")}}
		// Endpoints and stores of logs answer whoever may ask them, through the hub.
		purpose := address.Data
		if v.Tier == "" {
			purpose = address.Endpoints
		}
		answers := List{Object{{"purpose", String(purpose)}, {"cidr", String(c.Addresses.CIDR.String())}}}
		if v.Tier == "" {
			answers = append(answers, c.meetSites(&r, v, &routes, &back)...)
		}
		r.Modules = append(r.Modules, c.vpc(v, r.Region, append(more, Arg{"routes", answers})), c.transitTable(v, routes, back))
		if v.Tier == "" {
			r.Modules = append(r.Modules, c.centralEndpoints(v))
			c.toolNames(&r, v)
			if m, ok := c.inboundNames(v); ok {
				r.Modules = append(r.Modules, m)
			}
		}
	}
	return []Root{r}
}

// leaveShared is the way to the internet of tools and agents. One network has one
// default route, for both tiers.
func (c *compiler) leaveShared(r *Root, v address.VPC, routes, back *Object) {
	out := c.egressOf(c.leavesBy(v), false)
	r.Lookups = append(r.Lookups, attachmentLookup(out, c.name(out)))
	r.Lookups = append(r.Lookups, tableLookup(out, c.name(out)))
	*routes = append(*routes, Arg{"0.0.0.0/0", Ref("data.aws_ec2_transit_gateway_vpc_attachment." + word(out) + ".id")})
	*back = append(*back, Arg{out, Object{{"cidr", String(v.CIDR.String())}, {"table_id", Ref("data.aws_ec2_transit_gateway_route_table." + word(out) + ".id")}}})
}

// meetTools are the routes between tools and the store of logs of their tier,
// which is what Grafana shows.
func (c *compiler) meetTools(v address.VPC) Object {
	routes := Object{}
	for _, n := range c.Addresses.VPCs {
		if !serves(n) || n.Name == v.Name || (n.Tier == "") == (v.Tier == "") {
			continue
		}
		for _, s := range peopleSubnets(n, cmp.Or(v.Tier, n.Tier)) {
			routes = append(routes, Arg{s.CIDR.String(), Ref("module." + n.Name + ".attachment_id")})
		}
	}
	return routes
}

// meetPeople joins a network that serves with the VPNs of its tier: people reach
// tools and the store of logs, and nothing else in it.
func (c *compiler) meetPeople(r *Root, v address.VPC, routes, back *Object) {
	for _, n := range c.Addresses.VPCs {
		if !isVPN(n) || v.Tier != "" && n.Tier != v.Tier {
			continue
		}
		r.Lookups = append(r.Lookups, attachmentLookup(n.Name, c.name(n.Name)))
		r.Lookups = append(r.Lookups, tableLookup(n.Name, c.name(n.Name)))
		*routes = append(*routes, Arg{n.CIDR.String(), Ref("data.aws_ec2_transit_gateway_vpc_attachment." + word(n.Name) + ".id")})
		for _, s := range peopleSubnets(v, n.Tier) {
			*back = append(*back, Arg{n.Name + " " + subnetName(s), Object{{"cidr", String(s.CIDR.String())}, {"table_id", Ref("data.aws_ec2_transit_gateway_route_table." + word(n.Name) + ".id")}}})
		}
	}
}

// meetSites joins the shared network with the sites that ask it for names. It
// returns the routes by which the answers go.
func (c *compiler) meetSites(r *Root, v address.VPC, routes, back *Object) List {
	var answers List
	for _, s := range c.askingSites() {
		name := "site-" + s.Name
		r.Lookups = append(r.Lookups, siteLookup(name, c.name("site", s.Name)))
		r.Lookups = append(r.Lookups, tableLookup(name, c.name("site", s.Name)))
		for _, p := range s.CIDRs {
			*routes = append(*routes, Arg{p.String(), Ref("data.aws_ec2_transit_gateway_vpn_attachment." + word(name) + ".id")})
			answers = append(answers, Object{{"purpose", String(address.Endpoints)}, {"cidr", String(p.String())}})
		}
		for _, sub := range c.endpointSubnets(v) {
			*back = append(*back, Arg{name + " " + subnetName(sub), Object{{"cidr", String(sub.CIDR.String())}, {"table_id", Ref("data.aws_ec2_transit_gateway_route_table." + word(name) + ".id")}}})
		}
	}
	return answers
}

func (c *compiler) sharedNames() []string {
	names := append(endpointNames(c.platform.Cloud.Region), "*."+c.platform.Network.PrivateDomain+".")
	for _, d := range c.platform.Network.Egress.Allow {
		names = append(names, d+".")
	}
	return names
}
