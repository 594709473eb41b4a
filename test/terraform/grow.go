package main

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
)

// growth is one thing that a platform file says more.
type growth struct {
	what string
	edit *strings.Replacer
}

// growths of the examples. What stands in each file is applied first; then the
// longer file is rendered and planned against the states of the shorter one.
var growths = map[string][]growth{
	"minimal": {
		{"a service", strings.NewReplacer("\nservices:\n", `
services:
  another:
    port: 8090
    routes: [another.hello.example]
    uses: [hello]
`)},
		{"a store", strings.NewReplacer("\nservices:\n", `
stores:
  records: { engine: mongodb, version: "8.0", nodes: 3, instance: m6i.large, disk: 20Gi }
  jobs: { engine: sqs }

services:
`, "    routes: [hello.example]\n", "    routes: [hello.example]\n    uses: [records, jobs]\n")},
		{"an environment", strings.NewReplacer("  prod: {", "  qa:   { stage: test }\n  prod: {")},
	},
}

// shared is what lists members of something that all have in common, and so is
// changed in place when there is one member more.
type shared struct {
	at         string // layer and address without keys, as in path.Match
	attributes []string
	reason     string
}

var lists = []shared{
	{"00-bootstrap module.agents.aws_iam_role_policy.this", []string{"policy"}, "build agents work in one environment more"},
	{"10-security module.keys.aws_kms_key.this", []string{"policy"}, "one account more writes logs under the key of the place that collects them"},
	{"15-logs module.*.aws_s3_bucket_policy.this", []string{"policy"}, "one account more writes its logs"},
	{"15-logs module.tables.aws_glue_catalog_table.this", []string{"parameters"}, "the tables of logs know one account more"},
	{"40-eks module.images.aws_ecr_repository_policy.this", []string{"policy"}, "one account more pulls images"},
	{"40-eks module.images.aws_kms_key.signing", []string{"policy"}, "one account more looks whether an image is signed"},
	{"45-cluster module.*.aws_iam_role_policy.this", []string{"policy"}, "a cluster's own controllers serve what is new: its balancer, its secrets"},
	{"45-cluster module.image-cache.aws_ecr_registry_policy.this", []string{"policy"}, "one account more has images fetched"},
	{"45-cluster module.image-cache.aws_ecr_repository_creation_template.this", []string{"repository_policy"}, "one account more pulls them"},
	{"50-observability module.logs-*.aws_cloudwatch_log_destination_policy.this", []string{"access_policy"}, "one account more sends logs"},
	{"50-observability module.logs-*.aws_iam_role.destination", []string{"assume_role_policy"}, "one account more sends logs"},
	{"50-observability module.logs-*.aws_opensearch_domain_policy.this", []string{"access_policies"}, "one cluster more writes logs"},
	{"70-automation module.functions.aws_iam_role_policy.scheduler", []string{"policy"}, "the first store brings the function that judges its restores"},
	{"90-finops module.reports.aws_ce_cost_category.environment", []string{"rule"}, "cost is counted for one environment more"},
}

// touched is a resource that was there and is not left alone.
type touched struct {
	root, address string
	actions       []string
	attributes    []string
}

func (t touched) String() string {
	return fmt.Sprintf("%s %s: %s %s", t.root, t.address, strings.Join(t.actions, " and "), strings.Join(t.attributes, ", "))
}

var key = regexp.MustCompile(`\[[^\]]*\]`)

// allowed says that no more than members of a list in common have changed.
func (t touched) allowed(lists []shared) bool {
	at := path.Base(t.root) + " " + key.ReplaceAllString(t.address, "")
	return slices.Equal(t.actions, []string{"update"}) && slices.ContainsFunc(lists, func(l shared) bool {
		ok, _ := path.Match(l.at, at)
		return ok && !slices.ContainsFunc(t.attributes, func(a string) bool { return !slices.Contains(l.attributes, a) })
	})
}

// grow plans an example that says one thing more against what is applied, and
// fails for whatever is not new and is touched.
func grow(ctx context.Context, o options, paddock string, p platform, out string, only *regexp.Regexp) error {
	text, err := os.ReadFile(p.file)
	if err != nil {
		return err
	}
	var wrong []string
	for i, g := range growths[p.name] {
		began := time.Now()
		dir := fmt.Sprintf("%s-grown-%d", out, i)
		file := dir + ".yaml"
		if err := os.WriteFile(file, []byte(g.edit.Replace(string(text))), 0o644); err != nil {
			return err
		}
		if err := command(ctx, paddock, "render", file, "-o", dir, "--only", "terraform", "--force"); err != nil {
			return err
		}
		roots, fresh, err := differing(filepath.Join(out, "terraform"), filepath.Join(dir, "terraform"), only)
		if err != nil {
			return err
		}
		plans, failed := over(ctx, o, roots, func(root string) (plan, string, error) {
			return one(ctx, o, dir, root, "plan", "TFOFFLINE_STATE="+filepath.Join(out, "plans", strings.ReplaceAll(root, "/", "_"), "terraform.tfstate"))
		})
		if len(failed) > 0 {
			return fmt.Errorf("with %s: %s", g.what, strings.Join(failed, ", "))
		}
		added, listed := 0, 0
		for _, p := range plans {
			added += p.created()
			for _, t := range p.touched() {
				if t.allowed(lists) {
					listed++
				} else {
					wrong = append(wrong, g.what+": "+t.String())
				}
			}
		}
		fmt.Printf("%s with %s: %d new roots; in %d of the others %d resources are new and %d list one more, %s\n",
			p.name, g.what, fresh, len(roots), added, listed, time.Since(began).Round(time.Second))
	}
	if len(wrong) > 0 {
		return fmt.Errorf("what is new changes what was there:\n%s", strings.Join(wrong, "\n"))
	}
	return nil
}

func (p plan) created() int {
	n := 0
	for _, c := range p.Changes {
		if c.Mode == "managed" && slices.Equal(c.Change.Actions, []string{"create"}) {
			n++
		}
	}
	return n
}

// touched are the resources that are neither new nor left alone.
func (p plan) touched() []touched {
	var all []touched
	for _, c := range p.Changes {
		if c.Mode != "managed" || slices.Equal(c.Change.Actions, []string{"create"}) || slices.Equal(c.Change.Actions, []string{"no-op"}) {
			continue
		}
		t := touched{root: p.root, address: c.Address, actions: c.Change.Actions}
		for _, k := range slices.Sorted(maps.Keys(c.Change.Before)) {
			if later(c.Change.AfterUnknown[k]) || !reflect.DeepEqual(c.Change.Before[k], c.Change.After[k]) {
				t.attributes = append(t.attributes, k)
			}
		}
		all = append(all, t)
	}
	return all
}

// later says that something in a value is known only when it is applied.
func later(unknown any) bool {
	switch u := unknown.(type) {
	case bool:
		return u
	case []any:
		return slices.ContainsFunc(u, later)
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(u)), later)
	}
	return false
}

// differing are the roots of before that say something else after, and how many
// there are only after. Where lines of the platform file have moved, comments
// say so and nothing else.
func differing(before, after string, only *regexp.Regexp) (roots []string, fresh int, err error) {
	was, err := texts(before, only)
	if err != nil {
		return nil, 0, err
	}
	is, err := texts(after, only)
	if err != nil {
		return nil, 0, err
	}
	for root, text := range was {
		now, ok := is[root]
		if !ok {
			return nil, 0, fmt.Errorf("%s is gone", root)
		}
		if text != now {
			roots = append(roots, root)
		}
	}
	slices.Sort(roots)
	return roots, len(is) - len(was), nil
}

var remark = regexp.MustCompile(`(?m)^\s*#.*\n`)

// texts are the files of every root, without comments.
func texts(dir string, only *regexp.Regexp) (map[string]string, error) {
	all := map[string]string{}
	roots, err := rootsBelow(dir, only)
	if err != nil {
		return nil, err
	}
	for _, root := range roots {
		var b strings.Builder
		err := filepath.WalkDir(filepath.Join(dir, root), func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(name)
			fmt.Fprintf(&b, "%s\n%s\n", filepath.Base(name), remark.ReplaceAll(text, nil))
			return err
		})
		if err != nil {
			return nil, err
		}
		all[root] = b.String()
	}
	return all, nil
}
