package graph_test

import (
	"fmt"
	"testing"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/model"
)

// dense is n services that all call one another, each with a store.
func dense(n int) (*model.Platform, model.Environment) {
	env := model.Environment{Name: "prod", Stage: model.Production}
	for i := range n {
		s := model.Service{Name: fmt.Sprintf("s%03d", i), Port: 8000 + i, Tier: 1 + i%4, Segment: "apps"}
		for j := range n {
			if j != i {
				s.Edges = append(s.Edges, calls(fmt.Sprintf("s%03d", j), 8000+j))
			}
		}
		store := fmt.Sprintf("d%03d", i)
		s.Edges = append(s.Edges, uses(store, model.ReadWrite, 27017))
		env.Services = append(env.Services, s)
		env.Stores = append(env.Stores, model.Store{Name: store, Engine: model.MongoDB, Nodes: 3, Segment: "data"})
	}
	return &model.Platform{Environments: []model.Environment{env}}, env
}

// Every one of 200 services is asked about every other.
func BenchmarkReach200(b *testing.B) {
	p, env := dense(200)
	b.ReportAllocs()
	for b.Loop() {
		g := graph.Of(p, env)
		allowed := 0
		for _, from := range g.Things {
			for _, to := range env.Services {
				if _, ok := g.Allowed(from.Address, addr.Address{Kind: addr.Service, Name: to.Name}, to.Port); ok {
					allowed++
				}
			}
		}
		if len(g.Reach()) < 200*199 {
			b.Fatal("permissions are missing")
		}
	}
}

func BenchmarkBlast200(b *testing.B) {
	p, env := dense(200)
	g := graph.Of(p, env)
	for b.Loop() {
		if len(g.Blast(g.Edges[0].To)) == 0 {
			b.Fatal("nothing is hit")
		}
	}
}
