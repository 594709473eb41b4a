package graph

import (
	"slices"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/model"
)

// addThings names everything that the file speaks of and that is there in the
// environment.
func (g *Graph) addThings(p *model.Platform) {
	env := g.Environment
	seen := map[addr.Address]bool{}
	add := func(t Thing) {
		if !seen[t.Address] {
			seen[t.Address] = true
			g.Things = append(g.Things, t)
		}
	}
	add(Thing{Address: addr.Address{Kind: addr.Environment, Name: env.Name}})
	add(Thing{Address: addr.Everybody})
	for _, s := range env.Services {
		add(Thing{Address: service(s.Name), Team: s.Team, Tier: s.Tier, Segment: s.Segment, Data: s.Data})
	}
	for _, s := range env.Stores {
		add(Thing{Address: store(s.Name), Team: s.Team, Tier: s.Tier, Segment: s.Segment, Data: s.Data})
		for _, t := range s.Topics {
			a := topic(t.Name)
			g.holders[a] = append(g.holders[a], store(s.Name))
			add(Thing{Address: a, Team: s.Team, Tier: s.Tier, Segment: s.Segment, Data: s.Data})
		}
	}
	for _, s := range env.Services {
		for _, domain := range slices.Concat(s.Egress, p.Network.Egress.Allow) {
			add(Thing{Address: addr.Address{Kind: addr.Domain, Name: domain}})
		}
	}
	for _, name := range env.Segments {
		add(Thing{Address: addr.Address{Kind: addr.Segment, Name: name}, Segment: name})
	}
	for _, s := range p.Network.Sites {
		add(Thing{Address: addr.Address{Kind: addr.Site, Name: s.Name}})
	}
	if p.Network.Clients != nil {
		for _, group := range p.Network.Clients.Groups {
			add(Thing{Address: addr.Address{Kind: addr.VPN, Name: group.Name}})
		}
	}
	for _, group := range p.Groups {
		add(Thing{Address: addr.Address{Kind: addr.Group, Name: group.Name}})
	}
	person := func(name, of string) {
		add(Thing{Address: addr.Address{Kind: addr.Person, Name: name}, Team: of})
	}
	for _, t := range p.Teams {
		add(Thing{Address: team(t.Name), Team: t.Name})
		for _, name := range t.Members {
			person(name, t.Name)
		}
	}
	for _, group := range p.Groups {
		for _, name := range group.Members {
			person(name, "")
		}
	}
	for _, who := range p.People {
		person(who.Name, "")
	}
	slices.SortFunc(g.Things, func(a, b Thing) int { return addr.Compare(a.Address, b.Address) })
	for i, t := range g.Things {
		g.things[t.Address] = i
	}
}

func (g *Graph) has(a addr.Address) bool {
	_, ok := g.things[a]
	return ok
}
