package model

import "time"

// Service is one workload in one environment.
type Service struct {
	Name string
	// Place in the file, from 0. Where two services would have the same thing,
	// the earlier one has it.
	Place int
	// Source is nil for a workload whose code is not here: declared only.
	Source *Source
	// Language in which it is written, also of a workload without source; empty
	// when the file does not say.
	Language string
	// Runtime on the production system: Kubernetes pods or EC2 machines.
	Runtime Runtime
	// Instance is the EC2 instance type of a service whose Runtime is EC2.
	Instance string
	// Args for the program; $(NAME) is replaced by an environment variable.
	Args []string
	// Port on which it answers HTTP; 0 for a workload that listens nowhere.
	Port int
	// Ports are further named ports, sorted by name.
	Ports  []NamedPort
	Health Health
	// Routes of the public gateway, the environment's host already in place.
	Routes []Route
	// Private are routes that only the company's own networks reach.
	Private []Route
	// Sensitive are the path prefixes that bots abuse: login, search, payment.
	Sensitive []string
	// Uses are the names of the services that it calls, sorted. The same calls,
	// and all else that it uses, are in Edges.
	Uses []string
	// Edges are everything that the service opens connections to, sorted by
	// kind and name.
	Edges []Use
	// Produce and Consume are topics of the Kafka stores that it uses, sorted.
	Produce, Consume []string
	// Egress are the internet domains that it may reach, sorted.
	Egress    []string
	Scale     Scale
	Size      Size
	Objective Objective
	// Migrate is the command that brings the schema up to date; empty when there
	// is none.
	Migrate []string
	// Settings sorted by name.
	Settings []Setting
	// Secrets are the names of the secret values that it is given, sorted.
	Secrets []string
	// Schedule is set for work that is started by the clock.
	Schedule *Schedule
	Team     string
	// Tier from 1, the most important, to 4.
	Tier int
	// Data is the most sensitive class of data that it handles.
	Data DataClass
	// Segment of the network in this environment, after collapsing.
	Segment string
	// Strict isolation asks for a security group of its own.
	Strict bool
	// Encryption of the calls that it receives.
	Encryption Encryption
}

// Runtime is what runs a service on the production system.
type Runtime string

// The runtimes.
const (
	Kubernetes Runtime = "kubernetes"
	EC2        Runtime = "ec2"
)

// NamedPort is one more port of a service.
type NamedPort struct {
	Name string
	Port int
}

// UseKind tells what stands at the end of an edge.
type UseKind string

// The kinds of ends.
const (
	UsesService UseKind = "service"
	UsesStore   UseKind = "store"
)

// Mode says how something is used.
type Mode string

// The modes. The first three are of stores, the others of services.
const (
	ReadWrite Mode = "write"     // the default of a store
	Read      Mode = "read"      // never writes
	Secondary Mode = "secondary" // reads from replicas
	Required  Mode = "required"  // the default of a service: without it the caller fails
	Optional  Mode = "optional"  // the caller goes on without it
)

// Use is one edge of the graph as its beginning states it.
type Use struct {
	Kind UseKind
	Name string
	Mode Mode
	// Ports at the other end that the edge opens, rising.
	Ports []int
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
	// CPU is the target in percent of the request; 0 turns autoscaling by CPU
	// off.
	CPU int
	// Requests a second that one replica is meant to serve; 0 when not stated.
	Requests int
	// Connections that one replica is meant to hold; 0 when not stated.
	Connections int
	// Lag of a consumer group, in messages for each replica; 0 when not stated.
	Lag int
	// Queue depth for each replica, in messages; 0 when not stated.
	Queue int
	// Unavailable is how many replicas may be taken away at once for
	// maintenance.
	Unavailable int
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
	// Latencies are 0 when none is stated.
	LatencyP50, LatencyP95, LatencyP99 time.Duration
	// Freshness is the age within which data is worked on; 0 when not stated.
	Freshness time.Duration
}

// Setting is one configuration value.
type Setting struct{ Name, Value string }

// DataClass says how sensitive data is.
type DataClass string

// The classes, from harmless to the most sensitive.
const (
	Public   DataClass = "public"
	Internal DataClass = "internal"
	PII      DataClass = "pii"
	PCI      DataClass = "pci"
)

// Encryption is how calls travel.
type Encryption string

// The ways.
const (
	TLS       Encryption = "tls"
	MutualTLS Encryption = "mtls"
)

// Declared reports whether the workload's code is not here.
func (s Service) Declared() bool { return s.Source == nil }

// AllPorts are the ports on which the service listens, rising.
func (s Service) AllPorts() []int {
	var ports []int
	if s.Port != 0 {
		ports = append(ports, s.Port)
	}
	for _, p := range s.Ports {
		ports = append(ports, p.Port)
	}
	return rising(ports)
}
