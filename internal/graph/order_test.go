package graph_test

import (
	"testing"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/model"
)

func lines(waves [][]addr.Address) []string {
	var text []string
	for _, w := range waves {
		text = append(text, names(w))
	}
	return text
}

func TestStart(t *testing.T) {
	same(t, "waves", lines(of(t, "prod").Start()), []string{
		"service/payments service/telematics store/cache store/documents store/events",
		"service/export service/fleet service/notifications service/pricing",
		"service/booking",
		"service/web",
	})
}

// Pricing and its cache are needed by tier 1, so they come before all of tier 2,
// and the cache is back earlier than its own tier says.
func TestRestore(t *testing.T) {
	same(t, "waves", lines(of(t, "prod").Restore()), []string{
		"service/payments store/cache store/documents store/events",
		"service/pricing",
		"service/booking",
		"service/web",
		"service/telematics",
		"service/fleet",
		"service/notifications",
		"service/export",
	})
}

func TestCycles(t *testing.T) {
	same(t, "rings", lines(of(t, "prod").Cycles()), []string{"service/fleet service/telematics"})
}

// A ring of required calls cannot be put in order; all of it starts at once.
func TestStartOfRing(t *testing.T) {
	p := &model.Platform{}
	env := model.Environment{Name: "prod", Services: []model.Service{
		{Name: "a", Port: 1, Edges: []model.Use{calls("b", 1)}},
		{Name: "b", Port: 1, Edges: []model.Use{calls("c", 1), calls("d", 1)}},
		{Name: "c", Port: 1, Edges: []model.Use{calls("a", 1), calls("b", 1)}},
		{Name: "d", Port: 1},
		{Name: "e", Port: 1, Edges: []model.Use{calls("e", 1)}},
	}}
	g := graph.Of(p, env)
	same(t, "waves", lines(g.Start()), []string{"service/d service/e", "service/a service/b service/c"})
	same(t, "rings", lines(g.Cycles()), []string{"service/a service/b service/c", "service/e"})
}
