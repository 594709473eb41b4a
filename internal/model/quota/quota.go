// Package quota knows the limits of an AWS account that the platform file may
// raise: what the file calls each, and what Service Quotas calls it ("Service
// Quotas User Guide", and the quota tables of each service's own guide). It
// refuses to know what an account has by itself, which differs by its age.
package quota

import "slices"

// Quota is one limit.
type Quota struct {
	// Name of the limit in the file, under cloud.quotas.
	Name string
	// Service and Code name it for Service Quotas.
	Service, Code string
}

// VCPU is the limit of what runs at once on demand, in vCPU.
const VCPU = "standard-vcpus"

var all = []Quota{
	{"rules-per-security-group", "vpc", "L-0EA8095F"},
	{"security-groups-per-interface", "vpc", "L-2AFB9258"},
	{"vpcs-per-region", "vpc", "L-F678F1CE"},
	{"routes-per-table", "vpc", "L-93826ACB"},
	{"elastic-addresses", "ec2", "L-0263D0A3"},
	{VCPU, "ec2", "L-1216C47A"},
	{"targets-per-load-balancer", "elasticloadbalancing", "L-B211E961"},
	{"interface-endpoints-per-vpc", "vpc", "L-29B6F2EB"},
	{"network-acl-rules", "vpc", "L-2AEEBF1A"},
	{"transit-gateway-routes", "ec2", "L-85DE9F04"},
	{"eks-clusters", "eks", "L-1194D53C"},
	{"network-interfaces-per-region", "vpc", "L-DF5E4CA3"},
	{"application-load-balancers", "elasticloadbalancing", "L-53DA6B97"},
	{"network-load-balancers", "elasticloadbalancing", "L-69A177A2"},
	{"customer-managed-keys", "kms", "L-C2F1777E"},
	{"concurrent-function-executions", "lambda", "L-B99A9384"},
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
