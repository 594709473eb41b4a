package rules

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"paddock.dev/internal/graph"
	"paddock.dev/internal/model"
)

// Options narrow a check.
type Options struct {
	// Only these rules run; all when empty.
	Only []string
	// Skip these rules.
	Skip []string
	// Environment whose findings are wanted; all when empty. Findings that are
	// the same in all environments stay.
	Environment string
	// Cloud says that the file has a block about the cloud. Until it has, rules
	// about money, quotas and addresses have nothing to say.
	Cloud bool
	// Graphs of the environments, in their order, when the caller has made them
	// already. Without them a check makes its own.
	Graphs []*graph.Graph
}

// Result is what a check found.
type Result struct {
	// Findings in the order of the rules.
	Findings []Finding
	// Waived are the findings that somebody has accepted, with the waiver.
	Waived []Waived
}

// Waived is a finding and the waiver that silences it.
type Waived struct {
	Finding
	Waiver model.Waiver
}

// Check looks at the platform as it is at an instant: versions end, people are
// away and waivers expire. The same platform and time give the same result.
func Check(p *model.Platform, now time.Time, o Options) Result {
	f := newFacts(p, now, o)
	var found []Finding
	for _, r := range catalogue {
		if r.check == nil || !o.runs(r.ID) {
			continue
		}
		r.check(f, func(one Finding) {
			one.Rule = r
			found = append(found, one)
		})
	}
	// Waivers are judged by all findings: one of another environment may be what
	// a waiver is for.
	result := waive(p, now, o, found)
	result.Findings = slices.DeleteFunc(result.Findings, func(f Finding) bool { return !o.wants(f.Place) })
	result.Waived = slices.DeleteFunc(result.Waived, func(w Waived) bool { return !o.wants(w.Place) })
	slices.SortStableFunc(result.Findings, func(a, b Finding) int {
		return cmp.Compare(slices.Index(catalogue, a.Rule), slices.Index(catalogue, b.Rule))
	})
	return result
}

func (o Options) runs(id string) bool {
	return (len(o.Only) == 0 || slices.Contains(o.Only, id)) && !slices.Contains(o.Skip, id)
}

// wants reports whether a place is in the environment that was asked for.
func (o Options) wants(p Place) bool {
	if o.Environment == "" {
		return true
	}
	if p.Environment != "" {
		return p.Environment == o.Environment
	}
	rest, ok := strings.CutPrefix(p.Key, "environments.")
	if !ok {
		return true
	}
	name, _, _ := strings.Cut(rest, ".")
	return name == o.Environment
}
