package aws

import (
	"slices"

	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// What asks which services of AWS. S3 and DynamoDB are not here: their gateways
// are in every network and cost nothing.
var (
	// machineServices are asked by every machine of ours: it is managed, its
	// sessions are sealed and kept, and it watches over itself.
	machineServices = []string{"ec2messages", "guardduty-data", "kms", "logs", "secretsmanager", "ssm", "ssmmessages", "sts"}
	// metricServices are asked by machines with the agent of CloudWatch: stores
	// and services on EC2. Nodes of clusters have Prometheus.
	metricServices = []string{"monitoring"}
	// clusterServices are asked by nodes and controllers ("Deploy private clusters
	// with limited internet access", Amazon EKS User Guide), the issuer of
	// certificates, Karpenter (its queue) and Alertmanager (its topics).
	clusterServices = []string{"acm-pca", "ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "elasticloadbalancing", "sns", "sqs"}
)

// centralZones is in how many zones the endpoints are that networks outside
// production share.
const centralZones = 2

// endpointHost is the name at which a service of AWS answers in a region
// ("AWS services that integrate with AWS PrivateLink", by their private DNS
// names).
func endpointHost(service, region string) string {
	switch service {
	case "ecr.api":
		return "api.ecr." + region + ".amazonaws.com"
	case "ecr.dkr":
		return "dkr.ecr." + region + ".amazonaws.com"
	case "eks-auth":
		return "eks-auth." + region + ".api.aws"
	}
	return service + "." + region + ".amazonaws.com"
}

// endpointServices are the services that what runs in a network asks, sorted.
func (c *compiler) endpointServices(env model.Environment, v address.VPC) []string {
	var all []string
	if c.runsIn(env, v, address.Machines) || c.runsIn(env, v, address.Data) {
		all = append(append(all, machineServices...), metricServices...)
	}
	if c.hasPods(env, v.Segment) {
		all = append(append(all, machineServices...), clusterServices...)
	}
	for _, s := range env.Services {
		for _, domain := range s.Egress {
			// Mail is one: who names it is spared the way over the internet.
			if s.Segment == v.Segment && production(env) && domain == endpointHost("email-smtp", c.regionOf(v)) {
				all = append(all, "email-smtp")
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// centralServices are those that networks outside production share, and tools and
// the clusters of build agents beside them. They do not depend on what is there,
// so that nothing is added here when something is added elsewhere.
func centralServices() []string {
	all := slices.Concat(machineServices, metricServices, clusterServices)
	slices.Sort(all)
	return all
}

// regionOf a network.
func (c *compiler) regionOf(v address.VPC) string {
	if v.Recovery {
		return c.platform.Recovery.Region
	}
	return c.platform.Cloud.Region
}

// sharesEndpoints reports whether a network uses the endpoints of the shared one.
func sharesEndpoints(v address.VPC) bool {
	return v.Environment != "" && v.Tier == address.Nonproduction
}

// endpointSubnets are the subnets with the endpoints that a network uses: its own
// in production, those of the shared network elsewhere.
func (c *compiler) endpointSubnets(v address.VPC) []address.Subnet {
	if sharesEndpoints(v) {
		v, _ = c.Addresses.VPC("shared")
	}
	return slices.DeleteFunc(slices.Clone(v.Subnets), func(s address.Subnet) bool {
		return s.Purpose != address.Endpoints || v.Environment == "" && s.Zone >= centralZones
	})
}

// endpoints are the interfaces of AWS services in a network.
func (c *compiler) endpoints(v address.VPC, services []string, more Args) Module {
	region := c.regionOf(v)
	var subnets List
	for _, s := range c.endpointSubnets(v) {
		subnets = append(subnets, Ref("module."+v.Name+".subnet_ids[\""+subnetName(s)+"\"]"))
	}
	args := Args{
		{"name", String(c.name(v.Name))},
		{"region", String(region)},
		{"vpc_id", Ref("module." + v.Name + ".id")},
		{"subnet_ids", subnets},
		{"clients", Object{{v.Name, String(v.CIDR.String())}}},
		{"services", Strings(services)},
		{"organization_id", Ref("data.aws_organizations_organization.this.id")},
	}
	return Module{Name: v.Name + "-endpoints", Source: "endpoints", Args: append(args, more...), From: of("network.segments")}
}

// centralEndpoints are those of the shared network. Their names are zones, which
// other networks are bound to: the names that AWS makes for an endpoint are known
// in its own network alone.
func (c *compiler) centralEndpoints(v address.VPC) Module {
	services := centralServices()
	more := Args{{"zones", c.endpointZones(services, c.platform.Cloud.Region)}}
	accounts, from := List{}, List{}
	if !c.platform.Accounts.Single {
		for _, env := range c.environmentsBy(string(address.Production)) {
			accounts = append(accounts, c.accountID(env.Name))
		}
	}
	for _, s := range v.Subnets {
		if s.Purpose == address.ToolsProduction || s.Purpose == address.AgentsProduction {
			from = append(from, String(s.CIDR.String()))
		}
	}
	if len(accounts) > 0 {
		more = append(more, Arg{"apart", Object{{"account_ids", accounts}, {"from", from}}})
	}
	return c.endpoints(v, services, more)
}

// endpointZones are the private zones of services by their names.
func (c *compiler) endpointZones(services []string, region string) Object {
	o := Object{}
	for _, s := range services {
		o = append(o, Arg{s, String(endpointHost(s, region))})
	}
	return o
}

// endpointsElsewhere lets a network use the endpoints of the shared one: they let
// it in, and it knows their names.
func (c *compiler) endpointsElsewhere(v address.VPC, services []string) Module {
	return Module{
		Name: v.Name + "-endpoints", Source: "endpoint-clients", From: of("network.segments"),
		Providers: []Pass{{"aws", "aws"}, {"aws.owner", "aws.shared"}},
		Args: Args{
			{"name", String(v.Name)},
			{"vpc_id", Ref("module." + v.Name + ".id")},
			{"cidr", String(v.CIDR.String())},
			{"owner", String(c.name("shared"))},
			{"zones", c.endpointZones(services, c.regionOf(v))},
			{"authorize", Bool(!c.platform.Accounts.Single)},
		},
	}
}

// endpointNames are the domains of the services of AWS for the list of names that
// a network may ask for.
func endpointNames(region string) []string {
	return []string{"*.amazonaws.com.", endpointHost("eks-auth", region) + "."}
}
