// Package quota knows the limits of an AWS account: what the platform file calls
// each, what Service Quotas calls it, and what AWS gives by itself ("Service
// Quotas User Guide", and the quota tables of each service's own guide). It
// refuses to know what a platform needs of them, but for the machines that run
// at its peak.
package quota

import "slices"

// Quota is one limit.
type Quota struct {
	// Name of the limit in the file, under cloud.quotas.
	Name string
	// Service and Code name it for Service Quotas.
	Service, Code string
	// Default is what AWS gives by itself. Old accounts may have more.
	Default int
	// Most is what AWS gives at all; 0 means that nobody says.
	Most int
	// Source is the page with the default.
	Source string
}

// Names of the limits that others speak of.
const (
	Addresses             = "elastic-addresses"
	ApplicationBalancers  = "application-load-balancers"
	Buckets               = "buckets"
	ClientAuthorizations  = "client-vpn-authorizations"
	ClientRoutes          = "client-vpn-routes"
	Clusters              = "eks-clusters"
	DatabaseInstances     = "database-instances"
	Endpoints             = "interface-endpoints-per-vpc"
	ListRules             = "network-acl-rules"
	NetworkBalancers      = "network-load-balancers"
	OpenSearchDomains     = "opensearch-domains"
	Roles                 = "roles"
	Routes                = "routes-per-table"
	RulesPerSecurityGroup = "rules-per-security-group"
	Tunnels               = "vpn-connections"
	TransitTables         = "transit-route-tables"
	// VCPU is the limit of what runs at once on demand, in vCPU.
	VCPU = "standard-vcpus"
	VPCs = "vpcs-per-region"
)

// The pages that state defaults.
const (
	vpcPage     = "Amazon VPC User Guide, Amazon VPC quotas"
	ec2Page     = "Amazon EC2 User Guide, On-Demand Instance quotas"
	transitPage = "Amazon VPC Transit Gateways Guide, Quotas for transit gateways"
	networkPage = "User Guide for Network Load Balancers, Quotas for your Network Load Balancers"
	peoplePage  = "AWS Client VPN Administrator Guide, AWS Client VPN quotas"
)

var all = []Quota{
	// The rules of a group and the groups of an interface multiply to 1,000 at most;
	// an interface has five groups.
	{RulesPerSecurityGroup, "vpc", "L-0EA8095F", 60, 200, vpcPage},
	{"security-groups-per-interface", "vpc", "L-2AFB9258", 5, 16, vpcPage},
	{VPCs, "vpc", "L-F678F1CE", 5, 0, vpcPage},
	{Routes, "vpc", "L-93826ACB", 50, 1000, vpcPage},
	{Addresses, "ec2", "L-0263D0A3", 5, 0, vpcPage},
	{VCPU, "ec2", "L-1216C47A", 5, 0, ec2Page},
	{"targets-per-load-balancer", "elasticloadbalancing", "L-B211E961", 500, 0, networkPage},
	{Endpoints, "vpc", "L-29B6F2EB", 50, 0, "AWS PrivateLink Guide, AWS PrivateLink quotas"},
	{ListRules, "vpc", "L-2AEEBF1A", 20, 40, vpcPage},
	{"transit-gateway-routes", "ec2", "L-BCC1FB47", 10000, 0, transitPage},
	{Clusters, "eks", "L-1194D53C", 100, 0, "Amazon EKS User Guide, Amazon EKS service quotas"},
	{"network-interfaces-per-region", "vpc", "L-DF5E4CA3", 5000, 0, vpcPage},
	{ApplicationBalancers, "elasticloadbalancing", "L-53DA6B97", 50, 0, "User Guide for Application Load Balancers, Quotas for your Application Load Balancers"},
	{NetworkBalancers, "elasticloadbalancing", "L-69A177A2", 50, 0, networkPage},
	{"customer-managed-keys", "kms", "L-C2F1777E", 100000, 0, "AWS KMS Developer Guide, Resource quotas"},
	{"concurrent-function-executions", "lambda", "L-B99A9384", 1000, 0, "AWS Lambda Developer Guide, Lambda quotas"},
	{TransitTables, "ec2", "L-43872EB7", 20, 0, transitPage},
	{Tunnels, "ec2", "L-3E6EC3A3", 50, 0, "AWS Site-to-Site VPN User Guide, quotas"},
	{ClientAuthorizations, "ec2", "L-9A1BC94B", 200, 0, peoplePage},
	{ClientRoutes, "ec2", "L-401D78F7", 100, 0, peoplePage},
	{OpenSearchDomains, "es", "L-076D529E", 100, 0, "Amazon OpenSearch Service Developer Guide, quotas"},
	{DatabaseInstances, "rds", "L-7B6409FD", 40, 0, "Amazon RDS User Guide, quotas"},
	{Buckets, "s3", "L-DC2B2D3D", 10000, 0, "Amazon S3 User Guide, bucket restrictions"},
	{Roles, "iam", "L-FE177D64", 1000, 0, "IAM User Guide, IAM and AWS STS quotas"},
}

// Enough is the limit to ask for when so many are needed: what there is, doubled
// as often as it takes, so that the next few do not ask again.
func (q Quota) Enough(have, need int) int {
	for have = max(have, 1); have < need; {
		have *= 2
	}
	if q.Most > 0 {
		return min(have, q.Most)
	}
	return have
}

// Find returns the limit of that name.
func Find(name string) (Quota, bool) {
	i := slices.IndexFunc(all, func(q Quota) bool { return q.Name == name })
	if i < 0 {
		return Quota{}, false
	}
	return all[i], true
}

// Names of all limits, in the order of the page on them.
func Names() []string {
	names := make([]string, 0, len(all))
	for _, q := range all {
		names = append(names, q.Name)
	}
	return names
}
