package rules

import (
	"fmt"
	"slices"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
)

// approvalRules are about who says yes.
var approvalRules = []*Rule{
	{
		ID: "approval-missing", Severity: diag.Warning,
		Title:  "Somebody says yes before a release enters production",
		Why:    "Without an approval every push is in front of customers minutes later, whoever pushed it and however.",
		Fix:    "Write approve on the production environment.",
		Source: "PCI DSS v4.0.1, 6.5.1; ISO/IEC 27001:2022, A.8.32 Change management",
		check: func(f *Facts, report func(Finding)) {
			if f.known() < 2 {
				return // nobody else could say yes
			}
			for _, e := range f.in(model.Production) {
				if e.Approve.Count > 0 {
					continue
				}
				fix := "Write approve: [name of a group]."
				if len(f.Groups) > 0 {
					fix = fmt.Sprintf("Write approve: [%s].", f.Groups[0].Name)
				}
				report(Finding{
					Place:   Place{Key: key("environments", e.Name)},
					Summary: fmt.Sprintf("Nobody approves what enters %q", e.Name),
					Detail:  "A release enters as soon as it has passed the environment before, whoever wrote it.",
					Fix:     fix,
				})
			}
		},
	},
	{
		ID: "group-empty", Severity: diag.Error,
		Title: "Groups that are asked for approval have members",
		Why:   "A group with nobody in it approves nothing. Whoever reads the file believes that it does.",
		Fix:   "Add members to the group, or do not ask it.",
		check: func(f *Facts, report func(Finding)) {
			for _, g := range f.Groups {
				if len(g.Members) > 0 {
					continue
				}
				var asking []Note
				for _, e := range f.envs {
					if slices.Contains(e.Approve.From, g.Name) {
						asking = append(asking, Note{Place{Key: key("environments", e.Name, "approve")}, e.Name + " asks it"})
					}
				}
				if h := f.Delivery.Hotfix; h != nil && slices.Contains(h.Approve.From, g.Name) {
					asking = append(asking, Note{Place{Key: "delivery.hotfix.approve"}, "the hotfix lane asks it"})
				}
				if len(asking) == 0 {
					continue
				}
				report(Finding{
					Place:   Place{Key: key("groups", g.Name)},
					Summary: fmt.Sprintf("The group %q is asked for approval and has nobody in it", g.Name),
					Fix:     fmt.Sprintf("Write %s: [name of a person].", g.Name),
					Related: asking,
				})
			}
		},
	},
	{
		ID: "approver-single", Severity: diag.Warning,
		Title:  "More than one person can approve for production",
		Why:    "When the one approver is on vacation or ill, nothing enters production, not even a repair; and nobody else can approve what that person wrote.",
		Fix:    "Add members to the groups that approve, or name another group.",
		Source: "AWS Well-Architected Framework, OPS10-BP02",
		check: func(f *Facts, report func(Finding)) {
			for _, e := range f.in(model.Production) {
				who := f.Members(e.Approve.From)
				if e.Approve.Count == 0 || len(who) != 1 || f.known() < 2 {
					continue
				}
				report(Finding{
					Place:   Place{Key: key("environments", e.Name, "approve")},
					Summary: fmt.Sprintf("Only %q can approve for %q", who[0], e.Name),
					Detail:  fmt.Sprintf("The file names %d people, and %s is the only member of %s.", f.known(), who[0], words(e.Approve.From)),
					Fix:     fmt.Sprintf("Add a second member to %s.", e.Approve.From[0]),
					Related: []Note{{Place{Key: key("groups", e.Approve.From[0])}, "the group"}},
				})
			}
		},
	},
	{
		ID: "approver-is-author", Severity: diag.Error,
		Title:  "Nobody approves alone what they wrote",
		Why:    "Four eyes means two people. When all who may approve are the team that writes the code, and no more of them than are asked for, the author's own yes is needed.",
		Fix:    "Add somebody outside the team to the group that approves.",
		Source: "PCI DSS v4.0.1, 6.2.3.1 (reviewed by individuals other than the originating code author)",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.services(model.Production) {
				t, who := f.teams[s.Team], f.Members(e.Approve.From)
				if t == nil || e.Approve.Count == 0 || len(who) != e.Approve.Count {
					continue
				}
				outside := slices.ContainsFunc(who, func(p string) bool { return !slices.Contains(t.Members, p) })
				if outside {
					continue
				}
				verb := "is"
				if len(who) > 1 {
					verb = "are"
				}
				report(Finding{
					Place:   Place{Key: key("environments", e.Name, "approve")},
					Summary: fmt.Sprintf("The team %q approves its own releases for %q", t.Name, e.Name),
					Detail:  fmt.Sprintf("%s needed, and %s %s all who may approve. They are members of the team that owns %s.", approvals(e.Approve.Count), words(who), verb, s.Name),
					Fix:     fmt.Sprintf("Add somebody outside %s to %s.", t.Name, e.Approve.From[0]),
					Related: []Note{
						{Place{Key: key("groups", e.Approve.From[0])}, "who may approve"},
						{Place{Key: key("teams", t.Name, "members")}, "who writes"},
					},
				})
			}
		},
	},
	{
		ID: "hotfix-unapproved", Severity: diag.Error,
		Title:  "A hotfix needs somebody's yes",
		Why:    "The short lane leaves out tests on purpose. What is left is the judgement of a second person.",
		Fix:    "Write delivery.hotfix.approve, or approve on production, which holds for hotfixes too.",
		Source: "ISO/IEC 27001:2022, A.8.32 Change management",
		check: func(f *Facts, report func(Finding)) {
			h := f.Delivery.Hotfix
			if h == nil || h.Approve.Count > 0 || len(f.in(model.Production)) == 0 {
				return
			}
			for _, e := range f.in(model.Production) {
				if e.Approve.Count > 0 {
					return
				}
			}
			report(Finding{
				Place:   Place{Key: "delivery.hotfix"},
				Summary: "Nobody approves a hotfix",
				Detail:  "The lane asks nobody, and neither does production.",
				Fix:     "Write approve: { from: [name of a group], count: 1 } in hotfix.",
			})
		},
	},
	{
		ID: "hotfix-untested", Severity: diag.Warning,
		Title:  "A hotfix passes one environment before production",
		Why:    "A repair that was never started anywhere may make things worse, at the worst time. One environment costs minutes.",
		Fix:    "Leave one environment before production out of skip.",
		Source: "Google, Site Reliability Engineering, Release Engineering",
		check: func(f *Facts, report func(Finding)) {
			h := f.Delivery.Hotfix
			if h == nil || len(h.Skip) == 0 {
				return
			}
			before := 0
			for _, e := range f.envs {
				if e.Stage == model.Production || !slices.Contains(f.Delivery.Path, e.Name) {
					continue
				}
				if !slices.Contains(h.Skip, e.Name) {
					return
				}
				before++
			}
			if before == 0 {
				return
			}
			report(Finding{
				Place:   Place{Key: "delivery.hotfix.skip"},
				Summary: "A hotfix enters production without having run anywhere",
				Detail:  fmt.Sprintf("The lane skips %s, which is all that comes before production.", words(h.Skip)),
				Fix:     fmt.Sprintf("Take %s out of skip.", h.Skip[len(h.Skip)-1]),
			})
		},
	},
	{
		ID: "canary-missing", Severity: diag.Warning,
		Title:  "Releases of tier 1 meet some of the traffic first",
		Why:    "Without canary steps a bad release gets all requests at once, and its first measurement is an incident.",
		Fix:    "Write delivery.rollout.canary.",
		Source: "Google, The Site Reliability Workbook, Canarying Releases",
		check: func(f *Facts, report func(Finding)) {
			if len(f.Delivery.Canary) > 0 {
				return
			}
			for e, s := range f.services(model.Production) {
				if s.Tier == 1 && s.Schedule == nil {
					report(Finding{
						Place:   Place{Key: "delivery.rollout.canary"},
						Summary: "Releases get all of production's requests at once",
						Detail:  fmt.Sprintf("%q in %s is of tier 1.", s.Name, e.Name),
						Fix:     "Write canary: [5%, 25%, 50%].",
					})
					return
				}
			}
		},
	},
}

func approvals(n int) string {
	if n == 1 {
		return "1 approval is"
	}
	return fmt.Sprintf("%d approvals are", n)
}
