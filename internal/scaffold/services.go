package scaffold

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// candidate is a program with what was seen of it on the way.
type candidate struct {
	Service
	module   *module
	composed *composed
	others   []string // directories of other programs, whose files are not its own
	evidence bool     // something says that it runs by itself
	families []string // of stores that it has drivers for
	stores   []string
	named    []string // compose services that it names
	variable []string // environment variables that its code names
	peers    []string // hosts that its code names
	listens  bool
}

var (
	mainPackage = regexp.MustCompile(`(?m)^package main\b`)
	leftOut     = regexp.MustCompile(`(?m)^//go:build (ignore|tools|generate)\b`)
)

// chores are programs of a Go module that nobody deploys.
var chores = []string{"migrate", "migrations", "migration", "seed", "cli", "tool", "tools", "gen", "generate", "codegen", "bench", "loadtest", "hack", "scripts", "internal"}

func findServices(t *tree, modules []*module, c *compose, root string) []*candidate {
	var dirs []string
	for _, m := range modules {
		dirs = append(dirs, m.dir)
	}
	var all []*candidate
	for _, m := range modules {
		if m.library {
			continue
		}
		if m.language == "go" && t.has(m.dir, "go.mod") {
			all = append(all, goPrograms(t, m, dirs)...)
			continue
		}
		all = append(all, &candidate{
			Service: Service{Dir: m.dir, Language: m.language, Name: nameOf(m.dir)}, module: m, others: dirs,
			evidence: t.has(m.dir, "Dockerfile"),
		})
	}
	for _, s := range all {
		for _, d := range c.services {
			if d.dir == s.Dir && d.dir != "" && s.composed == nil && (s.Package == "" || path.Base(s.Package) == d.key) {
				s.composed, s.evidence = d, true
			}
		}
		_, _, framework := s.module.framework()
		s.evidence = s.evidence || framework || runs(s.module, t)
	}
	// Among programs, a module that nothing says is one is a library.
	if slices.ContainsFunc(all, func(s *candidate) bool { return s.evidence }) {
		all = slices.DeleteFunc(all, func(s *candidate) bool { return !s.evidence })
	}
	taken := map[string]bool{}
	for _, s := range all {
		if s.composed != nil {
			s.Name = Name(s.composed.key)
		}
		if s.Name == "" {
			s.Name = root
		}
		s.Name = unique(s.Name, taken)
	}
	slices.SortStableFunc(all, func(a, b *candidate) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// runs reports whether a manifest has a way to start the program.
func runs(m *module, t *tree) bool {
	switch m.language {
	case "node":
		return strings.Contains(m.manifest, `"start"`)
	case "python":
		return t.has(m.dir, "manage.py") || t.has(m.dir, "main.py") || t.has(m.dir, "app.py") || t.has(m.dir, "Procfile")
	case "php":
		return t.has(m.dir, "index.php") || t.has(path.Join(m.dir, "public"), "index.php")
	case "java":
		return strings.Contains(m.manifest, "mainClass") || strings.Contains(m.manifest, "jib")
	case "rust":
		return t.has(path.Join(m.dir, "src"), "main.rs")
	case "dotnet":
		return strings.Contains(m.manifest, "Sdk.Web") || strings.Contains(m.manifest, "Sdk.Worker")
	}
	return false
}

// goPrograms are the main packages of a Go module.
func goPrograms(t *tree, m *module, dirs []string) []*candidate {
	var mains []string
	for _, f := range t.below(m.dir, dirs) {
		dir := path.Dir(f)
		if !strings.HasSuffix(f, ".go") || strings.HasSuffix(f, "_test.go") || slices.Contains(mains, dir) {
			continue
		}
		if dir != m.dir && slices.Contains(chores, strings.ToLower(path.Base(dir))) {
			continue
		}
		if text := t.text(f); mainPackage.MatchString(text) && !leftOut.MatchString(text) {
			mains = append(mains, dir)
		}
	}
	var all []*candidate
	for _, dir := range mains {
		s := &candidate{Service: Service{Dir: m.dir, Language: "go", Name: nameOf(m.dir)}, module: m, others: dirs, evidence: true}
		if dir != m.dir {
			s.Package = "./" + strings.TrimPrefix(strings.TrimPrefix(dir, m.dir), "/")
			if m.dir == "." {
				s.Package = "./" + dir
			}
		}
		if len(mains) > 1 || s.Name == "" {
			if dir != "." {
				s.Name = nameOf(dir)
			}
			// The other programs of the module are not this one's code.
			s.others = slices.Concat(dirs, slices.DeleteFunc(slices.Clone(mains), func(o string) bool { return o == dir || o == m.dir }))
		}
		all = append(all, s)
	}
	return all
}

// connect finds who calls whom, and who is at the front.
func connect(services []*candidate, stores *shelf) {
	called := map[string]bool{}
	for _, s := range services {
		targets := map[string]bool{}
		for _, name := range s.stores {
			targets[name] = true
		}
		for _, store := range stores.all {
			if slices.Contains(s.named, store.Name) || slices.ContainsFunc(s.variable, func(v string) bool { return folded(targetOf(v)) == folded(store.Name) }) {
				targets[store.Name] = true
			}
		}
		for _, o := range services {
			if o != s && s.mentions(o) {
				targets[o.Name] = true
				called[o.Name] = true
			}
		}
		for name := range targets {
			s.Uses = append(s.Uses, name)
		}
		slices.Sort(s.Uses)
	}
	var front []*candidate
	for _, s := range services {
		if called[s.Name] && s.Port == 0 {
			s.Port, s.PortNote = 8080, "assumed: nothing here names a port"
		}
		if !called[s.Name] && s.Port > 0 {
			front = append(front, s)
		}
	}
	// One program that nobody calls is what the public calls. Of several, names
	// tell; a wrong guess here would open something, so it stays closed.
	for _, s := range front {
		s.Public = len(front) == 1 || atFront.MatchString(s.Name)
	}
}

var atFront = regexp.MustCompile(`(^|-)(web|www|site|frontend|front|ui|gateway|bff|storefront)($|-)`)

// mentions reports whether a program's variables or its compose service name
// another.
func (s *candidate) mentions(o *candidate) bool {
	if s.composed != nil && o.composed != nil && slices.Contains(s.composed.dependsOn, o.composed.key) || slices.Contains(s.named, o.Name) || slices.Contains(s.peers, o.Name) {
		return true
	}
	for _, v := range s.variable {
		if target := targetOf(v); target != "" && folded(target) == folded(o.Name) {
			return true
		}
	}
	return false
}
