package prices_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
	"paddock.dev/internal/plan/prices"
	"paddock.dev/internal/spec"
)

func estimate(t *testing.T, edit func(*model.Platform)) prices.Bill {
	t.Helper()
	p, problems := spec.Load("../../../examples/kestrel/platform.yaml")
	if p == nil {
		t.Fatal(problems)
	}
	if edit != nil {
		edit(p)
	}
	plan, _ := address.Of(p)
	roots := aws.Roots(aws.Target{Platform: p, Graphs: graph.All(p), Addresses: plan})
	return prices.Estimate(p, roots)
}

// The estimate made by hand for the same company is 48,525 USD, 7,832 of it for
// logs, metrics and detection, most of which depend on volumes that no file
// states. Half of it or twice as much would mean that something is forgotten.
func TestKestrel(t *testing.T) {
	b := estimate(t, nil)
	if total := b.Total(""); total < 25000 || total > 80000 {
		t.Errorf("the example costs %.0f USD a month", total)
	}
	for _, c := range []string{"backup", "balancers", "clusters", "data", "machines", "network", "security", "traffic"} {
		if b.Component(c) <= 0 {
			t.Errorf("%s costs nothing", c)
		}
	}
	if len(b.Inexact) > 0 {
		t.Errorf("instance types without a price: %v", b.Inexact)
	}
	var sum float64
	for _, owner := range []string{"dev", "qa", "uat", "prod", prices.Core} {
		if b.Total(owner) <= 0 {
			t.Errorf("%s costs nothing", owner)
		}
		sum += b.Total(owner)
	}
	if math.Abs(sum-b.Total("")) > 0.01 {
		t.Errorf("the owners' totals are %f, all lines %f", sum, b.Total(""))
	}
}

// Six brokers of m6i.2xlarge at 0.384 for 730 hours.
func TestByHand(t *testing.T) {
	b := estimate(t, func(p *model.Platform) { p.Recovery = model.Recovery{} })
	i := slices.IndexFunc(b.Lines, func(l prices.Line) bool {
		return l.Owner == "prod" && l.What == "kafka: m6i.2xlarge"
	})
	if i < 0 {
		t.Fatal("no brokers in the bill")
	}
	if got, want := b.Lines[i].Month(), 6*0.384*730; math.Abs(got-want) > 0.01 {
		t.Errorf("brokers cost %f, by hand %f", got, want)
	}
}

func TestHours(t *testing.T) {
	off := estimate(t, func(p *model.Platform) { p.Cost.OffHours = true })
	on := estimate(t, func(p *model.Platform) { p.Cost.OffHours = false })
	for _, env := range []string{"dev", "qa", "uat"} {
		if off.Total(env) >= on.Total(env) {
			t.Errorf("%s: %f with hours, %f without", env, off.Total(env), on.Total(env))
		}
	}
	if off.Total("prod") != on.Total("prod") {
		t.Error("production is stopped at night")
	}
	if on.OffHours != 0 || off.OffHours <= 0 {
		t.Errorf("saved %f and %f", on.OffHours, off.OffHours)
	}
}

func TestUnknownInstance(t *testing.T) {
	b := estimate(t, func(p *model.Platform) {
		for e := range p.Environments {
			for s := range p.Environments[e].Stores {
				if st := &p.Environments[e].Stores[s]; st.Name == "kafka" {
					st.Instance = "z9x.2xlarge"
				}
			}
		}
	})
	if !slices.Equal(b.Inexact, []string{"z9x.2xlarge"}) {
		t.Errorf("inexact: %v", b.Inexact)
	}
	if !strings.Contains(strings.Join(b.Assumptions, "\n"), "z9x.2xlarge") {
		t.Error("nobody says that the price is a guess")
	}
}

func TestTable(t *testing.T) {
	for name, p := range prices.Table() {
		if p.Source == "" || p.Unit == "" {
			t.Errorf("%s has no source or unit", name)
		}
	}
}

func BenchmarkEstimate(b *testing.B) {
	p, _ := spec.Load("../../../examples/kestrel/platform.yaml")
	plan, _ := address.Of(p)
	roots := aws.Roots(aws.Target{Platform: p, Graphs: graph.All(p), Addresses: plan})
	for b.Loop() {
		prices.Estimate(p, roots)
	}
}
