package aws

import (
	"slices"
	"strconv"
	"strings"
)

// word is a name as an identifier of Terraform.
func word(name string) string { return strings.NewReplacer("-", "_", ".", "_").Replace(name) }

func filter(name, value string) Block {
	return Block{"filter", Args{{"name", String(name)}, {"values", List{String(value)}}}}
}

// worksIn gives a root one more account to work in, in its own region.
func worksIn(r *Root, alias, account string) {
	if !slices.ContainsFunc(r.Providers, func(p Provider) bool { return p.Alias == alias }) {
		r.Providers = append(r.Providers, Provider{Name: "aws", Alias: alias, Account: account, Region: r.Region})
	}
}

// hubLookup finds the transit gateway of a region by its number.
func hubLookup(name, provider string, asn int) Lookup {
	return Lookup{Type: "aws_ec2_transit_gateway", Name: name, Provider: provider, Blocks: []Block{filter("options.amazon-side-asn", strconv.Itoa(asn))}}
}

// attachmentLookup finds a network's attachment in the account of the hub.
func attachmentLookup(name, tag string) Lookup {
	return Lookup{Type: "aws_ec2_transit_gateway_vpc_attachment", Name: word(name), Provider: "aws.hub", Blocks: []Block{filter("tag:Name", tag), filter("state", "available")}}
}

// siteLookup finds a tunnel's attachment.
func siteLookup(name, tag string) Lookup {
	return Lookup{Type: "aws_ec2_transit_gateway_vpn_attachment", Name: word(name), Provider: "aws.hub", Blocks: []Block{filter("tag:Name", tag)}}
}

// peeringLookup finds the attachment of the other region.
func peeringLookup(tag string) Lookup {
	return Lookup{Type: "aws_ec2_transit_gateway_peering_attachment", Name: "regions", Provider: "aws.hub", Blocks: []Block{filter("tag:Name", tag)}}
}

// tableLookup finds a route table of the hub.
func tableLookup(name, tag string) Lookup {
	return Lookup{Type: "aws_ec2_transit_gateway_route_table", Name: word(name), Provider: "aws.hub", Blocks: []Block{filter("tag:Name", tag)}}
}

// organizationLookup finds the organization that the account belongs to.
func organizationLookup() Lookup { return Lookup{Type: "aws_organizations_organization", Name: "this"} }

// keyLookup finds a key by its alias; name is what the root calls it.
func (c *compiler) keyLookup(owner, purpose, name string) Lookup {
	return Lookup{Type: "aws_kms_alias", Name: name, Args: Args{{"name", String(c.keyAlias(owner, purpose))}}}
}

// topicLookup finds a topic for alarms.
func topicLookup(name, topic string) Lookup {
	return Lookup{Type: "aws_sns_topic", Name: name, Args: Args{{"name", String(topic)}}}
}

// parameterLookup finds a value that people or other roots keep in Parameter
// Store.
func parameterLookup(name, parameter string) Lookup {
	return Lookup{Type: "aws_ssm_parameter", Name: name, Args: Args{{"name", String(parameter)}}}
}

// parameter is the name of a value in Parameter Store.
func (c *compiler) parameter(parts ...string) string {
	return "/" + c.platform.Name + "/" + strings.Join(parts, "/")
}

// vpcLookup finds a network of the root's own account by its name.
func (c *compiler) vpcLookup(vpc string) Lookup {
	return Lookup{Type: "aws_vpc", Name: word(vpc), Args: Args{{"tags", Object{{"Name", String(c.name(vpc))}}}}}
}
