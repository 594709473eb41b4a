package v1

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
	// Hours in which the environment is up. Without them it is always up.
	Hours *Hours `yaml:"hours" example:"Mon-Fri 08:00-21:00 Asia/Kolkata"`
	// Freeze are times in which nothing is released here: a piece of every week,
	// or days.
	Freeze []Window `yaml:"freeze" example:"[Fri 18:00 - Mon 06:00 Asia/Kolkata]"`
	// Changes are the hours in which releases may enter. Without them: always.
	Changes []Hours `yaml:"changes" example:"[Mon-Thu 10:00-16:00 Asia/Kolkata]"`
	// Collapse names segments of the network that this environment does without:
	// what lives in them moves to the first segment.
	Collapse []string `yaml:"collapse" example:"[pci]"`
	// Zones is how many availability zones the environment uses. Without it:
	// all of cloud.zones in acceptance and production, at most 2 elsewhere.
	Zones *int `yaml:"zones" example:"2" least:"1" most:"6"`
	// CIDR pins the addresses of the environment. Without it they are computed.
	CIDR *CIDR `yaml:"cidr" example:"10.40.0.0/13"`
	// Without names services and stores that do not exist here.
	Without []string `yaml:"without" example:"[data-export]"`
	// Services as they differ in this environment: any key of a service, laid
	// over what the service says for all environments.
	Services Map[ServiceBlock] `yaml:"services,overrides" example:"{ booking: { settings: { CURRENCY: USD } } }"`
	// Stores as they differ in this environment, in the same way.
	Stores Map[StoreBlock] `yaml:"stores,overrides" example:"{ bookings: { nodes: 1 } }"`
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
