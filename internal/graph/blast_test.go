package graph_test

import (
	"slices"
	"strings"
	"testing"

	"paddock.dev/internal/graph"
)

func TestBlast(t *testing.T) {
	for lost, want := range map[string][]string{
		"service/payments": {
			"fails service/booking: calls payments",
			"fails service/web: calls booking, calls payments",
			"degrades service/notifications: consumes booking.events, produces booking.events, calls payments",
		},
		// Optional: booking goes on, and who calls booking sees nothing of it.
		"service/pricing": {"degrades service/booking: calls pricing"},
		"store/cache": {
			"fails service/pricing: stores cache",
			"fails service/web: stores cache",
			"degrades service/booking: calls pricing, stores cache",
		},
		"store/documents": {
			"fails service/booking: stores documents",
			"fails service/web: calls booking, stores documents",
			"degrades service/export: stores documents",
			"degrades service/notifications: consumes booking.events, produces booking.events, stores documents",
		},
		"topic/fleet.status":      {"fails service/fleet: produces fleet.status", "fails service/notifications: consumes fleet.status", "degrades service/telematics: calls fleet, produces fleet.status"},
		"domain/api.push.example": {"degrades service/notifications: egress *.push.example"},
		"domain/time.example":     nil, // all may use it, nobody said that it must
		"segment/iot": {
			"fails service/telematics: ",
			"fails service/fleet: calls telematics",
			"degrades service/notifications: consumes fleet.status, produces fleet.status, calls telematics",
		},
		"service/nobody": nil,
	} {
		var got []string
		for _, i := range of(t, "prod").Blast(at(t, lost)) {
			var path []string
			for _, e := range i.Path {
				path = append(path, string(e.Kind)+" "+e.To.Name)
			}
			word := "degrades"
			if i.Hard {
				word = "fails"
			}
			got = append(got, word+" "+i.Address.String()+": "+strings.Join(path, ", "))
			if len(i.Path) > 0 && i.Path[0].From != i.Address {
				t.Errorf("%s: the path of %s begins at %s", lost, i.Address, i.Path[0].From)
			}
		}
		same(t, lost, got, want)
	}
}

// Losing an environment loses every service and store in it.
func TestBlastOfEnvironment(t *testing.T) {
	g := of(t, "prod")
	hard := 0
	for _, i := range g.Blast(at(t, "env/prod")) {
		if i.Hard && i.Address.Kind != "topic" {
			hard++
		}
	}
	if want := len(g.Environment.Services) + len(g.Environment.Stores); hard != want {
		t.Errorf("%d are lost, want %d", hard, want)
	}
}

// What is near is the beginning of everything, whatever the bound.
func TestBlastNear(t *testing.T) {
	g := of(t, "prod")
	for _, lost := range g.Things {
		everything := g.Blast(lost.Address)
		for enough := range 6 {
			near, all := g.BlastNear(lost.Address, enough)
			if all && len(near) != len(everything) {
				t.Errorf("%s, %d: all of %d, and there are %d", lost.Address, enough, len(near), len(everything))
			}
			if !all && len(near) < enough {
				t.Errorf("%s, %d: only %d of %d", lost.Address, enough, len(near), len(everything))
			}
			for _, i := range near {
				if !slices.ContainsFunc(everything, func(e graph.Impact) bool {
					return e.Address == i.Address && (e.Hard || !i.Hard) && (len(e.Path) == len(i.Path) || e.Hard != i.Hard)
				}) {
					t.Errorf("%s, %d: %s is not hit like that", lost.Address, enough, i.Address)
				}
			}
		}
	}
}
