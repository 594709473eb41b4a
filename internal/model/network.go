package model

import "net/netip"

// Prefix is a range of addresses. The zero value is none.
type Prefix = netip.Prefix

// Cloud is where the production system runs.
type Cloud struct {
	Provider string
	Region   string
	// Zones is how many availability zones are used; ZoneIDs names them when the
	// file does, such as aps1-az1.
	Zones   int
	ZoneIDs []string
	// Kubernetes version of the clusters, such as 1.35.
	Kubernetes string
	// Quotas are the limits of the account where the file raises them, sorted by
	// name.
	Quotas []Quota
}

// Quota is one limit of the cloud account.
type Quota struct {
	Name  string
	Limit int
}

// Accounts is how the cloud accounts are laid out.
type Accounts struct {
	// Single puts everything into one account, which proves less.
	Single bool
	// Mail pattern for the accounts' addresses; {account} stands for the name.
	Mail string
	// IDs of accounts that exist, sorted by name: management, log-archive,
	// security, network, shared, and the names of environments.
	IDs []AccountID
}

// AccountID is a cloud account that exists.
type AccountID struct{ Name, ID string }

// Network is the address space and what leaves it.
type Network struct {
	// CIDR that every address is computed from.
	CIDR Prefix
	// Segments in the order of the file; the first one takes collapsed
	// segments' inhabitants.
	Segments []string
	// Avoid are ranges inside CIDR that the plan must not use.
	Avoid  []Prefix
	Egress Egress
	// Clients is the VPN of people; nil when there is none.
	Clients *VPNClients
	// Sites are other networks reached by a VPN, sorted by name.
	Sites []Site
	// PrivateDomain of names inside, such as kestrel.internal.
	PrivateDomain string
}

// Egress is how connections leave for the internet.
type Egress struct {
	// Inspect sends them through a firewall with domain lists.
	Inspect bool
	// Shared uses one egress network for all environments instead of one for
	// production and one for the others.
	Shared bool
	// Allow are the domains that every service may reach, sorted.
	Allow []string
}

// VPNClients is the VPN of people.
type VPNClients struct {
	CIDR   Prefix
	Groups []VPNGroup // sorted by name
}

// VPNGroup is what a group of people reaches.
type VPNGroup struct {
	Name string
	// Environments whose private routes and dashboards it reaches.
	Environments []string
	// Reach are services, by name, that it may call.
	Reach []string
}

// Site is another network behind a VPN tunnel.
type Site struct {
	Name    string
	Address netip.Addr
	CIDRs   []Prefix
	// Reach are the ends that the site may open connections to.
	Reach []Reach
}

// Reach is a port of a service in one environment, or in production when
// Environment is empty.
type Reach struct {
	Service     string
	Port        int
	Environment string
}

// Recovery is what survives the loss of the region.
type Recovery struct {
	// Region that takes over; empty when there is none.
	Region  string
	Zones   int
	Targets []Target // one for each tier that the file names, rising
}

// Target is what is promised for a tier.
type Target struct {
	Tier int
	// RPO is how much data may be lost, RTO how long the tier may be away.
	RPO, RTO Duration
}

// Target of a tier: its own, or that of the nearest more important tier.
func (r Recovery) Target(tier int) (Target, bool) {
	var found Target
	for _, t := range r.Targets {
		if t.Tier <= tier {
			found = t
		}
	}
	return found, found.Tier != 0
}
