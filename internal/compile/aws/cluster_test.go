package aws_test

import (
	"strings"
	"testing"

	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/spec"
)

// inCluster are the modules of layer 45-cluster by scope and name.
func inCluster(t *testing.T) map[string]aws.Module {
	t.Helper()
	p, problems := spec.Load("../../../examples/kestrel/platform.yaml")
	if p == nil {
		t.Fatal(problems)
	}
	plan, _ := address.Of(p)
	all := map[string]aws.Module{}
	for _, r := range aws.Roots(aws.Target{Platform: p, Graphs: graph.All(p), Addresses: plan}) {
		if r.Layer != aws.InCluster {
			continue
		}
		passed := map[string]bool{}
		for _, provider := range r.Providers {
			passed[provider.Name+"."+provider.Alias] = true
		}
		for _, m := range r.Modules {
			all[r.Scope+"/"+r.Region+"/"+m.Name] = m
			for _, p := range m.Providers {
				if !passed[p.Here] {
					t.Errorf("%s %s: no provider %s", r.Scope, m.Name, p.Here)
				}
			}
		}
	}
	return all
}

func argument(m aws.Module, name string) aws.Value {
	for _, a := range m.Args {
		if a.Key == name {
			return a.Value
		}
	}
	return nil
}

func TestEveryClusterHasItsPlatform(t *testing.T) {
	all := inCluster(t)
	for _, name := range []string{
		"dev/ap-south-1/apps", "qa/ap-south-1/apps", "uat/ap-south-1/apps", "uat/ap-south-1/pci",
		"prod/ap-south-1/apps", "prod/ap-south-1/pci", "prod/ap-south-1/iot", "prod/ap-southeast-1/apps", "prod/ap-southeast-1/pci", "prod/ap-southeast-1/iot",
	} {
		m, ok := all[name]
		if !ok || m.Source != "cluster-base" {
			t.Errorf("%s: %q", name, m.Source)
			continue
		}
		scope, region := strings.Split(name, "/")[0], strings.Split(name, "/")[1]
		if a := all[scope+"/"+region+"/authority"]; a.Source != "authority" {
			t.Errorf("%s has no authority", name)
		}
		for _, v := range argument(m, "chart_versions").(aws.Object) {
			if strings.ContainsAny(string(v.Value.(aws.String)), "~>^*") {
				t.Errorf("%s: %s is not pinned", name, v.Key)
			}
		}
	}
	for _, region := range []string{"ap-south-1", "ap-southeast-1"} {
		if all["/"+region+"/image-cache"].Source != "image-cache" {
			t.Errorf("%s has no cache of images", region)
		}
	}
}

// What one cluster may read, another may not: the secrets of payments are those of
// the segment pci alone.
func TestSecretsOfASegmentStayThere(t *testing.T) {
	all := inCluster(t)
	for name, m := range all {
		if m.Source != "cluster-base" || !strings.HasPrefix(name, "prod/") {
			continue
		}
		pci := false
		for _, s := range argument(m, "secrets").(aws.List) {
			secret := string(s.(aws.String))
			pci = pci || strings.Contains(secret, "/payments/") || strings.Contains(secret, "/mongo-pci/")
			if !strings.HasPrefix(secret, "kestrel/prod/") {
				t.Errorf("%s reads %s", name, secret)
			}
		}
		if pci != strings.HasSuffix(name, "/pci") {
			t.Errorf("%s reads secrets of payments: %v", name, pci)
		}
	}
}
