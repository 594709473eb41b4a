package aws

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// vpc is one workload network.
func (c *compiler) vpc(v address.VPC, region string, more Args) Module {
	args := Args{
		{"name", String(c.name(v.Name))},
		{"region", String(region)},
		{"cidr", String(v.CIDR.String())},
		{"subnets", c.subnets(v)},
		{"hub_id", Ref("data.aws_ec2_transit_gateway.hub.id")},
		{"organization_id", Ref("data.aws_organizations_organization.this.id")},
		{"flow_log_bucket_arn", bucketARN(c.bucket(LogArchive, "flow", region))},
	}
	tags := Object{}
	if v.Environment != "" {
		tags = append(tags, Arg{"paddock:env", String(v.Environment)}, Arg{"paddock:segment", String(v.Segment)})
	}
	tags = append(tags, Arg{"paddock:tier", String(string(v.Tier))})
	if v.Tier == "" {
		tags = Object{}
	}
	m := Module{Name: v.Name, Source: "vpc", Args: append(append(args, more...), Arg{"tags", tags})}
	if v.Environment != "" {
		m.From = []Origin{{Key: "environments." + v.Environment}}
	} else {
		m.From = of("network.cidr")
	}
	return m
}

// subnets of a network by a name that never changes: purpose and zone.
func (c *compiler) subnets(v address.VPC) Object {
	var o Object
	for _, s := range v.Subnets {
		o = append(o, Arg{subnetName(s), Object{
			{"cidr", String(s.CIDR.String())},
			{"zone", String(c.zoneID(s.Zone, v.Recovery))},
			{"purpose", String(s.Purpose)},
		}})
	}
	return o
}

func subnetName(s address.Subnet) string { return string(s.Purpose) + "-" + address.ZoneLetter(s.Zone) }

// zoneIDs are the zones in which a network has a purpose.
func (c *compiler) zoneIDs(v address.VPC, p address.Purpose) []string {
	var ids []string
	for _, s := range v.Subnets {
		if s.Purpose == p {
			ids = append(ids, c.zoneID(s.Zone, v.Recovery))
		}
	}
	slices.Sort(ids)
	return ids
}

// zoneID is the id of a zone, which means the same place in every account; the
// name does not.
func (c *compiler) zoneID(zone int, recovery bool) string {
	region := c.platform.Cloud.Region
	if recovery {
		region = c.platform.Recovery.Region
	} else if zone < len(c.platform.Cloud.ZoneIDs) {
		return c.platform.Cloud.ZoneIDs[zone]
	}
	return regionCode(region) + "-az" + string(rune('1'+zone))
}

// regionCode is how zone ids abbreviate a region: aps1 for ap-south-1.
func regionCode(region string) string {
	parts := strings.Split(region, "-")
	if len(parts) < 3 {
		return region
	}
	short := map[string]string{
		"north": "n", "south": "s", "east": "e", "west": "w", "central": "c",
		"northeast": "ne", "northwest": "nw", "southeast": "se", "southwest": "sw",
	}
	code := parts[0]
	for _, p := range parts[1 : len(parts)-1] {
		code += cmp.Or(short[p], p)
	}
	return code + parts[len(parts)-1]
}

// transitTable is what a network reaches through the hub.
func (c *compiler) transitTable(v address.VPC, routes, back Object) Module {
	m := Module{
		Name: v.Name + "-routes", Source: "transit-route-table", Providers: []Pass{{"aws", "aws.hub"}},
		Args: Args{
			{"name", String(c.name(v.Name))},
			{"hub_id", Ref("data.aws_ec2_transit_gateway.hub.id")},
			{"attachment_id", Ref("module." + v.Name + ".attachment_id")},
			{"accept", Bool(true)},
			{"routes", routes},
			{"back", back},
		},
		From: of("network.segments"),
	}
	return m
}

// resolverModule is what a network may ask for by name.
func (c *compiler) resolverModule(owner, region string, allow Object, closed []string) Module {
	return Module{
		Name: "resolver", Source: "resolver", From: of("network.egress"),
		Args: Args{
			{"name", String(c.name(owner))},
			{"query_log_bucket_arn", bucketARN(c.bucket(LogArchive, "resolver", region))},
			{"allow", allow},
			{"closed", Strings(closed)},
		},
	}
}

// vpnNetwork is the network in which the people of a tier arrive, and its VPN.
func (c *compiler) vpnNetwork(v address.VPC, region string) []Module {
	subnets := Object{}
	for _, s := range v.Subnets {
		if s.Purpose == address.Association {
			subnets = append(subnets, Arg{address.ZoneLetter(s.Zone), Ref("module." + v.Name + ".subnet_ids[\"" + subnetName(s) + "\"]")})
		}
	}
	network := c.vpc(v, region, Args{{"acl_lists", c.aclLists(v)}, {"acl", c.acl(v)}, {"query_log_config_id", Ref("module.resolver.query_log_config_id")}, {"dns_firewall_rule_groups", dnsGroup("vpn")}})
	setArg(network.Args, "hub_id", Ref("module.hub.id"))
	table := c.transitTable(v, Object{}, Object{})
	table.Providers = nil
	setArg(table.Args, "hub_id", Ref("module.hub.id"))
	setArg(table.Args, "accept", Bool(false))
	table.Args = slices.DeleteFunc(table.Args, func(a Arg) bool { return a.Key == "back" })
	return []Module{network, table, {
		Name: v.Name + "-clients", Source: "vpn-clients", From: of("network.vpn.clients"),
		Args: Args{
			{"name", String(c.name(v.Name))},
			{"vpc_id", Ref("module." + v.Name + ".id")},
			{"vpc_cidr", String(v.CIDR.String())},
			{"subnet_ids", subnets},
			{"client_cidr", String(c.clientRange(v.Tier).String())},
			{"server_name", String("vpn-" + string(v.Tier) + "." + c.platform.Domain)},
			{"certificate_authority_arn", Ref("data.aws_ssm_parameter.authority_" + word(v.Name) + ".value")},
			{"saml_metadata", Ref("data.aws_ssm_parameter.saml_" + word(v.Name) + ".value")},
			{"authorizations", c.authorizations(v.Tier)},
			{"kms_key_arn", Ref("data.aws_kms_alias.logs.target_key_arn")},
		},
	}}
}

// clientRange is half of the VPN's addresses for each tier.
func (c *compiler) clientRange(t address.Tier) netip.Prefix {
	whole := c.platform.Network.Clients.CIDR
	half := netip.PrefixFrom(whole.Addr(), whole.Bits()+1)
	if t == address.Nonproduction {
		return half
	}
	b := half.Addr().As4()
	bit := 31 - whole.Bits()
	b[3-bit/8] |= 1 << (bit % 8)
	return netip.PrefixFrom(netip.AddrFrom4(b), half.Bits())
}

// site is a tunnel to another network. What it reaches is written by the roots
// of environments.
func (c *compiler) site(s model.Site) []Module {
	name := "site-" + s.Name
	from := of("network.vpn.sites[" + s.Name + "]")
	return []Module{
		{Name: name, Source: "vpn-site", From: from, Args: Args{
			{"name", String(c.name("site", s.Name))},
			{"address", String(s.Address.String())},
			{"hub_id", Ref("module.hub.id")},
			{"alarm_topics", List{Ref("data.aws_sns_topic.critical.arn")}},
			{"kms_key_arn", Ref("data.aws_kms_alias.logs.target_key_arn")},
		}},
		{Name: name + "-routes", Source: "transit-route-table", From: from, Args: Args{
			{"name", String(c.name("site", s.Name))},
			{"hub_id", Ref("module.hub.id")},
			{"attachment_id", Ref("module." + name + ".attachment_id")},
			{"accept", Bool(false)},
			{"routes", Object{}},
		}},
	}
}

func setArg(args Args, key string, v Value) {
	for i := range args {
		if args[i].Key == key {
			args[i].Value = v
		}
	}
}

func sortArgs(o Object) {
	slices.SortFunc(o, func(a, b Arg) int { return cmp.Compare(a.Key, b.Key) })
}
