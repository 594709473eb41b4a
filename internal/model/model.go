// Package model is the platform as plain values: what the file says after it
// was read, defaulted and resolved for every environment. Values are not
// changed once made. It knows nothing of YAML, Kubernetes, AWS, disks or
// clocks.
package model

import "time"

// Platform is one company's platform.
type Platform struct {
	Name string
	// Domain is the public domain, such as kestrelcars.example.
	Domain string
	// Dir is the directory of the platform file; source paths start there.
	Dir string
	// Groups of people who may approve, sorted by name.
	Groups []Group
	// Environments in the order of the delivery path.
	Environments []Environment
	Delivery     Delivery
}

// Group is a named set of people.
type Group struct {
	Name    string
	Members []string
}

// Stage says what an environment is for; defaults follow from it.
type Stage string

// The stages, from the first to the last.
const (
	Development Stage = "development"
	Test        Stage = "test"
	Acceptance  Stage = "acceptance"
	Production  Stage = "production"
)

// Environment is one place where all services run.
type Environment struct {
	Name  string
	Stage Stage
	// Approve is who must say yes before a release may enter; the zero value
	// means that nobody needs to.
	Approve Approve
	// Services as they are in this environment, overrides applied, sorted by
	// name.
	Services []Service
}

// Approve asks for Count different members of the groups in From.
type Approve struct {
	From  []string
	Count int
}

// NoData says what a canary does when nobody sent it a request.
type NoData string

const (
	// Hold keeps the canary at its weight until there is traffic.
	Hold NoData = "hold"
	// Proceed takes the next step when the bake time is over.
	Proceed NoData = "proceed"
)

// Delivery is how releases travel.
type Delivery struct {
	// Path is the environments' names in order.
	Path []string
	// Branch whose pushes become releases.
	Branch string
	// Canary steps in percent, rising, used in production. Empty means all at
	// once.
	Canary []int
	// Bake is the shortest time of a canary step.
	Bake time.Duration
	// KeepWarm is how long the set that was replaced keeps running.
	KeepWarm time.Duration
	NoData   NoData
}

// Service is one workload in one environment.
type Service struct {
	Name string
	// Source is nil for a workload whose code is not here: declared only.
	Source *Source
	// Args for the program; $(NAME) is replaced by an environment variable.
	Args   []string
	Port   int
	Health Health
	// Routes of the public gateway, the environment's host already in place.
	Routes []Route
	// Uses are the names of the services that it calls, sorted.
	Uses      []string
	Scale     Scale
	Size      Size
	Objective Objective
	// Settings sorted by name.
	Settings []Setting
	Team     string
}

// Source is where a service's code comes from.
type Source struct {
	// Dir with the code, relative to Platform.Dir.
	Dir      string
	Language string
	// Package to build, for languages that have more than one program in a
	// tree, such as ./cmd/server.
	Package string
}

// Health paths; empty means that a TCP connection is enough.
type Health struct{ Live, Ready string }

// Route is a public host and path prefix.
type Route struct{ Host, Path string }

// Scale bounds the number of replicas.
type Scale struct {
	Min, Max int
	// CPU is the target in percent of the request; 0 turns autoscaling off.
	CPU int
}

// Size is what one replica asks for.
type Size struct {
	CPUMilli    int64
	MemoryBytes int64
}

// Objective is what the service promises its callers.
type Objective struct {
	// Availability in percent as written, such as "99.9"; empty means none.
	Availability string
	// LatencyP99 is 0 when none is stated.
	LatencyP99 time.Duration
}

// Setting is one configuration value.
type Setting struct{ Name, Value string }

// Environment returns the environment of that name.
func (p *Platform) Environment(name string) (Environment, bool) {
	for _, e := range p.Environments {
		if e.Name == name {
			return e, true
		}
	}
	return Environment{}, false
}

// Members returns everybody in the named groups, each once, in order of
// appearance.
func (p *Platform) Members(groups []string) []string {
	seen := map[string]bool{}
	var all []string
	for _, want := range groups {
		for _, g := range p.Groups {
			if g.Name != want {
				continue
			}
			for _, m := range g.Members {
				if !seen[m] {
					seen[m] = true
					all = append(all, m)
				}
			}
		}
	}
	return all
}

// Service returns the service of that name as it is in this environment.
func (e Environment) Service(name string) (Service, bool) {
	for _, s := range e.Services {
		if s.Name == name {
			return s, true
		}
	}
	return Service{}, false
}
