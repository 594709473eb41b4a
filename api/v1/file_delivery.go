package v1

// DeliveryBlock is how releases travel.
//
// +kubebuilder:object:generate=false
type DeliveryBlock struct {
	// Branch whose pushes become releases.
	Branch string `yaml:"branch" default:"main" example:"main"`
	// Branching is how work reaches that branch: trunk has one main branch,
	// gitflow has develop, release/* and hotfix/* beside it.
	Branching Branching `yaml:"branching" default:"trunk" example:"gitflow"`
	// Path of a release through the environments. Without it, releases take the
	// environments in the order of the file.
	Path []string `yaml:"path" example:"[dev, qa, uat, prod]"`
	// Rollout is how a release replaces the one before it in production.
	Rollout RolloutBlock `yaml:"rollout" example:"{ canary: [5%, 25%, 50%], bake: 10s }"`
	// Hotfix is the short lane for repairs of production. Without it there is
	// none: a repair takes the whole path.
	Hotfix *HotfixBlock `yaml:"hotfix" example:"{ skip: [qa], approve: { from: [incident-commanders] } }"`
	// Engine that builds on the production system: jenkins, or jobs on the
	// cluster.
	Engine CI `yaml:"engine" default:"jenkins" example:"jobs"`
	// Hosting of the git repositories on the production system.
	Hosting GitHosting `yaml:"hosting" default:"github" example:"gitlab"`
	// Organization that owns the repositories there. Without it: the name of
	// the platform.
	Organization string `yaml:"organization" example:"kestrelcars"`
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

// HotfixBlock is the short lane for repairs of production.
//
// +kubebuilder:object:generate=false
type HotfixBlock struct {
	// Skip names environments of the path that a hotfix does not pass.
	Skip []string `yaml:"skip" example:"[qa]"`
	// Approve is who must say yes to a hotfix, in place of those of the
	// environments that it enters.
	Approve *ApproveBlock `yaml:"approve" example:"{ from: [incident-commanders], count: 1 }"`
}
