package spec

import (
	"slices"
	"strings"
	"time"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/model"
)

func (s *resolver) resolveDelivery() model.Delivery {
	b := s.file.Delivery
	d := model.Delivery{
		Path:     s.resolvePath(),
		Branch:   b.Branch,
		Bake:     time.Duration(b.Rollout.Bake),
		KeepWarm: time.Duration(b.Rollout.KeepWarm),
		NoData:   model.NoData(b.Rollout.NoData),
	}
	if why := badBranch(b.Branch); why != "" {
		s.err(idBadName, s.root.valueAt("delivery", "branch"), "%q cannot be a branch", b.Branch).Detail = why
	}
	d.Canary = s.resolveCanary(b.Rollout.Canary)
	d.Branching = model.Branching(b.Branching)
	d.Engine, d.Hosting = string(b.Engine), string(b.Hosting)
	if b.Organization == "" && s.file.Name != "" {
		s.file.Delivery.Organization = s.file.Name
		s.because("delivery.organization", "the name of the platform")
	}
	d.Organization = s.file.Delivery.Organization
	if b.Hotfix != nil {
		d.Hotfix = s.resolveHotfix(*b.Hotfix, d.Path)
	}
	return d
}

// resolveHotfix checks the short lane: it leaves out environments of the path,
// and not the one that it is made for.
func (s *resolver) resolveHotfix(b v1.HotfixBlock, path []string) *model.Hotfix {
	at := func(i int) span { return s.root.item(i, "delivery", "hotfix", "skip") }
	for i, name := range b.Skip {
		if !s.reference(name, "environment", s.environments, at(i)) {
			continue
		}
		switch {
		case !slices.Contains(path, name):
			s.err(idHotfix, at(i), "%q is not in the path, so a hotfix does not pass it anyway", name).
				Fix = "Remove it."
		case name == path[len(path)-1]:
			p := s.err(idHotfix, at(i), "A hotfix that skips %q repairs nothing", name)
			p.Detail = "It is where the path ends."
			p.Fix = "Remove it."
		}
	}
	s.unique(b.Skip, "skipped", at)
	out := &model.Hotfix{Skip: b.Skip}
	if b.Approve != nil {
		out.Approve = s.resolveApprove("a hotfix", *b.Approve, "delivery", "hotfix", "approve")
	}
	return out
}

// resolvePath checks the path, or takes the order of the environments for it.
func (s *resolver) resolvePath() []string {
	var names []string
	stageOf := map[string]v1.Stage{}
	for _, e := range s.file.Environments {
		names = append(names, e.Key)
		stageOf[e.Key] = e.Value.Stage
	}
	path := s.file.Delivery.Path
	at := func(i int) span { return s.root.item(i, "delivery", "path") }
	if len(path) == 0 {
		if path != nil {
			s.err(idPathStart, at(0), "The path is empty: a release could go nowhere").
				Fix = "Name the environments in their order, or leave path out."
		}
		path = names
		s.file.Delivery.Path = names
		s.because("delivery.path", "the order of the environments")
		at = func(i int) span { return s.root.keyAt("environments", path[i]) }
	}
	last := -1
	for i, name := range path {
		if !s.reference(name, "environment", names, at(i)) || rank(stageOf[name]) < 0 {
			continue
		}
		if last >= 0 && rank(stageOf[name]) < rank(stageOf[path[last]]) {
			p := s.err(idPathOrder, at(i), "The path goes back from %s to %s", stageOf[path[last]], stageOf[name])
			p.Detail = "A release is proven in the earlier stages before it enters the later ones."
			p.Fix = "Order the path by stage: " + ordered(stageOf) + "."
			p.Related = append(p.Related, s.related(at(last), "%s is in stage %s", path[last], stageOf[path[last]]))
			continue
		}
		last = i
	}
	s.unique(path, "in the path", at)
	s.checkLeftOut(path, names, stageOf, at)
	return path
}

// checkLeftOut looks at the environments that no release would reach.
func (s *resolver) checkLeftOut(path, names []string, stageOf map[string]v1.Stage, at func(int) span) {
	if len(path) == 0 {
		return
	}
	first := rank(stageOf[path[0]])
	for _, name := range names {
		if slices.Contains(path, name) {
			continue
		}
		key := s.root.keyAt("environments", name)
		if r := rank(stageOf[name]); r >= 0 && first >= 0 && r < first {
			p := s.err(idPathStart, at(0), "The path begins with %s although there is the earlier stage %s", stageOf[path[0]], stageOf[name])
			p.Fix = "Begin the path with " + name + "."
			p.Related = append(p.Related, s.related(key, "%s is in stage %s", name, stageOf[name]))
			continue
		}
		s.warn(idPathLeavesOut, key, "No release ever reaches %q", name).
			Fix = "Add it to delivery.path, or remove the environment."
	}
}

// ordered lists the environments by stage, as a path should.
func ordered(stageOf map[string]v1.Stage) string {
	var names []string
	for name := range stageOf {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := rank(stageOf[a]) - rank(stageOf[b]); d != 0 {
			return d
		}
		if a < b {
			return -1
		}
		return 1
	})
	return words(names)
}

func (s *resolver) resolveCanary(steps []v1.Percent) []int {
	at := func(i int) span { return s.root.item(i, "delivery", "rollout", "canary") }
	written, _ := s.root.find("delivery", "rollout", "canary")
	var whole []int
	for i, step := range steps {
		if step == 0 && strings.Trim(written.items[i].text, "0.%") != "" {
			continue // could not be read, which was reported
		}
		switch {
		case step == 0 || step >= 100_000:
			p := s.err(idCanary, at(i), "A canary step of %s is none", step)
			p.Detail = "A canary gets some of the requests and never all of them; all of them is what comes after the last step."
			p.Fix = "Write a percentage between 1% and 99%, or leave the step out."
			continue
		case step%1000 != 0:
			s.err(idCanary, at(i), "A canary step of %s is not a whole percentage", step).
				Detail = "The gateway shares requests in whole percentages."
			continue
		}
		if len(whole) > 0 && int(step/1000) <= whole[len(whole)-1] {
			p := s.err(idCanary, at(i), "The canary does not rise: %d%%, then %s", whole[len(whole)-1], step)
			p.Fix = "Let every step be larger than the one before."
			p.Related = append(p.Related, s.related(at(i-1), "the step before"))
			continue
		}
		whole = append(whole, int(step/1000))
	}
	return whole
}
