package rules

import (
	"time"

	"paddock.dev/internal/model"
)

// rotation answers who of a team is on duty. Turns are counted from the first
// handover in 1970, so that the answer does not depend on when somebody asks.
type rotation struct {
	*model.OnCall
	zone *time.Location
	away map[string][]model.Dates
	// days of a turn; 0 when turns are no whole days.
	days int
}

func (f *Facts) rotation(t *model.Team) rotation {
	r := rotation{OnCall: t.OnCall, zone: t.OnCall.Handover.Zone, away: f.away()}
	if r.zone == nil {
		r.zone = time.UTC
	}
	if day := 24 * time.Hour; t.OnCall.Rotate >= day && t.OnCall.Rotate%day == 0 {
		r.days = int(t.OnCall.Rotate / day)
	}
	return r
}

// away are the days on which people do not answer.
func (f *Facts) away() map[string][]model.Dates {
	if f.absences == nil {
		f.absences = map[string][]model.Dates{}
		for _, p := range f.People {
			f.absences[p.Name] = p.Away
		}
	}
	return f.absences
}

// turn is the number of the turn at an instant. Days are days of the calendar:
// a handover at ten stays at ten when clocks are changed.
func (r rotation) turn(t time.Time) int {
	local := t.In(r.zone).Add(-time.Duration(r.Handover.Minute) * time.Minute)
	if r.days == 0 {
		return int(t.Sub(r.first()) / max(r.Rotate, time.Minute))
	}
	y, m, d := local.Date()
	day := int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
	// Day 0, the first of January 1970, was a Thursday.
	begin := (int(r.Handover.Day) - int(time.Thursday) + 7) % 7
	return (day - begin) / r.days
}

func (r rotation) first() time.Time {
	begin := (int(r.Handover.Day) - int(time.Thursday) + 7) % 7
	return time.Date(1970, 1, 1+begin, 0, r.Handover.Minute, 0, 0, r.zone)
}

// duty are the people on duty, the one who is called first at the beginning.
func (r rotation) duty(t time.Time) []string {
	n := len(r.Members)
	if n == 0 {
		return nil
	}
	turn := r.turn(t)
	people := make([]string, 0, max(1, r.Layers))
	for i := range min(n, max(1, r.Layers)) {
		people = append(people, r.Members[((turn+i)%n+n)%n])
	}
	return people
}

// isAway reports whether a person does not answer at an instant.
func (r rotation) isAway(person string, t time.Time) bool {
	for _, d := range r.away[person] {
		if !t.Before(d.From.Start(r.zone)) && t.Before(d.To.Start(r.zone).AddDate(0, 0, 1)) {
			return true
		}
	}
	return false
}

// answers reports whether anybody on duty picks up.
func (r rotation) answers(t time.Time) bool {
	if r.Hours != nil && !r.Hours.Covers(t) {
		return false
	}
	for _, person := range r.duty(t) {
		if !r.isAway(person, t) {
			return true
		}
	}
	return false
}

// edges are the instants at which the answer may change.
func (r rotation) edges(from, to time.Time) []time.Time {
	var edges []time.Time
	if r.days > 0 {
		daily(from, to, r.zone, func(at func(int) time.Time) { edges = append(edges, at(r.Handover.Minute)) })
	} else {
		step := max(r.Rotate, time.Minute)
		for at := r.first().Add(time.Duration(r.turn(from)) * step); at.Before(to); at = at.Add(step) {
			edges = append(edges, at)
		}
	}
	for _, m := range r.Members {
		for _, d := range r.away[m] {
			edges = append(edges, d.From.Start(r.zone), d.To.Start(r.zone).AddDate(0, 0, 1))
		}
	}
	if r.Hours != nil {
		edges = hourEdges(edges, from, to, *r.Hours)
	}
	return edges
}
