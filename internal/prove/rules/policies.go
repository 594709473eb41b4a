package rules

import (
	"fmt"
	"slices"
	"strings"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/diag"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/model"
)

// policyRules are about the statements of the company itself.
var policyRules = []*Rule{
	{
		ID: "never-violated", Severity: diag.Error,
		Title: "Nothing connects what must never be connected",
		Why:   "The company wrote that this connection must not be possible, and another line of the file makes it.",
		Fix:   "Remove the line that opens the connection, or change the policy with those who wrote it.",
		check: func(f *Facts, report func(Finding)) {
			for p, never := range f.Policies.Never {
				for i, e := range f.envs {
					g := f.graph(i)
					for _, c := range g.Reach() {
						if !matches(g, never.From, c.From) || !matches(g, never.To, c.To) || c.From == c.To {
							continue
						}
						report(Finding{
							Place:   e.here(c.Edge.Key),
							Summary: fmt.Sprintf("%s opens %s, which must never be", c.From, c.To),
							Detail:  fmt.Sprintf("This line lets %s connect to %s on port %d, and the policy %s -> %s forbids it.", c.From, c.To, c.Port, never.From, never.To),
							Fix:     "Remove it, or change the policy.",
							Related: []Note{{Place{Key: item("policies.never", p)}, "the policy"}},
						})
					}
				}
			}
		},
	},
	{
		ID: "never-transitive", Severity: diag.Warning,
		Title:  "What is kept apart is not connected through others",
		Why:    "Most breaches take two steps. A wall between two segments does not hold when a service reaches both. Policies that begin at a single service are about that service and not looked at here.",
		Fix:    "Break the chain at one of its calls, or waive the finding with the reason why the service between the two may be trusted.",
		Source: "NIST SP 800-207 Zero Trust Architecture; MITRE ATT&CK TA0008 Lateral Movement",
		check: func(f *Facts, report func(Finding)) {
			for p, never := range f.Policies.Never {
				if strings.HasPrefix(never.From, "service/") || strings.HasPrefix(never.From, "team/") {
					continue
				}
				for i, e := range f.envs {
					chain := chain(f.graph(i), never)
					if len(chain) < 2 {
						continue // a single step is never-violated
					}
					hops := []string{chain[0].From.String()}
					var notes []Note
					for _, c := range chain {
						hops = append(hops, c.To.String())
						notes = append(notes, Note{e.here(c.Edge.Key), fmt.Sprintf("%s opens %s on port %d", c.From, c.To, c.Port)})
					}
					report(Finding{
						Place:   Place{Environment: e.Name, Key: item("policies.never", p)},
						Summary: fmt.Sprintf("%s reaches %s in %d steps", never.From, never.To, len(chain)),
						Detail:  strings.Join(hops, " -> ") + ".",
						Fix:     "Break the chain at one of these lines, or waive this with the reason.",
						Related: notes,
					})
				}
			}
		},
	},
	{
		ID: "never-unknown", Severity: diag.Error,
		Title: "Policies speak of things that exist",
		Why:   "A policy about nothing is kept by every platform. Its authors believe that it protects something.",
		Fix:   "Correct the address, or remove the policy.",
		check: func(f *Facts, report func(Finding)) {
			for p, never := range f.Policies.Never {
				for _, end := range []string{never.From, never.To} {
					found := slices.ContainsFunc(f.envs, func(e *place) bool { return exists(f, e, end) })
					if found {
						continue
					}
					report(Finding{
						Place:   Place{Key: item("policies.never", p)},
						Summary: fmt.Sprintf("The policy speaks of %s, and there is no such thing", end),
						Detail:  fmt.Sprintf("%s -> %s can never be broken.", never.From, never.To),
						Fix:     f.nearest(end),
					})
				}
			}
		},
	},
}

// matches reports whether a thing is meant by an end of a policy.
func matches(g *graph.Graph, end string, a addr.Address) bool {
	kind, name, _ := strings.Cut(end, "/")
	if end == a.String() {
		return true
	}
	t, ok := g.Thing(a)
	if !ok {
		return false
	}
	switch addr.Kind(kind) {
	case addr.Segment:
		return t.Segment == name
	case addr.Team:
		return t.Team == name && (a.Kind == addr.Service || a.Kind == addr.Store)
	case addr.Data:
		return string(t.Data) == name
	}
	return false
}

// exists reports whether an end of a policy means anything in an environment.
func exists(f *Facts, e *place, end string) bool {
	kind, name, _ := strings.Cut(end, "/")
	switch addr.Kind(kind) {
	case addr.Internet:
		return true
	case addr.Service:
		return e.services[name] != nil
	case addr.Store:
		return e.stores[name] != nil
	case addr.Segment:
		return slices.Contains(e.Segments, name)
	case addr.Team:
		return f.teams[name] != nil
	case addr.Site:
		return slices.ContainsFunc(f.Network.Sites, func(s model.Site) bool { return s.Name == name })
	case addr.VPN:
		return f.Network.Clients != nil && slices.ContainsFunc(f.Network.Clients.Groups, func(g model.VPNGroup) bool { return g.Name == name })
	case addr.Data:
		for _, s := range e.Services {
			if string(s.Data) == name {
				return true
			}
		}
		return slices.ContainsFunc(e.Stores, func(s model.Store) bool { return string(s.Data) == name })
	}
	return true // domains may be anything
}

// nearest is what an end of a policy may have meant.
func (f *Facts) nearest(end string) string {
	var known []string
	for _, e := range f.envs {
		for _, s := range e.Services {
			known = append(known, "service/"+s.Name)
		}
		for _, s := range e.Stores {
			known = append(known, "store/"+s.Name)
		}
		for _, s := range e.Segments {
			known = append(known, "segment/"+s)
		}
	}
	for _, t := range f.Teams {
		known = append(known, "team/"+t.Name)
	}
	for _, s := range f.Network.Sites {
		known = append(known, "site/"+s.Name)
	}
	slices.Sort(known)
	if near := diag.Nearest(end, slices.Compact(known)); len(near) > 0 {
		return "Did you mean " + strings.Join(near, " or ") + "?"
	}
	return "Correct the address, or remove the policy."
}

// chain is a shortest way from one end of a policy to the other.
func chain(g *graph.Graph, never model.Flow) []graph.Cell {
	next := map[addr.Address][]graph.Cell{}
	var begin []addr.Address
	came := map[addr.Address]*graph.Cell{}
	for _, c := range g.Reach() {
		next[c.From] = append(next[c.From], c)
		if _, seen := came[c.From]; !seen && matches(g, never.From, c.From) {
			came[c.From] = nil
			begin = append(begin, c.From)
		}
	}
	for queue := begin; len(queue) > 0; queue = queue[1:] {
		for _, c := range next[queue[0]] {
			if _, seen := came[c.To]; seen {
				continue
			}
			came[c.To] = &c
			if !matches(g, never.To, c.To) {
				queue = append(queue, c.To)
				continue
			}
			var way []graph.Cell
			for at := &c; at != nil; at = came[at.From] {
				way = append(way, *at)
			}
			slices.Reverse(way)
			return way
		}
	}
	return nil
}
