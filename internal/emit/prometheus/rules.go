// Package prometheus writes rules of Prometheus and their tests. It knows the
// files' shapes and refuses to know why a rule is there, and whom Prometheus asks:
// that is said by objects of each cluster.
package prometheus

import (
	"slices"
	"strings"

	"paddock.dev/internal/compile/observe"
	"paddock.dev/internal/emit/yaml"
)

// Rules is a rule file. Runbooks are found below the address; it may be empty.
func Rules(f observe.File, runbooks string) []byte {
	return yaml.Document("Rendered by paddock from the platform file.", yaml.Map{{"groups", groups(f, runbooks)}})
}

// Groups are the groups of a rule file as Prometheus' operator takes them: values
// of JSON.
func Groups(f observe.File, runbooks string) []any {
	return yaml.Plain(groups(f, runbooks)).([]any)
}

func groups(f observe.File, runbooks string) yaml.List {
	groups := yaml.List{}
	for _, g := range f.Groups {
		rules := yaml.List{}
		for _, r := range g.Rules {
			rules = append(rules, rule(r, runbooks))
		}
		groups = append(groups, yaml.Map{{"name", g.Name}, {"interval", observe.PromDuration(g.Every)}, {"rules", rules}})
	}
	return groups
}

func rule(r observe.Rule, runbooks string) yaml.Map {
	if r.Record != "" {
		return yaml.Map{{"record", r.Record}, {"expr", r.Expr}, {"labels", labels(r.Labels)}}
	}
	m := yaml.Map{{"alert", r.Alert}, {"expr", r.Expr}}
	if r.For > 0 {
		m = append(m, yaml.Pair{"for", observe.PromDuration(r.For)})
	}
	if r.Keep > 0 {
		m = append(m, yaml.Pair{"keep_firing_for", observe.PromDuration(r.Keep)})
	}
	notes := yaml.Map{{"summary", r.Summary}, {"description", r.Runbook.Means}, {"runbook_url", runbooks + r.Alert + ".md"}}
	return append(m, yaml.Pair{"labels", labels(r.Labels)}, yaml.Pair{"annotations", notes})
}

func labels(l []observe.Label) yaml.Map {
	m := yaml.Map{}
	for _, l := range l {
		m = append(m, yaml.Pair{l.Name, l.Value})
	}
	slices.SortFunc(m, func(a, b yaml.Pair) int { return strings.Compare(a[0].(string), b[0].(string)) })
	return m
}
