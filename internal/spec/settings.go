package spec

import (
	"regexp"
	"slices"
	"strings"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/model"
)

func (s *resolver) resolveSettings(settings v1.Map[string], uses []v1.Use, tree *node) []model.Setting {
	var out []model.Setting
	for _, e := range settings {
		if s.variable(e.Key, "setting", uses, tree.keyAt("settings", e.Key)) {
			out = append(out, model.Setting{Name: e.Key, Value: e.Value})
		}
	}
	slices.SortFunc(out, func(a, b model.Setting) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// resolveSecrets are names of variables whose values are elsewhere.
func (s *resolver) resolveSecrets(b *v1.ServiceBlock, tree *node) []string {
	at := func(i int) span { return tree.item(i, "secrets") }
	s.unique(b.Secrets, "a secret", at)
	var out []string
	for i, name := range b.Secrets {
		if name == "" || !s.variable(name, "secret", b.Uses, at(i)) {
			continue
		}
		if slices.ContainsFunc(b.Settings, func(e v1.Entry[string]) bool { return e.Key == name }) {
			p := s.err(idRepeated, at(i), "%q is a setting and a secret", name)
			p.Detail = "The program would find one of the two values, and readers would not know which."
			p.Fix = "Remove the setting when the value is secret."
			p.Related = append(p.Related, s.related(tree.keyAt("settings", name), "the setting"))
			continue
		}
		out = append(out, name)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// variable checks the name of an environment variable.
func (s *resolver) variable(name, what string, uses []v1.Use, at span) bool {
	if !variableName.MatchString(name) {
		p := s.err(idBadName, at, "%q cannot be the name of a %s", name, what)
		p.Detail = strings.ToUpper(what[:1]) + what[1:] + "s become environment variables, whose names are letters, digits and _, not beginning with a digit."
		p.Fix = "Write for example " + suggestVariable(name) + "."
		return false
	}
	if why := s.provided(name, uses); why != "" {
		p := s.err(idReservedName, at, "The %s %q is taken", what, name)
		p.Detail = why
		p.Fix = "Choose another name, or remove the " + what + "."
		return false
	}
	return true
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
		if !strings.Contains(arg, "$(") {
			continue
		}
		for _, m := range mention.FindAllStringSubmatch(arg, -1) {
			name := m[1]
			isSetting := slices.ContainsFunc(b.Settings, func(e v1.Entry[string]) bool { return e.Key == name }) || slices.Contains(b.Secrets, name)
			if strings.HasPrefix(m[0], "$$") || isSetting || s.provided(name, b.Uses) != "" {
				continue
			}
			known := slices.Concat(given, b.Secrets)
			for _, e := range b.Settings {
				known = append(known, e.Key)
			}
			for _, used := range b.Uses {
				if s.services.is[used.Name] || s.stores.is[used.Name] {
					known = append(known, stem(used.Name)+"_URL")
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
