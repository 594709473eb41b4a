package spec

import (
	"regexp"
	"slices"
	"strings"
	"time"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/model"
)

// resolveServices is every service as it is in one environment.
func (s *resolver) resolveServices(env string, e v1.EnvironmentBlock, main bool) []model.Service {
	overrides := make(map[string]bool, len(e.Services))
	for _, o := range e.Services {
		if s.isService[o.Key] || s.reference(o.Key, "service", s.services, s.root.keyAt("environments", env, "services", o.Key)) {
			overrides[o.Key] = true
		}
	}
	services := make([]model.Service, 0, len(s.file.Services))
	all, _ := s.root.find("services")
	above, _ := s.root.find("environments", env, "services")
	for i, entry := range s.file.Services {
		block, tree := entry.Value, all.entries[i].value
		if overrides[entry.Key] {
			if o, _ := above.get(entry.Key); o.value.kind == mapping {
				block, tree = s.decoder.overridden(tree, o.value)
				block.Source, block.Team = entry.Value.Source, entry.Value.Team
			}
		}
		services = append(services, s.resolveService(env, e, main, entry.Key, block, tree))
	}
	slices.SortFunc(services, func(a, b model.Service) int { return strings.Compare(a.Name, b.Name) })
	return services
}

// resolveService checks and resolves one service in one environment. Checks
// repeat in every environment; problems that repeat with them are told once.
func (s *resolver) resolveService(env string, e v1.EnvironmentBlock, main bool, name string, b v1.ServiceBlock, tree *node) model.Service {
	out := model.Service{
		Name: name, Args: b.Args, Team: b.Team,
		Health: model.Health{Live: string(b.Health.Live), Ready: string(b.Health.Ready)},
		Size:   model.Size{CPUMilli: int64(b.Size.CPU), MemoryBytes: int64(b.Size.Memory)},
	}
	if b.Source != nil && b.Source.Git != "" {
		out.Source = s.resolveSource(name, *b.Source, tree)
	}
	if b.Team != "" {
		s.label(b.Team, 63, "the name of a team", tree.valueAt("team"))
	}
	if b.Size.Memory > 0 && b.Size.Memory < 4<<20 {
		s.warn(idSmallMemory, tree.valueAt("size", "memory"), "%s of memory is less than any program needs", b.Size.Memory).
			Fix = "Did you mean " + strings.TrimRight(b.Size.Memory.String(), "KMi") + "Mi?"
	}
	if b.Port != nil {
		out.Port = int(*b.Port)
	}
	out.Uses = s.resolveUses(name, usedNames(b.Uses), tree)
	out.Settings = s.resolveSettings(b.Settings, usedNames(b.Uses), tree)
	s.checkArgs(b, tree)
	out.Scale = s.resolveScale(env, e, name, b.Scale, tree)
	out.Objective = s.resolveObjective(b.Objective, tree)
	out.Routes = s.resolveRoutes(env, main, name, b.Routes, tree)
	return out
}

func (s *resolver) resolveSource(name string, b v1.SourceBlock, tree *node) *model.Source {
	at := tree.valueAt("source", "git")
	if !slices.ContainsFunc(s.sources, func(have source) bool { return have.service == name }) {
		s.sources = append(s.sources, source{service: name, dir: string(b.Git), at: at})
	}
	program := string(b.Package)
	if program != "." && program != "" {
		program = "./" + program
	}
	return &model.Source{Dir: string(b.Git), Language: s.sourceLanguage(b), Package: program}
}

func (s *resolver) sourceLanguage(b v1.SourceBlock) string {
	if b.Language != nil {
		return string(*b.Language)
	}
	return "go"
}

func usedNames(uses []v1.Use) []string {
	var names []string
	for _, u := range uses { // those that could not be read have no name
		names = append(names, u.Name)
	}
	return names
}

func (s *resolver) resolveUses(name string, uses []string, tree *node) []string {
	at := func(i int) span { return tree.item(i, "uses") }
	var known []string
	for i, used := range uses {
		switch {
		case used == "":
		case used == name:
			p := s.err(idSelfUse, at(i), "Service %q uses itself", name)
			p.Detail = "An edge of a service to itself opens no connection."
			p.Fix = "Remove it."
		case s.isService[used] || s.reference(used, "service", s.services, at(i)):
			known = append(known, used)
		}
	}
	s.unique(uses, "used", at)
	slices.Sort(known)
	return slices.Compact(known)
}

func (s *resolver) resolveSettings(settings v1.Map[string], uses []string, tree *node) []model.Setting {
	var out []model.Setting
	for _, e := range settings {
		at := tree.keyAt("settings", e.Key)
		if !variableName.MatchString(e.Key) {
			p := s.err(idBadName, at, "%q cannot be the name of a setting", e.Key)
			p.Detail = "Settings become environment variables, whose names are letters, digits and _, not beginning with a digit."
			p.Fix = "Write for example " + suggestVariable(e.Key) + "."
			continue
		}
		if why := s.provided(e.Key, uses); why != "" {
			p := s.err(idReservedName, at, "The setting %q is taken", e.Key)
			p.Detail = why
			p.Fix = "Choose another name, or remove the setting."
			continue
		}
		out = append(out, model.Setting{Name: e.Key, Value: e.Value})
	}
	slices.SortFunc(out, func(a, b model.Setting) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func suggestVariable(name string) string {
	mapped := strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z':
			return c - ('a' - 'A')
		case c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
			return c
		}
		return '_'
	}, name)
	if !variableName.MatchString(mapped) {
		mapped = "_" + mapped
	}
	return mapped
}

// mention is how Kubernetes writes a variable in an argument; $$ escapes it.
var mention = regexp.MustCompile(`\$?\$\(([A-Za-z_][A-Za-z0-9_]*)\)`)

// checkArgs warns of variables that nobody sets: the program would receive the
// text $(NAME) itself.
func (s *resolver) checkArgs(b v1.ServiceBlock, tree *node) {
	for i, arg := range b.Args {
		for _, m := range mention.FindAllStringSubmatch(arg, -1) {
			name := m[1]
			isSetting := slices.ContainsFunc(b.Settings, func(e v1.Entry[string]) bool { return e.Key == name })
			if strings.HasPrefix(m[0], "$$") || isSetting || s.provided(name, usedNames(b.Uses)) != "" {
				continue
			}
			known := slices.Clone(given)
			for _, e := range b.Settings {
				known = append(known, e.Key)
			}
			for _, used := range usedNames(b.Uses) {
				if slices.Contains(s.services, used) {
					known = append(known, stem(used)+"_URL")
				}
			}
			p := s.warn(idVariable, tree.item(i, "args"), "Nothing sets the variable %s", name)
			p.Detail = "The program would receive the text $(" + name + ") itself."
			if near := nearestValue(name, known); near != "" {
				p.Fix = "Did you mean $(" + near + ")?"
			} else {
				p.Fix = "Add it to settings."
			}
		}
	}
}

func (s *resolver) resolveObjective(b v1.ObjectiveBlock, tree *node) model.Objective {
	var out model.Objective
	if a := b.Availability; a != nil {
		if *a <= 0 || *a >= 100_000 {
			p := s.err(idBadValue, tree.valueAt("objective", "availability"), "An availability of %s cannot be promised", *a)
			p.Detail = "An objective of 100% leaves no error budget: every release would break it. An objective of 0% promises nothing."
			p.Fix = "Write for example 99.9%."
		}
		out.Availability = a.Number()
	}
	if p99 := b.Latency.P99; p99 != nil {
		if *p99 == 0 {
			s.err(idBadValue, tree.valueAt("objective", "latency", "p99"), "A latency of nothing cannot be promised").
				Fix = "Write for example 300ms."
		}
		out.LatencyP99 = time.Duration(*p99)
	}
	return out
}
