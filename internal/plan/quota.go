package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"paddock.dev/internal/compile/aws"
)

// Quota is how much of a limit of AWS the new platform uses.
type Quota struct {
	// Name under which cloud.quotas raises it.
	Name string `json:"name"`
	// Code in Service Quotas; empty when it has none of its own.
	Code    string `json:"code,omitempty"`
	Account string `json:"account"`
	Region  string `json:"region"`
	// Where is the network, gateway or group that it is counted in; empty when
	// the account is.
	Where string `json:"where,omitempty"`
	Used  int    `json:"used"`
	Limit int    `json:"limit"`
	// Raised says that the limit is the file's rather than AWS's default.
	Raised bool   `json:"raised,omitempty"`
	Source string `json:"source"`
}

// limits are defaults of AWS by our name.
var limits = map[string]struct {
	code   string
	limit  int
	source string
}{
	"vpcs-per-region":           {"L-F678F1CE", 5, "Amazon VPC User Guide, Amazon VPC quotas"},
	"elastic-ips-per-region":    {"L-0263D0A3", 5, "Amazon VPC User Guide, Amazon VPC quotas"},
	"interface-endpoints":       {"L-29B6F2EB", 50, "AWS PrivateLink Guide, AWS PrivateLink quotas"},
	"rules-per-security-group":  {"L-0EA8095F", 60, "Amazon VPC User Guide, Amazon VPC quotas"},
	"clusters-per-region":       {"L-1194D53C", 100, "Amazon EKS User Guide, Amazon EKS service quotas"},
	"network-balancers":         {"L-69A177A2", 50, "Elastic Load Balancing User Guide, quotas for Network Load Balancers"},
	"application-balancers":     {"L-53DA6B97", 50, "Elastic Load Balancing User Guide, quotas for Application Load Balancers"},
	"transit-tables":            {"", 20, "AWS Transit Gateway Guide, quotas"},
	"vpn-connections":           {"L-3E6EC3A3", 50, "AWS Site-to-Site VPN User Guide, quotas"},
	"opensearch-domains":        {"L-076D529E", 100, "Amazon OpenSearch Service Developer Guide, quotas"},
	"database-instances":        {"L-7B6409FD", 40, "Amazon RDS User Guide, quotas"},
	"buckets":                   {"L-DC2B2D3D", 10000, "Amazon S3 User Guide, bucket restrictions"},
	"service-roles-per-account": {"L-FE177D64", 1000, "IAM User Guide, IAM and AWS STS quotas"},
}

// counted is one place in which something is counted.
type counted struct{ name, account, region, where string }

// quotas counts what the roots ask for. A quota of which less than half is used
// is left out.
func quotas(s Side) []Quota {
	n := map[counted]int{}
	for _, r := range s.Roots {
		for _, m := range r.Modules {
			count := func(name, where string, by int) {
				account := r.Account
				if name == "transit-tables" { // all are of the one gateway
					account = aws.Hub
				}
				n[counted{name, account, r.Region, where}] += by
			}
			countModule(count, m)
		}
	}
	raised := map[string]int{}
	for _, q := range s.Platform.Cloud.Quotas {
		raised[q.Name] = q.Limit
	}
	var all []Quota
	for _, at := range slices.SortedFunc(maps.Keys(n), func(a, b counted) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.account, b.account), cmp.Compare(a.region, b.region), cmp.Compare(a.where, b.where))
	}) {
		l := limits[at.name]
		q := Quota{Name: at.name, Code: l.code, Account: at.account, Region: at.region, Where: at.where, Used: n[at], Limit: l.limit, Source: l.source}
		if r, ok := raised[at.name]; ok {
			q.Limit, q.Raised = r, true
		}
		if 2*q.Used >= q.Limit {
			all = append(all, q)
		}
	}
	return all
}

func countModule(count func(name, where string, by int), m aws.Module) {
	size := func(key string) int {
		for _, a := range m.Args {
			if a.Key != key {
				continue
			}
			switch v := a.Value.(type) {
			case aws.List:
				return len(v)
			case aws.Object:
				return len(v)
			}
		}
		return 0
	}
	switch m.Source {
	case "vpc":
		count("vpcs-per-region", "", 1)
	case "egress":
		count("vpcs-per-region", "", 1)
		count("elastic-ips-per-region", "", size("zones"))
	case "endpoints":
		count("interface-endpoints", m.Name, size("services"))
	case "eks":
		count("clusters-per-region", "", 1)
		// What comes in and what goes out are counted apart.
		count("rules-per-security-group", "nodes of "+m.Name, max(size("node_clients"), size("node_targets")))
	case "data-access":
		count("rules-per-security-group", m.Name, size("clients"))
		count("service-roles-per-account", "", 1)
	case "service-identity":
		count("service-roles-per-account", "", 1)
	case "service-balancer":
		count("network-balancers", "", 1)
		count("rules-per-security-group", m.Name, size("clients"))
	case "edge-balancer":
		count("application-balancers", "", 1)
	case "transit-route-table":
		count("transit-tables", "", 1)
	case "vpn-site":
		count("vpn-connections", "", 1)
	case "opensearch":
		count("opensearch-domains", "", 1)
	case "rds":
		count("database-instances", "", 1)
	case "bucket-store", "log-bucket":
		count("buckets", "", 1)
	}
}

// overQuota says what AWS will refuse because of the change.
func (c *comparison) overQuota(before, after []Quota) {
	for _, q := range after {
		if q.Used <= q.Limit || slices.ContainsFunc(before, func(b Quota) bool {
			return b.Name == q.Name && b.Account == q.Account && b.Region == q.Region && b.Where == q.Where && b.Used > b.Limit && b.Used >= q.Used
		}) {
			continue
		}
		where := ""
		if q.Where != "" {
			where = " in " + q.Where
		}
		c.say("", Consequence{Kind: "quota-exceeded", Level: Warning, At: fmt.Sprintf("quota/%s/%s/%s%s", q.Name, q.Account, q.Region, below(q.Where)), Key: "cloud.quotas." + q.Name,
			Summary: fmt.Sprintf("The account %s needs %d of the quota %s in %s%s, and has %d", q.Account, q.Used, q.Name, q.Region, where, q.Limit),
			Detail:  fmt.Sprintf("Ask AWS for more%s and write the new limit into cloud.quotas. Source: %s.", parens(q.Code), q.Source)})
	}
}

func parens(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}
