package diagram_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/diagram"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// random is a platform of any shape: rings of calls, empty segments, services
// that nobody calls, names of any length.
func random(r *rand.Rand) *model.Platform {
	segments := []string{"apps", "pci", "iot", "data", "edge"}[:1+r.IntN(5)]
	p := &model.Platform{Name: "random", Domain: "random.example", Cloud: model.Cloud{Region: "here"}}
	p.Delivery = model.Delivery{Branch: "main", Branching: model.Gitflow}
	if r.IntN(2) == 0 {
		p.Recovery = model.Recovery{Region: "there"}
		p.Delivery.Canary = []int{5, 50}
		p.Delivery.Hotfix = &model.Hotfix{Approve: model.Approve{From: []string{"leads"}, Count: 1}}
	}
	for i := range r.IntN(3) {
		p.Network.Sites = append(p.Network.Sites, model.Site{Name: fmt.Sprintf("site%d", i), Reach: []model.Reach{{Service: "s0", Port: 8000}}})
	}
	if r.IntN(2) == 0 {
		p.Network.Clients = &model.VPNClients{Groups: []model.VPNGroup{{Name: "people", Environments: []string{"e0", "e1"}}}}
	}
	var services []model.Service
	var stores []model.Store
	for i := range r.IntN(12) {
		stores = append(stores, model.Store{Name: fmt.Sprintf("d%d", i), Engine: model.MongoDB, Nodes: 3, Segment: segments[r.IntN(len(segments))], Team: fmt.Sprint("t", r.IntN(4))})
	}
	n := r.IntN(30)
	for i := range n {
		s := model.Service{Name: fmt.Sprintf("s%d", i), Port: 8000 + i, Segment: segments[r.IntN(len(segments))], Team: fmt.Sprint("t", r.IntN(20))}
		if r.IntN(6) == 0 {
			s.Name = fmt.Sprintf("a-service-with-a-rather-long-name-%d", i)
		}
		for range r.IntN(4) {
			if to := r.IntN(n); to != i {
				s.Edges = append(s.Edges, calls(fmt.Sprintf("s%d", to), 8000+to))
			}
		}
		for range r.IntN(3) {
			if len(stores) > 0 {
				s.Edges = append(s.Edges, model.Use{Kind: model.UsesStore, Name: stores[r.IntN(len(stores))].Name, Ports: []int{27017}})
			}
		}
		if r.IntN(5) == 0 {
			s.Routes = []model.Route{{Host: "www.random.example", Path: "/"}}
		}
		if r.IntN(8) == 0 {
			s.Private = []model.Route{{Host: "in.random.example", Path: "/"}}
		}
		if r.IntN(6) == 0 {
			s.Egress = []string{"api.other.example"}
		}
		services = append(services, s)
	}
	for i := range 1 + r.IntN(4) {
		e := model.Environment{Name: fmt.Sprintf("e%d", i), Stage: model.Test, Services: services, Stores: stores, Segments: segments, Zones: 1 + r.IntN(3)}
		if i > 1 {
			e.Stage, e.Approve = model.Production, model.Approve{From: []string{"leads"}, Count: 1}
		}
		p.Environments = append(p.Environments, e)
		p.Delivery.Path = append(p.Delivery.Path, e.Name)
	}
	return p
}

func calls(name string, port int) model.Use {
	return model.Use{Kind: model.UsesService, Name: name, Mode: model.Required, Ports: []int{port}}
}

func TestGeometryOfAnything(t *testing.T) {
	for seed := range uint64(150) {
		p := random(rand.New(rand.NewPCG(seed, 1)))
		plan, _ := address.Of(p)
		g := graph.Of(p, p.Environments[0])
		all := map[string]diagram.Diagram{"network": diagram.Network(p, plan), "delivery": diagram.Delivery(p), "architecture": diagram.Architecture(p, g)}
		if len(g.Environment.Services) > 0 {
			all["service"] = diagram.Neighbourhood(p, g, addr.Address{Kind: addr.Service, Name: g.Environment.Services[0].Name}, 0)
		}
		for view, d := range all {
			t.Run(fmt.Sprintf("%s/%d", view, seed), func(t *testing.T) { mustHold(t, diagram.Draw(d)) })
		}
	}
}
