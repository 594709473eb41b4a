package aws

import (
	"maps"
	"net/netip"
	"slices"

	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// Site is one environment in one region. It answers how things are called and
// where they are for those who write something else about them than Terraform:
// names are the contract between the two.
type Site struct {
	c *compiler
	s site
}

// Sites are all environments in all regions, in the order of the delivery path,
// the region that takes over last.
func Sites(t Target) []Site {
	c := newCompiler(t)
	var all []Site
	for _, env := range t.Platform.Environments {
		for i, region := range c.regions() {
			all = append(all, Site{c, site{env: env, region: region, recovery: i > 0, account: c.accountOf(env.Name)}})
		}
	}
	return all
}

// Platform that the site belongs to.
func (s Site) Platform() *model.Platform { return s.c.platform }

// Environment is the environment of the site.
func (s Site) Environment() model.Environment { return s.s.env }

// Region such as ap-south-1.
func (s Site) Region() string { return s.s.region }

// Recovery reports whether the site waits for the other region to fail.
func (s Site) Recovery() bool { return s.s.recovery }

// Clusters are the Kubernetes clusters of the site, in the order of segments.
func (s Site) Clusters() []address.Cluster {
	var all []address.Cluster
	for _, cl := range s.c.Addresses.Clusters {
		if cl.Environment == s.s.env.Name && cl.Recovery == s.s.recovery {
			all = append(all, cl)
		}
	}
	return all
}

// VPC is the network of a segment.
func (s Site) VPC(segment string) (address.VPC, bool) { return s.c.Addresses.VPC(s.s.vpc(segment)) }

// EndpointSubnets are the subnets in which the services of AWS answer a network.
func (s Site) EndpointSubnets(v address.VPC) []address.Subnet { return s.c.endpointSubnets(v) }

// Observation is the network in which logs and metrics of the site's tier are
// kept. A site that waits has none: it writes to its own region.
func (s Site) Observation() (address.VPC, bool) {
	if !s.c.logDomainOf(s.s) {
		return address.VPC{}, false
	}
	return s.c.Addresses.VPC("obs-" + tier(s.s.env))
}

// Cluster is the name of the cluster of a segment.
func (s Site) Cluster(segment string) string { return s.c.clusterName(s.s, segment) }

// NodeRole is the name of the role of a cluster's nodes.
func (s Site) NodeRole(segment string) string { return nodeRoleName(s.Cluster(segment)) }

// Zone is the private domain of the site, such as prod.kestrel.internal.
func (s Site) Zone() string { return s.c.siteZone(s.s) }

// ZoneIDs are the ids of the zones with pods of a segment, sorted.
func (s Site) ZoneIDs(v address.VPC) []string { return s.c.zoneIDs(v, address.Pods) }

// SubnetName is the tag Name of a subnet.
func (s Site) SubnetName(v address.VPC, sub address.Subnet) string {
	return s.c.name(v.Name, subnetName(sub))
}

// Balanced reports whether a service has a load balancer.
func (s Site) Balanced(svc model.Service) bool { return s.c.balanced(s.s.env, svc) }

// TargetGroup is the name of the target group of a port; port is empty for the
// main one.
func (s Site) TargetGroup(service, port string) string {
	if port == "" {
		port = mainPort
	}
	return s.c.targetPrefix(s.s, service) + "-" + port
}

// Balancer is the fixed addresses of a service's load balancer, in the order of
// the zones.
func (s Site) Balancer(svc model.Service) []netip.Addr {
	v, ok := s.VPC(svc.Segment)
	if !ok {
		return nil
	}
	by := s.c.balancerAddresses(v, svc.Name)
	var all []netip.Addr
	for _, zone := range slices.Sorted(maps.Keys(by)) {
		if a, err := netip.ParseAddr(by[zone]); err == nil {
			all = append(all, a)
		}
	}
	return all
}

// Nodes are the machines and load balancers of a store that we run ourselves.
func (s Site) Nodes(store string) []address.Node {
	var all []address.Node
	for _, n := range s.c.Addresses.Nodes {
		if n.Environment == s.s.env.Name && n.Recovery == s.s.recovery && n.Store == store {
			all = append(all, n)
		}
	}
	return all
}

// KeyAlias is the alias of the site's key for a purpose.
func (s Site) KeyAlias(purpose string) string { return s.c.keyAlias(s.s.account, purpose) }

// Registry is the host of the registry in the region. The account is twelve
// zeros when the platform file does not state it: then nothing can be pulled.
func (s Site) Registry() string {
	id := "000000000000"
	if known, ok := s.c.accountID(Shared).(String); ok {
		id = string(known)
	}
	return id + ".dkr.ecr." + s.s.region + ".amazonaws.com"
}

// Image is the repository of a service's images, without tag and digest.
func (s Site) Image(service string) string { return s.Registry() + "/" + s.c.repository(service) }

// Secret is the name of a secret value of a service.
func (s Site) Secret(service, name string) string {
	return s.c.secret(s.s.env.Name, service, name)
}

// SignIn is the name of the secret with which a service signs in at a store.
// Stores that know roles of AWS need none.
func (s Site) SignIn(store model.Store, service string) (string, bool) {
	return s.c.secret(s.s.env.Name, store.Name, service), signsIn(store)
}

// APMSecret is the name of the key with which traces leave.
func (s Site) APMSecret() string { return s.c.apmSecret(s.s) }

// ToolHost is the name of a tool of a tier, such as
// jenkins.tools-prod.kestrel.internal.
func (s Site) ToolHost(tool, tier string) string { return s.c.toolHost(tool, tier) }

// ToolSecret is the name of the secret with which a tool of a tier starts.
func (s Site) ToolSecret(tool, tier string) string { return s.c.toolSecret(tool, tier) }

// AgentCluster is the name of the cluster with the build agents of a tier.
func (s Site) AgentCluster(tier string) string { return s.c.agentCluster(tier) }

// ToolCopies is the bucket of what all tools share.
func (s Site) ToolCopies() string {
	return s.c.bucket(Shared, "copies", s.c.platform.Cloud.Region)
}

// Bucket is the bucket of an S3 store.
func (s Site) Bucket(store string) string {
	return s.c.storeBucket(s.s.env.Name, store, s.s.region)
}

// Queue is the name of the queue of an SQS store.
func (s Site) Queue(store string) string { return s.c.short(75, s.s.env.Name, store) }

// CacheUser is the name with which a service signs in at a cache.
func (s Site) CacheUser(store, service string) string {
	return fit(s.s.env.Name+"-"+store+"-"+service, 40)
}

const mainPort = "main"

// targetPrefix begins the names of a service's target groups, which have at most
// 32 characters.
func (c *compiler) targetPrefix(s site, service string) string {
	name := s.env.Name + "-" + service
	if s.recovery {
		name += "-r"
	}
	return fit(name, 20)
}

// nodeRoleName is the name of the role of a cluster's nodes.
func nodeRoleName(cluster string) string { return fit(cluster+"-node", 64) }
