package matrix

import (
	"cmp"
	"slices"
	"strings"
	"time"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/delivery/rollout"
)

// Filter narrows a history; empty fields let everything pass.
type Filter struct{ Service, Environment, Release string }

func (f Filter) passes(e v1.HistoryEntry) bool {
	return (f.Service == "" || f.Service == e.Service) &&
		(f.Environment == "" || f.Environment == e.Environment) &&
		(f.Release == "" || f.Release == e.Release)
}

// History is everything that happened and passes the filter, the newest first.
func History(in Input, f Filter) v1.History {
	x := indexed(in)
	all := []v1.HistoryEntry{}
	add := func(e v1.HistoryEntry) {
		if f.passes(e) {
			all = append(all, e)
		}
	}
	for i := range in.Builds {
		add(x.buildEntry(&in.Builds[i]))
	}
	for i := range in.Releases {
		add(releaseEntry(&in.Releases[i]))
	}
	for i := range in.Rollouts {
		add(x.rolloutEntry(&in.Rollouts[i]))
	}
	for i := range in.Approvals {
		add(x.approvalEntry(&in.Approvals[i]))
	}
	slices.SortFunc(all, func(a, b v1.HistoryEntry) int {
		// At the same second an effect stands above its cause.
		return cmp.Or(b.Time.Compare(a.Time), rank(b.Kind)-rank(a.Kind), cmp.Compare(a.Name, b.Name))
	})
	return v1.History{Platform: in.Platform.Name, Entries: all}
}

func rank(kind string) int {
	return slices.Index([]string{"Build", "Release", "Approval", "Rollout"}, kind)
}

func (x *index) buildEntry(b *v1.Build) v1.HistoryEntry {
	e := v1.HistoryEntry{
		Time: b.CreationTimestamp.UTC(), Kind: "Build", Name: b.Name, Service: b.Spec.Service,
		Release: b.Status.Release, Who: cmp.Or(b.Spec.PushedBy, b.Spec.Author),
		What: "commit " + Short(b.Spec.Commit), Why: b.Spec.Subject, Result: buildPhase(b.Status.Phase),
	}
	if e.Release != "" {
		e.Version = x.version(e.Service, e.Release)
	}
	if b.Status.Phase != v1.BuildSucceeded {
		e.Message = b.Status.Message
	}
	span(&e, moment(b.Status.StartedAt), moment(b.Status.FinishedAt))
	return e
}

func releaseEntry(r *v1.Release) v1.HistoryEntry {
	e := v1.HistoryEntry{
		Time: r.CreationTimestamp.UTC(), Kind: "Release", Name: r.Name, Service: r.Spec.Service,
		Release: r.Name, Version: r.Spec.Version, Who: r.Spec.Author,
		What: r.Spec.Version + " from " + Short(r.Spec.Commit), Why: r.Spec.Subject, Result: "Created",
	}
	if r.Spec.Drill {
		e.What += " (drill)"
	}
	if r.Status.Blocked != "" {
		e.Result, e.Message = "Blocked", r.Status.Blocked
	}
	return e
}

func (x *index) rolloutEntry(r *v1.Rollout) v1.HistoryEntry {
	version := x.version(r.Spec.Service, r.Spec.Release)
	what := version + " to " + r.Spec.Environment
	switch r.Spec.Kind {
	case v1.RolloutRollback:
		what = "back to " + version + " in " + r.Spec.Environment
	case v1.RolloutBootstrap:
		what = "first release " + version + " in " + r.Spec.Environment
	}
	e := v1.HistoryEntry{
		Time: r.CreationTimestamp.UTC(), Kind: "Rollout", Name: r.Name, Service: r.Spec.Service,
		Environment: r.Spec.Environment, Release: r.Spec.Release, Version: version,
		Who: r.Spec.RequestedBy, What: what, Why: r.Spec.Reason,
		Result: phase(r.Status.Phase), Message: r.Status.Message,
	}
	span(&e, microMoment(r.Status.StartedAt), microMoment(r.Status.FinishedAt))
	return e
}

func (x *index) approvalEntry(a *v1.Approval) v1.HistoryEntry {
	e := v1.HistoryEntry{
		Time: a.CreationTimestamp.UTC(), Kind: "Approval", Name: a.Name,
		Who: a.Spec.By, What: "approved " + a.Spec.Rollout, Why: a.Spec.Comment, Result: "Approved",
	}
	if r := x.rollouts[a.Spec.Rollout]; r != nil {
		e.Service, e.Environment, e.Release = r.Spec.Service, r.Spec.Environment, r.Spec.Release
		e.Version = x.version(e.Service, e.Release)
		e.What = "approved " + e.Version + " for " + e.Environment
		// The API server makes sure that people speak for themselves; whether
		// they may decide is the file's word.
		env, ok := x.Platform.Environment(e.Environment)
		release := x.releases[e.Release]
		switch {
		case ok && !slices.Contains(x.Platform.Members(env.Approve.From), e.Who):
			e.Result, e.Message = "NotCounted", e.Who+" is not in "+strings.Join(env.Approve.From, " or ")
		case release != nil && rollout.IsAuthor(release.Spec.Author, e.Who):
			e.Result, e.Message = "NotCounted", e.Who+" wrote the commit"
		}
	}
	return e
}

// span dates an entry by its end and measures it.
func span(e *v1.HistoryEntry, began, ended *time.Time) {
	if ended == nil {
		return
	}
	e.Time = *ended
	if began != nil {
		e.Seconds = ended.Sub(*began).Seconds()
	}
}
