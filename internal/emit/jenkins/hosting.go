package jenkins

import (
	"fmt"
	"slices"
	"strings"

	"paddock.dev/internal/model"
)

// rule is one rule of a GitHub ruleset ("REST API endpoints for rules", GitHub
// Docs).
type rule struct {
	Type       string         `json:"type"`
	Parameters map[string]any `json:"parameters,omitempty"`
}

type ruleset struct {
	Name        string   `json:"name"`
	Target      string   `json:"target"`
	Enforcement string   `json:"enforcement"`
	Bypass      []string `json:"bypass_actors"`
	Conditions  struct {
		RefName struct {
			Include []string `json:"include"`
			Exclude []string `json:"exclude"`
		} `json:"ref_name"`
	} `json:"conditions"`
	Rules []rule `json:"rules"`
}

// hosting writes the rules of branches, who reviews what, and what a pull request
// says.
func (d *delivery) hosting() error {
	for _, s := range d.rulesets() {
		if err := d.addJSON("hosting/rulesets/"+s.Name+".json", s); err != nil {
			return err
		}
	}
	d.add("hosting/CODEOWNERS", []byte(d.owners()))
	d.add("hosting/pull_request_template.md", []byte(d.template()))
	d.add("hosting/branches.md", []byte(d.branchPage()))
	return nil
}

// rulesets are of the branches that are released. The platform's approvals say
// how many people look at what goes to production.
func (d *delivery) rulesets() []ruleset {
	reviews := 1
	for _, e := range d.onPath("prod") {
		reviews = max(reviews, e.Approve.Count)
	}
	make := func(name, target string, refs []string, rules ...rule) ruleset {
		s := ruleset{Name: name, Target: target, Enforcement: "active", Bypass: []string{}, Rules: rules}
		s.Conditions.RefName.Include, s.Conditions.RefName.Exclude = refs, []string{}
		return s
	}
	review := func(count int) rule {
		return rule{"pull_request", map[string]any{
			"required_approving_review_count": count, "dismiss_stale_reviews_on_push": true, "require_code_owner_review": true,
			"require_last_push_approval": true, "required_review_thread_resolution": true,
		}}
	}
	checks := rule{"required_status_checks", map[string]any{
		"strict_required_status_checks_policy": true,
		"required_status_checks":               []map[string]any{{"context": "continuous-integration/jenkins/pr-merge"}},
	}}
	keep := []rule{{"deletion", nil}, {"non_fast_forward", nil}, {"required_signatures", nil}}
	all := []ruleset{make("production", "branch", []string{"refs/heads/" + branch(d.platform)}, append(slices.Clone(keep), rule{"required_linear_history", nil}, review(reviews), checks)...)}
	if d.platform.Delivery.Branching == model.Gitflow {
		// Merges of releases and repairs keep their history.
		all[0].Rules = slices.DeleteFunc(all[0].Rules, func(r rule) bool { return r.Type == "required_linear_history" })
		all = append(all,
			make("integration", "branch", []string{"refs/heads/develop"}, append(slices.Clone(keep), review(1), checks)...),
			make("release", "branch", []string{"refs/heads/release/*"}, append(slices.Clone(keep), review(1), checks)...),
			make("hotfix", "branch", []string{"refs/heads/hotfix/*"}, rule{"non_fast_forward", nil}, rule{"required_signatures", nil}, review(1), checks))
	}
	return append(all, make("versions", "tag", []string{"refs/tags/v*"}, rule{"deletion", nil}, rule{"update", nil}, rule{"required_signatures", nil}))
}

// owners are who reviews which folder of the platform's own repository.
func (d *delivery) owners() string {
	organization := d.platform.Delivery.Organization
	if organization == "" {
		organization = d.platform.Name
	}
	handle := func(name string) string { return "@" + organization + "/" + name }
	var b strings.Builder
	b.WriteString("# Rendered from the platform file; the last match counts.\n")
	var approvers []string
	for _, e := range d.onPath("prod") {
		for _, g := range e.Approve.From {
			if !slices.Contains(approvers, handle(g)) {
				approvers = append(approvers, handle(g))
			}
		}
	}
	if len(approvers) > 0 {
		fmt.Fprintf(&b, "* %s\n", strings.Join(approvers, " "))
	}
	rows := map[string]string{}
	for _, e := range d.platform.Environments {
		for _, s := range e.Services {
			if s.Team == "" {
				continue
			}
			rows["/delivery/services/"+s.Name+"/"] = handle(s.Team)
			if s.Source != nil {
				rows["/"+strings.TrimPrefix(strings.TrimSuffix(s.Source.Dir, "/"), "./")+"/"] = handle(s.Team)
			}
			rows["/kubernetes/*/*/services/"+s.Name+"/"] = handle(s.Team)
		}
	}
	var paths []string
	for p := range rows {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	for _, p := range paths {
		owner := rows[p]
		if strings.HasPrefix(p, "/kubernetes/") && len(approvers) > 0 {
			owner += " " + approvers[0]
		}
		fmt.Fprintf(&b, "%s %s\n", p, owner)
	}
	return b.String()
}

func (d *delivery) template() string {
	ticket := ""
	if k := d.platform.Tickets.Project; k != "" {
		ticket = " (" + k + "-…)"
	}
	return `## What and why

Ticket` + ticket + `:

## Before it is merged

- [ ] ` + "`paddock check`" + ` is clean, and ` + "`paddock plan`" + ` says nothing that surprises
- [ ] tests cover what changed
- [ ] the schema can be used by the release before, too: the way back stays open
- [ ] alerts, dashboards and the runbook still fit

## The way back

`
}

// branchPage says how work reaches production.
func (d *delivery) branchPage() string {
	p := d.platform
	var b strings.Builder
	b.WriteString("<!-- Rendered from the platform file. -->\n# Branches\n\n")
	path := strings.Join(p.Delivery.Path, " -> ")
	if p.Delivery.Branching != model.Gitflow {
		fmt.Fprintf(&b, "There is one long-lived branch, `%s`. Work is done in short branches and comes in by pull request. Every push to `%s` is built once, and its digest travels %s.\n", branch(p), branch(p), path)
	} else {
		fmt.Fprintf(&b, `| branch | from | goes to | into |
|---|---|---|---|
| feature/* | develop | develop | nowhere; its pull request is built and tested |
| develop | | release/* | %s |
| release/x.y | develop | %s and develop | the environments before production |
| %s | release/*, hotfix/* | | production, by digest |
| hotfix/* | %s | %s and develop | the short lane |

A digest travels %s; nothing is built twice.
`, first(p.Delivery.Path), branch(p), branch(p), branch(p), branch(p), path)
	}
	if h := p.Delivery.Hotfix; h != nil {
		fmt.Fprintf(&b, "\nA hotfix leaves out %s and needs %d of %s. It leaves out neither the signature, nor the scan, nor the gate of the objective, and it has to be merged back before the next release.\n", strings.Join(h.Skip, ", "), h.Approve.Count, strings.Join(h.Approve.From, ", "))
	}
	b.WriteString("\nVersions are tags `vMAJOR.MINOR.PATCH`, signed, and never moved. Commits begin with the part that they change: `booking: hold the car for ten minutes`.\n\nApply the rules with `gh api --method POST /repos/OWNER/REPOSITORY/rulesets --input rulesets/NAME.json`.\n")
	return b.String()
}

func first(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return all[0]
}
