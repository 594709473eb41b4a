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
func (s *resolver) resolveScale(e *environment, name string, at *placed[v1.ServiceBlock]) model.Scale {
	b, tree := &at.value.Scale, at.tree
	common := (*v1.Range)(nil)
	if e.block.Scale != nil {
		common = e.block.Scale.Replicas
	}
	written := b.Replicas
	var bounds v1.Range
	switch {
	case written != nil:
		s.checkReplicas(*written, "service", name, tree.valueAt("scale", "replicas"))
		bounds = *written
		if common != nil && !at.over.has("scale", "replicas") {
			if bounds = within(bounds, *common); bounds != *written {
				s.why("scale.replicas", "kept within the scale of "+e.name)
			}
		}
	case common != nil:
		bounds = *common
		s.why("scale.replicas", "the scale of "+e.name)
	case !e.early():
		bounds = v1.Range{Min: 2, Max: 2}
		s.why("scale.replicas", "in "+string(e.block.Stage))
	default:
		bounds = v1.Range{Min: 1, Max: 1}
		s.why("scale.replicas", "in "+string(e.block.Stage))
	}
	b.Replicas = &bounds
	out := model.Scale{
		Min: bounds.Min, Max: bounds.Max, Unavailable: b.Unavailable,
		Requests: deref(b.Requests), Connections: deref(b.Connections), Lag: deref(b.Lag), Queue: deref(b.Queue),
	}
	if c := b.CPU; c != nil {
		s.checkTarget(*c, written, tree)
		out.CPU = int(*c / 1000)
	} else if out.Requests+out.Connections+out.Lag+out.Queue == 0 && out.Max > out.Min {
		out.CPU = usualTarget
		usual := v1.Percent(usualTarget * 1000)
		b.CPU = &usual
		s.why("scale.cpu", "with bounds and without another measure")
	}
	if out.Max == out.Min {
		out.CPU = 0
	}
	return out
}

// checkTarget checks the use of CPU that the autoscaler aims at.
func (s *resolver) checkTarget(c v1.Percent, written *v1.Range, tree *node) {
	at := tree.valueAt("scale", "cpu")
	switch {
	case c <= 0 || c > 100_000 || c%1000 != 0:
		p := s.err(idBadValue, at, "A CPU target of %s cannot be held", c)
		p.Detail = "The target is a whole percentage of size.cpu from 1% to 100%."
		p.Fix = "Write for example 60%."
	case written != nil && written.Min == written.Max:
		p := s.warn(idIdleTarget, at, "This CPU target does nothing: the number of replicas is fixed")
		p.Related = append(p.Related, s.related(tree.valueAt("scale", "replicas"), "always %s", written))
		p.Fix = "Write bounds for replicas, such as 2..6, or remove cpu."
	}
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
