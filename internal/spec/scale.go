package spec

import (
	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/model"
)

const (
	// mostReplicas of one service; more is a slip of the hand.
	mostReplicas = 1000
	// usualTarget of the autoscaler, in percent of the CPU request.
	usualTarget = 70
)

// resolveScale follows the nearest word on replicas: the service's in this
// environment; then the environment's, as bounds on the service's own; then the
// service's; then the stage's.
func (s *resolver) resolveScale(env string, e v1.EnvironmentBlock, name string, b v1.ScaleBlock, tree *node) model.Scale {
	here := s.root.has("environments", env, "services", name, "scale", "replicas")
	common := (*v1.Range)(nil)
	if e.Scale != nil {
		common = e.Scale.Replicas
	}
	var bounds v1.Range
	switch {
	case b.Replicas != nil:
		s.checkReplicas(*b.Replicas, "service", name, tree.valueAt("scale", "replicas"))
		bounds = *b.Replicas
		if common != nil && !here {
			bounds = within(bounds, *common)
		}
	case common != nil:
		bounds = *common
	case rank(e.Stage) >= rank(v1.Stage(model.Acceptance)):
		bounds = v1.Range{Min: 2, Max: 2}
	default:
		bounds = v1.Range{Min: 1, Max: 1}
	}
	out := model.Scale{Min: bounds.Min, Max: bounds.Max}
	target := usualTarget
	if c := b.CPU; c != nil {
		at := tree.valueAt("scale", "cpu")
		switch {
		case *c <= 0 || *c > 100_000 || *c%1000 != 0:
			p := s.err(idBadValue, at, "A CPU target of %s cannot be held", *c)
			p.Detail = "The target is a whole percentage of size.cpu from 1% to 100%."
			p.Fix = "Write for example 60%."
		case b.Replicas != nil && b.Replicas.Min == b.Replicas.Max:
			p := s.warn(idIdleTarget, at, "This CPU target does nothing: the number of replicas is fixed")
			p.Related = append(p.Related, s.related(tree.valueAt("scale", "replicas"), "always %s", b.Replicas))
			p.Fix = "Write bounds for replicas, such as 2..6, or remove cpu."
		}
		target = int(*c / 1000)
	}
	if out.Max > out.Min {
		out.CPU = target
	}
	return out
}

// within keeps a range inside bounds.
func within(r, bounds v1.Range) v1.Range {
	clamp := func(n int) int { return min(max(n, bounds.Min), bounds.Max) }
	return v1.Range{Min: clamp(r.Min), Max: clamp(r.Max)}
}

func (s *resolver) checkReplicas(r v1.Range, what, name string, at span) {
	switch {
	case r.Min < 1:
		p := s.err(idReplicas, at, "The %s %q would have no replica to answer", what, name)
		p.Fix = "Write at least 1."
	case r.Max > mostReplicas:
		p := s.err(idReplicas, at, "%d replicas are more than any environment holds", r.Max)
		p.Detail = "At most 1000 are allowed, to catch slips of the hand."
		p.Fix = "Write a smaller number."
	}
}
