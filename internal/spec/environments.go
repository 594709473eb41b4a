package spec

import (
	"slices"
	"strconv"
	"strings"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/model"
)

// stages in their order.
var stages = []v1.Stage{v1.Stage(model.Development), v1.Stage(model.Test), v1.Stage(model.Acceptance), v1.Stage(model.Production)}

// rank of a stage; -1 when it is not known because it was wrong.
func rank(stage v1.Stage) int { return slices.Index(stages, stage) }

func (s *resolver) checkEnvironmentName(name string, at span) {
	if !s.label(name, 40, "the name of an environment", at) {
		return
	}
	if strings.HasPrefix(name, "kube-") || name == v1.SystemNamespace || name == "default" {
		p := s.err(idReservedName, at, "The name %q is taken", name)
		p.Detail = "Every environment is a Kubernetes namespace of its name, and this one belongs to the system."
		p.Fix = "Choose another name."
	}
}

// resolveEnvironments resolves every environment, those of the path first.
func (s *resolver) resolveEnvironments(path []string) []model.Environment {
	s.taken = map[string]takenRoute{}
	blocks := make(map[string]v1.EnvironmentBlock, len(s.file.Environments))
	order := slices.Clone(path)
	for _, e := range s.file.Environments {
		blocks[e.Key] = e.Value
		if !slices.Contains(order, e.Key) {
			order = append(order, e.Key)
		}
	}
	main := s.mainProduction(order, blocks)
	var all []model.Environment
	for _, name := range order {
		b, ok := blocks[name]
		if !ok {
			continue // a reference that was reported
		}
		delete(blocks, name) // the path may name it twice
		env := model.Environment{Name: name, Stage: model.Stage(b.Stage)}
		if b.Approve != nil {
			env.Approve = s.resolveApprove(name, *b.Approve)
		}
		if b.Scale != nil && b.Scale.Replicas != nil {
			s.checkReplicas(*b.Scale.Replicas, "environment", name, s.root.valueAt("environments", name, "scale", "replicas"))
		}
		env.Services = s.resolveServices(name, b, name == main)
		all = append(all, env)
	}
	return all
}

// mainProduction is the environment whose hosts are those of the file: the last
// of the path that is in production.
func (s *resolver) mainProduction(order []string, blocks map[string]v1.EnvironmentBlock) string {
	main := ""
	for _, name := range order {
		if blocks[name].Stage == v1.Stage(model.Production) {
			main = name
		}
	}
	return main
}

func (s *resolver) resolveApprove(env string, a v1.ApproveBlock) model.Approve {
	if a.From == nil {
		return model.Approve{} // missing or wrong, which was reported
	}
	at := func(i int) span { return s.root.item(i, "environments", env, "approve", "from") }
	known := true
	for i, group := range a.From {
		known = s.reference(group, "group", s.groups, at(i)) && known
	}
	s.unique(a.From, "asked", at)
	people := map[string]bool{}
	for _, e := range s.file.Groups {
		if slices.Contains(a.From, e.Key) {
			for _, m := range e.Value {
				people[m] = true
			}
		}
	}
	count := s.root.valueAt("environments", env, "approve", "count")
	switch {
	case a.Count < 1:
		// Zero can only have been written: the default is one.
		p := s.err(idTooFewPeople, count, "The number of approvals for %q must be at least 1", env)
		p.Fix = "Leave approve out when nobody needs to say yes."
	case known && len(people) < a.Count:
		p := s.err(idTooFewPeople, count, "Nothing could ever enter %q: %s asked for, and there is nobody to give more than %d", env, approvals(a.Count), len(people))
		p.Fix = "Add people to the groups, name more groups, or lower count."
		for _, e := range s.file.Groups {
			if slices.Contains(a.From, e.Key) {
				p.Related = append(p.Related, s.related(s.root.keyAt("groups", e.Key), "the group %s has %d", e.Key, len(e.Value)))
			}
		}
	}
	return model.Approve{From: a.From, Count: a.Count}
}

func approvals(n int) string {
	if n == 1 {
		return "1 approval is"
	}
	return strconv.Itoa(n) + " approvals are"
}
