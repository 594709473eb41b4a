package main

import (
	"fmt"
	"slices"
	"strings"
)

// scoped are the types whose names are unique in more than their root: in the
// account, whatever the region, or in the world. Two roots that plan the same
// name both succeed, and the second one fails when it is applied.
var scoped = map[string]struct {
	attribute string
	world     bool
}{
	"aws_iam_instance_profile": {"name", false},
	"aws_iam_policy":           {"name", false},
	"aws_iam_role":             {"name", false},
	"aws_iam_saml_provider":    {"name", false},
	"aws_s3_bucket":            {"bucket", true},
}

// collisions are the names that two roots give to different things.
func collisions(plans []plan) []string {
	type thing struct{ kind, owner, name string }
	by := map[thing][]string{}
	for _, p := range plans {
		account, _, _ := strings.Cut(p.root, "/")
		for _, c := range p.Changes {
			s, ok := scoped[c.Type]
			if !ok || c.Mode != "managed" {
				continue
			}
			name, ok := c.Change.After[s.attribute].(string)
			if !ok {
				continue
			}
			t := thing{c.Type, account, name}
			if s.world {
				t.owner = "the world"
			}
			by[t] = append(by[t], p.root+" "+c.Address)
		}
	}
	var all []string
	for t, at := range by {
		if len(at) > 1 {
			slices.Sort(at)
			all = append(all, fmt.Sprintf("%s %s is made %d times in %s: %s", t.kind, t.name, len(at), t.owner, strings.Join(at, ", ")))
		}
	}
	slices.Sort(all)
	return all
}
