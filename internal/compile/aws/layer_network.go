package aws

import (
	"net/netip"
	"slices"

	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// Autonomous system numbers of the hubs. Other accounts find a hub by its
// number: names do not travel with a share.
const (
	hubASN         = 64512
	recoveryHubASN = 64513
)

// networks is the layer 20-network: first the hubs and the ways to the internet,
// then the networks that serve all, then those of environments. Whatever joins
// two networks is in the root of the one that comes later, so that adding an
// environment changes nothing before it.
func (c *compiler) networks() []Root {
	roots := c.hubs()
	roots = append(roots, c.sharedNetworks()...)
	for _, env := range c.platform.Environments {
		roots = append(roots, c.environmentNetworks(env, false)...)
		roots = append(roots, c.environmentNetworks(env, true)...)
	}
	return roots
}

// hubs are the roots of the network account, one for each region.
func (c *compiler) hubs() []Root {
	var roots []Root
	for i, region := range c.regions() {
		recovery := i > 0
		r := Root{Account: Hub, Region: region, Layer: Network}
		r.Lookups = append(r.Lookups, c.keyLookup(Hub, KeyLogs, "logs"), organizationLookup())
		asn := hubASN
		if recovery {
			asn = recoveryHubASN
		}
		r.Modules = append(r.Modules, Module{
			Name: "hub", Source: "transit-hub", From: of("network.cidr"),
			Args: Args{
				{"name", String(c.name("hub"))},
				{"asn", Number(asn)},
				{"accounts", c.attachingAccounts()},
				{"flow_log_bucket_arn", bucketARN(c.bucket(LogArchive, "flow", region))},
			},
		})
		vpn := false
		for _, v := range c.Addresses.VPCs {
			if v.Environment != "" || v.Recovery != recovery {
				continue
			}
			switch {
			case isEgress(v):
				r.Modules = append(r.Modules, c.egress(v, region))
			case isVPN(v):
				r.Lookups = append(r.Lookups,
					parameterLookup("saml_"+word(v.Name), c.parameter("vpn", string(v.Tier), "saml-metadata")),
					parameterLookup("authority_"+word(v.Name), c.parameter("pki", "authority-arn")))
				r.Modules = append(r.Modules, c.vpnNetwork(v, region)...)
				vpn = true
			}
		}
		if vpn {
			r.Modules = append(r.Modules, c.resolverModule(Hub, region, Object{{"vpn", Strings(c.sharedNames())}}, nil))
		}
		if !recovery {
			for _, s := range c.platform.Network.Sites {
				r.Modules = append(r.Modules, c.site(s)...)
			}
			if len(c.platform.Network.Sites) > 0 {
				r.Lookups = append(r.Lookups, topicLookup("critical", c.topic(Hub, "critical")))
			}
		}
		if recovery {
			r.Order = 1
			r.Providers = append(r.Providers, Provider{Name: "aws", Alias: "primary", Account: Hub, Region: c.platform.Cloud.Region})
			r.Lookups = append(r.Lookups, hubLookup("primary", "aws.primary", hubASN))
			r.Modules = append(r.Modules, Module{
				Name: "peering", Source: "transit-peering", From: of("recovery.region"),
				Providers: []Pass{{"aws", "aws"}, {"aws.peer", "aws.primary"}},
				Args: Args{
					{"name", String(c.name("regions"))},
					{"hub_id", Ref("module.hub.id")},
					{"peer_hub_id", Ref("data.aws_ec2_transit_gateway.primary.id")},
				},
			})
		}
		roots = append(roots, r)
	}
	return roots
}

func isEgress(v address.VPC) bool { _, ok := v.Subnet(address.NAT, 0); return ok }
func isVPN(v address.VPC) bool    { _, ok := v.Subnet(address.Association, 0); return ok }

// attachingAccounts are those whose networks are bound to the hub.
func (c *compiler) attachingAccounts() Object {
	var o Object
	for _, name := range c.accounts() {
		if name != Management && name != LogArchive && name != Audit && name != Hub {
			o = append(o, Arg{name, c.accountID(name)})
		}
	}
	return o
}

// egress is one way to the internet.
func (c *compiler) egress(v address.VPC, region string) Module {
	n := c.platform.Network
	return Module{
		Name: v.Name, Source: "egress", From: of("network.egress"),
		Args: Args{
			{"name", String(c.name(v.Name))},
			{"cidr", String(v.CIDR.String())},
			{"zones", Strings(c.zoneIDs(v, address.NAT))},
			{"subnets", c.subnets(v)},
			{"hub_id", Ref("module.hub.id")},
			// One route back to the hub for all spokes: which of them a packet may
			// return to is said by the hub's table, spoke by spoke.
			{"spokes", List{String(c.Addresses.CIDR.String())}},
			{"origins", Strings(c.origins(v.Tier, v.Recovery))},
			{"inspect", Bool(n.Egress.Inspect)},
			{"domains", c.domains(v)},
			{"kms_key_arn", Ref("data.aws_kms_alias.logs.target_key_arn")},
			{"firewall_log_bucket", String(c.bucket(LogArchive, "firewall", region))},
			{"flow_log_bucket_arn", bucketARN(c.bucket(LogArchive, "flow", region))},
		},
	}
}

// origins are the subnets with the load balancers behind the public one.
func (c *compiler) origins(t address.Tier, recovery bool) []string {
	var cidrs []string
	for _, v := range c.Addresses.VPCs {
		env, ok := c.platform.Environment(v.Environment)
		if !ok || v.Recovery != recovery || t != "" && v.Tier != t {
			continue
		}
		exposed := slices.ContainsFunc(env.Services, func(s model.Service) bool { return s.Segment == v.Segment && len(s.Routes) > 0 })
		if !exposed {
			continue
		}
		for _, s := range v.Subnets {
			if s.Purpose == address.Balancers {
				cidrs = append(cidrs, s.CIDR.String())
			}
		}
	}
	return cidrs
}

// domains are the lists of the firewall: for every network behind this egress
// the names that its services may ask for.
func (c *compiler) domains(egress address.VPC) Object {
	var o Object
	for _, v := range c.Addresses.VPCs {
		env, ok := c.platform.Environment(v.Environment)
		if v.Recovery != egress.Recovery || egress.Tier != "" && leavesBy(v) != egress.Tier {
			continue
		}
		if ok && !c.leaves(v) || !ok && (isEgress(v) || isVPN(v)) {
			continue
		}
		// Tools, agents and observation ask for what all may ask for.
		allow := slices.Clone(c.platform.Network.Egress.Allow)
		for _, s := range env.Services {
			if s.Segment == v.Segment {
				allow = append(allow, s.Egress...)
			}
		}
		allow = append(allow, c.platformDomains(env, v)...)
		if len(allow) == 0 {
			continue
		}
		slices.Sort(allow)
		allow = slices.Compact(allow)
		for i, d := range allow {
			if len(d) > 2 && d[:2] == "*." {
				allow[i] = d[1:] // the firewall writes .example.com for all below
			}
		}
		o = append(o, Arg{v.Name, Object{
			{"priority", Number(listPriority(v.CIDR))},
			{"from", List{String(v.CIDR.String())}},
			{"allow", Strings(allow)},
		}})
	}
	return o
}

// leavesBy is the tier whose egress a network leaves by. What serves both tiers
// has one default route, to the egress of production.
func leavesBy(v address.VPC) address.Tier {
	if v.Tier == "" {
		return address.Production
	}
	return v.Tier
}

// listPriority is the place of a network's list in the firewall's policy. It
// follows from the addresses, so that no list moves when another comes.
func listPriority(p netip.Prefix) int {
	b := p.Addr().As4()
	return 100 + (int(b[1])<<8|int(b[2]))>>2
}

// leaves reports whether a network has a way to the internet: stores have none.
func (c *compiler) leaves(v address.VPC) bool {
	env, ok := c.platform.Environment(v.Environment)
	return ok && slices.ContainsFunc(env.Services, func(s model.Service) bool { return s.Segment == v.Segment })
}

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
		tiers := []address.Tier{v.Tier}
		if v.Tier == "" {
			tiers = []address.Tier{address.Nonproduction, address.Production}
		}
		routes, back := Object{}, Object{}
		for _, t := range tiers {
			egress := c.egressOf(t, false)
			if !slices.ContainsFunc(r.Lookups, func(l Lookup) bool { return l.Name == word(egress) }) {
				r.Lookups = append(r.Lookups, attachmentLookup(egress, c.name(egress)), tableLookup(egress, c.name(egress)))
			}
			back = append(back, Arg{egress, Object{{"cidr", String(v.CIDR.String())}, {"table_id", Ref("data.aws_ec2_transit_gateway_route_table." + word(egress) + ".id")}}})
		}
		// Tools and agents of both tiers leave by the production egress: one
		// network has one default route.
		out := c.egressOf(tiers[len(tiers)-1], false)
		routes = append(routes, Arg{"0.0.0.0/0", Ref("data.aws_ec2_transit_gateway_vpc_attachment." + word(out) + ".id")})
		more := Args{{"acl_lists", c.aclLists(v)}, {"acl", c.acl(v)}, {"query_log_config_id", Ref("module.resolver.query_log_config_id")}, {"dns_firewall_rule_groups", dnsGroup("shared")}}
		if v.Tier == "" {
			// The endpoints answer whoever may use them, through the hub.
			more = append(more, Arg{"routes", List{Object{{"purpose", String(address.Endpoints)}, {"cidr", String(c.Addresses.CIDR.String())}}}})
		}
		r.Modules = append(r.Modules, c.vpc(v, r.Region, more), c.transitTable(v, routes, back))
		if v.Tier == "" {
			r.Modules = append(r.Modules, c.centralEndpoints(v))
		}
	}
	return []Root{r}
}

func (c *compiler) sharedNames() []string {
	names := append(endpointNames(c.platform.Cloud.Region), "*."+c.platform.Network.PrivateDomain+".")
	for _, d := range c.platform.Network.Egress.Allow {
		names = append(names, d+".")
	}
	return names
}

// egressOf names the egress network of a tier.
func (c *compiler) egressOf(t address.Tier, recovery bool) string {
	name := "egress-" + string(t)
	if c.platform.Network.Egress.Shared {
		name = "egress"
	}
	if recovery {
		name += "-recovery"
	}
	return name
}

// dnsGroup binds a network to the list of names of the root's resolver.
func dnsGroup(list string) Object {
	return Object{{"names", Object{{"id", Ref("module.resolver.rule_group_ids[\"" + list + "\"]")}, {"priority", Number(101)}}}}
}
