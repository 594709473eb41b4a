package prices

import (
	"strings"

	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/model"
)

// root prices the modules of one root by what they are given.
func (e *estimate) root(r aws.Root) {
	owner := e.owner(r)
	recovery := r.Region != e.platform.Cloud.Region
	for _, m := range r.Modules {
		e.module(owner, recovery, m)
	}
}

func (e *estimate) module(owner string, recovery bool, m aws.Module) {
	a := arguments(m.Args)
	switch m.Source {
	case "eks":
		e.hourly(owner, "clusters", "control plane", "cluster", 1)
		e.instances(owner, "clusters", "system of "+m.Name, systemType, systemNodes)
		if !recovery {
			e.instances(owner, "clusters", "workers of "+m.Name, nodeType, e.workers(owner, m.Name, a.count("pod_subnet_ids")))
		}
	case "machines":
		for _, n := range a.entries("nodes") {
			node := arguments(n.object())
			typ := node.text("instance_type")
			e.instances(owner, "data", m.Name, typ, 1)
			e.monthly(owner, "data", m.Name+": disks", "gp3", float64(node.number("disk_gib")))
		}
	case "valkey":
		factor := 1.0
		if a.text("engine") == "valkey" {
			factor = 0.8 // "Amazon ElastiCache for Valkey": a fifth below Redis
		}
		e.always(owner, "data", m.Name, a.text("node_type"), float64(a.number("shards")*(1+a.number("replicas"))), factor)
	case "opensearch":
		e.always(owner, "data", m.Name, a.text("instance_type"), float64(a.number("nodes")), 1)
		if n := a.number("masters"); n > 0 {
			e.always(owner, "data", m.Name+" masters", "m6g.large.search", float64(n), 1)
		}
		e.monthly(owner, "data", m.Name+": disks", "search-gp3", float64(a.number("nodes")*a.number("disk_gib")))
	case "rds":
		n := 1.0
		if a.flag("multi_az") {
			n = 2
		}
		e.always(owner, "data", m.Name, a.text("instance_class"), n, 1)
		e.monthly(owner, "data", m.Name+": disks", "db-gp3", n*float64(a.number("disk_gib")))
	case "bucket-store":
		// Copies are priced with the backups; programs of functions weigh nothing.
		if m.Name != "copies" && m.Name != "archives" {
			e.monthly(owner, "data", m.Name+": objects", "s3", bucketGB)
		}
	case "vpc":
		e.hourly(owner, "network", "transit attachments", "attachment", 1)
	case "egress":
		zones := float64(a.count("zones"))
		e.hourly(owner, "network", "transit attachments", "attachment", 1)
		e.hourly(owner, "network", "NAT gateways", "nat", zones)
		e.hourly(owner, "network", "public addresses", "address", zones)
		if a.flag("inspect") {
			e.hourly(owner, "network", "firewall endpoints", "firewall", zones)
		}
	case "endpoints":
		e.hourly(owner, "network", "interface endpoints", "endpoint", float64(a.count("services")*a.count("subnet_ids")))
		e.monthly(owner, "network", "zones of names", "zone", float64(a.count("zones")))
	case "private-zone", "public-zone":
		e.monthly(owner, "network", "zones of names", "zone", 1)
	case "resolver-inbound":
		e.hourly(owner, "network", "resolver addresses", "resolver-address", float64(a.count("subnet_ids")))
	case "transit-peering":
		e.hourly(owner, "network", "transit peerings", "attachment", 1)
	case "vpn-site":
		e.hourly(owner, "network", "site tunnels", "vpn-connection", 1)
		e.hourly(owner, "network", "transit attachments", "attachment", 1)
	case "vpn-clients":
		e.hourly(owner, "network", "VPN associations", "vpn-association", float64(a.count("subnet_ids")))
	case "service-balancer":
		e.hourly(owner, "balancers", "internal balancers", "balancer", 1)
	case "edge-balancer":
		e.hourly(owner, "balancers", "public balancers", "balancer", 1)
		e.hourly(owner, "balancers", "public balancers: use", "balancer-use", 5)
		e.hourly(owner, "balancers", "public addresses", "address", float64(a.count("subnet_ids")))
		e.monthly(owner, "balancers", "web ACLs", "webacl", 1)
		e.monthly(owner, "balancers", "web ACL rules", "webacl-rule", 6)
	case "tool-machine":
		e.instances(owner, "tools", m.Name, a.text("instance_type"), 1)
		e.monthly(owner, "tools", m.Name+": disk", "gp3", float64(a.number("disk_gib")))
	case "tool-balancer":
		e.hourly(owner, "balancers", "internal balancers", "balancer", 1)
	case "agent-nodes":
		idle, busy := float64(a.number("nodes_idle")), float64(a.number("nodes_busy"))
		e.instances(owner, "tools", "agents of "+m.Name, "m6i.xlarge", idle+(busy-idle)*workingHours)
	case "keys":
		e.monthly(owner, "security", "keys", "key", float64(a.count("purposes")))
	case "detection":
		e.monthly(owner, "security", "detection and records", "detection", 1)
	}
}

// workingHours is the share of a week in which people work: twelve hours a day,
// five days.
const workingHours = 60.0 / 168

// protection watches what runs on machines.
func (e *estimate) protection() {
	for _, owner := range append(names(e.platform.Environments), Core) {
		if n := e.vcpu[owner]; n > 0 {
			e.monthly(owner, "security", "runtime monitoring of vCPUs", "detection-vcpu", n)
		}
	}
}

func names(all []model.Environment) []string {
	var names []string
	for _, e := range all {
		names = append(names, e.Name)
	}
	return names
}

// arguments read what a module is given. What is not there, or is a reference,
// counts as nothing.
type arguments aws.Args

func (a arguments) value(key string) aws.Value {
	for _, arg := range a {
		if arg.Key == key {
			return arg.Value
		}
	}
	return nil
}

func (a arguments) text(key string) string {
	s, _ := a.value(key).(aws.String)
	return strings.TrimSpace(string(s))
}

func (a arguments) number(key string) int64 {
	n, _ := a.value(key).(aws.Number)
	return int64(n)
}

func (a arguments) flag(key string) bool {
	b, _ := a.value(key).(aws.Bool)
	return bool(b)
}

// count is how many there are in a list or an object.
func (a arguments) count(key string) int {
	switch v := a.value(key).(type) {
	case aws.List:
		return len(v)
	case aws.Object:
		return len(v)
	}
	return 0
}

// entry is one member of an object.
type entry struct{ aws.Arg }

func (e entry) object() aws.Args {
	o, _ := e.Value.(aws.Object)
	return aws.Args(o)
}

func (a arguments) entries(key string) []entry {
	o, _ := a.value(key).(aws.Object)
	var all []entry
	for _, arg := range o {
		all = append(all, entry{arg})
	}
	return all
}
