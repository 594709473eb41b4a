package v1

// CloudBlock is where the production system is built.
//
// +kubebuilder:object:generate=false
type CloudBlock struct {
	// Provider of the cloud.
	Provider Provider `yaml:"provider" default:"aws" example:"aws"`
	// Region in which everything but recovery is built.
	Region RegionName `yaml:"region" default:"us-east-1" example:"ap-south-1"`
	// Zones is how many availability zones of the region are used.
	Zones int `yaml:"zones" default:"3" example:"3" least:"1" most:"6"`
	// ZoneIDs pins the zones by their ids, which mean the same data centres in
	// every account.
	ZoneIDs []string `yaml:"zoneIDs" example:"[aps1-az1, aps1-az2, aps1-az3]"`
	// Kubernetes is the version of the clusters.
	Kubernetes Version `yaml:"kubernetes" default:"1.35" example:"1.34"`
	// Quotas are limits of the account where they differ from what AWS gives:
	// rules-per-security-group, security-groups-per-interface, vpcs-per-region,
	// routes-per-table, elastic-addresses, standard-vcpus,
	// targets-per-load-balancer, interface-endpoints-per-vpc, network-acl-rules,
	// transit-gateway-routes, eks-clusters, network-interfaces-per-region,
	// application-load-balancers, network-load-balancers, customer-managed-keys,
	// concurrent-function-executions, transit-route-tables, vpn-connections,
	// client-vpn-authorizations, client-vpn-routes, opensearch-domains,
	// database-instances, buckets and roles.
	Quotas Map[int] `yaml:"quotas" example:"{ rules-per-security-group: 120 }"`
}

// RecoveryBlock is what survives the loss of the region.
//
// +kubebuilder:object:generate=false
type RecoveryBlock struct {
	// Region that takes over. Without it nothing is copied to another region.
	Region RegionName `yaml:"region" example:"ap-southeast-1"`
	// Zones is how many availability zones are used there.
	Zones int `yaml:"zones" default:"3" example:"2" least:"1" most:"6"`
	// RPO is how much data of tier 1 may be lost, as the time before the
	// disaster.
	RPO *Duration `yaml:"rpo" example:"15m"`
	// RTO is how long tier 1 may be away.
	RTO *Duration `yaml:"rto" example:"1h"`
	// Tiers are the promises for other tiers, by their number. A tier without
	// one has that of the next more important tier.
	Tiers Map[TargetBlock] `yaml:"tiers" example:"{ 2: { rpo: 1h, rto: 4h } }"`
}

// TargetBlock is what is promised for one tier.
//
// +kubebuilder:object:generate=false
type TargetBlock struct {
	// RPO is how much data may be lost, as the time before the disaster.
	RPO *Duration `yaml:"rpo,required" example:"1h"`
	// RTO is how long the tier may be away.
	RTO *Duration `yaml:"rto,required" example:"4h"`
}

// AccountsBlock is how the cloud accounts are laid out.
//
// +kubebuilder:object:generate=false
type AccountsBlock struct {
	// Single puts everything into one account. It costs the strongest wall that
	// AWS has.
	Single bool `yaml:"single" default:"false" example:"true"`
	// Mail is the pattern of the accounts' addresses; {account} stands for the
	// name of the account.
	Mail MailPattern `yaml:"mail" example:"'aws+{account}@kestrelcars.example'"`
	// IDs of accounts that exist: management, log-archive, security, network,
	// shared, and the names of environments.
	IDs Map[AccountID] `yaml:"ids" example:"{ prod: '210987654321' }"`
}

// NetworkBlock is the address space and the ways in and out.
//
// +kubebuilder:object:generate=false
type NetworkBlock struct {
	// CIDR that every address is computed from.
	CIDR CIDR `yaml:"cidr" default:"10.0.0.0/8" example:"10.32.0.0/11"`
	// Segments of every environment. Services and stores say in which one they
	// live; what may pass between them follows from uses. The first one takes in
	// what lives in segments that an environment collapses.
	Segments []string `yaml:"segments" default:"[apps, data]" example:"[apps, pci, iot, data]"`
	// Avoid are ranges inside cidr that somebody else uses.
	Avoid []CIDR `yaml:"avoid" example:"[10.200.0.0/14]"`
	// Egress is how connections leave for the internet.
	Egress EgressBlock `yaml:"egress" example:"{ inspect: true, allow: [api.razorpay.com] }"`
	// VPN is how people and other networks come in.
	VPN VPNBlock `yaml:"vpn" example:"{ clients: { cidr: 172.24.0.0/22 } }"`
	// Private is the domain of names inside. Without it: the name of the
	// platform, followed by .internal.
	Private Host `yaml:"private" example:"kestrel.internal"`
}

// EgressBlock is how connections leave for the internet.
//
// +kubebuilder:object:generate=false
type EgressBlock struct {
	// Inspect sends connections through a firewall with lists of domains.
	Inspect bool `yaml:"inspect" default:"true" example:"false"`
	// Shared uses one way out for all environments, not one for production and
	// one for the others.
	Shared bool `yaml:"shared" default:"false" example:"true"`
	// Allow are domains that every service may reach.
	Allow []DomainPattern `yaml:"allow" example:"[api.razorpay.com, '*.googleapis.com']"`
}

// VPNBlock is how people and other networks come in.
//
// +kubebuilder:object:generate=false
type VPNBlock struct {
	// Clients is the VPN of people. Without it there is none.
	Clients *ClientsBlock `yaml:"clients" example:"{ cidr: 172.24.0.0/22 }"`
	// Sites are other networks, each behind a tunnel.
	Sites []SiteBlock `yaml:"sites" example:"[{ name: bangalore, address: 203.0.113.10, cidrs: [192.168.0.0/20] }]"`
}

// ClientsBlock is the VPN of people.
//
// +kubebuilder:object:generate=false
type ClientsBlock struct {
	// CIDR from which people's machines get their addresses.
	CIDR CIDR `yaml:"cidr,required,short" example:"172.24.0.0/22"`
	// Groups of people, and what each of them reaches.
	Groups Map[VPNGroupBlock] `yaml:"groups" example:"{ developers: { environments: [dev, qa] } }"`
}

// VPNGroupBlock is what a group of people reaches.
//
// +kubebuilder:object:generate=false
type VPNGroupBlock struct {
	// Environments whose private routes and dashboards the group reaches.
	Environments []string `yaml:"environments,short" example:"[dev, qa]"`
	// Reach names services that the group may call in those environments.
	// Without it: all that have private routes.
	Reach []string `yaml:"reach" example:"[ops-console]"`
}

// SiteBlock is another network behind a tunnel.
//
// +kubebuilder:object:generate=false
type SiteBlock struct {
	// Name of the site.
	Name string `yaml:"name,required" example:"bangalore"`
	// Address of its end of the tunnel on the internet.
	Address IP `yaml:"address,required" example:"203.0.113.10"`
	// CIDRs of the network behind it.
	CIDRs []CIDR `yaml:"cidrs,required" example:"[192.168.0.0/20]"`
	// Reach are services and ports that the site may open connections to:
	// name:port, followed by @ and an environment other than production.
	Reach []Reach `yaml:"reach" example:"[telematics-ingest:8883, ops-console:8452@uat]"`
}
