package aws

import (
	"net/netip"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"

	"paddock.dev/internal/graph"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// Outside production no network pays for endpoints of its own: one set is shared.
func TestEndpointsOutsideProductionAreShared(t *testing.T) {
	target := kestrel(t)
	sets := map[string]int{}
	for _, r := range Roots(target) {
		for _, m := range r.Modules {
			if m.Source != "endpoints" {
				continue
			}
			sets[r.Account]++
			if env, ok := target.Platform.Environment(r.Scope); ok && !production(env) {
				t.Errorf("%s has endpoints of its own", m.Name)
			}
			if zones := len(list(m.Args, "subnet_ids")); r.Account == Shared && zones != centralZones {
				t.Errorf("the shared endpoints are in %d zones", zones)
			}
		}
	}
	if sets[Shared] != 1 || sets["prod"] == 0 {
		t.Errorf("%v", sets)
	}
}

// Every name that an endpoint serves resolves in each network that asks the
// service. The way there is looked at with those of all others.
func TestNamesOfEndpointsResolve(t *testing.T) {
	target := kestrel(t)
	roots, c := Roots(target), newCompiler(target)
	shared, _ := find(roots, Shared, target.Platform.Cloud.Region, Network)
	central, ok := moduleOf(shared, "shared-endpoints")
	if !ok {
		t.Fatal("there are no shared endpoints")
	}
	n := 0
	for _, v := range target.Addresses.VPCs {
		env, ok := target.Platform.Environment(v.Environment)
		if !ok {
			continue
		}
		r, _ := find(roots, env.Name, c.regionOf(v), Network)
		m, has := moduleOf(r, v.Name+"-endpoints")
		services := c.endpointServices(env, v)
		if has != (len(services) > 0) {
			t.Errorf("%s asks %v and has endpoints: %v", v.Name, services, has)
			continue
		}
		resolver, _ := moduleOf(r, "resolver")
		allowed := list(Args(object(resolver.Args, "allow")), v.Segment)
		for _, service := range services {
			n++
			host := endpointHost(service, c.regionOf(v))
			if !slices.ContainsFunc(allowed, func(p Value) bool { ok, _ := path.Match(strings.TrimSuffix(string(p.(String)), "."), host); return ok }) {
				t.Errorf("%s may not ask for %s", v.Name, host)
			}
			if production(env) {
				if !slices.Contains(list(m.Args, "services"), Value(String(service))) {
					t.Errorf("%s has no endpoint for %s", v.Name, service)
				}
				continue
			}
			if zones := object(central.Args, "zones"); !slices.Contains(zones, Arg{service, String(host)}) || !slices.Contains(list(central.Args, "services"), Value(String(service))) {
				t.Errorf("nobody has an endpoint for %s, which %s asks", service, v.Name)
			}
			if !slices.Contains(object(m.Args, "zones"), Arg{service, String(host)}) {
				t.Errorf("%s does not know the name %s", v.Name, host)
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d names were looked at", n)
	}
}

// A credential of another environment is of no use at an endpoint of production,
// and one of production is of none at the shared ones but for its own tools.
func TestEndpointsAskWhoComes(t *testing.T) {
	target := kestrel(t)
	c, n := newCompiler(target), 0
	for _, r := range Roots(target) {
		env, ok := target.Platform.Environment(r.Scope)
		for _, m := range r.Modules {
			if r.Layer != Network || m.Source != "endpoints" && m.Source != "vpc" {
				continue
			}
			account := value(m.Args, "account_id")
			if want := ok && production(env); want != (account == c.accountID("prod")) || !want && account != nil {
				t.Errorf("%s %s is for %v", r.Scope, m.Name, account)
			}
			if m.Name == "shared-endpoints" {
				apart := Args(object(m.Args, "apart"))
				if !slices.Contains(list(apart, "account_ids"), c.accountID("prod")) || len(list(apart, "from")) != 6 {
					t.Errorf("production comes to the shared endpoints: %v", apart)
				}
			}
			n++
		}
	}
	if n < 20 {
		t.Errorf("only %d were looked at", n)
	}
}

// A network has the endpoints of what runs there, and no others.
func TestEndpointsFollowFromWhatRuns(t *testing.T) {
	c := newCompiler(kestrel(t))
	for _, test := range []struct {
		network  string
		has, not []string
	}{
		{"prod-apps", []string{"eks-auth", "ecr.dkr", "sts", "monitoring", "elasticloadbalancing"}, []string{"email-smtp", "autoscaling", "xray"}},
		{"prod-iot", []string{"eks-auth", "ssm"}, []string{"monitoring"}},
		{"prod-data", []string{"ssm", "kms", "monitoring", "sts"}, []string{"eks-auth", "ecr.api", "elasticloadbalancing", "sqs"}},
		{"prod-data-recovery", []string{"ssm"}, []string{"eks", "ecr.dkr"}},
	} {
		v, _ := c.Addresses.VPC(test.network)
		env, _ := c.platform.Environment("prod")
		got := c.endpointServices(env, v)
		for _, s := range test.has {
			if !slices.Contains(got, s) {
				t.Errorf("%s has no endpoint for %s", test.network, s)
			}
		}
		for _, s := range test.not {
			if slices.Contains(got, s) {
				t.Errorf("%s has an endpoint for %s, which nothing there asks", test.network, s)
			}
		}
	}
	// What AWS runs by itself asks nothing.
	managed := model.Environment{Name: "x", Stores: []model.Store{{Name: "s", Engine: model.Valkey, Segment: "data"}}}
	if got := c.endpointServices(managed, address.VPC{Segment: "data"}); len(got) > 0 {
		t.Errorf("a cache asks for %v", got)
	}
	// Mail by the endpoint is a service's own wish.
	mail := model.Environment{Name: "x", Stage: model.Production, Services: []model.Service{{Name: "s", Segment: "apps", Egress: []string{endpointHost("email-smtp", c.platform.Cloud.Region)}}}}
	if got := c.endpointServices(mail, address.VPC{Segment: "apps"}); !slices.Contains(got, "email-smtp") {
		t.Errorf("mail goes over the internet: %v", got)
	}
}

// Something new outside production changes neither the shared endpoints nor those
// of any other network.
func TestEndpointsStayWhenSomethingComes(t *testing.T) {
	before := endpointModules(Roots(kestrel(t)))
	p := *kestrel(t).Platform
	p.Environments = slices.Clone(p.Environments)
	for i := range p.Environments {
		e := &p.Environments[i]
		if e.Name == "dev" {
			e.Services = append(slices.Clone(e.Services), model.Service{Name: "newcomer", Place: 1000, Segment: "apps", Port: 9000, Egress: []string{"mail.example"}})
		}
	}
	sandbox := p.Environments[0]
	sandbox.Name, sandbox.CIDR = "sandbox", netip.Prefix{}
	p.Environments = append([]model.Environment{sandbox}, p.Environments...)
	plan, _ := address.Of(&p)
	after := endpointModules(Roots(Target{Platform: &p, Graphs: graph.All(&p), Addresses: plan}))
	if _, ok := after["sandbox sandbox-apps-endpoints"]; !ok {
		t.Error("the new environment has no endpoints")
	}
	for at, args := range before {
		if !reflect.DeepEqual(after[at], args) {
			t.Errorf("%s changed:\n%v\n%v", at, args, after[at])
		}
	}
}

func endpointModules(roots []Root) map[string]Args {
	all := map[string]Args{}
	for _, r := range roots {
		for _, m := range r.Modules {
			if m.Source == "endpoints" || m.Source == "endpoint-clients" {
				all[r.Scope+" "+m.Name] = m.Args
			}
		}
	}
	return all
}
