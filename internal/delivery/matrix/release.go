package matrix

import (
	"cmp"
	"slices"

	v1 "paddock.dev/api/v1"
)

// Releases lists the releases of one service, or of all when service is empty:
// by service, the newest first.
func Releases(in Input, service string) v1.ReleaseSummaries {
	x := indexed(in)
	var picked []*v1.Release
	for i := range in.Releases {
		if r := &in.Releases[i]; service == "" || r.Spec.Service == service {
			picked = append(picked, r)
		}
	}
	slices.SortFunc(picked, func(a, b *v1.Release) int {
		return cmp.Or(cmp.Compare(a.Spec.Service, b.Spec.Service), cmp.Compare(b.Spec.Number, a.Spec.Number), cmp.Compare(b.Name, a.Name))
	})
	out := v1.ReleaseSummaries{Releases: make([]v1.ReleaseSummary, 0, len(picked))}
	for _, r := range picked {
		out.Releases = append(out.Releases, x.summary(r))
	}
	return out
}

// Release is everything about one release; ok is false when there is none of
// that name.
func Release(in Input, name string) (detail v1.ReleaseDetail, ok bool) {
	x := indexed(in)
	r := x.releases[name]
	if r == nil {
		return v1.ReleaseDetail{}, false
	}
	return v1.ReleaseDetail{
		ReleaseSummary: x.summary(r),
		Image:          r.Spec.Image,
		ConfigDigest:   r.Spec.ConfigDigest,
		Build:          r.Spec.Build,
		Config:         r.Spec.Config,
		History:        History(in, Filter{Release: name}).Entries,
	}, true
}

func (x *index) summary(r *v1.Release) v1.ReleaseSummary {
	s := v1.ReleaseSummary{
		Name: r.Name, Service: r.Spec.Service, Version: r.Spec.Version, Commit: r.Spec.Commit,
		Author: r.Spec.Author, Subject: r.Spec.Subject, CreatedAt: r.CreationTimestamp.UTC(),
		Environments: []string{}, Blocked: r.Status.Blocked, Drill: r.Spec.Drill,
	}
	for _, env := range x.Platform.Environments {
		if c := x.current[place{env.Name, r.Spec.Service}]; c != nil && c.Spec.Release == r.Name {
			s.Environments = append(s.Environments, env.Name)
		}
	}
	return s
}
