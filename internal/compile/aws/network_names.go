package aws

import (
	"cmp"
	"slices"
	"strings"

	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// privateNames are the zones of an environment in its own networks: its own, and
// one for each private route that lies elsewhere. People on the VPN of the tier
// know them, and so do sites that reach the route.
func (c *compiler) privateNames(r *Root, env model.Environment, vpcs []address.VPC, recovery bool) {
	own := c.siteZone(site{env: env, recovery: recovery})
	first, more := Ref("module."+vpcs[0].Name+".id"), Object{}
	for _, v := range vpcs[1:] {
		more = append(more, Arg{v.Segment, Ref("module." + v.Name + ".id")})
	}
	zone := func(module, name string, records Object, from []Origin) Module {
		args := Args{{"name", String(env.Name)}, {"zone", String(name)}, {"vpc_id", first}, {"more_vpc_ids", more}}
		if len(records) > 0 {
			args = append(args, Arg{"records", records})
		}
		return Module{Name: module, Source: "private-zone", From: from, Args: args}
	}
	if recovery {
		// People have no way here until the region takes over.
		r.Modules = append(r.Modules, zone("names", own, nil, of("network.private")))
		return
	}
	inside, elsewhere := Object{}, []Module{}
	people, sites := Object{{"names", Ref("module.names.zone_id")}}, Object{}
	for _, host := range c.privateHosts(env) {
		addresses := host.record
		if below, ok := strings.CutSuffix(host.name, "."+own); ok {
			inside = append(inside, Arg{below, addresses})
			if host.site {
				sites = Object{{"names", Ref("module.names.zone_id")}}
			}
			continue
		}
		key := "name-" + strings.ReplaceAll(host.name, ".", "-")
		elsewhere = append(elsewhere, zone(key, host.name, Object{{host.name, addresses}}, of("services."+host.service)))
		id := Arg{key, Ref("module." + key + ".zone_id")}
		people = append(people, id)
		if host.site {
			sites = append(sites, id)
		}
	}
	r.Modules = append(append(r.Modules, zone("names", own, inside, of("network.private"))), elsewhere...)
	account := c.accountOf(env.Name)
	if v, ok := c.peopleOf(env); ok {
		r.Lookups = append(r.Lookups, from(c.vpcLookup(v.Name), "aws.hub"))
		r.Modules = append(r.Modules, binding("names-people", people, v.Name, "aws.hub", account != c.accountOf(Hub), of("network.vpn.clients")))
	}
	if len(sites) > 0 {
		worksIn(r, "shared", Shared)
		r.Lookups = append(r.Lookups, from(c.vpcLookup("shared"), "aws.shared"))
		r.Modules = append(r.Modules, binding("names-sites", sites, "shared", "aws.shared", account != c.accountOf(Shared), of("network.vpn.sites")))
	}
}

// binding makes zones of the root's own account known in a network of another.
func binding(name string, zones Object, vpc, provider string, authorize bool, origin []Origin) Module {
	return Module{
		Name: name, Source: "zone-binding", From: origin, Providers: []Pass{{"aws", "aws"}, {"aws.network", provider}},
		Args: Args{
			{"zone_ids", zones},
			{"vpc_id", Ref("data.aws_vpc." + word(vpc) + ".id")},
			{"authorize", Bool(authorize)},
		},
	}
}

// from is a lookup with another provider.
func from(l Lookup, provider string) Lookup {
	l.Provider = provider
	return l
}

// privateHost is a name that only the company's own networks know.
type privateHost struct {
	name, service string
	record        Object
	site          bool // a site reaches it
}

// privateHosts of an environment by name. A host has one load balancer: of
// services that share one by their paths, that with the shortest path.
func (c *compiler) privateHosts(env model.Environment) []privateHost {
	type claim struct {
		path string
		host privateHost
	}
	all := map[string]claim{}
	for _, svc := range env.Services {
		v, ok := c.Addresses.VPC(site{env: env}.vpc(svc.Segment))
		if !ok {
			continue
		}
		for _, route := range svc.Private {
			if known, ok := all[route.Host]; ok && len(known.path) <= len(route.Path) {
				continue
			}
			var addresses List
			for _, s := range v.Subnets {
				if s.Purpose == address.Balancers {
					addresses = append(addresses, String(address.Nth(s.CIDR, c.balancerPlaces(v)[svc.Name]).String()))
				}
			}
			all[route.Host] = claim{route.Path, privateHost{
				name: route.Host, service: svc.Name, site: c.sited(env, svc),
				record: Object{{"type", String("A")}, {"ttl", Number(60)}, {"values", addresses}},
			}}
		}
	}
	hosts := make([]privateHost, 0, len(all))
	for _, claim := range all {
		hosts = append(hosts, claim.host)
	}
	slices.SortFunc(hosts, func(a, b privateHost) int { return cmp.Compare(a.name, b.name) })
	return hosts
}

// sited reports whether a site reaches a service of an environment.
func (c *compiler) sited(env model.Environment, svc model.Service) bool {
	return slices.ContainsFunc(c.platform.Network.Sites, func(s model.Site) bool { return reachesService(s, env, svc) })
}

func reachesService(s model.Site, env model.Environment, svc model.Service) bool {
	return slices.ContainsFunc(s.Reach, func(r model.Reach) bool {
		return r.Service == svc.Name && (r.Environment == env.Name || r.Environment == "" && production(env))
	})
}

// reachesNetwork reports whether a site reaches a service in a network of an
// environment.
func reachesNetwork(s model.Site, env model.Environment, v address.VPC) bool {
	return !v.Recovery && slices.ContainsFunc(env.Services, func(svc model.Service) bool {
		return svc.Segment == v.Segment && reachesService(s, env, svc)
	})
}

// askingSites are the sites that reach something with a private name: they ask
// the shared network for it.
func (c *compiler) askingSites() []model.Site {
	return slices.DeleteFunc(slices.Clone(c.platform.Network.Sites), func(s model.Site) bool {
		return !slices.ContainsFunc(c.platform.Environments, func(env model.Environment) bool {
			return slices.ContainsFunc(env.Services, func(svc model.Service) bool {
				return len(svc.Private) > 0 && reachesService(s, env, svc)
			})
		})
	})
}

// inboundNames answers the questions of sites for private names.
func (c *compiler) inboundNames(v address.VPC) (Module, bool) {
	var subnets List
	clients := Object{}
	for _, s := range c.askingSites() {
		for _, p := range s.CIDRs {
			clients = append(clients, Arg{s.Name + " " + p.String(), String(p.String())})
		}
	}
	for _, s := range c.endpointSubnets(v) {
		subnets = append(subnets, Ref("module."+v.Name+".subnet_ids[\""+subnetName(s)+"\"]"))
	}
	return Module{
		Name: "inbound", Source: "resolver-inbound", From: of("network.vpn.sites"),
		Args: Args{
			{"name", String(c.name("sites"))},
			{"vpc_id", Ref("module." + v.Name + ".id")},
			{"subnet_ids", subnets},
			{"clients", clients},
		},
	}, len(clients) > 0
}

// toolNames are the zones of the tools of every tier, which people on its VPN
// know too.
func (c *compiler) toolNames(r *Root, shared address.VPC) {
	for _, t := range []string{"nonprod", "prod"} {
		if len(c.environmentsBy(t)) == 0 {
			continue
		}
		name := "tools-" + t + "-names"
		r.Modules = append(r.Modules, Module{Name: name, Source: "private-zone", From: of("network.private"), Args: Args{
			{"name", String("the tools of " + t)},
			{"zone", String(c.toolZone(t))},
			{"vpc_id", Ref("module." + shared.Name + ".id")},
		}})
		if v, ok := c.Addresses.VPC("vpn-" + t); ok {
			r.Lookups = append(r.Lookups, from(c.vpcLookup(v.Name), "aws.hub"))
			r.Modules = append(r.Modules, binding(name+"-people", Object{{"tools", Ref("module." + name + ".zone_id")}}, v.Name, "aws.hub", c.accountOf(Shared) != c.accountOf(Hub), of("network.vpn.clients")))
		}
	}
}

// logNames is the name of a tier's store of logs for tools, and for people on the
// VPN of the tier.
func (c *compiler) logNames(r *Root, t string, obs address.VPC) {
	name, origin := "logs-"+t+"-names", of("observe.logs")
	r.Lookups = append(r.Lookups, c.vpcLookup("shared"))
	r.Modules = append(r.Modules, Module{Name: name, Source: "private-zone", From: origin, Args: Args{
		{"name", String("the logs of " + t)},
		{"zone", String(c.logZone(t))},
		{"vpc_id", Ref("data.aws_vpc.shared.id")},
		{"more_vpc_ids", Object{{"observation", Ref("data.aws_vpc." + word(obs.Name) + ".id")}}},
		{"records", Object{{"search", Object{{"type", String("CNAME")}, {"ttl", Number(60)}, {"values", List{Ref("module.logs-" + t + ".endpoint")}}}}}},
	}})
	if v, ok := c.Addresses.VPC("vpn-" + t); ok {
		worksIn(r, "hub", Hub)
		r.Lookups = append(r.Lookups, from(c.vpcLookup(v.Name), "aws.hub"))
		r.Modules = append(r.Modules, binding(name+"-people", Object{{"logs", Ref("module." + name + ".zone_id")}}, v.Name, "aws.hub", c.accountOf(Shared) != c.accountOf(Hub), origin))
	}
}
