package matrix

import (
	"cmp"
	"slices"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/delivery/rollout"
)

// waiting are the rollouts that wait for people, the longest wait first.
func (x *index) waiting() []v1.WaitingApproval {
	out := []v1.WaitingApproval{}
	for i := range x.Rollouts {
		r := &x.Rollouts[i]
		if r.Status.Phase != v1.RolloutAwaitingApproval {
			continue
		}
		// An environment that left the file since then asks nobody.
		env, ok := x.Platform.Environment(r.Spec.Environment)
		if !ok {
			continue
		}
		w := v1.WaitingApproval{
			Rollout: r.Name, Service: r.Spec.Service, Environment: r.Spec.Environment,
			Release: r.Spec.Release, Version: x.version(r.Spec.Service, r.Spec.Release),
			Since: r.CreationTimestamp.UTC(),
			Need:  env.Approve.Count, From: slices.Clone(env.Approve.From),
			Given: []string{}, May: []string{},
			Command: "paddock approve " + r.Spec.Service + " --env " + r.Spec.Environment,
		}
		if rel := x.releases[r.Spec.Release]; rel != nil {
			w.Subject, w.Author = rel.Spec.Subject, rel.Spec.Author
		}
		members := x.Platform.Members(env.Approve.From)
		given := x.approvers(r.Name)
		for _, m := range members {
			switch {
			case rollout.IsAuthor(w.Author, m): // nobody approves their own change
			case slices.Contains(given, m):
				w.Given = append(w.Given, m)
			default:
				w.May = append(w.May, m)
			}
		}
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b v1.WaitingApproval) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Rollout, b.Rollout))
	})
	return out
}

// approvers are the people who said yes to a rollout, whether they count or not.
func (x *index) approvers(rollout string) []string {
	var people []string
	for i := range x.Approvals {
		if a := &x.Approvals[i]; a.Spec.Rollout == rollout {
			people = append(people, a.Spec.By)
		}
	}
	return people
}
