package aws

import (
	"net/netip"
	"slices"

	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

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
