package cli

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/forensics/flows"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/spec"
)

// What flows are held against is what the security groups of stores let in: each
// rule of theirs has an allowance, and no allowance is without a rule.
func TestFlowsPlanIsThatOfTheSecurityGroups(t *testing.T) {
	file, problems := spec.LoadFile("../../examples/kestrel/platform.yaml")
	if file == nil {
		t.Fatal(problems)
	}
	addresses, _ := address.Of(file.Platform)
	plan := flowsPlanOf(file, "platform.yaml")
	named := map[netip.Prefix]flows.NamedPrefix{}
	for _, n := range plan.Names {
		named[n.Prefix] = n
	}
	rules := map[string]bool{}
	for _, r := range aws.Roots(aws.Target{Platform: file.Platform, Graphs: graph.All(file.Platform), Addresses: addresses}) {
		env, ok := file.Platform.Environment(r.Scope)
		if !ok || r.Layer != aws.Data {
			continue
		}
		recovery := r.Region != file.Platform.Cloud.Region
		for _, m := range r.Modules {
			store, ok := env.Store(strings.TrimSuffix(m.Name, "-access"))
			if m.Source != "data-access" || !ok {
				continue
			}
			to := env.Name + "/" + recoveryName(store.Name, recovery)
			if store.Managed() {
				to = env.Name + "/" + recoveryName(store.Segment+"/data", recovery)
			}
			for _, a := range m.Args {
				if a.Key != "clients" {
					continue
				}
				for _, rule := range a.Value.(aws.Object) {
					fields := map[string]string{}
					for _, f := range rule.Value.(aws.Object) {
						fields[f.Key] = fmt.Sprint(f.Value)
					}
					from := named[netip.MustParsePrefix(fields["cidr"])]
					rules[fmt.Sprintf("%s/%s > %s:%s", from.Environment, from.Name, to, fields["port"])] = true
				}
			}
		}
	}
	if len(rules) < 10 {
		t.Fatalf("only %d rules", len(rules))
	}
	stores := map[string]bool{}
	for rule := range rules {
		stores[rule[strings.Index(rule, "> ")+2:strings.LastIndex(rule, ":")]] = true
	}
	allowed := map[string]bool{}
	for _, a := range plan.Allowed {
		// Those of stores among themselves and of load balancers are not clients'.
		if stores[a.To] && !strings.HasPrefix(a.Why, "stores.") && a.Port != 0 {
			allowed[fmt.Sprintf("%s > %s:%d", a.From, a.To, a.Port)] = true
		}
	}
	for rule := range rules {
		if !allowed[rule] {
			t.Errorf("a security group allows %s, the plan does not", rule)
		}
	}
	for allowance := range allowed {
		if !rules[allowance] {
			t.Errorf("the plan allows %s, no security group does", allowance)
		}
	}
}
