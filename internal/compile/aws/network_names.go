package aws

import (
	"cmp"
	"net/netip"
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
		c.lookOnce(r, from(c.vpcLookup(v.Name), "aws.hub"))
		r.Modules = append(r.Modules, binding("names-people", people, v.Name, "aws.hub", account != c.accountOf(Hub), of("network.vpn.clients")))
	}
	if len(sites) > 0 {
		worksIn(r, "shared", Shared)
		c.lookOnce(r, from(c.vpcLookup("shared"), "aws.shared"))
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

// peopleOf is the network of the VPN whose people reach an environment.
func (c *compiler) peopleOf(env model.Environment) (address.VPC, bool) {
	clients := c.platform.Network.Clients
	if clients == nil || !slices.ContainsFunc(clients.Groups, func(g model.VPNGroup) bool { return reachesEnvironment(g, env) }) {
		return address.VPC{}, false
	}
	return c.Addresses.VPC("vpn-" + tier(env))
}

// reachesEnvironment reports whether a group of people has something to do in an
// environment; services without an environment are those of production.
func reachesEnvironment(g model.VPNGroup, env model.Environment) bool {
	return slices.Contains(g.Environments, env.Name) || len(g.Environments) == 0 && len(g.Reach) > 0 && production(env)
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

// authorization is what a group of people reaches.
type authorization struct {
	group, cidr string
	port        int
	why         string
}

// authorizations are what groups of people reach on the VPN of a tier: private
// routes, dashboards and clusters of their environments, or the services that
// they are given by name and nothing else.
func (c *compiler) authorizations(t address.Tier) List {
	clients := c.platform.Network.Clients
	var all []authorization
	for _, g := range clients.Groups {
		mine := false
		add := func(cidr string, port int, why string) {
			a := authorization{g.Name, cidr, port, why}
			if !slices.ContainsFunc(all, func(b authorization) bool { return b.group == a.group && b.cidr == a.cidr && b.port == a.port }) {
				all = append(all, a)
			}
		}
		for _, env := range c.environmentsBy(string(t)) {
			if !reachesEnvironment(g, env) {
				continue
			}
			mine = true
			for _, v := range c.Addresses.VPCs {
				if v.Environment != env.Name || v.Recovery {
					continue
				}
				if len(g.Reach) > 0 {
					c.authorizeServices(g, env, v, add)
					continue
				}
				shown := slices.ContainsFunc(env.Services, func(s model.Service) bool { return s.Segment == v.Segment && len(s.Private) > 0 })
				for _, s := range v.Subnets {
					switch {
					case s.Purpose == address.Balancers && shown:
						add(s.CIDR.String(), httpsPort, "private routes of "+env.Name)
					case s.Purpose == address.ControlPlane && c.hasPods(env, v.Segment):
						add(s.CIDR.String(), httpsPort, "cluster "+v.Segment+" of "+env.Name)
					}
				}
			}
		}
		if !mine || len(g.Reach) > 0 {
			continue
		}
		for _, v := range c.Addresses.VPCs {
			for _, s := range peopleSubnets(v, t) {
				add(s.CIDR.String(), httpsPort, "tools of "+string(t))
			}
		}
	}
	rules := List{}
	for _, a := range all {
		rules = append(rules, Object{{"group", String(a.group)}, {"cidr", String(a.cidr)}, {"port", Number(a.port)}, {"why", String(a.why)}})
	}
	return rules
}

func (c *compiler) authorizeServices(g model.VPNGroup, env model.Environment, v address.VPC, add func(cidr string, port int, why string)) {
	for _, svc := range env.Services {
		if svc.Segment != v.Segment || !slices.Contains(g.Reach, svc.Name) {
			continue
		}
		ports := svc.AllPorts()
		if len(svc.Private) > 0 {
			ports = []int{httpsPort}
		}
		at := c.balancerAddresses(v, svc.Name)
		for _, s := range v.Subnets {
			if s.Purpose != address.Balancers {
				continue
			}
			for _, p := range ports {
				add(netip.MustParseAddr(at[address.ZoneLetter(s.Zone)]).String()+"/32", p, svc.Name+" of "+env.Name)
			}
		}
	}
}

// httpsPort is where private routes, dashboards and the APIs of clusters answer.
const httpsPort = 443

// peopleSubnets are the subnets of a network that serves a tier in which people
// find tools: Jenkins and Grafana, and the store of logs.
func peopleSubnets(v address.VPC, t address.Tier) []address.Subnet {
	return slices.DeleteFunc(slices.Clone(v.Subnets), func(s address.Subnet) bool {
		if v.Environment != "" || v.Recovery || v.Tier != "" && v.Tier != t {
			return true
		}
		return s.Purpose != address.Purpose("tools-"+string(t)) && (s.Purpose != address.Data || v.Tier == "")
	})
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
			c.lookOnce(r, from(c.vpcLookup(v.Name), "aws.hub"))
			r.Modules = append(r.Modules, binding(name+"-people", Object{{"tools", Ref("module." + name + ".zone_id")}}, v.Name, "aws.hub", c.accountOf(Shared) != c.accountOf(Hub), of("network.vpn.clients")))
		}
	}
}

// web reports whether a service answers on 443 beside its own port, where people
// look for private routes.
func web(svc model.Service) bool {
	return len(svc.Private) > 0 && svc.Port != 0 && !slices.Contains(svc.AllPorts(), httpsPort)
}

// peoplePorts are where people on the VPN reach a service: its private routes, or
// all ports when a group was given it by name.
func (c *compiler) peoplePorts(env model.Environment, svc model.Service) []int {
	if len(svc.Private) > 0 {
		return []int{httpsPort}
	}
	clients := c.platform.Network.Clients
	if clients != nil && slices.ContainsFunc(clients.Groups, func(g model.VPNGroup) bool {
		return slices.Contains(g.Reach, svc.Name) && reachesEnvironment(g, env)
	}) {
		return svc.AllPorts()
	}
	return nil
}

// logNames is the name of a tier's store of logs for tools, and for people on the
// VPN of the tier.
func (c *compiler) logNames(r *Root, t string, obs address.VPC) {
	name, origin := "logs-"+t+"-names", of("observe.logs")
	c.lookOnce(r, c.vpcLookup("shared"))
	r.Modules = append(r.Modules, Module{Name: name, Source: "private-zone", From: origin, Args: Args{
		{"name", String("the logs of " + t)},
		{"zone", String(c.logZone(t))},
		{"vpc_id", Ref("data.aws_vpc.shared.id")},
		{"more_vpc_ids", Object{{"observation", Ref("data.aws_vpc." + word(obs.Name) + ".id")}}},
		{"records", Object{{"search", Object{{"type", String("CNAME")}, {"ttl", Number(60)}, {"values", List{Ref("module.logs-" + t + ".endpoint")}}}}}},
	}})
	if v, ok := c.Addresses.VPC("vpn-" + t); ok {
		worksIn(r, "hub", Hub)
		c.lookOnce(r, from(c.vpcLookup(v.Name), "aws.hub"))
		r.Modules = append(r.Modules, binding(name+"-people", Object{{"logs", Ref("module." + name + ".zone_id")}}, v.Name, "aws.hub", c.accountOf(Shared) != c.accountOf(Hub), origin))
	}
}
