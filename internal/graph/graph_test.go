package graph_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/model"
)

func TestReach(t *testing.T) {
	var got []string
	for _, c := range of(t, "prod").Reach() {
		if c.From.Name == "export" || c.To.Name == "time.example" {
			continue // said below
		}
		got = append(got, fmt.Sprintf("%s -> %s:%d %s %s", c.From, c.To, c.Port, c.Edge.Kind, c.Edge.Key))
	}
	same(t, "cells", got, []string{
		"internet -> service/web:443 exposes services.web.routes",
		"service/booking -> service/payments:8445 calls services.booking.uses[payments]",
		"service/booking -> service/pricing:8444 calls services.booking.uses[pricing]",
		"service/booking -> store/documents:27017 stores services.booking.uses[documents]",
		"service/booking -> store/events:9094 stores services.booking.uses[events]",
		"service/fleet -> service/telematics:8447 calls services.fleet.uses[telematics]",
		"service/fleet -> store/events:9094 stores services.fleet.uses[events]",
		"service/notifications -> domain/*.push.example:443 egress services.notifications.egress[*.push.example]",
		"service/notifications -> store/events:9094 stores services.notifications.uses[events]",
		"service/payments -> domain/api.psp.example:443 egress services.payments.egress[api.psp.example]",
		"service/pricing -> store/cache:6379 stores services.pricing.uses[cache]",
		"service/telematics -> service/fleet:8446 calls services.telematics.uses[fleet]",
		"service/web -> service/booking:8443 calls services.web.uses[booking]",
		"service/web -> store/cache:6379 stores services.web.uses[cache]",
		"site/carrier -> service/telematics:8883 reaches network.vpn.sites[carrier].reach[0]",
		"site/carrier -> service/web:443 reaches network.vpn.sites[carrier].reach[1]",
		"store/documents -> store/documents:27017 peers stores.documents",
		"store/events -> store/events:9093 peers stores.events",
		"vpn/ops -> service/fleet:8446 reaches network.vpn.clients.groups.ops.reach[fleet]",
		"vpn/ops -> service/web:443 private network.vpn.clients.groups.ops.environments[prod]",
	})
}

func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		env, from, to string
		port          int
		want          bool
	}{
		{"prod", "service/booking", "service/payments", 8445, true},
		{"prod", "service/booking", "service/payments", 8446, false},
		{"prod", "service/payments", "service/booking", 8443, false}, // the other way round
		{"prod", "service/web", "service/payments", 8445, false},     // not through booking
		{"prod", "service/export", "store/documents", 27017, true},
		{"prod", "service/notifications", "domain/api.push.example", 443, true},
		{"prod", "service/notifications", "domain/push.example", 443, false},
		{"prod", "service/web", "domain/api.push.example", 443, false},
		{"prod", "service/web", "domain/time.example", 443, true}, // every service may
		{"prod", "internet", "service/booking", 443, false},
		{"prod", "vpn/developers", "service/web", 443, false},
		{"dev", "vpn/developers", "service/web", 443, true},
		{"dev", "vpn/ops", "service/fleet", 8446, false},
		{"dev", "site/carrier", "service/telematics", 8883, false}, // production is meant
		{"prod", "service/nobody", "service/web", 8440, false},
	} {
		e, ok := of(t, c.env).Allowed(at(t, c.from), at(t, c.to), c.port)
		if ok != c.want || ok && e.Key == "" {
			t.Errorf("%s: %s to %s:%d: %v by %q, want %v", c.env, c.from, c.to, c.port, ok, e.Key, c.want)
		}
	}
}

// The platform's own connections are never among those of the file, nor the
// other way round.
func TestPlatformIsKeptApart(t *testing.T) {
	g := of(t, "prod")
	own := g.Platform()
	for _, want := range []graph.Own{
		{From: at(t, "service/web"), To: graph.DNS, Port: 53},
		{From: graph.Metrics, To: at(t, "service/export"), Port: graph.MetricsPort},
		{From: graph.PublicGateway, To: at(t, "service/web"), Port: 8440},
		{From: graph.Collector, To: at(t, "domain/otlp.nr-data.net"), Port: 443},
	} {
		if !slices.ContainsFunc(own, func(o graph.Own) bool {
			return o.From == want.From && o.To == want.To && o.Port == want.Port && o.Why != ""
		}) {
			t.Errorf("%s to %s:%d is missing", want.From, want.To, want.Port)
		}
		if _, ok := g.Allowed(want.From, want.To, want.Port); ok {
			t.Errorf("%s to %s:%d is said to be of the file", want.From, want.To, want.Port)
		}
	}
	for _, o := range own {
		if o.From == graph.Probes && o.To == at(t, "service/export") {
			t.Error("a service that listens nowhere is probed")
		}
	}
}

func TestOwner(t *testing.T) {
	g := of(t, "prod")
	for what, want := range map[string]string{
		"service/booking": "bookings", "store/cache": "web", "topic/fleet.status": "platform",
		"person/meera": "bookings", "team/bookings": "bookings", "internet": "", "service/nobody": "",
	} {
		if got, ok := g.Owner(at(t, what)); got != want || ok != (want != "") {
			t.Errorf("%s is owned by %q (%v), want %q", what, got, ok, want)
		}
	}
}

func TestWithoutLeavesNoEdges(t *testing.T) {
	p := rentals()
	env := p.Environments[0]
	env.Services = slices.DeleteFunc(slices.Clone(env.Services), func(s model.Service) bool { return s.Name == "payments" })
	for _, e := range graph.Of(p, env).Edges {
		if e.To.Name == "payments" {
			t.Errorf("%v ends at what is not there", e)
		}
	}
}

// Every end of an edge is a thing, and From and To agree with Edges.
func TestEdgesEndAtThings(t *testing.T) {
	for _, g := range graph.All(rentals()) {
		if !slices.IsSortedFunc(g.Things, func(a, b graph.Thing) int { return addr.Compare(a.Address, b.Address) }) {
			t.Error("things are out of order")
		}
		n := 0
		for _, thing := range g.Things {
			n += len(g.From(thing.Address))
			for _, e := range g.To(thing.Address) {
				if _, ok := g.Thing(e.From); !ok {
					t.Errorf("%v begins nowhere", e)
				}
			}
		}
		if n != len(g.Edges) {
			t.Errorf("%d edges begin at things, of %d", n, len(g.Edges))
		}
	}
}

func TestSameEveryTime(t *testing.T) {
	first := graph.All(rentals())
	for range 20 {
		if again := graph.All(rentals()); !reflect.DeepEqual(first, again) {
			t.Fatal("the same platform gave another graph")
		}
	}
}
