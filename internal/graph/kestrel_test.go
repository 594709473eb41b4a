package graph_test

import (
	"testing"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/spec"
)

func kestrel(t *testing.T) (*spec.File, []*graph.Graph) {
	t.Helper()
	f, problems := spec.LoadFile("../../examples/kestrel/platform.yaml")
	if f == nil {
		t.Fatal(problems)
	}
	return f, graph.All(f.Platform)
}

// Every edge names the very line that states it.
func TestKeysAreInTheFile(t *testing.T) {
	f, graphs := kestrel(t)
	for _, g := range graphs {
		for _, e := range g.Edges {
			if at, ok := f.Locate(g.Environment.Name, e.Key); !ok || at.Line == 0 {
				t.Errorf("%s: %s, of the edge from %s to %s, is not in the file", g.Environment.Name, e.Key, e.From, e.To)
			}
		}
	}
}

// What the car rental leaves out on purpose, in every environment and on every
// port that the other end has.
func TestKestrelLeavesOut(t *testing.T) {
	_, graphs := kestrel(t)
	for _, g := range graphs {
		deny := func(from, to string) {
			t.Helper()
			a, b := at(t, from), at(t, to)
			if _, ok := g.Thing(a); !ok {
				t.Fatalf("there is no %s in %s", from, g.Environment.Name)
			}
			for _, c := range g.Reach() {
				if c.From == a && c.To == b {
					t.Errorf("%s: %s may reach %s:%d by %s", g.Environment.Name, from, to, c.Port, c.Edge.Key)
				}
			}
		}
		deny("service/web-bff", "service/payments")
		deny("service/search", "store/mongo-core")
		deny("service/pricing", "store/mongo-core")
		deny("service/pricing", "store/mongo-pci")
		deny("service/data-export", "store/mongo-pci")
		deny("service/fleet", "service/payments")
		for _, s := range g.Environment.Stores {
			deny("service/ops-console", "store/"+s.Name)
			if s.Name != "kafka" {
				deny("service/notifications", "store/"+s.Name)
			}
			deny("internet", "store/"+s.Name)
			for _, site := range []string{"site/bangalore", "site/carrier", "vpn/developers", "vpn/sre", "vpn/operations"} {
				deny(site, "store/"+s.Name)
			}
		}
		for _, from := range []string{"service/telematics-ingest", "service/trip-tracker"} {
			for _, to := range []string{"service/payments", "service/identity", "store/mongo-pci", "store/redis-pci"} {
				deny(from, to)
			}
		}
	}
}

// Nothing leads out of one environment into another one: an end that is not in
// it is no end of an edge.
func TestKestrelStaysInItsEnvironment(t *testing.T) {
	_, graphs := kestrel(t)
	for _, g := range graphs {
		for _, c := range g.Reach() {
			if c.To.Kind == addr.Environment || c.From.Kind == addr.Environment {
				t.Errorf("%s: %s reaches %s", g.Environment.Name, c.From, c.To)
			}
			if c.From.Kind == addr.VPN && c.From.Name == "developers" && g.Environment.Name == "prod" {
				t.Errorf("developers reach %s in production", c.To)
			}
		}
	}
}
