package plan

import (
	"fmt"
	"net/netip"

	"paddock.dev/internal/graph/address"
)

// platform compares what everything else hangs on.
func (c *comparison) platform() {
	old, now := c.old.Platform, c.new.Platform
	all := func(kind, key, summary, detail string) {
		c.say("", Consequence{Kind: kind, Level: Danger, At: key, Key: key, Summary: summary, Detail: detail})
	}
	if old.Name != now.Name {
		all("everything-replaced", "name", fmt.Sprintf("The platform is called %s instead of %s: everything gets a new name and is made anew", now.Name, old.Name), "What the old name has is not touched, and no longer known.")
	}
	if old.Cloud.Region != now.Cloud.Region {
		all("everything-replaced", "cloud.region", fmt.Sprintf("The platform moves from %s to %s: everything is made anew", old.Cloud.Region, now.Cloud.Region), "Data does not move by itself.")
	}
	if old.Accounts.Single != now.Accounts.Single {
		all("everything-replaced", "accounts.single", "The layout of accounts changes: everything moves to another account", "Data does not move by itself.")
	}
	ids := map[string]string{}
	for _, a := range old.Accounts.IDs {
		ids[a.Name] = a.ID
	}
	for _, a := range now.Accounts.IDs {
		if was := ids[a.Name]; was != "" && was != a.ID {
			all("everything-replaced", "accounts.ids."+a.Name, fmt.Sprintf("The account %s is %s instead of %s: everything in it is made anew", a.Name, a.ID, was), "Data does not move by itself.")
		}
	}
	if older(now.Cloud.Kubernetes, old.Cloud.Kubernetes) {
		all("cluster-replaced", "cloud.kubernetes", fmt.Sprintf("Kubernetes goes back from %s to %s: every cluster is replaced", old.Cloud.Kubernetes, now.Cloud.Kubernetes), "EKS has no way back to an older version.")
	} else if older(old.Cloud.Kubernetes, now.Cloud.Kubernetes) {
		c.say("", Consequence{Kind: "kubernetes-upgraded", Level: Warning, At: "cloud.kubernetes", Key: "cloud.kubernetes",
			Summary: fmt.Sprintf("Kubernetes goes from %s to %s", old.Cloud.Kubernetes, now.Cloud.Kubernetes), Detail: "One minor version at a time; nodes follow the control plane. There is no way back."})
	}
	if old.Recovery.Region != now.Recovery.Region {
		level, summary := Warning, fmt.Sprintf("The recovery region is %s instead of %s", or(now.Recovery.Region, "none"), or(old.Recovery.Region, "none"))
		if old.Recovery.Region == "" {
			level = Notice
		}
		c.say("", Consequence{Kind: "recovery-region", Level: level, At: "recovery", Key: "recovery.region", Summary: summary})
	}
}

// addresses says which networks, clusters and nodes move. Nothing should: the
// plan of addresses follows from names alone.
func (c *comparison) addresses() {
	was := map[string]netip.Prefix{}
	subnets := map[string]netip.Prefix{}
	for _, v := range c.old.Addresses.VPCs {
		was[v.Name] = v.CIDR
		for _, s := range v.Subnets {
			subnets[subnet(v, s)] = s.CIDR
		}
	}
	for _, v := range c.new.Addresses.VPCs {
		before, ok := was[v.Name]
		if ok && before != v.CIDR {
			c.say("", Consequence{Kind: "network-moved", Level: Danger, At: "network/" + v.Name, Key: "network.cidr",
				Summary: fmt.Sprintf("The network %s moves from %s to %s", v.Name, before, v.CIDR), Detail: "A network cannot be renumbered: it and everything in it are destroyed and made anew."})
			continue
		}
		for _, s := range v.Subnets {
			if before, ok := subnets[subnet(v, s)]; ok && before != s.CIDR {
				c.say("", Consequence{Kind: "network-moved", Level: Danger, At: "network/" + subnet(v, s), Key: "network.cidr",
					Summary: fmt.Sprintf("The subnet %s moves from %s to %s", subnet(v, s), before, s.CIDR), Detail: "It and everything in it are destroyed and made anew."})
			}
		}
	}
	type node struct {
		env, store string
		role       address.Role
		standby    bool
		recovery   bool
		index      int
	}
	nodes := map[node]netip.Addr{}
	of := func(n address.Node) node {
		return node{n.Environment, n.Store, n.Role, n.Standby, n.Recovery, n.Index}
	}
	segments := map[node]string{}
	for _, n := range c.old.Addresses.Nodes {
		nodes[of(n)], segments[of(n)] = n.Addr, n.Segment
	}
	for _, n := range c.new.Addresses.Nodes {
		before, ok := nodes[of(n)]
		if !ok || before == n.Addr || segments[of(n)] != n.Segment {
			continue // of a store that moves to another segment its replacement tells
		}
		c.say(n.Environment, Consequence{Kind: "node-moved", Level: Danger, At: "store/" + n.Store, Key: "stores." + n.Store,
			Summary: fmt.Sprintf("Machines of %s get other addresses, and are replaced", n.Store), Detail: "Their disks stay and are attached again; clients lose the store meanwhile."})
	}
	services := map[[3]string]netip.Prefix{}
	cluster := func(x address.Cluster) [3]string {
		return [3]string{x.Environment, x.Segment, fmt.Sprint(x.Recovery)}
	}
	for _, x := range c.old.Addresses.Clusters {
		services[cluster(x)] = x.Services
	}
	for _, x := range c.new.Addresses.Clusters {
		if before, ok := services[cluster(x)]; ok && before != x.Services {
			c.say(x.Environment, Consequence{Kind: "cluster-replaced", Level: Danger, At: "cluster/" + x.Environment + "-" + x.Segment, Key: "network.cidr",
				Summary: fmt.Sprintf("The cluster of %s has the services' range %s instead of %s, and is replaced", x.Segment, x.Services, before)})
		}
	}
}

func subnet(v address.VPC, s address.Subnet) string {
	return fmt.Sprintf("%s-%s-%s", v.Name, s.Purpose, address.ZoneLetter(s.Zone))
}
