package v1

// File is the platform file, platform.yaml: a whole platform in one place.
//
// The types of the file share one naming idea: a Block is a mapping with fixed
// keys; a Map is a mapping whose keys the user chooses; everything else is a
// value with a written form of its own, such as Duration. The tag of a field is
// its key in the file, followed by what holds for it:
//
//	required   the file must have it
//	short      the block may be written as this value alone: health: /healthz
//	fixed      it is the same in every environment and cannot be overridden
//	overrides  the mapping below holds parts of blocks that are laid over others
//
// The tag default is the value as one would write it; example is one for the
// documentation.
//
// +kubebuilder:object:generate=false
type File struct {
	// Paddock is the version of the file's format.
	Paddock string `yaml:"paddock,required" example:"v1"`
	// Name of the platform: lower-case letters, digits and dashes.
	Name string `yaml:"name,required" example:"kestrel"`
	// Domain under which the platform is reached. Production uses the hosts of
	// routes as they are written; every other environment puts its own name
	// before the domain.
	Domain string `yaml:"domain,required" example:"kestrelcars.example"`
	// Groups of people who may approve a release, each a list of names.
	Groups Map[[]string] `yaml:"groups" example:"{ qa-leads: [asha, vikram] }"`
	// Environments in which all services run, such as dev and prod.
	Environments Map[EnvironmentBlock] `yaml:"environments,required" example:"{ prod: { stage: production } }"`
	// Delivery is how a release travels through the environments.
	Delivery DeliveryBlock `yaml:"delivery" example:"{ path: [dev, prod] }"`
	// Services of the platform: the programs, and what each of them needs.
	Services Map[ServiceBlock] `yaml:"services,required" example:"{ booking: { port: 8443 } }"`
}

// Entry is one key of a Map with what stands below it.
//
// +kubebuilder:object:generate=false
type Entry[T any] struct {
	Key   string
	Value T
}

// Map is a mapping whose keys are chosen by the user, in the order of the file.
//
// +kubebuilder:object:generate=false
type Map[T any] []Entry[T]

// Keyed tells a Map from a list.
func (Map[T]) Keyed() {}

// EnvironmentBlock is one environment.
//
// +kubebuilder:object:generate=false
type EnvironmentBlock struct {
	// Stage says what the environment is for; defaults follow from it.
	Stage Stage `yaml:"stage,required" example:"production"`
	// Approve is who must say yes before a release may enter. A list of groups
	// alone asks for one person of any of them.
	Approve *ApproveBlock `yaml:"approve" example:"[release-managers]"`
	// Scale holds for every service of this environment that does not have a
	// scale of its own here.
	Scale *EnvironmentScaleBlock `yaml:"scale" example:"{ replicas: 1 }"`
	// Services as they differ in this environment: any key of a service, laid
	// over what the service says for all environments.
	Services Map[ServiceBlock] `yaml:"services,overrides" example:"{ booking: { settings: { CURRENCY: USD } } }"`
}

// ApproveBlock asks for the consent of people.
//
// +kubebuilder:object:generate=false
type ApproveBlock struct {
	// From names the groups whose members may approve.
	From []string `yaml:"from,required,short" example:"[release-managers]"`
	// Count is how many different people must approve.
	Count int `yaml:"count" default:"1" example:"2"`
}

// EnvironmentScaleBlock bounds the services of an environment.
//
// +kubebuilder:object:generate=false
type EnvironmentScaleBlock struct {
	// Replicas of every service here: what services without a number of their
	// own get, and the bounds within which the others are kept.
	Replicas *Range `yaml:"replicas,required,short" example:"1"`
}

// DeliveryBlock is how releases travel.
//
// +kubebuilder:object:generate=false
type DeliveryBlock struct {
	// Branch whose pushes become releases.
	Branch string `yaml:"branch" default:"main" example:"main"`
	// Path of a release through the environments. Without it, releases take the
	// environments in the order of the file.
	Path []string `yaml:"path" example:"[dev, qa, uat, prod]"`
	// Rollout is how a release replaces the one before it in production.
	Rollout RolloutBlock `yaml:"rollout" example:"{ canary: [5%, 25%, 50%], bake: 10s }"`
}

// RolloutBlock is how a release replaces the one before it.
//
// +kubebuilder:object:generate=false
type RolloutBlock struct {
	// Canary is the share of the requests that a new release gets, step by
	// step, before it gets all of them. An empty list moves all at once.
	Canary []Percent `yaml:"canary" default:"[5%, 25%, 50%]" example:"[10%, 50%]"`
	// Bake is the shortest time of a step.
	Bake Duration `yaml:"bake" default:"10s" example:"5m"`
	// KeepWarm is how long the replaced release keeps running, so that going
	// back to it is a change of weights and nothing else.
	KeepWarm Duration `yaml:"keepWarm" default:"10m" example:"1h"`
	// NoData says what to do at the end of a step in which nobody sent a
	// request: hold waits for some, proceed takes the next step.
	NoData NoData `yaml:"noData" default:"hold" example:"proceed"`
}

// ServiceBlock is one workload.
//
// +kubebuilder:object:generate=false
type ServiceBlock struct {
	// Source is where the code comes from. A service without one is declared
	// only: others may use it, and nothing is built.
	Source *SourceBlock `yaml:"source,fixed" example:"{ git: ./services/booking, language: go }"`
	// Args are given to the program. $(NAME) is replaced by the environment
	// variable of that name.
	Args []string `yaml:"args" example:"[\"-listen\", \"$(HOST):$(PORT)\"]"`
	// Port on which the service answers HTTP.
	Port Port `yaml:"port,required" example:"8443"`
	// Health is how to see whether a replica works. A path alone is asked for
	// both questions. Without it, a TCP connection to the port is enough.
	Health HealthBlock `yaml:"health" example:"/healthz"`
	// Routes under which the public reaches the service: host and path prefix.
	Routes []Route `yaml:"routes" example:"[api.kestrelcars.example/v1/bookings]"`
	// Uses names the services that it calls. Addresses, network policies and
	// the service map follow from it.
	Uses []string `yaml:"uses" example:"[pricing, payments]"`
	// Scale is how many replicas run.
	Scale ScaleBlock `yaml:"scale" example:"{ replicas: 2..20, cpu: 60% }"`
	// Size is what one replica needs.
	Size SizeBlock `yaml:"size" example:"{ cpu: 250m, memory: 256Mi }"`
	// Objective is what the service promises its callers.
	Objective ObjectiveBlock `yaml:"objective" example:"{ availability: 99.9%, latency: { p99: 300ms } }"`
	// Settings become environment variables, values as they are written.
	Settings Map[string] `yaml:"settings" example:"{ CURRENCY: INR }"`
	// Team that owns the service.
	Team string `yaml:"team,fixed" example:"rentals"`
}

// SourceBlock is where a service's code comes from.
//
// +kubebuilder:object:generate=false
type SourceBlock struct {
	// Git is the directory with the code, relative to the platform file.
	Git Dir `yaml:"git,required,short" example:"./services/booking"`
	// Language in which the service is written; it decides how to build.
	Language Language `yaml:"language" default:"go" example:"go"`
	// Package to build, for a tree with more than one program.
	Package Dir `yaml:"package" default:"." example:"./cmd/server"`
}

// HealthBlock is how to see whether a replica works.
//
// +kubebuilder:object:generate=false
type HealthBlock struct {
	// Live is asked whether the replica must be restarted.
	Live URLPath `yaml:"live,short" example:"/healthz/live"`
	// Ready is asked whether the replica may receive requests.
	Ready URLPath `yaml:"ready,short" example:"/healthz/ready"`
}

// ScaleBlock is how many replicas run.
//
// +kubebuilder:object:generate=false
type ScaleBlock struct {
	// Replicas is a number, or the bounds between which the autoscaler moves.
	// Without it: 1 in development and test, 2 in acceptance and production.
	Replicas *Range `yaml:"replicas,short" example:"2..20"`
	// CPU is the use that the autoscaler aims at, in percent of size.cpu. With
	// bounds and without it: 70%.
	CPU *Percent `yaml:"cpu" example:"60%"`
}

// SizeBlock is what one replica needs.
//
// +kubebuilder:object:generate=false
type SizeBlock struct {
	// CPU time reserved for a replica, in cores or thousandths of one.
	CPU CPU `yaml:"cpu" default:"100m" example:"250m"`
	// Memory reserved for a replica, and the most that it may take.
	Memory Bytes `yaml:"memory" default:"64Mi" example:"256Mi"`
}

// ObjectiveBlock is what a service promises its callers.
//
// +kubebuilder:object:generate=false
type ObjectiveBlock struct {
	// Availability is the share of requests that are answered well.
	Availability *Percent `yaml:"availability" example:"99.9%"`
	// Latency is how fast they are answered.
	Latency LatencyBlock `yaml:"latency" example:"{ p99: 300ms }"`
}

// LatencyBlock is how fast requests are answered.
//
// +kubebuilder:object:generate=false
type LatencyBlock struct {
	// P99 is the time within which 99 of 100 requests are answered.
	P99 *Duration `yaml:"p99" example:"300ms"`
}
