package aws

import (
	"maps"
	"slices"

	"paddock.dev/internal/model"
	"paddock.dev/internal/model/quota"
)

// Use is how much of a limit of AWS roots ask for in one place.
type Use struct {
	// Quota by its name.
	Quota, Account, Region string
	// Where is the network, gateway or group that it is counted in; empty when the
	// account is.
	Where string
}

// Uses counts what the roots of a platform ask for, and the machines that run at
// its peak.
func Uses(p *model.Platform, roots []Root) map[Use]int {
	n := map[Use]int{}
	// Some things are counted where they are joined to, not in the root that joins.
	at := func(r Root, account string) string {
		if p.Accounts.Single {
			return r.Account
		}
		return account
	}
	for _, r := range roots {
		for _, m := range r.Modules {
			countModule(m, func(name, where string, by int) {
				account := r.Account
				if name == quota.TransitTables { // all are of the one gateway
					account = at(r, Hub)
				}
				n[Use{name, account, r.Region, where}] += by
			})
			switch m.Source {
			case "transit-peering": // it has a table at each end
				n[Use{quota.TransitTables, at(r, Hub), p.Cloud.Region, ""}]++
			case "endpoint-clients":
				n[Use{quota.RulesPerSecurityGroup, at(r, Shared), r.Region, "shared-endpoints"}]++
			}
		}
	}
	// In thousandths first: environments may share an account.
	peaks := map[Use]int64{}
	for i := range p.Environments {
		env := &p.Environments[i]
		peak := quota.PeakOf(env)
		account := env.Name
		if p.Accounts.Single {
			account = Shared
		}
		peaks[Use{quota.VCPU, account, p.Cloud.Region, ""}] += peak.Pods + peak.Machines
		if production(*env) && p.Recovery.Region != "" {
			// It runs everything on the day on which the other region is gone.
			peaks[Use{quota.VCPU, account, p.Recovery.Region, ""}] += peak.Pods + peak.Machines
		}
	}
	for where, milli := range peaks {
		n[where] = int((milli + 999) / 1000)
	}
	return n
}

func countModule(m Module, count func(name, where string, by int)) {
	size := func(key string) int {
		for _, a := range m.Args {
			if a.Key != key {
				continue
			}
			switch v := a.Value.(type) {
			case List:
				return len(v)
			case Object:
				return len(v)
			}
		}
		return 0
	}
	switch m.Source {
	case "vpc":
		count(quota.VPCs, "", 1)
		// The local route, the default one, the gateways of S3 and DynamoDB.
		count(quota.Routes, m.Name, most(m, "routes", "purpose")+4)
		for where, rules := range listRules(m) {
			count(quota.ListRules, m.Name+" "+where, rules)
		}
	case "egress":
		count(quota.VPCs, "", 1)
		count(quota.Addresses, "", size("zones"))
		count(quota.TransitTables, "", 1)
		count(quota.Routes, m.Name, size("origins")+size("spokes")+2)
	case "endpoints":
		count(quota.Endpoints, m.Name, size("services"))
	case "eks":
		count(quota.Clusters, "", 1)
		// What comes in and what goes out are counted apart. Nodes talk to one another
		// on the ports of services and five more, and to the control plane.
		count(quota.RulesPerSecurityGroup, "nodes of "+m.Name, size("service_ports")+10+max(size("node_clients"), size("node_targets")))
	case "data-access":
		count(quota.RulesPerSecurityGroup, m.Name, size("clients"))
		count(quota.Roles, "", 1)
	case "log-domain":
		count(quota.RulesPerSecurityGroup, m.Name, size("clients")+1)
		count(quota.OpenSearchDomains, "", 1)
	case "service-identity":
		count(quota.Roles, "", 1)
	case "service-balancer":
		count(quota.NetworkBalancers, "", 1)
		count(quota.RulesPerSecurityGroup, m.Name, size("clients"))
	case "edge-balancer":
		count(quota.ApplicationBalancers, "", 1)
	case "transit-route-table", "transit-peering":
		count(quota.TransitTables, "", 1)
	case "vpn-site":
		count(quota.Tunnels, "", 1)
	case "vpn-clients":
		count(quota.ClientAuthorizations, m.Name, size("authorizations")+1)
		count(quota.ClientRoutes, m.Name, distinct(m, "authorizations", "cidr"))
		count(quota.RulesPerSecurityGroup, m.Name, size("authorizations"))
	case "opensearch":
		count(quota.OpenSearchDomains, "", 1)
	case "rds":
		count(quota.DatabaseInstances, "", 1)
	case "bucket-store", "log-bucket":
		count(quota.Buckets, "", 1)
	}
}

// tally counts the objects of a list by one of their values.
func tally(m Module, key, by string) map[Value]int {
	n := map[Value]int{}
	for _, a := range m.Args {
		if l, ok := a.Value.(List); ok && a.Key == key {
			for _, v := range l {
				o, _ := v.(Object)
				for _, field := range o {
					if field.Key == by {
						n[field.Value]++
					}
				}
			}
		}
	}
	return n
}

func distinct(m Module, key, by string) int { return len(tally(m, key, by)) }

func most(m Module, key, by string) int {
	n := 0
	for _, count := range tally(m, key, by) {
		n = max(n, count)
	}
	return n
}

// listRules are how many rules a network's lists have, by list and direction.
func listRules(m Module) map[string]int {
	n := map[string]int{}
	for _, a := range m.Args {
		rules, ok := a.Value.(List)
		if !ok || a.Key != "acl" {
			continue
		}
		for _, v := range rules {
			fields := map[string]Value{}
			for _, f := range v.(Object) {
				fields[f.Key] = f.Value
			}
			for _, list := range fields["lists"].(List) {
				for _, direction := range fields["directions"].(List) {
					n[string(list.(String))+" "+string(direction.(String))]++
				}
			}
		}
	}
	return n
}

// requestQuotas asks AWS in every account and region for the limits that what is
// rendered exceeds, and for those that the file states.
func (c *compiler) requestQuotas(roots []Root) {
	needs := map[[3]string]int{}
	for at, n := range Uses(c.platform, roots) {
		key := [3]string{at.Account, at.Region, at.Quota}
		needs[key] = max(needs[key], n)
	}
	for i := range roots {
		r := &roots[i]
		for j := range r.Modules {
			if m := &r.Modules[j]; m.Source == "account-baseline" {
				setArg(m.Args, "quotas", c.quotas(r.Account, func(name string) int { return needs[[3]string{r.Account, r.Region, name}] }))
			}
		}
	}
}

// quotas of an account in a region, by name: what the file states where there are
// workloads, and more where more is needed.
func (c *compiler) quotas(account string, need func(name string) int) Object {
	_, workloads := c.platform.Environment(account)
	asked := map[string]int{}
	for _, name := range quota.Names() {
		q, _ := quota.Find(name)
		i := slices.IndexFunc(c.platform.Cloud.Quotas, func(f model.Quota) bool { return f.Name == name })
		have := q.Default
		if i >= 0 {
			have = c.platform.Cloud.Quotas[i].Limit
		}
		switch {
		case q.Service == "iam": // asked for in another region alone
		case need(name) > have:
			asked[name] = q.Enough(have, need(name))
		case i >= 0 && (workloads || c.platform.Accounts.Single):
			asked[name] = have
		}
	}
	o := Object{}
	for _, name := range slices.Sorted(maps.Keys(asked)) {
		q, _ := quota.Find(name)
		o = append(o, Arg{name, Object{{"service", String(q.Service)}, {"code", String(q.Code)}, {"value", Number(asked[name])}}})
	}
	return o
}
