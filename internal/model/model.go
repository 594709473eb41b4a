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

	Cloud    Cloud
	Recovery Recovery
	Accounts Accounts
	Network  Network
	// Teams and People sorted by name.
	Teams  []Team
	People []Person

	Observe Observe
	Alerts  Alerts
	Edge    Edge
	Audit   Audit
	Backup  Backup
	Cost    Cost
	Tickets Tickets
	// Policies are statements of the company that must hold.
	Policies Policies
	// Waivers are the findings that somebody has accepted, in the order of the
	// file.
	Waivers []Waiver
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
	// name. Those of Without are not among them.
	Services []Service
	// Stores as they are in this environment, sorted by name. Those of Without
	// are not among them.
	Stores []Store
	// Without names the services and stores that this environment does not
	// have, sorted.
	Without []string
	// Hours in which the environment is up; nil means always.
	Hours *Hours
	// Freeze are the times in which nothing is released here.
	Freeze []Window
	// Changes are the times in which releases may enter; empty means always.
	Changes []Hours
	// Collapse are the segments that are merged into the first one here; what
	// lives in them has that segment already.
	Collapse []string
	// Segments that exist here, in the order of the file.
	Segments []string
	// Zones is how many availability zones the environment uses.
	Zones int
	// CIDR pins the environment's addresses; the zero value lets them be
	// computed.
	CIDR Prefix
	// Budget for a month in whole units of Cost.Currency; 0 when none.
	Budget int64
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

// Branching is how work reaches the branches that are released.
type Branching string

const (
	// Trunk releases one main branch.
	Trunk Branching = "trunk"
	// Gitflow has develop, release/*, main and hotfix/* branches.
	Gitflow Branching = "gitflow"
)

// Delivery is how releases travel.
type Delivery struct {
	// Path is the environments' names in order.
	Path      []string
	Branching Branching
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
	// Hotfix is the short lane; nil when there is none.
	Hotfix *Hotfix
	// Engine that builds on the production system: jenkins or jobs.
	Engine string
	// Git hosting on the production system, such as github, and the
	// organization there.
	Hosting, Organization string
}

// Hotfix is the short lane for repairs of production.
type Hotfix struct {
	// Skip names the environments that a hotfix does not pass.
	Skip    []string
	Approve Approve
}

// Environment returns the environment of that name.
func (p *Platform) Environment(name string) (Environment, bool) {
	for _, e := range p.Environments {
		if e.Name == name {
			return e, true
		}
	}
	return Environment{}, false
}

// EnvironmentNames are the names, in the order of the delivery path.
func (p *Platform) EnvironmentNames() []string {
	names := make([]string, len(p.Environments))
	for i, e := range p.Environments {
		names[i] = e.Name
	}
	return names
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
	for i := range e.Services { // large values: look at them where they are
		if e.Services[i].Name == name {
			return e.Services[i], true
		}
	}
	return Service{}, false
}

// Store returns the store of that name as it is in this environment.
func (e Environment) Store(name string) (Store, bool) {
	for i := range e.Stores { // large values: look at them where they are
		if e.Stores[i].Name == name {
			return e.Stores[i], true
		}
	}
	return Store{}, false
}
