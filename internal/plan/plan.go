// Package plan says what a change of the platform file will do, in consequences
// rather than resources: who can newly reach whom, what is destroyed with data
// in it, what is promised less, what it costs. It compares two platforms as
// they are after reading and defaulting. It refuses to know what exists in the
// cloud: what people changed there by hand is for the plan of Terraform to say.
package plan

import (
	"cmp"
	"slices"

	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// Level is how much a consequence matters.
type Level string

// The levels, from the worst.
const (
	// Danger destroys data or opens a way to card data. Somebody has to accept
	// it.
	Danger Level = "danger"
	// Warning takes something away that was promised, or opens something.
	Warning Level = "warning"
	// Notice is worth knowing.
	Notice Level = "notice"
)

var ranks = map[Level]int{Danger: 0, Warning: 1, Notice: 2}

// Consequence is one thing that the change does.
type Consequence struct {
	// ID is stable: the same change has the same one, whatever else the file
	// says. It is the kind, the environment if there is one, and what it happens
	// to: store-destroyed/prod/store/ledger.
	ID    string `json:"id"`
	Level Level  `json:"level"`
	// Kind such as store-destroyed.
	Kind string `json:"kind"`
	// At is what it happens to, such as store/ledger or env/prod.
	At string `json:"at"`
	// Environment in which it happens; empty when it concerns the whole platform.
	Environment string `json:"environment,omitempty"`
	// Summary is one line without a full stop.
	Summary string `json:"summary"`
	// Detail is sentences; may be empty.
	Detail string `json:"detail,omitempty"`
	// Key of the new file, or of the old one for what is no more there.
	Key string `json:"key,omitempty"`

	part string
}

// Side is one of the two platforms.
type Side struct {
	Platform  *model.Platform
	Graphs    []*graph.Graph
	Addresses *address.Plan
	Roots     []aws.Root
}

// Of prepares a platform for being compared.
func Of(p *model.Platform) Side {
	s := Side{Platform: p, Graphs: graph.All(p)}
	s.Addresses, _ = address.Of(p)
	s.Roots = aws.Roots(aws.Target{Platform: p, Graphs: s.Graphs, Addresses: s.Addresses})
	return s
}

// Plan is what a change does.
type Plan struct {
	// Consequences, the worst first.
	Consequences []Consequence
	Cost         Cost
	// Quotas that the new platform uses at least half of.
	Quotas []Quota
}

// Compare says what happens when the old platform becomes the new one.
func Compare(old, new Side) Plan {
	c := &comparison{old: old, new: new}
	c.platform()
	for _, pair := range c.pairs() {
		c.environment(pair)
	}
	c.addresses()
	c.delivery()
	c.records()
	p := Plan{Cost: costOf(old, new), Quotas: quotas(new)}
	c.budgets(p.Cost)
	c.overQuota(quotas(old), p.Quotas)
	p.Consequences = c.sorted()
	return p
}

// Accepted reports whether somebody accepted the consequence: by its id, its
// kind, what it happens to, or all of them.
func (c Consequence) Accepted(accepted []string) bool {
	return slices.ContainsFunc(accepted, func(a string) bool { return a == "all" || a == c.ID || a == c.Kind || a == c.At })
}

// comparison collects.
type comparison struct {
	old, new Side
	found    []Consequence
}

// say adds a consequence. What of one kind can happen to one thing more than once
// has a part, which tells them apart.
func (c *comparison) say(env string, one Consequence) {
	one.Environment = env
	one.ID = one.Kind + "/" + one.At
	if env != "" {
		one.ID = one.Kind + "/" + env + "/" + one.At
	}
	if one.part != "" {
		one.ID += "#" + one.part
	}
	if slices.ContainsFunc(c.found, func(f Consequence) bool { return f.ID == one.ID }) {
		return // the same about every node of a store
	}
	c.found = append(c.found, one)
}

// sorted has the worst first; environments stay in the order of the path.
func (c *comparison) sorted() []Consequence {
	slices.SortStableFunc(c.found, func(a, b Consequence) int {
		return cmp.Or(
			cmp.Compare(ranks[a.Level], ranks[b.Level]),
			cmp.Compare(kindRank(a.Kind), kindRank(b.Kind)),
			cmp.Compare(a.Kind, b.Kind),
			cmp.Compare(a.At, b.At),
			cmp.Compare(a.part, b.part),
		)
	})
	return c.found
}

// kinds in the order in which they are told within a level; the others follow
// by name.
var kinds = []string{
	"environment-removed", "store-destroyed", "store-replaced", "topic-destroyed", "network-moved", "cluster-replaced",
	"pci-opened", "public-route-added", "reach-added", "egress-added",
}

func kindRank(kind string) int {
	if i := slices.Index(kinds, kind); i >= 0 {
		return i
	}
	return len(kinds)
}

// pair is one environment on both sides; one of them is nil when it is not there.
type pair struct {
	name     string
	old, new *graph.Graph
}

// pairs follow the new path; what is only in the old one comes last.
func (c *comparison) pairs() []pair {
	var all []pair
	for _, g := range c.new.Graphs {
		all = append(all, pair{name: g.Environment.Name, new: g, old: graphOf(c.old.Graphs, g.Environment.Name)})
	}
	for _, g := range c.old.Graphs {
		if graphOf(c.new.Graphs, g.Environment.Name) == nil {
			all = append(all, pair{name: g.Environment.Name, old: g})
		}
	}
	return all
}

func graphOf(graphs []*graph.Graph, name string) *graph.Graph {
	for _, g := range graphs {
		if g.Environment.Name == name {
			return g
		}
	}
	return nil
}

// environment compares one environment, or says that it comes or goes.
func (c *comparison) environment(e pair) {
	at := "env/" + e.name
	switch {
	case e.old == nil:
		c.say("", Consequence{Kind: "environment-added", Level: Notice, At: at, Key: "environments." + e.name,
			Summary: "The environment " + e.name + " is added", Detail: sizes(e.new.Environment)})
		return
	case e.new == nil:
		detail := "All that it holds goes with it: " + list(holding(e.old.Environment)) + "."
		level := Danger
		if len(holding(e.old.Environment)) == 0 {
			detail, level = "It holds no data.", Warning
		}
		c.say("", Consequence{Kind: "environment-removed", Level: level, At: at, Key: "environments." + e.name,
			Summary: "The environment " + e.name + " is destroyed", Detail: detail})
		return
	}
	c.stores(e)
	c.services(e)
	c.reach(e)
	c.place(e)
}

// holding names the stores of an environment that would lose data.
func holding(env model.Environment) []string {
	var names []string
	for _, s := range env.Stores {
		if s.Holds() {
			names = append(names, s.Name)
		}
	}
	return names
}
