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
		allow, closed := Object{}, []string{}
		resolver := len(r.Modules)
		for _, v := range c.Addresses.VPCs {
			if v.Environment != "" || v.Recovery != recovery {
				continue
			}
			switch {
			case isEgress(v):
				r.Modules = append(r.Modules, c.egress(v, region))
				allow = append(allow, Arg{v.Name, Strings(c.egressNames(v))})
				closed = append(closed, v.Name)
			case isVPN(v):
				r.Lookups = append(r.Lookups,
					parameterLookup("saml_"+word(v.Name), c.parameter("vpn", string(v.Tier), "saml-metadata")),
					parameterLookup("authority_"+word(v.Name), c.parameter("pki", "authority-arn")))
				r.Modules = append(r.Modules, c.vpnNetwork(v, region)...)
				if len(allow) == 0 || allow[len(allow)-1].Key != "vpn" {
					allow = append(allow, Arg{"vpn", Strings(c.sharedNames())})
				}
			}
		}
		r.Modules = slices.Insert(r.Modules, resolver, c.resolverModule(Hub, region, allow, closed))
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
			{"query_log_config_id", Ref("module.resolver.query_log_config_id")},
			{"dns_firewall_rule_groups", dnsGroup(v.Name)},
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
		allow := c.askedFrom(v, egress)
		if len(allow) == 0 {
			continue
		}
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

// askedFrom are the domains on the internet that what runs in a network may ask
// for, if it leaves by an egress.
func (c *compiler) askedFrom(v, egress address.VPC) []string {
	env, ok := c.platform.Environment(v.Environment)
	if v.Recovery != egress.Recovery || egress.Tier != "" && c.leavesBy(v) != egress.Tier {
		return nil
	}
	if ok && !c.leaves(v) || !ok && (isEgress(v) || v.Tier != "") {
		return nil // no way leads from there
	}
	allow := slices.Clone(c.platform.Network.Egress.Allow)
	if !ok {
		// Tools and agents ask for what all may ask for. Agents apply what is rendered:
		// they call the APIs of services that have no endpoint.
		allow = append(allow, "*.amazonaws.com", "*.api.aws")
	}
	for _, s := range env.Services {
		if s.Segment == v.Segment {
			allow = append(allow, s.Egress...)
		}
	}
	allow = append(allow, c.platformDomains(env, v)...)
	slices.Sort(allow)
	return slices.Compact(allow)
}

// egressNames are all names that may be asked for behind an egress: nothing in it
// asks for others, whoever gets in there.
func (c *compiler) egressNames(egress address.VPC) []string {
	names := endpointNames(c.regionOf(egress))
	for _, v := range c.Addresses.VPCs {
		for _, d := range c.askedFrom(v, egress) {
			names = append(names, d+".")
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// leavesBy is the tier whose egress a network leaves by. What serves both tiers
// has one default route, to the egress of production where there is one.
func (c *compiler) leavesBy(v address.VPC) address.Tier {
	switch {
	case v.Tier != "":
		return v.Tier
	case len(c.environmentsBy(string(address.Production))) == 0:
		return address.Nonproduction
	}
	return address.Production
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
