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
					to := meant(g, never.To)
					for _, c := range cellsOf(g, meant(g, never.From)) {
						if !to[c.To] || c.From == c.To {
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
		ID: "never-vacuous", Severity: diag.Warning,
		Title: "Policies speak of something",
		Why:   "A policy about a segment that nothing lives in, or a class of data that nothing has, is kept by every platform. Its authors believe that it protects something.",
		Fix:   "Correct the policy, or place what it was meant for.",
		check: func(f *Facts, report func(Finding)) {
			for p, never := range f.Policies.Never {
				for _, end := range []string{never.From, never.To} {
					if end == string(addr.Internet) || f.means(end) {
						continue
					}
					report(Finding{
						Place:   Place{Key: item("policies.never", p)},
						Summary: fmt.Sprintf("The policy speaks of %s, and nothing is that", end),
						Detail:  fmt.Sprintf("No service and no store of any environment is meant, so %s -> %s can never be broken.", never.From, never.To),
						Fix:     "Correct it, or remove it.",
					})
				}
			}
		},
	},
}

// means reports whether anything is meant by an end of a policy anywhere.
func (f *Facts) means(end string) bool {
	for i := range f.envs {
		for a := range meant(f.graph(i), end) {
			if a.Kind != addr.Segment {
				return true
			}
		}
	}
	return false
}

// meant are the things that an end of a policy means.
func meant(g *graph.Graph, end string) map[addr.Address]bool {
	kind, name, _ := strings.Cut(end, "/")
	found := map[addr.Address]bool{}
	for _, t := range g.Things {
		var is bool
		switch addr.Kind(kind) {
		case addr.Segment:
			is = t.Segment == name
		case addr.Team:
			is = t.Team == name && (t.Address.Kind == addr.Service || t.Address.Kind == addr.Store)
		case addr.Data:
			is = string(t.Data) == name
		default:
			is = string(t.Address.Kind) == kind && t.Address.Name == name
		}
		if is {
			found[t.Address] = true
		}
	}
	return found
}

// cellsOf are the permissions of some things, in the order of Reach.
func cellsOf(g *graph.Graph, from map[addr.Address]bool) []graph.Cell {
	var found []graph.Cell
	for _, t := range g.Things {
		if from[t.Address] {
			found = append(found, cellsFrom(g.Reach(), t.Address)...)
		}
	}
	return found
}

// cellsFrom finds the permissions of one thing: they rise by their beginning.
func cellsFrom(cells []graph.Cell, a addr.Address) []graph.Cell {
	begin, _ := slices.BinarySearchFunc(cells, a, func(c graph.Cell, a addr.Address) int { return addr.Compare(c.From, a) })
	end := begin
	for end < len(cells) && cells[end].From == a {
		end++
	}
	return cells[begin:end]
}

// chain is a shortest way from one end of a policy to the other.
func chain(g *graph.Graph, never model.Flow) []graph.Cell {
	to := meant(g, never.To)
	came := map[addr.Address]*graph.Cell{}
	var queue []addr.Address
	from := meant(g, never.From)
	for _, t := range g.Things {
		if from[t.Address] {
			came[t.Address] = nil
			queue = append(queue, t.Address)
		}
	}
	cells := g.Reach()
	for ; len(queue) > 0; queue = queue[1:] {
		of := cellsFrom(cells, queue[0])
		for i := range of {
			c := &of[i]
			if _, seen := came[c.To]; seen {
				continue
			}
			came[c.To] = c
			if !to[c.To] {
				queue = append(queue, c.To)
				continue
			}
			var way []graph.Cell
			for at := c; at != nil; at = came[at.From] {
				way = append(way, *at)
			}
			slices.Reverse(way)
			return way
		}
	}
	return nil
}
