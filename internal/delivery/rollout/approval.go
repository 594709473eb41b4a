package rollout

import (
	"fmt"
	"slices"
	"strings"

	v1 "paddock.dev/api/v1"
)

// needsApproval reports whether people have to say yes first.
func needsApproval(o *Observation, r *v1.Rollout) bool {
	return r.Spec.Kind == v1.RolloutPromotion && !r.Spec.SkipApproval && o.Rules.Approve > 0
}

// approvals are the people whose yes counts: members of the groups, each once,
// not the author of the commit, and only for this very rollout.
func approvals(o *Observation, r *v1.Rollout) []string {
	author := ""
	if release := o.Releases[r.Spec.Release]; release != nil {
		author = release.Spec.Author
	}
	var names []string
	for _, a := range o.Approvals {
		if a.Spec.Rollout == r.Name && a.CreationTimestamp.Compare(r.CreationTimestamp.Time) >= 0 &&
			slices.Contains(o.Rules.Approvers, a.Spec.By) && !IsAuthor(author, a.Spec.By) && !slices.Contains(names, a.Spec.By) {
			names = append(names, a.Spec.By)
		}
	}
	slices.Sort(names)
	return names
}

// IsAuthor reports whether the person wrote the commit: author is
// "Name <mail>", and the person goes by the name or by the local part of the
// mail address.
func IsAuthor(author, person string) bool {
	name, mail, _ := strings.Cut(author, "<")
	local, _, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(mail), ">"), "@")
	person = strings.TrimSpace(person)
	if person == "" {
		return false
	}
	return strings.EqualFold(strings.TrimSpace(name), person) || strings.EqualFold(strings.TrimSpace(local), person)
}

// awaiting says who may still approve, and how.
func awaiting(o *Observation, r *v1.Rollout, given []string) string {
	author := ""
	if release := o.Releases[r.Spec.Release]; release != nil {
		author = release.Spec.Author
	}
	var may []string
	wrote := ""
	for _, person := range o.Rules.Approvers {
		switch {
		case IsAuthor(author, person):
			wrote = person
		case !slices.Contains(given, person):
			may = append(may, person)
		}
	}
	groups := strings.Join(o.Rules.Groups, ", ")
	missing := o.Rules.Approve - len(given)
	s := fmt.Sprintf("waits for %d of %s", missing, groups)
	if len(may) > 0 {
		s += " (" + strings.Join(may, ", ") + ")"
	}
	if len(given) > 0 {
		s += "; approved by " + strings.Join(given, ", ")
	}
	if wrote != "" {
		s += "; " + wrote + " wrote the commit and does not count"
	}
	if len(may) < missing {
		return s + "; nobody else may approve: add people to " + groups + " in the platform file"
	}
	return s + "; approve with: paddock approve " + r.Name + " --as " + may[0]
}
