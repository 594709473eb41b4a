package aws

import (
	"fmt"
	"slices"

	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// clusters is the layer 40-eks: the images, and for every environment and region
// its clusters, the services that run on machines, the identities of services,
// and the load balancers before those that are called from other networks.
func (c *compiler) clusters() []Root {
	roots := []Root{c.images()}
	for _, env := range c.platform.Environments {
		for i, region := range c.regions() {
			s := site{env: env, region: region, recovery: i > 0, account: c.accountOf(env.Name)}
			if r, ok := c.clustersOf(s); ok {
				roots = append(roots, r)
			}
		}
	}
	return roots
}

// images is the root of the registry.
func (c *compiler) images() Root {
	repositories, pull := Object{}, List{}
	for _, name := range c.serviceNames() {
		repositories = append(repositories, Arg{name, String(c.repository(name))})
	}
	for _, a := range c.accounts() {
		if _, ok := c.platform.Environment(a); ok || c.platform.Accounts.Single {
			pull = append(pull, c.accountID(a))
		}
	}
	args := Args{
		{"platform", String(c.platform.Name)},
		{"account_id", c.accountID(Shared)},
		{"repositories", repositories},
		{"pull_account_ids", pull},
		{"kms_key_arn", Ref("data.aws_kms_alias.data.target_key_arn")},
	}
	if r := c.platform.Recovery.Region; r != "" {
		args = append(args, Arg{"replica_region", String(r)})
	}
	return Root{
		Account: Shared, Region: c.platform.Cloud.Region, Layer: Clusters,
		Lookups: []Lookup{c.keyLookup(Shared, KeyData, "data")},
		Modules: []Module{{Name: "images", Source: "images", From: of("services"), Args: args}},
	}
}

// serviceNames are all services, whatever the environment.
func (c *compiler) serviceNames() []string {
	var names []string
	for _, e := range c.platform.Environments {
		for _, s := range e.Services {
			names = append(names, s.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (c *compiler) clustersOf(s site) (Root, bool) {
	r := Root{Account: s.account, Scope: s.env.Name, Region: s.region, Layer: Clusters, Order: 1}
	for _, cl := range c.Addresses.Clusters {
		if cl.Environment != s.env.Name || cl.Recovery != s.recovery {
			continue
		}
		v, ok := c.Addresses.VPC(s.vpc(cl.Segment))
		if !ok {
			continue
		}
		r.Lookups = append(r.Lookups, c.vpcLookup(v.Name))
		for _, sub := range v.Subnets {
			if sub.Purpose == address.ControlPlane || sub.Purpose == address.Pods || sub.Purpose == address.Balancers {
				r.Lookups = append(r.Lookups, c.subnetLookup(v.Name, sub))
			}
		}
		r.Modules = append(r.Modules, c.clusterModule(s, cl, v))
		for _, svc := range s.env.Services {
			if svc.Segment != cl.Segment || svc.Runtime == model.EC2 {
				continue
			}
			r.Modules = append(r.Modules, c.identity(s, svc, Args{
				{"cluster", Ref("module." + cl.Segment + ".name")},
				{"cluster_arn", Ref("module." + cl.Segment + ".arn")},
				{"namespace", String(s.env.Name)},
			}))
			if strict(svc, cl.Segment) {
				r.Modules = append(r.Modules, c.podGroup(s, svc, v))
			}
			if c.balanced(s.env, svc) {
				r.Modules = append(r.Modules, c.balancer(s, svc, v))
			}
		}
	}
	c.machineServices(s, &r)
	if len(r.Modules) == 0 {
		return r, false
	}
	r.Lookups = append(r.Lookups,
		c.keyLookup(s.account, KeyData, "data"), c.keyLookup(s.account, KeyLogs, "logs"), c.keyLookup(s.account, KeySecrets, "secrets"),
		topicLookup("critical", c.topic(s.account, "critical")), topicLookup("warning", c.topic(s.account, "warning")),
		Lookup{Type: "aws_route53_zone", Name: "private", Args: Args{{"name", String(c.siteZone(s))}, {"private_zone", Bool(true)}}},
		Lookup{Type: "aws_ec2_managed_prefix_list", Name: "s3", Blocks: []Block{filter("prefix-list-name", "com.amazonaws."+s.region+".s3")}},
	)
	return r, true
}

func (c *compiler) clusterModule(s site, cl address.Cluster, v address.VPC) Module {
	name := c.clusterName(s, cl.Segment)
	ports := Object{}
	internet := len(c.platformDomains(s.env, v)) > 0
	for _, svc := range s.env.Services {
		if svc.Segment != cl.Segment || svc.Runtime == model.EC2 {
			continue
		}
		internet = internet || len(svc.Egress) > 0
		if svc.Port != 0 {
			ports = append(ports, Arg{svc.Name, Number(svc.Port)})
		}
		for _, p := range svc.Ports {
			ports = append(ports, Arg{svc.Name + "-" + p.Name, Number(p.Port)})
		}
	}
	role := func(part string) String { return String(fit(name+"-"+part, 64)) }
	m := Module{
		Name: cl.Segment, Source: "eks",
		From: []Origin{{Key: "environments." + s.env.Name}, {Key: "cloud.kubernetes"}},
		Args: Args{
			{"name", String(name)},
			{"kubernetes_version", String(c.platform.Cloud.Kubernetes)},
			{"region", String(s.region)},
			{"account_id", c.accountID(s.account)},
			{"vpc_id", Ref("data.aws_vpc." + word(v.Name) + ".id")},
			{"control_subnet_ids", values(c.subnetIDs(v, address.ControlPlane))},
			{"pod_subnet_ids", values(c.subnetIDs(v, address.Pods))},
			{"service_cidr", String(cl.Services.String())},
			{"service_ports", ports},
			{"api_clients", c.apiClients(s, v)},
			{"node_clients", c.nodeClients(s, cl.Segment, v)},
			{"node_targets", c.clusterTargets(s, cl.Segment, v)},
			{"internet", Bool(internet)},
			{"s3_prefix_list_id", Ref("data.aws_ec2_managed_prefix_list.s3.id")},
			{"data_key_arn", Ref("data.aws_kms_alias.data.target_key_arn")},
			{"secret_key_arn", Ref("data.aws_kms_alias.secrets.target_key_arn")},
			{"log_key_arn", Ref("data.aws_kms_alias.logs.target_key_arn")},
			{"addon_versions", addonVersions},
			{"access", c.clusterAccess(s)},
			{"protected", Bool(production(s.env) || s.env.Stage == model.Acceptance)},
			{"zonal_shift", Bool(production(s.env))},
			{"cluster_role_name", role("control")},
			{"node_role_name", String(nodeRoleName(name))},
			{"network_role_name", role("network")},
			{"volumes_role_name", role("volumes")},
			{"karpenter_role_name", role("karpenter")},
			{"tags", Object{
				{"paddock:env", String(s.env.Name)}, {"paddock:platform", String(c.platform.Name)}, {"paddock:segment", String(cl.Segment)},
			}},
		},
	}
	return m
}

func (c *compiler) clusterName(s site, segment string) string { return c.name(s.vpc(segment)) }

// subnetIDs are the ids of a network's subnets of a purpose by zone letter.
func (c *compiler) subnetIDs(v address.VPC, p address.Purpose) Object {
	o := Object{}
	for _, s := range v.Subnets {
		if s.Purpose == p {
			o = append(o, Arg{address.ZoneLetter(s.Zone), Ref("data.aws_subnet." + word(v.Name+"_"+subnetName(s)) + ".id")})
		}
	}
	sortArgs(o)
	return o
}

// clusterAccess is who gets into a cluster.
func (c *compiler) clusterAccess(s site) Object {
	return Object{
		{"auditors", Object{{"role_arn", c.roleARN(s.account, "paddock-auditor")}, {"policy", String("AmazonEKSViewPolicy")}}},
		{"break-glass", Object{{"role_arn", c.roleARN(s.account, "break-glass")}, {"policy", String("AmazonEKSClusterAdminPolicy")}}},
		{"deployers", Object{{"role_arn", c.roleARN(s.account, "paddock-deploy")}, {"groups", List{String("paddock:deployers")}}}},
		{"operators", Object{{"role_arn", c.roleARN(s.account, "paddock-operator")}, {"groups", List{String("paddock:operators")}}, {"policy", String("AmazonEKSViewPolicy")}}},
		// What runs in it for all is installed by the role of that layer.
		{"platform", Object{{"role_arn", c.roleARN(s.account, "paddock-apply-"+string(InCluster))}, {"policy", String("AmazonEKSClusterAdminPolicy")}}},
	}
}

// apiClients reach the API of a cluster: the agents of its tier, and the people
// who arrive by the VPN of its tier.
func (c *compiler) apiClients(s site, v address.VPC) Object {
	o := Object{}
	if s.recovery {
		return o
	}
	t := tier(s.env)
	for _, n := range c.Addresses.VPCs {
		if n.Environment != "" || n.Recovery {
			continue
		}
		for _, sub := range n.Subnets {
			switch {
			case sub.Purpose == address.Purpose("agents-"+t):
				o = append(o, Arg{subnetName(sub), Object{{"cidr", String(sub.CIDR.String())}, {"why", String("Build agents of " + t)}}})
			case sub.Purpose == address.Association && string(n.Tier) == t:
				o = append(o, Arg{"vpn-" + subnetName(sub), Object{{"cidr", String(sub.CIDR.String())}, {"why", String("Operators on the VPN")}}})
			}
		}
	}
	sortArgs(o)
	return o
}

func portRule(cidr string, port int, why string) Object {
	return Object{{"cidr", String(cidr)}, {"port", Number(port)}, {"why", String(fit(why, 255))}}
}

// nodeClients reach pods from outside their cluster: the load balancers before
// them, and what collects metrics.
func (c *compiler) nodeClients(s site, segment string, v address.VPC) Object {
	o := Object{}
	for _, svc := range s.env.Services {
		if svc.Segment == segment && svc.Runtime != model.EC2 && c.balanced(s.env, svc) {
			o = append(o, c.fromBalancers(svc, v)...)
		}
	}
	sortArgs(o)
	return o
}

// fromBalancers are the subnets of the load balancer before a service.
func (c *compiler) fromBalancers(svc model.Service, v address.VPC) Object {
	o := Object{}
	for _, sub := range v.Subnets {
		if sub.Purpose != address.Balancers {
			continue
		}
		for _, p := range svc.AllPorts() {
			o = append(o, Arg{fmt.Sprintf("%s-%s-%d", svc.Name, subnetName(sub), p), portRule(sub.CIDR.String(), p, "Load balancer of "+svc.Name)})
		}
	}
	return o
}

// clusterTargets are what pods of a cluster reach outside of it: its services,
// and those who ask stores and machines for their figures.
func (c *compiler) clusterTargets(s site, segment string, v address.VPC) Object {
	o := c.targets(s, v, func(svc model.Service) bool { return svc.Segment == segment && svc.Runtime != model.EC2 })
	o = append(o, c.watchedFrom(s, segment)...)
	sortArgs(o)
	return o
}

// targets are what some services of a network reach outside the place where they
// run, be it a cluster or machines: stores, services elsewhere, the endpoints of
// AWS and the store of logs.
func (c *compiler) targets(s site, v address.VPC, these func(model.Service) bool) Object {
	o := Object{}
	add := func(name, cidr string, port int, why string) {
		key := fmt.Sprintf("%s-%d", name, port)
		if !slices.ContainsFunc(o, func(a Arg) bool { return a.Key == key }) {
			o = append(o, Arg{key, portRule(cidr, port, why)})
		}
	}
	for _, sub := range c.endpointSubnets(v) {
		add("aws-"+subnetName(sub), sub.CIDR.String(), 443, "AWS APIs")
	}
	if obs, ok := c.Addresses.VPC("obs-" + tier(s.env)); ok && c.logDomainOf(s) {
		for _, sub := range obs.Subnets {
			if sub.Purpose == address.Data {
				add("logs-"+subnetName(sub), sub.CIDR.String(), 443, "Logs to OpenSearch")
			}
		}
	}
	for _, svc := range s.env.Services {
		if !these(svc) {
			continue
		}
		for _, u := range svc.Edges {
			switch u.Kind {
			case model.UsesStore:
				store, ok := s.env.Store(u.Name)
				to, found := c.Addresses.VPC(s.vpc(store.Segment))
				if !ok || !found || store.Engine == model.S3 || store.Engine == model.SQS {
					continue
				}
				for _, sub := range to.Subnets {
					if sub.Purpose == address.Data {
						for _, p := range store.Ports() {
							add(store.Name+"-"+subnetName(sub), sub.CIDR.String(), p, "Store "+store.Name)
						}
					}
				}
			case model.UsesService:
				callee, ok := s.env.Service(u.Name)
				if !ok || !apart(svc, callee) {
					continue
				}
				to, found := c.Addresses.VPC(s.vpc(callee.Segment))
				if !found {
					continue
				}
				for zone, at := range c.balancerAddresses(to, callee.Name) {
					for _, p := range u.Ports {
						add(callee.Name+"-"+zone, at+"/32", p, "Service "+callee.Name)
					}
				}
			}
		}
	}
	sortArgs(o)
	return o
}

// balanced reports whether a service has a load balancer: it is reached from
// outside its cluster.
func (c *compiler) balanced(env model.Environment, svc model.Service) bool {
	if len(svc.Routes) > 0 || len(svc.Private) > 0 {
		return true
	}
	for i := range env.Services { // most do not use it, and are not even copied
		if other := &env.Services[i]; slices.Contains(other.Uses, svc.Name) && apart(*other, svc) {
			return true
		}
	}
	return c.sited(env, svc) || len(c.peoplePorts(env, svc)) > 0
}

// apart reports whether two services do not share a cluster: one then reaches
// the other by its load balancer.
func apart(a, b model.Service) bool {
	return a.Segment != b.Segment || a.Runtime == model.EC2 || b.Runtime == model.EC2
}

// identity is who a service is in AWS; runs says where it runs.
func (c *compiler) identity(s site, svc model.Service, runs Args) Module {
	prefixes, read, write, queues, domains := List{}, List{}, List{}, List{}, List{}
	caches, secrets := Object{}, Object{}
	for _, name := range svc.Secrets {
		secrets = append(secrets, Arg{name, String(c.secret(s.env.Name, svc.Name, name))})
	}
	if len(svc.Secrets) > 0 {
		prefixes = append(prefixes, String(c.platform.Name+"/"+s.env.Name+"/"+svc.Name+"/"))
	}
	for _, u := range svc.Edges {
		store, ok := s.env.Store(u.Name)
		if u.Kind != model.UsesStore || !ok {
			continue
		}
		switch store.Engine {
		case model.S3:
			b := String(c.storeBucket(s.env.Name, store.Name, s.region))
			if u.Mode == model.ReadWrite {
				write = append(write, b)
			} else {
				read = append(read, b)
			}
		case model.SQS:
			queues = append(queues, String(c.short(75, s.env.Name, store.Name)))
		case model.Redis, model.Valkey:
			caches = append(caches, Arg{c.cacheName(s, store.Name), String(fit(s.env.Name+"-"+store.Name+"-"+svc.Name, 40))})
		case model.OpenSearch:
			domains = append(domains, String(fit(s.env.Name+"-"+store.Name, 28)))
		default:
			prefixes = append(prefixes, String(c.platform.Name+"/"+s.env.Name+"/"+store.Name+"/"+svc.Name))
		}
	}
	args := append(Args{
		{"service", String(svc.Name)},
		{"role_name", String(c.serviceRole(s, svc.Name))},
		{"region", String(s.region)},
		{"account_id", c.accountID(s.account)},
	}, runs...)
	args = append(args, Args{
		{"secrets", secrets},
		{"secret_prefixes", prefixes},
		{"read_buckets", read},
		{"write_buckets", write},
		{"queues", queues},
		{"caches", caches},
		{"domains", domains},
		{"key_arns", List{Ref("data.aws_kms_alias.data.target_key_arn"), Ref("data.aws_kms_alias.secrets.target_key_arn")}},
		{"secret_key_arn", Ref("data.aws_kms_alias.secrets.target_key_arn")},
	}...)
	if s.recovery {
		setArg(args, "secrets", Object{}) // replicas of the primary region's
	} else if c.platform.Recovery.Region != "" && production(s.env) {
		args = append(args, Arg{"replica_region", String(c.platform.Recovery.Region)})
	}
	return Module{Name: "service-" + svc.Name, Source: "service-identity", From: of("services." + svc.Name), Args: args}
}

// balancer is the load balancer before a service.
func (c *compiler) balancer(s site, svc model.Service, v address.VPC) Module {
	addresses, targets, ports := Object{}, Object{}, Object{}
	on, kind := address.Pods, "ip"
	if svc.Runtime == model.EC2 {
		on, kind = address.Machines, "instance"
	}
	for zone, at := range c.balancerAddresses(v, svc.Name) {
		addresses = append(addresses, Arg{zone, String(at)})
	}
	sortArgs(addresses)
	for _, sub := range v.Subnets {
		if sub.Purpose == on {
			targets = append(targets, Arg{subnetName(sub), String(sub.CIDR.String())})
		}
	}
	if svc.Port != 0 {
		ports = append(ports, Arg{mainPort, Number(svc.Port)})
	}
	for _, p := range svc.Ports {
		ports = append(ports, Arg{p.Name, Number(p.Port)})
	}
	short := fit(s.env.Name+"-"+svc.Name+map[bool]string{true: "-r"}[s.recovery], 32)
	return Module{
		Name: "balancer-" + svc.Name, Source: "service-balancer", From: of("services." + svc.Name),
		Args: Args{
			{"name", String(short)},
			{"target_prefix", String(c.targetPrefix(s, svc.Name))},
			{"service", String(svc.Name)},
			{"vpc_id", Ref("data.aws_vpc." + word(v.Name) + ".id")},
			{"subnet_ids", c.subnetIDs(v, address.Balancers)},
			{"addresses", addresses},
			{"ports", ports},
			{"web", Bool(web(svc))},
			{"clients", c.balancerClients(s, svc, v)},
			{"target_cidrs", targets},
			{"target_type", String(kind)},
			{"zone_id", Ref("data.aws_route53_zone.private.zone_id")},
			{"protected", Bool(production(s.env))},
			{"alarm_topics", topics(s.env)},
		},
	}
}

// balancerClients are the callers of a service from outside its cluster.
func (c *compiler) balancerClients(s site, svc model.Service, v address.VPC) Object {
	o := Object{}
	add := func(name string, sub address.Subnet, why string, ports []int) {
		for _, p := range ports {
			key := fmt.Sprintf("%s-%s-%d", name, subnetName(sub), p)
			if !slices.ContainsFunc(o, func(a Arg) bool { return a.Key == key }) {
				o = append(o, Arg{key, portRule(sub.CIDR.String(), p, why)})
			}
		}
	}
	if len(svc.Routes) > 0 {
		if e, ok := c.Addresses.VPC(c.egressOf(address.Tier(tier(s.env)), s.recovery)); ok {
			for _, sub := range e.Subnets {
				if sub.Purpose == address.Edge {
					add("edge", sub, "Public load balancer", []int{svc.Port})
				}
			}
		}
	}
	for _, other := range s.env.Services {
		if !slices.Contains(other.Uses, svc.Name) || !apart(other, svc) {
			continue
		}
		from, ok := c.Addresses.VPC(s.vpc(other.Segment))
		if !ok {
			continue
		}
		on := address.Pods
		if other.Runtime == model.EC2 {
			on = address.Machines
		}
		for _, sub := range from.Subnets {
			if sub.Purpose == on {
				add(other.Segment, sub, "Services of "+other.Segment+" that use "+svc.Name, usedPorts(other, svc.Name))
			}
		}
	}
	if _, ok := c.peopleOf(s.env); ok && !s.recovery && len(c.peoplePorts(s.env, svc)) > 0 {
		for _, n := range c.Addresses.VPCs {
			if isVPN(n) && string(n.Tier) == tier(s.env) {
				for _, sub := range n.Subnets {
					if sub.Purpose == address.Association {
						add("vpn", sub, "People on the VPN", c.peoplePorts(s.env, svc))
					}
				}
			}
		}
	}
	for _, site := range c.platform.Network.Sites {
		for _, r := range site.Reach {
			if r.Service != svc.Name || s.recovery || r.Environment != s.env.Name && (r.Environment != "" || !production(s.env)) {
				continue
			}
			for i, p := range site.CIDRs {
				o = append(o, Arg{fmt.Sprintf("site-%s-%d-%d", site.Name, i, r.Port), portRule(p.String(), r.Port, "Site "+site.Name)})
			}
		}
	}
	sortArgs(o)
	return o
}

func usedPorts(caller model.Service, callee string) []int {
	for _, u := range caller.Edges {
		if u.Kind == model.UsesService && u.Name == callee {
			return u.Ports
		}
	}
	return nil
}
