package aws_test

import (
	"os"
	"strings"
	"testing"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/spec"
)

// The group that 40-eks makes for a strict service is the one that 45-cluster
// finds and gives to its pods; others have none.
func TestStrictServicesHaveAGroup(t *testing.T) {
	p, problems := spec.Load("../../../examples/kestrel/platform.yaml")
	if p == nil {
		t.Fatal(problems)
	}
	plan, _ := address.Of(p)
	made, found, given := map[string]string{}, map[string]string{}, map[string]bool{}
	strict := 0
	for _, r := range aws.Roots(aws.Target{Platform: p, Graphs: graph.All(p), Addresses: plan}) {
		at := r.Scope + " " + r.Region + " "
		for _, m := range r.Modules {
			switch m.Source {
			case "pod-group":
				made[at+string(argument(m, "service").(aws.String))] = string(argument(m, "name").(aws.String))
				for _, rule := range []string{"clients", "targets"} {
					for _, a := range argument(m, rule).(aws.Object) {
						if strings.Contains(a.Key, "metrics-") {
							t.Errorf("%s: %s reaches figures: %s", at, m.Name, a.Key)
						}
					}
				}
			case "cluster-base":
				for _, g := range argument(m, "pod_security_groups").(aws.Object) {
					given[at+g.Key] = true
					if want := aws.Ref("data.aws_security_group.pods_" + strings.ReplaceAll(g.Key, "-", "_") + ".id"); g.Value != want {
						t.Errorf("%s: %s is given %v", at, g.Key, g.Value)
					}
				}
			}
		}
		for _, l := range r.Lookups {
			if name, ok := strings.CutPrefix(l.Name, "pods_"); ok && r.Layer == aws.InCluster {
				found[at+strings.ReplaceAll(name, "_", "-")] = string(l.Args[0].Value.(aws.Object)[0].Value.(aws.String))
			}
		}
	}
	for _, env := range p.Environments {
		for _, s := range env.Services {
			for _, region := range []string{p.Cloud.Region, p.Recovery.Region} {
				key := env.Name + " " + region + " " + s.Name
				if want := s.Strict && (region == p.Cloud.Region || env.Name == "prod"); (made[key] != "") != want || made[key] != found[key] || given[key] != want {
					t.Errorf("%s: made as %q, found as %q, given to pods: %v", key, made[key], found[key], given[key])
				}
				if made[key] != "" {
					strict++
				}
			}
		}
	}
	if strict < 4 {
		t.Errorf("only %d groups", strict)
	}
	chart, err := os.ReadFile("../../emit/terraform/modules/cluster-base/isolation/templates/groups.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"apiVersion: vpcresources.k8s.aws/v1beta1", "kind: SecurityGroupPolicy", v1.LabelService + ": {{ $service }}\n  securityGroups:"} {
		if !strings.Contains(string(chart), want) {
			t.Errorf("the chart has no %q", want)
		}
	}
}
