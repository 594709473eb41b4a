package aws_test

import (
	"testing"

	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/spec"
)

// The firewall before the load balancer counts apart what bots come for: as the
// file limits a path, else a tenth of what a client may ask at all.
func TestSensitivePathsAreCountedApart(t *testing.T) {
	p, problems := spec.Load("../../../examples/kestrel/platform.yaml")
	if p == nil {
		t.Fatal(problems)
	}
	plan, _ := address.Of(p)
	seen := 0
	for _, r := range aws.Roots(aws.Target{Platform: p, Graphs: graph.All(p), Addresses: plan}) {
		for _, m := range r.Modules {
			if m.Source != "edge-balancer" {
				continue
			}
			seen++
			limits := map[string]aws.Value{}
			for _, s := range argument(m, "sensitive").(aws.Object) {
				for _, a := range s.Value.(aws.Object) {
					if a.Key == "limit" {
						limits[s.Key] = a.Value
					}
				}
			}
			all := argument(m, "rate_limit").(aws.Number)
			for path, want := range map[string]aws.Number{
				"api.kestrelcars.example/v1/login":  50, // 10/m
				"www.kestrelcars.example/login":     all / 10,
				"api.kestrelcars.example/hooks/psp": all / 10,
			} {
				if m.Name == "edge-prod" && limits[path] != want {
					t.Errorf("%s %s: %s is limited to %v, want %d", r.Region, m.Name, path, limits[path], want)
				}
			}
		}
	}
	if seen != 3 {
		t.Errorf("%d edges", seen)
	}
}
