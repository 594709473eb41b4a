package rules

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
)

// otherZones are regions that have another number of zones for new accounts
// than the usual three (AWS Global Infrastructure, Regions and Availability
// Zones).
var otherZones = map[string]int{"us-east-1": 6, "us-west-1": 2, "us-west-2": 4, "ap-northeast-2": 4}

func zonesOf(region string) int {
	if n, ok := otherZones[region]; ok {
		return n
	}
	return 3
}

// reserved are ports on which something else listens in or beside every pod.
var reserved = map[int]string{
	4317: "the OpenTelemetry collector (gRPC)", 4318: "the OpenTelemetry collector (HTTP)",
	9100: "the node exporter", 9464: "the metrics of every service",
	10248: "the kubelet's health", 10249: "kube-proxy's metrics", 10250: "the kubelet", 10255: "the kubelet", 10256: "kube-proxy's health",
	15000: "the mesh", 15001: "the mesh", 15006: "the mesh", 15008: "the mesh's tunnels (HBONE)", 15020: "the mesh", 15021: "the mesh", 15090: "the mesh",
}

// longestPrefix is how long platform-environment may be: half of a role's name.
const longestPrefix = 32

// networkRules are about addresses, ports, names and the ways in.
var networkRules = []*Rule{
	{
		ID: "zones-of-region", Severity: diag.Error,
		Title:  "The region has as many zones as are asked for",
		Why:    "Subnets in a zone that does not exist cannot be made, and the first apply stops half way.",
		Fix:    "Lower zones, or choose a region that has more.",
		Source: "AWS Global Infrastructure, Regions and Availability Zones",
		check: func(f *Facts, report func(Finding)) {
			test := func(at, region string, zones int) {
				if region == "" || zones <= zonesOf(region) {
					return
				}
				report(Finding{
					Place:   Place{Key: at},
					Summary: fmt.Sprintf("%s has %d zones, not %d", region, zonesOf(region), zones),
					Detail:  "AWS offers no more of them to a new account.",
					Fix:     fmt.Sprintf("Write zones: %d.", zonesOf(region)),
				})
			}
			if f.cloud {
				test("cloud.zones", f.Cloud.Region, f.Cloud.Zones)
			}
			test("recovery.zones", f.Recovery.Region, f.Recovery.Zones)
		},
	},
	{
		ID: "vpn-client-size", Severity: diag.Error,
		Title:  "The VPN's range is between /22 and /12",
		Why:    "AWS Client VPN refuses other sizes, and a range cannot be changed once the endpoint exists.",
		Fix:    "Write a range of /22 or larger; half of it is lost to the second endpoint.",
		Source: "AWS Client VPN Administrator Guide, Rules and best practices",
		check: func(f *Facts, report func(Finding)) {
			c := f.Network.Clients
			if c == nil || !c.CIDR.IsValid() || c.CIDR.Bits() >= 12 && c.CIDR.Bits() <= 22 {
				return
			}
			better, _ := c.CIDR.Addr().Prefix(min(22, max(12, c.CIDR.Bits())))
			report(Finding{
				Place:   Place{Key: "network.vpn.clients.cidr"},
				Summary: fmt.Sprintf("The VPN's range %s is not between /22 and /12", c.CIDR),
				Detail:  fmt.Sprintf("/%d is %s addresses. AWS Client VPN takes at least 1024 and at most 1048576.", c.CIDR.Bits(), addresses(c.CIDR)),
				Fix:     fmt.Sprintf("Write cidr: %s.", better),
			})
		},
	},
	{
		ID: "vpn-crosses", Severity: diag.Error,
		Title:  "A VPN group reaches production or the rest, not both",
		Why:    "One machine that reaches both is a bridge between them, whatever the networks forbid.",
		Fix:    "Split the group in two; people may be in both and choose when they dial.",
		Source: "AWS Client VPN Administrator Guide, Authorization rules; NIST SP 800-46r2, 2.2",
		check: func(f *Facts, report func(Finding)) {
			if f.Network.Clients == nil {
				return
			}
			for _, g := range f.Network.Clients.Groups {
				var prod, others []string
				for _, e := range f.envs {
					switch {
					case !slices.Contains(g.Environments, e.Name):
					case e.Stage == model.Production:
						prod = append(prod, e.Name)
					default:
						others = append(others, e.Name)
					}
				}
				if len(prod) == 0 || len(others) == 0 {
					continue
				}
				report(Finding{
					Place:   Place{Key: "network.vpn.clients.groups." + g.Name + ".environments"},
					Summary: fmt.Sprintf("The VPN group %q reaches %s and %s at once", g.Name, words(prod), words(others)),
					Detail:  "A laptop with a connection to both carries whatever it caught in one of them to the other.",
					Fix:     fmt.Sprintf("Write one group for %s and another for %s.", words(prod), words(others)),
				})
			}
		},
	},
	{
		ID: "port-reserved", Severity: diag.Error,
		Title:  "Services listen where nothing else does",
		Why:    "The port belongs to something that runs in or beside every pod: the service cannot bind it, or is asked what it does not understand, or is bypassed by rules that let the other through.",
		Fix:    "Choose another port.",
		Source: "Kubernetes Documentation, Ports and Protocols; Istio, Ports used by Istio; OpenTelemetry Protocol Specification",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.services() {
				for _, p := range ports(s) {
					owner, taken := reserved[p.port]
					if !taken {
						continue
					}
					report(Finding{
						Place:   e.here(p.key),
						Summary: fmt.Sprintf("The port %d of %q belongs to %s", p.port, s.Name, owner),
						Detail:  "On a machine it cannot be opened twice, and whatever lets the other through lets this through, too.",
						Fix:     "Choose another port, such as 8443.",
					})
				}
			}
		},
	},
	{
		ID: "prefix-too-long", Severity: diag.Error,
		Title:  "The names of platform and environment leave room for another",
		Why:    "Both stand before the name of everything in the cloud. Roles have at most 64 characters and queues 80; what is cut from the front of a name is missed by the policies that allow it by its beginning.",
		Fix:    "Shorten the platform's name or the environment's.",
		Source: "IAM and AWS STS quotas, IAM name requirements; Amazon SQS, Message quotas",
		check: func(f *Facts, report func(Finding)) {
			if !f.cloud {
				return
			}
			for _, e := range f.envs {
				name := f.Name + "-" + e.Name
				if len(name) <= longestPrefix {
					continue
				}
				report(Finding{
					Place:   Place{Key: key("environments", e.Name)},
					Summary: fmt.Sprintf("The names of things in %s begin with more than %d characters", e.Name, longestPrefix),
					Detail:  fmt.Sprintf("%s has %d: %d of the platform, %d of the environment.", name, len(name), len(f.Name), len(e.Name)),
					Fix:     fmt.Sprintf("Shorten them by %d.", len(name)-longestPrefix),
				})
			}
		},
	},
	{
		ID: "name-too-long", Severity: diag.Warning,
		Title:  "Names fit into the names that AWS allows",
		Why:    "Load balancers and target groups have names of at most 32 characters. Longer ones are cut and end in a digest, and dashboards and bills show what nobody recognises.",
		Fix:    "Shorten the name of the service, the environment or the platform.",
		Source: "Elastic Load Balancing API Reference, CreateTargetGroup; IAM quotas; Amazon S3, Bucket naming rules",
		check: func(f *Facts, report func(Finding)) {
			if !f.cloud {
				return
			}
			for e, s := range f.services() {
				name := f.Name + "-" + e.Name + "-" + s.Name
				if len(s.AllPorts()) == 0 || len(name) <= 32 {
					continue
				}
				report(Finding{
					Place:   e.here(key("services", s.Name)),
					Summary: fmt.Sprintf("The target group of %q would have a name of more than 32 characters", s.Name),
					Detail:  fmt.Sprintf("%s has %d. A platform of %d and an environment of %d characters leave %d for the service.", name, len(name), len(f.Name), len(e.Name), max(0, 30-len(f.Name)-len(e.Name))),
					Fix:     "Shorten one of the three.",
				})
			}
			for e, s := range f.stores() {
				name := f.Name + "-" + e.Name + "-" + s.Name + "-123456789012"
				if s.Engine != model.S3 || len(name) <= 63 {
					continue
				}
				report(Finding{
					Place:   e.here(key("stores", s.Name)),
					Summary: fmt.Sprintf("The bucket of %q would have a name of more than 63 characters", s.Name),
					Detail:  fmt.Sprintf("%s-%s-%s and the number of the account have %d.", f.Name, e.Name, s.Name, len(name)),
					Fix:     "Shorten one of the three.",
				})
			}
		},
	},
}

type namedPort struct {
	key  string
	port int
}

func ports(s *model.Service) []namedPort {
	var all []namedPort
	if s.Port != 0 {
		all = append(all, namedPort{key("services", s.Name, "port"), s.Port})
	}
	for _, p := range s.Ports {
		all = append(all, namedPort{key("services", s.Name, "ports", p.Name), p.Port})
	}
	return all
}

func addresses(p netip.Prefix) string { return fmt.Sprint(uint64(1) << (32 - p.Bits())) }

// inDomain reports whether a host is a domain or in it.
func inDomain(host, domain string) bool {
	return host == domain || strings.HasSuffix(host, "."+domain)
}
