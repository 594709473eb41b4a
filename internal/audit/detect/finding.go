package detect

import (
	"cmp"
	"slices"
	"time"

	"paddock.dev/internal/audit/search"
)

const (
	// foldWithin is how close two sightings of a rule with the same actor are to
	// be one finding, and named how many of its things a finding names.
	foldWithin = time.Hour
	named      = 5
)

// Finding is a rule that was set off, by one event or several.
type Finding struct {
	Rule       string   `json:"rule"`
	Title      string   `json:"title"`
	Severity   Severity `json:"severity"`
	Techniques []string `json:"techniques"`
	// Time and Last are of the first and last event.
	Time time.Time `json:"time"`
	Last time.Time `json:"last"`
	// Events counts them; the lists name the first few of each.
	Events    int          `json:"events"`
	Actors    []string     `json:"actors,omitempty"`
	Actions   []string     `json:"actions,omitempty"`
	Targets   []string     `json:"targets,omitempty"`
	Addresses []string     `json:"addresses,omitempty"`
	Regions   []string     `json:"regions,omitempty"`
	Agents    []string     `json:"agents,omitempty"`
	Account   string       `json:"account,omitempty"`
	Why       string       `json:"why"`
	Do        string       `json:"do"`
	Refs      []search.Ref `json:"refs"`
}

// group is the events of one finding in order of time.
type group struct {
	rule      int
	sightings []*sighting
}

// Findings judges what all observers saw. The most severe come first, then the
// earliest. Folded counts events that the observers had no room for: there may
// be more findings then.
func (e *Engine) Findings() (found []Finding, folded int) {
	hits, folded := e.gather()
	var groups []group
	for start := 0; start < len(hits); {
		end := start + 1
		for end < len(hits) && hits[end].rule == hits[start].rule && hits[end].key == hits[start].key {
			end++
		}
		r, some := e.rules[hits[start].rule], hits[start:end]
		switch {
		case r.Count != nil:
			groups = append(groups, counted(r.Count, some)...)
		case r.Sequence != nil:
			groups = append(groups, inSequence(r.Sequence, some)...)
		default:
			groups = append(groups, alone(some)...)
		}
		start = end
	}
	groups = append(groups, e.news()...)
	groups = append(groups, e.silences()...)
	for _, g := range e.fold(groups) {
		found = append(found, e.finding(g))
	}
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), a.Time.Compare(b.Time), cmp.Compare(a.Rule, b.Rule), slices.Compare(a.Actors, b.Actors), cmp.Compare(a.Account, b.Account))
	})
	return found, folded
}

// compareHits puts the steps of one instant in the order of the sequence:
// CloudTrail's times are whole seconds.
func compareHits(a, b hit) int {
	return cmp.Or(cmp.Compare(a.rule, b.rule), cmp.Compare(a.key, b.key), a.time.Compare(b.time), cmp.Compare(a.step, b.step), compareSightings(a.sighting, b.sighting))
}

func compareSightings(a, b *sighting) int {
	return cmp.Or(a.time.Compare(b.time), cmp.Compare(a.id, b.id), cmp.Compare(a.ref.File, b.ref.File), cmp.Compare(a.ref.Record, b.ref.Record))
}

func alone(hits []hit) []group {
	groups := make([]group, len(hits))
	for i, h := range hits {
		groups[i] = group{h.rule, []*sighting{h.sighting}}
	}
	return groups
}

// counted finds the times with enough events, or enough distinct values, within
// the window. A time lasts as long as events follow one another within it.
func counted(c *Count, hits []hit) []group {
	var groups []group
	var open *group
	values := map[string]int{}
	start := 0
	for i, h := range hits {
		if open != nil && h.time.Sub(hits[i-1].time) <= c.Within {
			open.sightings = append(open.sightings, h.sighting)
			continue
		}
		if open != nil {
			open, start = nil, i
			clear(values)
		}
		values[h.distinct]++
		for h.time.Sub(hits[start].time) > c.Within {
			if values[hits[start].distinct]--; values[hits[start].distinct] == 0 {
				delete(values, hits[start].distinct)
			}
			start++
		}
		reached := i + 1 - start
		if c.Distinct != nil {
			reached = len(values)
		}
		if reached >= c.AtLeast {
			groups = append(groups, group{rule: h.rule})
			open = &groups[len(groups)-1]
			for _, one := range hits[start : i+1] {
				open.sightings = append(open.sightings, one.sighting)
			}
		}
	}
	return groups
}

// inSequence finds the steps one after the other; an event may be but one of
// them.
func inSequence(s *Sequence, hits []hit) []group {
	var groups []group
	var until time.Time
	for i, h := range hits {
		if h.step != 0 || h.time.Before(until) {
			continue
		}
		steps, last := []*sighting{h.sighting}, h
		for _, next := range hits[i+1:] {
			if next.time.Sub(h.time) > s.Within {
				break
			}
			if next.step == len(steps) && !slices.Contains(steps, next.sighting) {
				steps, last = append(steps, next.sighting), next
				if len(steps) == len(s.Steps) {
					break
				}
			}
		}
		if len(steps) == len(s.Steps) && last.selected {
			groups = append(groups, group{h.rule, steps})
			until = last.time
		}
	}
	return groups
}

// fold makes one of groups with the same rule and actor that follow closely.
func (e *Engine) fold(groups []group) []group {
	slices.SortStableFunc(groups, func(a, b group) int {
		x, y := a.sightings[0], b.sightings[0]
		return cmp.Or(cmp.Compare(a.rule, b.rule), cmp.Compare(x.principal, y.principal), cmp.Compare(x.account, y.account), compareSightings(x, y))
	})
	var folded []group
	for _, g := range groups {
		if n := len(folded); n > 0 {
			last := &folded[n-1]
			end := last.sightings[len(last.sightings)-1]
			next := g.sightings[0]
			if last.rule == g.rule && e.rules[g.rule].Silence == nil && end.principal == next.principal && end.account == next.account && next.time.Sub(end.time) <= foldWithin {
				last.sightings = append(last.sightings, g.sightings...)
				continue
			}
		}
		folded = append(folded, g)
	}
	return folded
}

func (e *Engine) finding(g group) Finding {
	r, first := e.rules[g.rule], g.sightings[0]
	f := Finding{
		Rule: r.ID, Title: r.Title, Severity: r.Severity, Techniques: r.Techniques, Why: r.Why, Do: r.Do,
		Time: first.time, Last: first.time, Events: len(g.sightings), Account: first.account,
	}
	if r.Silence != nil {
		// Who spoke last and first did not make the pause.
		f.Events, f.Last = 0, g.sightings[1].time
		f.Refs = []search.Ref{first.ref, g.sightings[1].ref}
		return f
	}
	for _, s := range g.sightings {
		name(&f.Actors, s.actor)
		if s.time.After(f.Last) {
			f.Last = s.time
		}
		name(&f.Actions, s.action)
		name(&f.Targets, s.target)
		name(&f.Addresses, s.address)
		name(&f.Regions, s.region)
		name(&f.Agents, s.agent)
		if len(f.Refs) < named {
			f.Refs = append(f.Refs, s.ref)
		}
	}
	return f
}

// name adds a text that is not there yet while there is room.
func name(list *[]string, text string) {
	if text != "" && len(*list) < named && !slices.Contains(*list, text) {
		*list = append(*list, text)
	}
}
