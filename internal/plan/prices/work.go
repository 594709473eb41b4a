package prices

import (
	"math"
	"time"

	"paddock.dev/internal/model"
)

// What is assumed where the file says nothing; assumptions prints them.
const (
	nodeType    = "m6i.2xlarge"
	systemType  = "m6i.large"
	systemNodes = 3
	// packing is how much of a machine pods can ask for.
	packing = 0.8
	// nodeCPU and nodeMemory of nodeType.
	nodeCPU    = 8000 // thousandths
	nodeMemory = 32 << 30
	// average is the share of the declared capacity that is used.
	average         = 0.05
	answerBytes     = 8000
	defaultRequests = 50 // a second, for one replica
	bucketGB        = 500
)

// workers is how many machines a cluster has on average.
func (e *estimate) workers(owner, segment string, zones int) float64 {
	env, ok := e.platform.Environment(owner)
	if !ok {
		return 0
	}
	var cpu, memory float64
	for _, s := range env.Services {
		if s.Segment == segment && s.Runtime != model.EC2 {
			n := replicas(s)
			cpu += n * float64(s.Size.CPUMilli)
			memory += n * float64(s.Size.MemoryBytes)
		}
	}
	n := max(cpu/(nodeCPU*packing), memory/(nodeMemory*packing))
	return max(math.Ceil(n), float64(zones))
}

// replicas on average.
func replicas(s model.Service) float64 { return float64(s.Scale.Min+s.Scale.Max) / 2 }

// machines are services that run on EC2.
func (e *estimate) machines(env model.Environment) {
	for _, s := range env.Services {
		if s.Runtime == model.EC2 && s.Instance != "" {
			e.instances(env.Name, "machines", s.Name, s.Instance, replicas(s))
			e.monthly(env.Name, "machines", s.Name+": disks", "gp3", 50*replicas(s))
		}
	}
}

// copies are backups, and their copies in the recovery region.
func (e *estimate) copies(env model.Environment) {
	for _, s := range env.Stores {
		if !s.Holds() || s.Backup.Every == 0 {
			continue
		}
		// One whole copy of the data, which is on every member of a replica set but
		// spread over the nodes of the others, and what changes every day.
		gb := float64(s.DiskBytes) / (1 << 30) / 2
		switch s.Engine {
		case model.Kafka, model.SingleStore, model.OpenSearch:
			gb *= float64(max(1, s.Nodes))
		case model.S3:
			gb = bucketGB
		}
		if s.Replication > 1 {
			gb /= float64(s.Replication)
		}
		gb *= 1 + 0.02*s.Backup.Keep.Hours()/24
		price := "snapshot"
		if s.Engine == model.S3 {
			price = "s3"
		}
		e.monthly(env.Name, "backup", s.Name, price, gb)
		if e.platform.Backup.Copy && s.Recovery && e.platform.Recovery.Region != "" {
			e.monthly(env.Name, "backup", s.Name+": in the recovery region", price, gb)
		}
	}
}

func (e *estimate) secrets(env model.Environment) {
	n := 0
	for _, s := range env.Services {
		n += len(s.Secrets)
		for _, u := range s.Edges {
			if u.Kind == model.UsesStore {
				n++ // its user of the store
			}
		}
	}
	e.monthly(env.Name, "security", "secrets", "secret", float64(n))
}

// traffic is what public services answer, out to the internet.
func (e *estimate) traffic(env model.Environment) {
	if env.Stage != model.Production {
		return // nobody but ourselves calls the others
	}
	var perSecond float64
	for _, s := range env.Services {
		if len(s.Routes) > 0 {
			n := s.Scale.Requests
			if n == 0 {
				n = defaultRequests
			}
			perSecond += float64(n*s.Scale.Max) * average
		}
	}
	gb := perSecond * answerBytes * Hours * time.Hour.Seconds() / 1e9
	e.monthly(env.Name, "traffic", "answers to the internet", "transfer-out", gb)
	e.monthly(env.Name, "traffic", "answers through the transit gateway", "transit-use", gb)
}
