package aws

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"paddock.dev/internal/graph"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
	"paddock.dev/internal/spec"
)

func kestrel(t testing.TB) Target { return read(t, "../../../examples/kestrel/platform.yaml") }

// everyPlatform runs a test with the examples, and with what they do not use.
func everyPlatform(t *testing.T, test func(t *testing.T, target Target)) {
	for _, file := range []string{"../../../examples/kestrel/platform.yaml", "../../../examples/minimal/platform.yaml", "testdata/corners/platform.yaml"} {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) { test(t, read(t, file)) })
	}
}

func read(t testing.TB, file string) Target {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, problems := spec.Parse("platform.yaml", text)
	if p == nil {
		t.Fatal(problems[0])
	}
	plan, conflicts := address.Of(p)
	if len(conflicts) > 0 {
		t.Fatal(conflicts[0].Summary)
	}
	return Target{Platform: p, Graphs: graph.All(p), Addresses: plan}
}

// walk visits every value with the way to it.
func walk(v Value, at string, visit func(at string, v Value)) {
	visit(at, v)
	switch v := v.(type) {
	case List:
		for i, e := range v {
			walk(e, fmt.Sprintf("%s[%d]", at, i), visit)
		}
	case Object:
		for _, a := range v {
			walk(a.Value, at+"."+a.Key, visit)
		}
	case Text:
		for _, e := range v {
			walk(e, at, visit)
		}
	}
}

func each(roots []Root, visit func(r Root, m Module, at string, v Value)) {
	for _, r := range roots {
		for _, m := range r.Modules {
			for _, a := range m.Args {
				walk(a.Value, a.Key, func(at string, v Value) { visit(r, m, at, v) })
			}
		}
	}
}

func TestRootsAreNamedOnce(t *testing.T) { everyPlatform(t, rootsAreNamedOnce) }

func rootsAreNamedOnce(t *testing.T, target Target) {
	seen := map[string]bool{}
	for _, r := range Roots(target) {
		key := r.Scope + "/" + r.Account + "/" + r.Region + "/" + string(r.Layer)
		if seen[key] {
			t.Errorf("two roots are %s", key)
		}
		seen[key] = true
		names := map[string]bool{}
		for _, m := range r.Modules {
			if names[m.Name] {
				t.Errorf("%s: two modules are called %s", key, m.Name)
			}
			names[m.Name] = true
			if len(m.From) == 0 {
				t.Errorf("%s: nobody knows where module %s comes from", key, m.Name)
			}
		}
		lookups := map[string]bool{}
		for _, l := range r.Lookups {
			if lookups[l.Type+"."+l.Name] {
				t.Errorf("%s: two lookups are %s.%s", key, l.Type, l.Name)
			}
			lookups[l.Type+"."+l.Name] = true
		}
	}
}

// Whoever applies a root finds the role of its layer in every account that the
// root works in, and presents what the role asks for.
func TestEveryRootHasItsRoles(t *testing.T) { everyPlatform(t, everyRootHasItsRoles) }

func everyRootHasItsRoles(t *testing.T, target Target) {
	roots := Roots(target)
	roles := map[string]bool{}
	for _, r := range roots {
		for _, m := range r.Modules {
			if m.Source == "state" {
				for _, a := range object(m.Args, "layers") {
					roles[r.Account+" "+a.Key] = true
				}
			}
		}
	}
	for _, r := range roots {
		accounts := []string{r.Account}
		for _, p := range r.Providers {
			if p.Name == "aws" {
				accounts = append(accounts, p.Account)
			}
		}
		for _, account := range accounts {
			if !roles[account+" "+string(r.Layer)] {
				t.Errorf("%s of %s works in %s, which has no role for it", r.Layer, r.Account, account)
			}
		}
	}
}

// Every reference is to a lookup or a module of the same root.
func TestReferencesHold(t *testing.T) { everyPlatform(t, referencesHold) }

func referencesHold(t *testing.T, target Target) {
	each(Roots(target), func(r Root, m Module, at string, v Value) {
		ref, ok := v.(Ref)
		if !ok {
			return
		}
		parts := strings.FieldsFunc(string(ref), func(c rune) bool { return c == '.' || c == '[' })
		switch parts[0] {
		case "module":
			if !slices.ContainsFunc(r.Modules, func(o Module) bool { return o.Name == parts[1] }) {
				t.Errorf("%s/%s %s %s: there is no %s", r.Account, r.Layer, m.Name, at, ref)
			}
		case "data":
			if !slices.ContainsFunc(r.Lookups, func(l Lookup) bool { return l.Type == parts[1] && l.Name == parts[2] }) {
				t.Errorf("%s/%s %s %s: there is no %s", r.Account, r.Layer, m.Name, at, ref)
			}
		}
	})
}

// No value is the whole internet but for the rules that stand behind a list of
// domains or of what is denied before them.
func TestNothingIsOpenToTheWorld(t *testing.T) { everyPlatform(t, nothingIsOpenToTheWorld) }

func nothingIsOpenToTheWorld(t *testing.T, target Target) {
	each(Roots(target), func(r Root, m Module, at string, v Value) {
		s, ok := v.(String)
		if !ok || s != "0.0.0.0/0" && s != "::/0" {
			return
		}
		if m.Source == "vpc" && strings.HasPrefix(at, "acl[") {
			return
		}
		t.Errorf("%s/%s %s: %s is %s", r.Account, r.Layer, m.Name, at, s)
	})
}

// What reaches what through the hub: nothing of one environment has a route to
// another, and whoever has a route there has one back.
func TestEnvironmentsAreApart(t *testing.T) {
	target := kestrel(t)
	ranges := map[string][]netip.Prefix{}
	for _, v := range target.Addresses.VPCs {
		if v.Environment != "" {
			ranges[v.Environment] = append(ranges[v.Environment], v.CIDR)
		}
	}
	tables := 0
	for _, r := range Roots(target) {
		for _, m := range r.Modules {
			if m.Source != "transit-route-table" || r.Layer != Network {
				continue
			}
			tables++
			routes := object(m.Args, "routes")
			for _, a := range routes {
				to, err := netip.ParsePrefix(a.Key)
				if err != nil {
					t.Fatal(err)
				}
				for env, all := range ranges {
					if env == r.Scope || to.Bits() == 0 {
						continue
					}
					for _, cidr := range all {
						if to.Overlaps(cidr) {
							t.Errorf("%s %s has a route to %s of %s", r.Scope, m.Name, cidr, env)
						}
					}
				}
			}
			back := object(m.Args, "back")
			for _, a := range routes {
				ref := string(a.Value.(Ref))
				if strings.HasPrefix(ref, "module.") {
					// A neighbour in the same root: it has a route here.
					name := strings.Split(ref, ".")[1]
					i := slices.IndexFunc(r.Modules, func(o Module) bool { return o.Name == name+"-routes" })
					own := strings.TrimSuffix(m.Name, "-routes")
					if i < 0 || !slices.ContainsFunc(object(r.Modules[i].Args, "routes"), func(b Arg) bool { return b.Value == Value(Ref("module."+own+".attachment_id")) }) {
						t.Errorf("%s %s reaches %s, which has no way back", r.Scope, m.Name, name)
					}
					continue
				}
				neighbour := strings.Split(ref, ".")[2]
				table := Arg{"table_id", Ref("data.aws_ec2_transit_gateway_route_table." + neighbour + ".id")}
				if !slices.ContainsFunc(back, func(b Arg) bool { return slices.Contains(b.Value.(Object), table) }) {
					t.Errorf("%s %s reaches %s, and nobody writes the way back", r.Scope, m.Name, neighbour)
				}
			}
		}
	}
	if tables < 15 {
		t.Errorf("only %d tables were found", tables)
	}
}

func object(args Args, key string) Object {
	for _, a := range args {
		if a.Key == key {
			o, _ := a.Value.(Object)
			return o
		}
	}
	return nil
}

// The lists of a network fit into AWS's default of twenty rules for each
// direction, and their numbers are unique.
func TestListsFit(t *testing.T) {
	for _, r := range Roots(kestrel(t)) {
		for _, m := range r.Modules {
			if m.Source != "vpc" {
				continue
			}
			numbers := map[string]int{}
			for _, a := range m.Args {
				if a.Key != "acl" {
					continue
				}
				for _, rule := range a.Value.(List) {
					o := Args(rule.(Object))
					for _, p := range list(o, "lists") {
						for _, d := range list(o, "directions") {
							numbers[fmt.Sprint(p, " ", d)]++
						}
					}
				}
			}
			for where, n := range numbers {
				if n > 20 {
					t.Errorf("%s %s: %d rules %s", r.Scope, m.Name, n, where)
				}
			}
		}
	}
}

func list(args Args, key string) List {
	for _, a := range args {
		if a.Key == key {
			return a.Value.(List)
		}
	}
	return nil
}

// Every store has its rules, and they are those of the graph: one for each
// subnet of a segment with a service that uses it, and none for others.
func TestStoresAdmitTheirUsersOnly(t *testing.T) {
	target := kestrel(t)
	roots := Roots(target)
	for _, env := range target.Platform.Environments {
		for _, store := range env.Stores {
			if store.Engine == model.S3 || store.Engine == model.SQS {
				continue
			}
			var clients Object
			found := false
			for _, r := range roots {
				if r.Layer != Data || r.Scope != env.Name || r.Region != target.Platform.Cloud.Region {
					continue
				}
				for _, m := range r.Modules {
					if m.Name == store.Name+"-access" {
						clients, found = object(m.Args, "clients"), true
					}
				}
			}
			if !found {
				t.Errorf("%s: %s has no rules", env.Name, store.Name)
				continue
			}
			allowed := map[string]bool{}
			for _, s := range env.Services {
				if slices.ContainsFunc(s.Edges, func(u model.Use) bool { return u.Name == store.Name }) {
					allowed[s.Segment] = true
				}
			}
			for _, c := range clients {
				segment, _, _ := strings.Cut(c.Key, "-")
				if !allowed[segment] {
					t.Errorf("%s: %s admits %s, where nobody uses it", env.Name, store.Name, c.Key)
				}
			}
			if len(clients) == 0 {
				t.Errorf("%s: %s admits nobody", env.Name, store.Name)
			}
		}
	}
}

func TestBalancersStayWhereTheyAre(t *testing.T) {
	target := kestrel(t)
	v, _ := target.Addresses.VPC("prod-apps")
	before := newCompiler(target).balancerPlaces(v)
	if len(before) < 4 {
		t.Fatalf("only %d load balancers", len(before))
	}
	p := *target.Platform
	p.Environments = slices.Clone(p.Environments)
	for i := range p.Environments {
		e := &p.Environments[i]
		e.Services = slices.Clone(e.Services)
		for n := range 200 {
			e.Services = append(e.Services, model.Service{Name: fmt.Sprintf("a%d", n), Place: 1000 + n, Segment: "apps", Port: 9000, Routes: []model.Route{{Host: fmt.Sprintf("a%d.kestrelcars.example", n), Path: "/"}}})
		}
	}
	target.Platform = &p
	after := newCompiler(target).balancerPlaces(v)
	taken := map[int]string{}
	for name, at := range after {
		if was, ok := before[name]; ok && was != at {
			t.Errorf("%s moved", name)
		}
		if other, twice := taken[at]; twice {
			t.Errorf("%s and %s share a place", name, other)
		}
		taken[at] = name
	}
	if len(after) != len(before)+200 {
		t.Errorf("%d places", len(after))
	}
}

func TestNamesFit(t *testing.T) {
	limits := map[string]int{"domain_name": 28, "group_id": 40, "role_name": 64, "cluster_role_name": 64, "node_role_name": 64, "karpenter_role_name": 64, "bucket": 63, "identifier": 63}
	each(Roots(kestrel(t)), func(r Root, m Module, at string, v Value) {
		s, ok := v.(String)
		if most := limits[at]; ok && most > 0 && len(s) > most {
			t.Errorf("%s %s: %s is longer than %d: %s", r.Scope, m.Name, at, most, s)
		}
	})
	if a, b := fit("kestrel-a-very-long-name-of-something-one", 20), fit("kestrel-a-very-long-name-of-something-two", 20); a == b || len(a) > 20 || len(b) > 20 {
		t.Errorf("%s and %s", a, b)
	}
}

func TestComplement(t *testing.T) {
	whole, part := netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("10.40.0.0/14")
	rest := complement(whole, part)
	if len(rest) != 6 {
		t.Fatalf("%v", rest)
	}
	for _, probe := range []string{"10.0.0.1", "10.39.255.255", "10.44.0.0", "10.255.0.1", "10.32.0.5"} {
		n := 0
		for _, p := range rest {
			if p.Contains(netip.MustParseAddr(probe)) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s is in %d ranges", probe, n)
		}
	}
	for _, p := range rest {
		if p.Overlaps(part) {
			t.Errorf("%s overlaps", p)
		}
	}
}
