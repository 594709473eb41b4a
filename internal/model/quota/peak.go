package quota

import (
	"strconv"
	"strings"

	"paddock.dev/internal/model"
)

// Peak is what an environment runs at most, in thousandths of a vCPU: every
// service at its maximum, and the machines of its stores.
type Peak struct {
	Pods, Machines int64
	// Most is the service that asks for most in clusters, with MostCPU; nil for
	// none.
	Most    *model.Service
	MostCPU int64
}

// PeakOf adds an environment up.
func PeakOf(env *model.Environment) Peak {
	var p Peak
	for i := range env.Services {
		s := &env.Services[i]
		if s.Runtime == model.EC2 {
			p.Machines += int64(s.Scale.Max) * VCPUs(s.Instance) * 1000
			continue
		}
		cpu := int64(s.Scale.Max) * s.Size.CPUMilli
		p.Pods += cpu
		if cpu > p.MostCPU {
			p.Most, p.MostCPU = s, cpu
		}
	}
	for i := range env.Stores {
		s := &env.Stores[i]
		if s.Managed() {
			continue
		}
		n := s.Nodes + s.Aggregators
		if s.Coordination == model.ZooKeeper {
			n += s.Coordinators
		}
		p.Machines += int64(n) * VCPUs(s.Instance) * 1000
	}
	return p
}

// VCPUs of an instance type. AWS doubles with every size from large on: 2, 4, 8,
// and 4 for each further x ("Amazon EC2 Instance Types").
func VCPUs(instance string) int64 {
	_, size, ok := strings.Cut(instance, ".")
	if !ok {
		return 2
	}
	switch size {
	case "nano", "micro", "small", "medium", "large":
		return 2
	case "xlarge":
		return 4
	}
	if n, err := strconv.Atoi(strings.TrimSuffix(size, "xlarge")); err == nil {
		return int64(n) * 4
	}
	return 96 // metal
}
