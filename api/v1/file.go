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
// documentation; least and most bound a whole number.
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
	// Include names further files, by pattern, relative to this one. Each holds
	// blocks of the same form: usually the services and stores of one team,
	// beside its code.
	Include []Pattern `yaml:"include" example:"[services/*/paddock.yaml]"`
	// Cloud is where the production system is built.
	Cloud CloudBlock `yaml:"cloud" example:"{ provider: aws, region: ap-south-1, zones: 3 }"`
	// Recovery is what survives the loss of the region, and how fast.
	Recovery RecoveryBlock `yaml:"recovery" example:"{ region: ap-southeast-1, rpo: 15m, rto: 1h }"`
	// Accounts is how the cloud accounts are laid out.
	Accounts AccountsBlock `yaml:"accounts" example:"{ mail: 'aws+{account}@kestrelcars.example' }"`
	// Network is the address space, its segments, and the ways in and out.
	Network NetworkBlock `yaml:"network" example:"{ cidr: 10.0.0.0/8, segments: [apps, data] }"`
	// Groups of people who may approve a release, each a list of names.
	Groups Map[[]string] `yaml:"groups" example:"{ qa-leads: [asha, vikram] }"`
	// People says how somebody is reached and when they are away. Names in
	// groups and teams need no entry here.
	People Map[PersonBlock] `yaml:"people" example:"{ asha: { mail: asha@kestrelcars.example } }"`
	// Teams own services and stores, and answer when they break.
	Teams Map[TeamBlock] `yaml:"teams" example:"{ rentals: { members: [asha, vikram] } }"`
	// Environments in which all services run, such as dev and prod.
	Environments Map[EnvironmentBlock] `yaml:"environments,required" example:"{ prod: { stage: production } }"`
	// Delivery is how a release travels through the environments.
	Delivery DeliveryBlock `yaml:"delivery" example:"{ path: [dev, prod] }"`
	// Stores are the places of data: databases, queues, caches and buckets.
	Stores Map[StoreBlock] `yaml:"stores" example:"{ bookings: { engine: mongodb } }"`
	// Services of the platform: the programs, and what each of them needs.
	Services Map[ServiceBlock] `yaml:"services,required" example:"{ booking: { port: 8443 } }"`
	// Observe is what is watched, and how long it is kept.
	Observe ObserveBlock `yaml:"observe" example:"{ logs: { hot: 14d, cold: 365d } }"`
	// Alerts is where alerts go that no team owns, and who is woken.
	Alerts AlertsBlock `yaml:"alerts" example:"{ page: pagerduty }"`
	// Edge is what stands between the internet and the gateway.
	Edge EdgeBlock `yaml:"edge" example:"{ provider: akamai }"`
	// Audit is the record of who did what.
	Audit AuditBlock `yaml:"audit" example:"{ hot: 365d, cold: 2555d }"`
	// Backup is what holds for every store that says nothing of its own.
	Backup BackupBlock `yaml:"backup" example:"{ every: 1h, keep: 35d }"`
	// Cost is what may be spent.
	Cost CostBlock `yaml:"cost" example:"{ budgets: { prod: 32000 } }"`
	// Tickets is where work is planned.
	Tickets TicketsBlock `yaml:"tickets" example:"{ provider: jira, project: OPS }"`
	// Policies are statements of the company that must hold.
	Policies PoliciesBlock `yaml:"policies" example:"{ never: [segment/iot -> segment/pci] }"`
	// Waivers accept findings of the checks, each with a reason and an end.
	Waivers []WaiverBlock `yaml:"waivers" example:"[{ rule: tier-one-zone, reason: vendor limit, until: 2027-03-31 }]"`
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
