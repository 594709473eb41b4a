package aws

import (
	"slices"
	"strings"
	"testing"

	"paddock.dev/internal/model"
)

func find(roots []Root, scope, region string, layer Layer) (Root, bool) {
	i := slices.IndexFunc(roots, func(r Root) bool {
		return (r.Scope == scope || r.Scope == "" && r.Account == scope) && r.Region == region && r.Layer == layer
	})
	if i < 0 {
		return Root{}, false
	}
	return roots[i], true
}

func moduleOf(r Root, name string) (Module, bool) {
	i := slices.IndexFunc(r.Modules, func(m Module) bool { return m.Name == name })
	if i < 0 {
		return Module{}, false
	}
	return r.Modules[i], true
}

// A service on machines has what one in a cluster has: an identity, replicas, a
// load balancer that its callers may reach, and ways to all that it uses.
func TestServicesOnMachinesAreWhole(t *testing.T) {
	target := kestrel(t)
	roots := Roots(target)
	n := 0
	for _, env := range target.Platform.Environments {
		r, _ := find(roots, env.Name, target.Platform.Cloud.Region, Clusters)
		for _, svc := range env.Services {
			if svc.Runtime != model.EC2 {
				continue
			}
			n++
			identity, ok := moduleOf(r, "service-"+svc.Name)
			if !ok || text(identity.Args, "runs_on") != "machines" {
				t.Errorf("%s: %s is nobody in AWS", env.Name, svc.Name)
			}
			machines, ok := moduleOf(r, "machines-"+svc.Name)
			if !ok {
				t.Errorf("%s: %s has no machines", env.Name, svc.Name)
				continue
			}
			targets := object(machines.Args, "targets")
			for _, u := range svc.Edges {
				store, ok := env.Store(u.Name)
				if u.Kind != model.UsesStore || !ok || store.Engine == model.S3 || store.Engine == model.SQS {
					continue
				}
				if !slices.ContainsFunc(targets, func(a Arg) bool { return strings.HasPrefix(a.Key, u.Name+"-") }) {
					t.Errorf("%s: machines of %s have no way to %s", env.Name, svc.Name, u.Name)
				}
			}
			for _, other := range env.Services {
				if !slices.Contains(other.Uses, svc.Name) {
					continue
				}
				balancer, ok := moduleOf(r, "balancer-"+svc.Name)
				if !ok || len(object(balancer.Args, "clients")) == 0 {
					t.Errorf("%s: %s calls %s, which nobody can reach", env.Name, other.Name, svc.Name)
				}
				if text(balancer.Args, "target_type") != "instance" {
					t.Errorf("%s: an Auto Scaling group cannot join the load balancer of %s", env.Name, svc.Name)
				}
			}
		}
	}
	if n == 0 {
		t.Fatal("no service runs on machines")
	}
}

func text(args Args, key string) string {
	for _, a := range args {
		if s, ok := a.Value.(String); ok && a.Key == key {
			return string(s)
		}
	}
	return ""
}

// Roles that trust the agents are made after the agents: AWS refuses a policy
// that names somebody who is not there.
func TestAgentsComeFirst(t *testing.T) {
	target := kestrel(t)
	made := map[string]bool{}
	for _, r := range Roots(target) {
		if r.Layer != Bootstrap {
			continue
		}
		for _, m := range r.Modules {
			switch m.Source {
			case "agents":
				for _, a := range object(m.Args, "agents") {
					made[text(Args(a.Value.(Object)), "role_name")] = true
				}
			case "state":
				for _, a := range m.Args {
					if a.Key != "agent_role_arns" {
						continue
					}
					for _, v := range a.Value.(List) {
						_, role, _ := strings.Cut(string(v.(String)), ":role/")
						if !made[role] {
							t.Errorf("%s trusts %s before it exists", r.Account, role)
						}
					}
				}
			}
		}
	}
	if len(made) != 2 {
		t.Errorf("agents are %v, not those of both sides", made)
	}
}

// Every account is watched by the organization, in both regions.
func TestOrganizationIsWatched(t *testing.T) {
	target := kestrel(t)
	regions := map[string]bool{}
	for _, r := range Roots(target) {
		for _, m := range r.Modules {
			if m.Source == "detection-organization" {
				if r.Account != Audit {
					t.Errorf("%s watches all others", r.Account)
				}
				regions[r.Region] = true
			}
		}
	}
	if len(regions) != 2 {
		t.Errorf("the organization is watched in %v", regions)
	}
}
