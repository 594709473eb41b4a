package graph

import (
	"fmt"
	"slices"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/model"
)

// The gateways that stand before routes, and the port at which they answer.
var (
	PublicGateway  = addr.Address{Kind: addr.Platform, Name: "gateway"}
	PrivateGateway = addr.Address{Kind: addr.Platform, Name: "private-gateway"}
)

const webPort = 443

// addEdges states every edge whose two ends are there in the environment.
func (g *Graph) addEdges(p *model.Platform) {
	most := 2 * len(g.Environment.Stores)
	for _, s := range g.Environment.Services {
		most += 3 + len(s.Edges) + len(s.Produce) + len(s.Consume) + len(s.Egress) + len(p.Network.Egress.Allow)
	}
	g.Edges = make([]Edge, 0, most)
	for _, s := range g.Environment.Services {
		g.addService(p, s)
	}
	for _, s := range g.Environment.Stores {
		self := store(s.Name)
		g.owns(s.Team, self, "stores."+s.Name+".team")
		if ports := s.PeerPorts(); len(ports) > 0 {
			g.add(Edge{From: self, To: self, Kind: Peers, Ports: ports, Key: "stores." + s.Name})
		}
	}
	for _, site := range p.Network.Sites {
		from := addr.Address{Kind: addr.Site, Name: site.Name}
		for i, r := range site.Reach {
			if !g.is(r.Environment) {
				continue
			}
			e := Edge{From: from, To: service(r.Service), Kind: Reaches, Ports: []int{r.Port}, Key: fmt.Sprintf("network.vpn.sites[%s].reach[%d]", site.Name, i)}
			if s, ok := g.Environment.Service(r.Service); ok && len(s.Private) > 0 && !slices.Contains(s.AllPorts(), r.Port) {
				e.Via = PrivateGateway
			}
			g.add(e)
		}
	}
	if p.Network.Clients != nil {
		for _, group := range p.Network.Clients.Groups {
			g.addGroup(group)
		}
	}
}

// addService states what a service opens connections to, and what it offers.
func (g *Graph) addService(p *model.Platform, s model.Service) {
	self, key := service(s.Name), "services."+s.Name
	g.owns(s.Team, self, key+".team")
	for _, u := range s.Edges {
		e := Edge{From: self, To: service(u.Name), Kind: Calls, Mode: u.Mode, Ports: u.Ports, Key: key + ".uses[" + u.Name + "]"}
		if u.Kind == model.UsesStore {
			e.To, e.Kind = store(u.Name), Stores
		}
		g.add(e)
	}
	for _, name := range s.Produce {
		g.add(Edge{From: self, To: topic(name), Kind: Produces, Key: key + ".topics.produce[" + name + "]"})
	}
	for _, name := range s.Consume {
		g.add(Edge{From: self, To: topic(name), Kind: Consumes, Key: key + ".topics.consume[" + name + "]"})
	}
	for _, name := range s.Egress {
		g.add(Edge{From: self, To: addr.Address{Kind: addr.Domain, Name: name}, Kind: Egress, Ports: []int{webPort}, Key: key + ".egress[" + name + "]"})
	}
	for _, name := range p.Network.Egress.Allow {
		if !slices.Contains(s.Egress, name) {
			g.add(Edge{From: self, To: addr.Address{Kind: addr.Domain, Name: name}, Kind: Egress, Ports: []int{webPort}, Key: "network.egress.allow[" + name + "]"})
		}
	}
	if len(s.Routes) > 0 {
		g.add(Edge{From: addr.Everybody, To: self, Kind: Exposes, Ports: []int{webPort}, Via: PublicGateway, Key: key + ".routes"})
	}
}

// addGroup states what people who dial in reach: the private routes of their
// environments, and the services that they are given by name.
func (g *Graph) addGroup(group model.VPNGroup) {
	from, key := addr.Address{Kind: addr.VPN, Name: group.Name}, "network.vpn.clients.groups."+group.Name
	listed := slices.Contains(group.Environments, g.Environment.Name)
	for _, s := range g.Environment.Services {
		named := slices.Contains(group.Reach, s.Name) && (listed || len(group.Environments) == 0 && g.is(""))
		switch {
		case named && len(s.Private) > 0:
			g.add(Edge{From: from, To: service(s.Name), Kind: Reaches, Ports: []int{webPort}, Via: PrivateGateway, Key: key + ".reach[" + s.Name + "]"})
		case named:
			g.add(Edge{From: from, To: service(s.Name), Kind: Reaches, Ports: s.AllPorts(), Key: key + ".reach[" + s.Name + "]"})
		case listed && len(s.Private) > 0:
			g.add(Edge{From: from, To: service(s.Name), Kind: Private, Ports: []int{webPort}, Via: PrivateGateway, Key: key + ".environments[" + g.Environment.Name + "]"})
		}
	}
}

// is reports whether the name means this environment; none means production.
func (g *Graph) is(name string) bool {
	if name == "" {
		return g.Environment.Stage == model.Production
	}
	return name == g.Environment.Name
}

func (g *Graph) owns(owner string, what addr.Address, key string) {
	if owner != "" {
		g.add(Edge{From: team(owner), To: what, Kind: Owns, Key: key})
	}
}

// add leaves out what ends at something that the environment does not have, or
// that is open on no port.
func (g *Graph) add(e Edge) {
	if !g.has(e.From) || !g.has(e.To) || e.Kind.opens() && len(e.Ports) == 0 {
		return
	}
	g.Edges = append(g.Edges, e)
}
