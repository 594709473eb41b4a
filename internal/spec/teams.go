package spec

import (
	"slices"
	"strings"
	"time"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/model"
)

func (s *resolver) resolvePeople() []model.Person {
	var people []model.Person
	for _, e := range s.file.People {
		s.person(e.Key, s.root.keyAt("people", e.Key))
		b := e.Value
		out := model.Person{Name: e.Key, Mail: string(b.Mail), Phone: string(b.Phone), Full: b.Full}
		for _, days := range b.Away {
			if days.From.Year != 0 {
				out.Away = append(out.Away, modelDates(days))
			}
		}
		people = append(people, out)
	}
	slices.SortFunc(people, func(a, b model.Person) int { return strings.Compare(a.Name, b.Name) })
	return people
}

func (s *resolver) resolveTeams() []model.Team {
	var teams []model.Team
	for i, e := range s.file.Teams {
		s.label(e.Key, 63, "the name of a team", s.root.keyAt("teams", e.Key))
		b := &s.file.Teams[i].Value
		at := func(i int) span { return s.root.item(i, "teams", e.Key, "members") }
		s.unique(b.Members, "in the team", at)
		for i, m := range b.Members {
			s.person(m, at(i))
		}
		if b.Members != nil && len(b.Members) == 0 {
			p := s.err(idNobody, at(0), "There is nobody in the team %q", e.Key)
			p.Detail = "What it owns would be owned by nobody."
			p.Fix = "Name its members, or remove the team."
		}
		s.person(b.Manager, s.root.valueAt("teams", e.Key, "manager"))
		team := model.Team{Name: e.Key, Members: b.Members, Manager: b.Manager, Slack: string(b.Slack), Mail: string(b.Mail)}
		if b.OnCall != nil {
			team.OnCall = s.resolveOnCall(e.Key, b)
		}
		teams = append(teams, team)
	}
	slices.SortFunc(teams, func(a, b model.Team) int { return strings.Compare(a.Name, b.Name) })
	return teams
}

func (s *resolver) resolveOnCall(team string, t *v1.TeamBlock) *model.OnCall {
	b := t.OnCall
	keys := []string{"teams", team, "oncall"}
	key := "teams." + team + ".oncall."
	at := func(i int) span { return s.root.item(i, append(keys, "members")...) }
	s.unique(b.Members, "in the rotation", at)
	for i, m := range b.Members {
		s.person(m, at(i))
	}
	switch {
	case b.Members == nil:
		b.Members = t.Members
		s.because(key+"members", "the members of the team")
	case len(b.Members) == 0:
		p := s.err(idNobody, at(0), "Nobody is in the rotation of %q", team)
		p.Fix = "Name somebody, or leave members out: then it is the whole team."
	}
	people := len(b.Members)
	switch {
	case b.Layers == nil:
		n := max(1, min(2, people))
		b.Layers = &n
		s.because(key+"layers", "2, or as many as there are members")
	case people > 0 && *b.Layers > people:
		p := s.err(idImpossible, s.root.valueAt(append(keys, "layers")...), "%d people of %q cannot be on duty at once: the rotation has %d", *b.Layers, team, people)
		p.Fix = "Add people, or lower layers."
		where := keys
		if !s.root.has(append(keys, "members")...) {
			where = keys[:2]
		}
		p.Related = append(p.Related, s.related(s.root.valueAt(append(slices.Clone(where), "members")...), "the %d people", people))
	}
	out := &model.OnCall{
		Rotate:   time.Duration(b.Rotate),
		Handover: model.Moment(b.Handover),
		Members:  b.Members, Layers: *b.Layers, Repeat: b.Repeat,
		Hours: modelHours(b.Hours),
	}
	for _, wait := range b.Escalate {
		out.Escalate = append(out.Escalate, time.Duration(wait))
	}
	return out
}

func modelHours(h *v1.Hours) *model.Hours {
	if h == nil {
		return nil
	}
	out := model.Hours(*h)
	return &out
}

func modelDates(d v1.Dates) model.Dates {
	return model.Dates{From: model.Date(d.From), To: model.Date(d.To)}
}

// modelWindow converts a window; ok is false for one that could not be read.
func modelWindow(w v1.Window) (out model.Window, ok bool) {
	if w.Zone == nil {
		return out, false
	}
	out.Zone = w.Zone
	if w.Days != nil {
		days := modelDates(*w.Days)
		out.Days = &days
		return out, true
	}
	out.Weekly = &model.WeekSpan{From: model.Moment(w.From), To: model.Moment(w.To)}
	return out, true
}
