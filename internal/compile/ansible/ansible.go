// Package ansible compiles a platform for the machines that Terraform makes:
// which hosts there are, in which groups they are found, and what their roles
// must be told. Names and addresses are read from the compiled Terraform roots,
// so that a machine, its tags and its place in the inventory cannot drift apart.
// It refuses to know how a role works and how YAML is written; and it never
// knows a secret, only where one is kept.
package ansible

import (
	"slices"
	"strings"

	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/model"
)

// Kind is the software that a group of hosts runs. It is also the name of the
// group and of the role.
type Kind string

// The kinds.
const (
	MongoDB     Kind = "mongodb"
	ZooKeeper   Kind = "zookeeper"
	Kafka       Kind = "kafka"
	SingleStore Kind = "singlestore"
	LegacyApp   Kind = "legacy_app"
	Jenkins     Kind = "jenkins"
)

// Kinds are all kinds in the order in which they are deployed: what others need
// comes first.
func Kinds() []Kind { return []Kind{MongoDB, ZooKeeper, Kafka, SingleStore, LegacyApp, Jenkins} }

// Project is everything there is to configure.
type Project struct {
	Platform string
	// Kinds that the platform has, in the order of Kinds.
	Kinds []Kind
	// Inventories, one for each environment with machines, and that of the tools
	// that serve all.
	Inventories []Inventory
}

// Inventory is the machines of one environment.
type Inventory struct {
	// Name of the environment, or shared.
	Name string
	// Account in which the machines live.
	Account string
	// Regions: the primary one, and the one that takes over where there is one.
	Regions []string
	Kinds   []Kind
	// Hosts sorted by name: the machines with fixed addresses.
	Hosts []Host
	// Groups sorted by name: all that a host may be in, with what holds for it.
	Groups []Group
}

// Host is one machine.
type Host struct {
	// Name is the machine's tag Name.
	Name string
	// Groups sorted by name.
	Groups []string
	Vars   Vars
}

// Group is a set of hosts.
type Group struct {
	Name string
	// About is a sentence for the head of its file.
	About string
	Vars  Vars
}

// Vars are variables in the order in which they are written.
type Vars []Var

// Var is one variable. The value is a string, an int, a bool, a List or Vars.
type Var struct {
	Name  string
	Value any
}

// List is a list of values.
type List []any

// Target is what the compiler works on.
type Target struct {
	Platform *model.Platform
	// Graphs, one for each environment in the platform's order.
	Graphs []*graph.Graph
	// Roots are the compiled Terraform roots, and Sites the names that they give.
	Roots []aws.Root
	Sites []aws.Site
}

// Compile gives the project of a platform. The same platform gives the same
// project.
func Compile(t Target) Project {
	c := &compiler{Target: t}
	p := Project{Platform: t.Platform.Name}
	for i, env := range t.Platform.Environments {
		if inv, ok := c.inventory(env, t.Graphs[i]); ok {
			p.Inventories = append(p.Inventories, inv)
		}
	}
	if t.Platform.Delivery.Engine == "jenkins" {
		p.Inventories = append(p.Inventories, c.tools())
	}
	for _, k := range Kinds() {
		if slices.ContainsFunc(p.Inventories, func(i Inventory) bool { return slices.Contains(i.Kinds, k) }) {
			p.Kinds = append(p.Kinds, k)
		}
	}
	return p
}

type compiler struct{ Target }

// tools is the inventory of what serves all environments: one controller for
// production and one for the rest, which never share credentials.
func (c *compiler) tools() Inventory {
	region := c.Platform.Cloud.Region
	return Inventory{
		Name: aws.Shared, Account: aws.Shared, Regions: []string{region}, Kinds: []Kind{Jenkins},
		Groups: []Group{
			{Name: "all", About: "What holds for every machine of the tools.", Vars: Vars{
				{"paddock_platform", c.Platform.Name},
				{"paddock_environment", aws.Shared},
				{"paddock_copies_bucket", c.Sites[0].ToolCopies()},
				{"ansible_connection", "amazon.aws.aws_ssm"},
				{"ansible_aws_ssm_region", "{{ paddock_region }}"},
				{"ansible_aws_ssm_bucket_name", "{{ paddock_copies_bucket }}"},
				{"ansible_aws_ssm_bucket_sse_mode", "aws:kms"},
			}},
			{Name: "jenkins", About: "The controllers. What they do is in the folder delivery beside this one.", Vars: Vars{
				{"jenkins_configuration", "{{ inventory_dir }}/../../../delivery/jenkins/{{ jenkins_tier }}"},
				{"jenkins_secret", c.Sites[0].ToolSecret("jenkins", "{{ jenkins_tier }}")},
				{"base_log_group", "/{{ paddock_platform }}/{{ paddock_environment }}/jenkins-{{ jenkins_tier }}"},
				{"jenkins_agents_cluster", c.Sites[0].AgentCluster("{{ jenkins_tier }}")},
			}},
		},
	}
}

func (c *compiler) inventory(env model.Environment, g *graph.Graph) (Inventory, bool) {
	inv := Inventory{Name: env.Name}
	groups := map[string]Group{}
	kinds := map[Kind]bool{}
	copies := Vars{}
	for _, s := range c.machines(env) {
		if !slices.Contains(inv.Regions, s.region) {
			inv.Regions = append(inv.Regions, s.region)
			copies = append(copies, Var{s.region, s.fact("backup_bucket")})
		}
		inv.Account = s.account
		for _, h := range s.hosts() {
			inv.Hosts = append(inv.Hosts, h)
			for _, k := range Kinds() {
				if slices.Contains(h.Groups, string(k)) {
					kinds[k] = true
				}
			}
		}
		for _, cl := range s.clusters() {
			groups[cl.Name] = cl
		}
		if !s.recovery {
			groups[storeGroup(s.store.Name)] = c.storeGroup(s, g)
		}
	}
	for _, svc := range env.Services {
		if svc.Runtime == model.EC2 {
			kinds[LegacyApp] = true
			groups["service_"+word(svc.Name)] = c.application(env, svc)
			if len(inv.Regions) == 0 {
				inv.Account, inv.Regions = env.Name, []string{c.Platform.Cloud.Region}
				if c.Platform.Accounts.Single {
					inv.Account = aws.Shared
				}
			}
		}
	}
	if len(kinds) == 0 {
		return inv, false
	}
	groups["all"] = c.everybody(env, copies)
	for _, k := range Kinds() {
		if kinds[k] {
			inv.Kinds = append(inv.Kinds, k)
		}
	}
	for _, grp := range groups {
		inv.Groups = append(inv.Groups, grp)
	}
	slices.SortFunc(inv.Groups, func(a, b Group) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(inv.Hosts, func(a, b Host) int { return strings.Compare(a.Name, b.Name) })
	return inv, true
}

// machines are those of an environment's stores, those of the primary region
// first, each sorted by store.
func (c *compiler) machines(env model.Environment) []machines {
	var all []machines
	primaries := map[string]*machines{}
	for _, recovery := range []bool{false, true} {
		for _, r := range c.Roots {
			if r.Layer != aws.Data || r.Scope != env.Name || (r.Region != c.Platform.Cloud.Region) != recovery {
				continue
			}
			for _, m := range r.Modules {
				if m.Source != "machines" {
					continue
				}
				store, ok := env.Store(text(m.Args, "store"))
				if !ok {
					continue
				}
				one := machines{store: store, env: env, account: r.Account, region: r.Region, recovery: recovery, args: m.Args, zone: zone(r), primary: primaries[store.Name]}
				if !recovery {
					primaries[store.Name] = &one
				}
				all = append(all, one)
			}
		}
	}
	return all
}

// everybody is what holds for every machine of an environment.
func (c *compiler) everybody(env model.Environment, copies Vars) Group {
	slices.SortFunc(copies, func(a, b Var) int { return strings.Compare(a.Name, b.Name) })
	vars := Vars{
		{"paddock_platform", c.Platform.Name},
		{"paddock_environment", env.Name},
		{"paddock_primary_region", c.Platform.Cloud.Region},
		{"paddock_copies_buckets", copies},
		{"paddock_copies_bucket", "{{ paddock_copies_buckets[paddock_region] }}"},
		// Nobody signs in: sessions come through Systems Manager, files through a
		// bucket of the environment.
		{"ansible_connection", "amazon.aws.aws_ssm"},
		{"ansible_aws_ssm_region", "{{ paddock_region }}"},
		{"ansible_aws_ssm_bucket_name", "{{ paddock_copies_bucket }}"},
		{"ansible_aws_ssm_bucket_sse_mode", "aws:kms"},
		{"base_redact", texts(c.Platform.Observe.Redact)},
	}
	return Group{Name: "all", About: "What holds for every machine of " + env.Name + ".", Vars: vars}
}

// zone is the private domain of a root's environment and region.
func zone(r aws.Root) string {
	for _, l := range r.Lookups {
		if l.Type == "aws_route53_zone" && l.Name == "private" {
			return text(l.Args, "name")
		}
	}
	return ""
}

func texts[S ~string](from []S) List {
	l := make(List, len(from))
	for i, s := range from {
		l[i] = string(s)
	}
	return l
}

// word is a name as part of the name of a group, where Ansible allows no dashes.
func word(name string) string { return strings.NewReplacer("-", "_", ".", "_").Replace(name) }

func storeGroup(store string) string { return "store_" + word(store) }
