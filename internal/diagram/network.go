package diagram

import (
	"fmt"
	"strings"

	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// Network is the address plan as a map: networks around the transit gateway,
// the ways in and out, and the recovery region.
func Network(p *model.Platform, plan *address.Plan) Diagram {
	d := Diagram{
		Title:    "Networks of " + title(p.Name),
		Subtitle: fmt.Sprintf("%s in %s; every network reaches others only through the transit gateway, and only where the file says so", count(len(plan.VPCs), "network"), plan.CIDR),
		Groups: []Group{
			{ID: "sites", Title: "Other networks"},
			{ID: "core", Title: "Shared networks", Detail: p.Cloud.Region},
		},
	}
	n := networkMap{p: p, plan: plan, d: &d, tone: map[string]int{}}
	n.outside()
	n.environments()
	recovery := false
	for _, v := range plan.VPCs {
		recovery = recovery || v.Recovery
		n.network(v)
	}
	d.Nodes = append(d.Nodes, Node{ID: "hub", Title: "Transit gateway", Shape: Bar, Column: 3, Lanes: 1, Tone: 9})
	if recovery {
		d.Groups = append(d.Groups, Group{ID: "recovery", Title: "Recovery", Detail: p.Recovery.Region, Lane: 1})
		d.Nodes = append(d.Nodes, Node{ID: "hub/recovery", Title: "Transit gateway", Shape: Bar, Column: 3, Lane: 1, Lanes: 1, Tone: 9, Group: "recovery"})
		d.Edges = append(d.Edges, Edge{From: "hub", To: "hub/recovery", Line: Solid, Plain: true})
	}
	v := view{d: d}
	v.prune()
	return v.d
}

type networkMap struct {
	p    *model.Platform
	plan *address.Plan
	d    *Diagram
	tone map[string]int
}

// outside is who is not in our networks.
func (n *networkMap) outside() {
	n.d.Nodes = append(n.d.Nodes, Node{ID: "internet", Title: "Internet", Shape: Pill, Column: 1})
	if c := n.p.Network.Clients; c != nil {
		n.d.Nodes = append(n.d.Nodes, Node{ID: "people", Title: "People, by VPN", Detail: c.CIDR.String(), Shape: Pill, Column: 1})
	}
	for _, s := range n.p.Network.Sites {
		var ranges []string
		for _, c := range s.CIDRs {
			ranges = append(ranges, c.String())
		}
		id := "site/" + s.Name
		n.d.Nodes = append(n.d.Nodes, Node{ID: id, Title: s.Name, Detail: strings.Join(ranges, ", "), Shape: Pill, Column: 2, Group: "sites"})
		n.d.Edges = append(n.d.Edges, Edge{From: id, To: "hub", Line: Dashed, Plain: true})
	}
}

// environments makes a frame of each.
func (n *networkMap) environments() {
	for i, env := range n.p.Environments {
		n.tone[env.Name] = toneOf(i)
		detail := count(env.Zones, "zone")
		if env.Hours != nil {
			detail = join(detail, hours(env))
		}
		n.d.Groups = append(n.d.Groups, Group{ID: "env/" + env.Name, Title: env.Name, Detail: detail})
		n.d.Legend = append(n.d.Legend, Legend{Tone: toneOf(i), Text: env.Name})
	}
}

// network is one VPC and its line to the hub.
func (n *networkMap) network(v address.VPC) {
	node := Node{ID: "vpc/" + v.Name, Title: v.Name, Detail: v.CIDR.String(), Shape: Card, Column: 2, Group: "core", Tone: 9}
	hub := "hub"
	if v.Environment != "" {
		node.Column, node.Group, node.Tone = 4, "env/"+v.Environment, n.tone[v.Environment]
	}
	if v.Recovery {
		node.Group, hub = "recovery", "hub/recovery"
	}
	n.d.Nodes = append(n.d.Nodes, node)
	n.d.Edges = append(n.d.Edges, Edge{From: node.ID, To: hub, Line: Solid, Plain: true})
	switch {
	case strings.HasPrefix(v.Name, "egress"):
		n.d.Edges = append(n.d.Edges, Edge{From: "internet", To: node.ID, Line: Solid, Both: true})
	case strings.HasPrefix(v.Name, "vpn"):
		n.d.Edges = append(n.d.Edges, Edge{From: "people", To: node.ID, Line: Solid})
	}
}
