package v1

// ServiceBlock is one workload.
//
// +kubebuilder:object:generate=false
type ServiceBlock struct {
	// Source is where the code comes from. A service without one is declared
	// only: others may use it, and nothing is built.
	Source *SourceBlock `yaml:"source,fixed" example:"{ git: ./services/booking, language: go }"`
	// Language in which the service is written. Without it: that of source.
	Language *Language `yaml:"language,fixed" example:"java"`
	// Runtime on the production system: kubernetes runs pods, ec2 machines.
	Runtime Runtime `yaml:"runtime" default:"kubernetes" example:"ec2"`
	// Instance type of the machines of a service whose runtime is ec2.
	Instance InstanceType `yaml:"instance" example:"m6i.large"`
	// Args are given to the program. $(NAME) is replaced by the environment
	// variable of that name.
	Args []string `yaml:"args" example:"[\"-listen\", \"$(HOST):$(PORT)\"]"`
	// Port on which the service answers HTTP. A worker that nobody calls has
	// none.
	Port *Port `yaml:"port" example:"8443"`
	// Ports are further ports by name: MQTT, a second protocol, a debug page.
	Ports Map[Port] `yaml:"ports" example:"{ mqtt: 8883 }"`
	// Health is how to see whether a replica works. A path alone is asked for
	// both questions. Without it, a TCP connection to the port is enough.
	Health HealthBlock `yaml:"health" example:"/healthz"`
	// Routes under which the public reaches the service: host and path prefix.
	Routes []Route `yaml:"routes" example:"[api.kestrelcars.example/v1/bookings]"`
	// Private are routes that only the company's own networks reach: VPN and
	// sites.
	Private []Route `yaml:"private" example:"[ops.kestrel.internal]"`
	// Sensitive are path prefixes that bots abuse, such as login and payment.
	// The edge watches them more closely.
	Sensitive []URLPath `yaml:"sensitive" example:"[/v1/login, /v1/payments]"`
	// Uses names the services and stores that it opens connections to, each with
	// a mode if need be: name:read or name:secondary for a store (without one it
	// is written, too), name:optional for a service without which it goes on.
	// Addresses, network policies and the service map follow from it.
	Uses []Use `yaml:"uses" example:"[bookings, ledger:read, pricing, payments:optional]"`
	// Topics of the Kafka stores that it uses.
	Topics TopicsBlock `yaml:"topics" example:"{ produce: [booking.created] }"`
	// Egress are the internet domains that it may reach; *.example.com stands
	// for everything below. All others are closed.
	Egress []DomainPattern `yaml:"egress" example:"[api.psp-one.example, '*.googleapis.com']"`
	// Scale is how many replicas run.
	Scale ScaleBlock `yaml:"scale" example:"{ replicas: 2..20, cpu: 60% }"`
	// Size is what one replica needs.
	Size SizeBlock `yaml:"size" example:"{ cpu: 250m, memory: 256Mi }"`
	// Objective is what the service promises its callers.
	Objective ObjectiveBlock `yaml:"objective" example:"{ availability: 99.9%, latency: { p99: 300ms } }"`
	// Migrate is the command that brings the schema up to date, word by word.
	// It runs once before a release enters an environment.
	Migrate []string `yaml:"migrate" example:"[./booking, migrate, up]"`
	// Settings become environment variables, values as they are written.
	Settings Map[string] `yaml:"settings" example:"{ CURRENCY: INR }"`
	// Secrets names environment variables whose values are kept outside this
	// file.
	Secrets []string `yaml:"secrets" example:"[RAZORPAY_KEY]"`
	// Schedule starts the work by the clock: the five fields of crontab(5) and a
	// time zone. A service with a schedule runs to its end and not for ever.
	Schedule *Cron `yaml:"schedule" example:"0 6 * * * Asia/Kolkata"`
	// Team that owns the service.
	Team string `yaml:"team,fixed" example:"rentals"`
	// Tier is how much hangs on the service, from 1, without which the company
	// stands still, to 4.
	Tier Tier `yaml:"tier,fixed" default:"3" example:"1"`
	// Data is the most sensitive class of data that it handles.
	Data DataClass `yaml:"data,fixed" default:"internal" example:"pci"`
	// Segment of the network in which it lives. Without it: the first one.
	Segment string `yaml:"segment" example:"pci"`
	// Isolation strict gives it a security group of its own; shared puts it
	// into that of its segment.
	Isolation Isolation `yaml:"isolation" default:"shared" example:"strict"`
	// Encryption of the calls that it receives. Without it: mtls for data of
	// class pci and in a segment called pci, tls elsewhere.
	Encryption *Encryption `yaml:"encryption" example:"mtls"`
}

// SourceBlock is where a service's code comes from.
//
// +kubebuilder:object:generate=false
type SourceBlock struct {
	// Git is the directory with the code, relative to the file that names it.
	Git Dir `yaml:"git,required,short" example:"./services/booking"`
	// Language decides how to build. Paddock builds go now. Without it: the
	// language of the service, else go.
	Language *Language `yaml:"language" example:"go"`
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

// TopicsBlock is what a service writes to and reads from Kafka.
//
// +kubebuilder:object:generate=false
type TopicsBlock struct {
	// Produce names the topics that it writes.
	Produce []string `yaml:"produce" example:"[booking.created]"`
	// Consume names the topics that it reads.
	Consume []string `yaml:"consume" example:"[payment.settled]"`
}

// ScaleBlock is how many replicas run.
//
// +kubebuilder:object:generate=false
type ScaleBlock struct {
	// Replicas is a number, or the bounds between which the autoscaler moves.
	// Without it: 1 in development and test, 2 in acceptance and production.
	Replicas *Range `yaml:"replicas,short" example:"2..20"`
	// CPU is the use that the autoscaler aims at, in percent of size.cpu. With
	// bounds and without any other measure: 70%.
	CPU *Percent `yaml:"cpu" example:"60%"`
	// Requests a second that one replica is meant to serve.
	Requests *int `yaml:"requests" example:"80" least:"1" most:"1000000"`
	// Connections that one replica is meant to hold.
	Connections *int `yaml:"connections" example:"2500" least:"1" most:"10000000"`
	// Lag of a consumer, in messages for each replica.
	Lag *int `yaml:"lag" example:"5000" least:"1" most:"1000000000"`
	// Queue depth in messages for each replica.
	Queue *int `yaml:"queue" example:"100" least:"1" most:"1000000000"`
	// Unavailable is how many replicas may be taken away at once for
	// maintenance.
	Unavailable int `yaml:"unavailable" default:"1" example:"2" least:"1" most:"100"`
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
	// Freshness is the age within which incoming data is worked on.
	Freshness *Duration `yaml:"freshness" example:"15s"`
}

// LatencyBlock is how fast requests are answered.
//
// +kubebuilder:object:generate=false
type LatencyBlock struct {
	// P50 is the time within which half of all requests are answered.
	P50 *Duration `yaml:"p50" example:"40ms"`
	// P95 is the time within which 95 of 100 requests are answered.
	P95 *Duration `yaml:"p95" example:"150ms"`
	// P99 is the time within which 99 of 100 requests are answered.
	P99 *Duration `yaml:"p99" example:"300ms"`
}
