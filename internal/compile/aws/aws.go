// Package aws compiles a platform for Amazon Web Services: which Terraform
// roots there are, one for each account, region and layer, and with which
// arguments each of them instantiates the modules of package
// emit/terraform. It knows names, addresses and who needs what of whom. It
// refuses to know how HCL is written and what a module does inside.
//
// Roots do not read one another's state. What one needs of another it finds by
// the name that the other gives it (a lookup), so that a root can be planned,
// reviewed and applied by people who may not read the others' states.
package aws

import (
	"cmp"
	"reflect"
	"slices"

	"paddock.dev/internal/graph"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// Layer is a step of the construction. Roots of a lower layer are applied
// before those of a higher one.
type Layer string

// The layers, in the order in which they are applied.
const (
	Bootstrap     Layer = "00-bootstrap"     // state, keys of the state, roles that apply
	Organization  Layer = "05-org"           // accounts, policies of the organization
	Security      Layer = "10-security"      // detection, configuration recorder
	Logs          Layer = "15-logs"          // trail, buckets for every kind of log
	Network       Layer = "20-network"       // addresses, routes, firewall, endpoints, names
	Edge          Layer = "25-edge"          // public load balancer, firewall, certificates
	Data          Layer = "30-data"          // stores
	Clusters      Layer = "40-eks"           // Kubernetes
	InCluster     Layer = "45-cluster"       // what runs in it for all
	Observability Layer = "50-observability" // alarms, dashboards, topics
	Tools         Layer = "55-tools"         // Jenkins, its agents
	Backups       Layer = "60-backup"        // vaults, plans, restore tests
	Automation    Layer = "70-automation"    // functions, patching
	Disaster      Layer = "80-dr"            // failover
	ThirdParties  Layer = "85-thirdparty"    // PagerDuty, New Relic, Akamai
	FinOps        Layer = "90-finops"        // budgets, cost reports
)

// Root is one Terraform root: what is planned and applied together.
type Root struct {
	// Account by name, such as prod or log-archive.
	Account string
	// Scope is whose root it is; empty means the account's. Environments that
	// share one account have roots of their own.
	Scope  string
	Region string
	Layer  Layer
	// Order within the layer: roots of a higher number look up what those of a
	// lower one made.
	Order int
	// Providers beside the aws provider of Account and Region.
	Providers []Provider
	// Variables are what only the people who apply know.
	Variables []Variable
	// Lookups find by name what other roots made.
	Lookups []Lookup
	Modules []Module
}

// Provider is one more provider configuration.
type Provider struct {
	// Name such as aws, pagerduty or helm.
	Name string
	// Alias is empty for the provider's only configuration.
	Alias string
	// Account and Region of an aws provider.
	Account, Region string
	Args            Args
}

// Variable is a value that is given when the root is applied. Without Required
// it is null when it is not given.
type Variable struct {
	Name, Type, Description string
	Sensitive, Required     bool
}

// Lookup is a data source.
type Lookup struct {
	Type, Name string
	// Provider alias, when it is not the root's own.
	Provider string
	Args     Args
	// Blocks such as filter, in order.
	Blocks []Block
	From   []Origin
}

// Block is a nested block of a lookup.
type Block struct {
	Name string
	Args Args
}

// Module instantiates a module.
type Module struct {
	// Name of the instance. It is the address in the state: it must not change
	// when something else is added.
	Name string
	// Source is the folder below modules.
	Source string
	Args   Args
	// Providers that are passed: the name inside, and the name here such as
	// aws.recovery.
	Providers []Pass
	// After names modules of this root that must exist before.
	After []string
	// From are the places of the platform file that it comes from.
	From []Origin
}

// Pass hands a provider configuration to a module.
type Pass struct{ Inside, Here string }

// Origin is a key of the platform file, such as stores.mongo-core, and the
// environment when the value is that of one.
type Origin struct{ Environment, Key string }

// Target is what the compiler works on.
type Target struct {
	Platform *model.Platform
	// Graphs, one for each environment in the platform's order.
	Graphs    []*graph.Graph
	Addresses *address.Plan
}

// Roots compiles the platform. The result is ordered by layer, account and
// region; the same platform always gives the same roots.
func Roots(t Target) []Root {
	c := newCompiler(t)
	var roots []Root
	for _, layer := range layers {
		roots = append(roots, layer(c)...)
	}
	for i := range roots {
		c.bringHome(&roots[i])
		roots[i].Lookups = once(roots[i].Lookups)
	}
	appliedOnly(roots)
	c.requestQuotas(roots)
	slices.SortStableFunc(roots, func(a, b Root) int {
		return cmp.Or(cmp.Compare(a.Layer, b.Layer), cmp.Compare(a.Order, b.Order), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
	})
	return roots
}

// bringHome puts a root of an account that there is not into the one that there
// is, under the same name.
func (c *compiler) bringHome(r *Root) {
	if home := c.accountOf(r.Account); home != r.Account {
		r.Account, r.Scope = home, cmp.Or(r.Scope, r.Account)
	}
	for i, p := range r.Providers {
		if p.Account != "" {
			r.Providers[i].Account = c.accountOf(p.Account)
		}
	}
}

// once leaves out lookups that stand before: parts of a root may look for the
// same thing.
func once(lookups []Lookup) []Lookup {
	var all []Lookup
	for _, l := range lookups {
		if !slices.ContainsFunc(all, func(other Lookup) bool {
			return l.Type == other.Type && l.Name == other.Name && reflect.DeepEqual(l, other)
		}) {
			all = append(all, l)
		}
	}
	return all
}

func newCompiler(t Target) *compiler {
	return &compiler{Target: t, platform: t.Platform, places: map[string]map[string]int{}}
}

// layers are the parts of the compiler. Each is a file of this package.
var layers = []func(*compiler) []Root{
	(*compiler).bootstrap,
	(*compiler).organization,
	(*compiler).security,
	(*compiler).logs,
	(*compiler).networks,
	(*compiler).edge,
	(*compiler).stores,
	(*compiler).clusters,
	(*compiler).observability,
	(*compiler).toolMachines,
	(*compiler).inClusters,
	(*compiler).backups,
	(*compiler).automation,
	(*compiler).disaster,
	(*compiler).thirdParties,
	(*compiler).finops,
}

// compiler is what the layers share.
type compiler struct {
	Target
	platform *model.Platform
	// places of load balancers by network and service, as far as they were asked
	// for.
	places map[string]map[string]int
}
