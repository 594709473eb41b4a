package kubernetes

import (
	"slices"

	"paddock.dev/internal/model"
)

// What one machine runs of a platform. The file says what production needs; a
// laptop needs to show the same things, not to carry the same load.
const (
	// localReplicas of a service to begin with, where the file asks for more.
	localReplicas = 2
	// localMost replicas of a service under load.
	localMost = 6
)

// Local is the platform as one machine runs it: every service keeps its shape,
// with fewer replicas; scaled says whether some have. All else in which the
// targets differ is in target.go.
func Local(p *model.Platform) (local *model.Platform, scaled bool) {
	c := *p
	c.Environments = slices.Clone(p.Environments)
	for i := range c.Environments {
		services := slices.Clone(c.Environments[i].Services)
		for j := range services {
			s := &services[j].Scale
			before := *s
			s.Min, s.Max = min(s.Min, localReplicas), min(s.Max, localMost)
			if s.Min == s.Max {
				s.CPU = 0 // nothing to decide for an autoscaler
			}
			scaled = scaled || *s != before && !services[j].Declared()
		}
		c.Environments[i].Services = services
	}
	if !scaled {
		return p, false
	}
	return &c, true
}
