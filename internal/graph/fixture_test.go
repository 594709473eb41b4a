package graph_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/model"
)

// rentals is a small car rental: enough kinds of edges to have an opinion on
// each, and a ring of calls.
func rentals() *model.Platform {
	stores := []model.Store{
		{Name: "cache", Engine: model.Redis, Team: "web", Tier: 2, Segment: "data"},
		{Name: "documents", Engine: model.MongoDB, Nodes: 3, Team: "bookings", Tier: 1, Segment: "data", Data: model.PII},
		{Name: "events", Engine: model.Kafka, Coordination: model.KRaft, Nodes: 3, Team: "platform", Tier: 1, Segment: "data",
			Topics: []model.Topic{{Name: "booking.events"}, {Name: "fleet.status"}}},
	}
	services := []model.Service{
		{Name: "booking", Port: 8443, Team: "bookings", Tier: 1, Segment: "apps",
			Edges:   []model.Use{calls("payments", 8445), optionally("pricing", 8444), uses("documents", model.ReadWrite, 27017), uses("events", model.ReadWrite, 9094)},
			Produce: []string{"booking.events"}},
		{Name: "export", Team: "data", Tier: 4, Segment: "apps", Edges: []model.Use{uses("documents", model.Secondary, 27017)}},
		{Name: "fleet", Port: 8446, Team: "fleet", Tier: 2, Segment: "apps",
			Edges: []model.Use{calls("telematics", 8447), uses("events", model.ReadWrite, 9094)}, Produce: []string{"fleet.status"}},
		{Name: "notifications", Port: 8449, Team: "growth", Tier: 3, Segment: "apps",
			Edges: []model.Use{uses("events", model.ReadWrite, 9094)}, Consume: []string{"booking.events", "fleet.status"}, Egress: []string{"*.push.example"}},
		{Name: "payments", Port: 8445, Team: "payments", Tier: 1, Segment: "pci", Data: model.PCI, Egress: []string{"api.psp.example"}},
		{Name: "pricing", Port: 8444, Team: "discovery", Tier: 1, Segment: "apps", Edges: []model.Use{uses("cache", model.ReadWrite, 6379)}},
		{Name: "telematics", Port: 8447, Ports: []model.NamedPort{{Name: "mqtt", Port: 8883}}, Team: "fleet", Tier: 2, Segment: "iot",
			Edges: []model.Use{optionally("fleet", 8446)}},
		{Name: "web", Port: 8440, Team: "web", Tier: 1, Segment: "apps", Routes: []model.Route{{Host: "www.rentals.example", Path: "/"}},
			Private: []model.Route{{Host: "web.rentals.internal", Path: "/"}}, Edges: []model.Use{calls("booking", 8443), uses("cache", model.ReadWrite, 6379)}},
	}
	p := &model.Platform{
		Name:   "rentals",
		Groups: []model.Group{{Name: "leads", Members: []string{"asha"}}},
		Teams:  []model.Team{{Name: "bookings", Members: []string{"asha", "meera"}}},
		Network: model.Network{
			Egress:  model.Egress{Allow: []string{"time.example"}},
			Clients: &model.VPNClients{Groups: []model.VPNGroup{{Name: "developers", Environments: []string{"dev"}}, {Name: "ops", Environments: []string{"prod"}, Reach: []string{"fleet"}}}},
			Sites:   []model.Site{{Name: "carrier", Reach: []model.Reach{{Service: "telematics", Port: 8883}, {Service: "web", Port: 443}}}},
		},
		Recovery: model.Recovery{Region: "r2", Targets: []model.Target{{Tier: 1, RTO: time.Hour}, {Tier: 2, RTO: 4 * time.Hour}}},
		Observe:  model.Observe{APM: "newrelic"},
	}
	for _, name := range []string{"dev", "prod"} {
		env := model.Environment{Name: name, Stage: model.Development, Services: services, Stores: stores, Segments: []string{"apps", "pci", "iot", "data"}}
		if name == "prod" {
			env.Stage = model.Production
		}
		p.Environments = append(p.Environments, env)
	}
	return p
}

func calls(name string, port int) model.Use {
	return model.Use{Kind: model.UsesService, Name: name, Mode: model.Required, Ports: []int{port}}
}

func optionally(name string, port int) model.Use {
	return model.Use{Kind: model.UsesService, Name: name, Mode: model.Optional, Ports: []int{port}}
}

func uses(name string, mode model.Mode, port int) model.Use {
	return model.Use{Kind: model.UsesStore, Name: name, Mode: mode, Ports: []int{port}}
}

// of is the graph of one environment of the car rental.
func of(t testing.TB, env string) *graph.Graph {
	t.Helper()
	p := rentals()
	e, ok := p.Environment(env)
	if !ok {
		t.Fatalf("no environment %s", env)
	}
	return graph.Of(p, e)
}

func at(t testing.TB, text string) addr.Address {
	t.Helper()
	a, err := addr.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func names(all []addr.Address) string {
	var text []string
	for _, a := range all {
		text = append(text, a.String())
	}
	return strings.Join(text, " ")
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %s\nwant %s", what, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}
