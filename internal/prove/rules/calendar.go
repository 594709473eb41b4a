package rules

import (
	"slices"
	"time"

	"paddock.dev/internal/model"
)

// period is a piece of time, its end not included.
type period struct{ from, to time.Time }

func (p period) length() time.Duration { return p.to.Sub(p.from) }

// sweep returns the pieces between from and to in which something holds. It asks
// only where a calendar may turn: at the edges.
func sweep(from, to time.Time, edges []time.Time, holds func(time.Time) bool) []period {
	edges = append(slices.Clone(edges), from, to)
	slices.SortFunc(edges, time.Time.Compare)
	edges = slices.CompactFunc(edges, time.Time.Equal)
	var found []period
	for i, at := range edges {
		if at.Before(from) || !at.Before(to) || i+1 == len(edges) || !holds(at) {
			continue
		}
		next := edges[i+1]
		if n := len(found); n > 0 && found[n-1].to.Equal(at) {
			found[n-1].to = next
			continue
		}
		found = append(found, period{at, next})
	}
	return found
}

// total is how long all periods are together.
func total(all []period) time.Duration {
	var sum time.Duration
	for _, p := range all {
		sum += p.length()
	}
	return sum
}

// daily visits every day that may matter between two instants, as it begins in a
// zone: one before and one behind, since days begin at different times.
func daily(from, to time.Time, zone *time.Location, visit func(minute func(int) time.Time)) {
	y, m, d := from.In(zone).Date()
	for i := -1; ; i++ {
		if day := time.Date(y, m, d+i, 0, 0, 0, 0, zone); day.After(to) {
			return
		}
		visit(func(minute int) time.Time { return time.Date(y, m, d+i, 0, minute, 0, 0, zone) })
	}
}

// hourEdges are the instants at which hours begin and end.
func hourEdges(edges []time.Time, from, to time.Time, h model.Hours) []time.Time {
	edges = slices.Grow(edges, 3*(int(to.Sub(from)/(24*time.Hour))+3))
	daily(from, to, h.Zone, func(at func(int) time.Time) {
		edges = append(edges, at(h.From), at(h.To), at(1440))
	})
	return edges
}

// windowEdges are the instants at which a window opens and closes.
func windowEdges(edges []time.Time, from, to time.Time, w model.Window) []time.Time {
	if w.Days != nil {
		return append(edges, w.Days.From.Start(w.Zone), w.Days.To.Start(w.Zone).AddDate(0, 0, 1))
	}
	if w.Weekly == nil {
		return edges
	}
	daily(from, to, w.Zone, func(at func(int) time.Time) {
		edges = append(edges, at(w.Weekly.From.Minute), at(w.Weekly.To.Minute))
	})
	return edges
}

// releases is the calendar of one environment.
type releases struct {
	env   *model.Environment
	edges []time.Time
}

func calendarOf(e *model.Environment, from, to time.Time) releases {
	r := releases{env: e}
	if e.Hours != nil {
		r.edges = hourEdges(r.edges, from, to, *e.Hours)
	}
	for _, h := range e.Changes {
		r.edges = hourEdges(r.edges, from, to, h)
	}
	for _, w := range e.Freeze {
		r.edges = windowEdges(r.edges, from, to, w)
	}
	return r
}

func (r releases) up(t time.Time) bool { return r.env.Hours == nil || r.env.Hours.Covers(t) }

func (r releases) frozen(t time.Time) bool {
	return slices.ContainsFunc(r.env.Freeze, func(w model.Window) bool { return w.Covers(t) })
}

func (r releases) window(t time.Time) bool {
	return len(r.env.Changes) == 0 || slices.ContainsFunc(r.env.Changes, func(h model.Hours) bool { return h.Covers(t) })
}

// open reports whether a release may enter.
func (r releases) open(t time.Time) bool { return r.window(t) && !r.frozen(t) }

// zone in which the people of an environment live, as its calendar says.
func (r releases) zone() *time.Location {
	switch e := r.env; {
	case len(e.Changes) > 0:
		return e.Changes[0].Zone
	case e.Hours != nil:
		return e.Hours.Zone
	case len(e.Freeze) > 0:
		return e.Freeze[0].Zone
	}
	return time.UTC
}
