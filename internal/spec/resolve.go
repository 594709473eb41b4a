package spec

import (
	"slices"
	"strings"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/addr"
	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
)

// resolver turns the decoded file into the platform: it follows references,
// applies what environments override, and checks what no single value shows. It
// runs also when values are missing because they were wrong, and then says
// nothing of those.
type resolver struct {
	*report
	decoder *decoder
	root    *node
	file    *v1.File

	groups   []string
	services []string
	// isService answers the same question without a walk.
	isService map[string]bool
	sources   []source
	taken     map[string]takenRoute
}

func (s *resolver) platform() *model.Platform {
	f := s.file
	p := &model.Platform{Name: f.Name, Domain: f.Domain}
	s.checkNames()
	p.Groups = s.resolveGroups()
	p.Delivery = s.resolveDelivery()
	p.Environments = s.resolveEnvironments(p.Delivery.Path)
	return p
}

// checkNames checks every name that the user chose.
func (s *resolver) checkNames() {
	if n, at := s.root.find("name"); n != nil && s.file.Name != "" {
		s.label(s.file.Name, 40, "the name of the platform", at)
	}
	if n, at := s.root.find("domain"); n != nil && s.file.Domain != "" {
		if err := v1.CheckHost(s.file.Domain); err != nil {
			s.err(idBadName, at, "%q cannot be the domain", s.file.Domain).Detail = sentence(err.Error())
		}
	}
	for _, e := range s.file.Groups {
		s.groups = append(s.groups, e.Key)
		s.label(e.Key, 63, "the name of a group", s.root.keyAt("groups", e.Key))
	}
	s.isService = make(map[string]bool, len(s.file.Services))
	for _, e := range s.file.Services {
		s.services = append(s.services, e.Key)
		s.isService[e.Key] = true
		s.checkServiceName(e.Key, s.root.keyAt("services", e.Key))
	}
	if n, at := s.root.find("environments"); n != nil && n.kind == mapping && len(s.file.Environments) == 0 {
		s.err(idEmptyValue, at, "There is no environment").
			Fix = "Write for example:\nenvironments: { dev: { stage: development } }"
	}
	for _, e := range s.file.Environments {
		s.checkEnvironmentName(e.Key, s.root.keyAt("environments", e.Key))
	}
}

func (s *resolver) label(name string, longest int, what string, at span) bool {
	err := addr.CheckLabel(name, longest)
	if err == nil {
		return true
	}
	p := s.err(idBadName, at, "%q cannot be %s", name, what)
	p.Detail = sentence(err.Error())
	p.Fix = "Use lower-case letters, digits and dashes."
	if better := addr.Label(name); better != name && addr.CheckLabel(better, longest) == nil {
		p.Detail = "Names end up in host names, so they have lower-case letters, digits and dashes only."
		p.Fix = "Write " + better + "."
	}
	return false
}

// reference checks that something of that name exists.
func (s *resolver) reference(name, what string, known []string, at span) bool {
	if slices.Contains(known, name) {
		return true
	}
	p := s.err(idReference, at, "There is no %s %q", what, name)
	near := diag.Nearest(name, known)
	switch {
	case len(near) > 0:
		p.Fix = "Did you mean " + quoted(near) + "?"
	case len(known) == 0:
		p.Detail = "The file has no " + what + " at all."
	case len(known) <= 12:
		p.Detail = "There are " + words(known) + "."
	}
	return false
}

// unique reports elements of a list that are there twice.
func (s *resolver) unique(list []string, what string, at func(i int) span) {
	first := make(map[string]int, len(list))
	for i, v := range list {
		j, again := first[v]
		if !again {
			first[v] = i
			continue
		}
		p := s.err(idRepeated, at(i), "%q is %s twice", v, what)
		p.Fix = "Remove one of the two."
		p.Related = append(p.Related, s.related(at(j), "the first one"))
	}
}

func (s *resolver) resolveGroups() []model.Group {
	var groups []model.Group
	for _, e := range s.file.Groups {
		at := func(i int) span { return s.root.item(i, "groups", e.Key) }
		s.unique(e.Value, "in the group", at)
		for i, m := range e.Value {
			if m != "" && (strings.ContainsAny(m, " \t\n/,") || strings.TrimSpace(m) != m) {
				s.err(idBadName, at(i), "%q cannot be the name of a person", m).
					Fix = "Write one word for each person, such as the name before the @ of their mail address."
			}
		}
		groups = append(groups, model.Group{Name: e.Key, Members: e.Value})
	}
	slices.SortFunc(groups, func(a, b model.Group) int { return strings.Compare(a.Name, b.Name) })
	return groups
}
