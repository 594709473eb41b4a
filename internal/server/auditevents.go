package server

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/audit/record"
	"paddock.dev/internal/delivery/matrix"
)

// deliverer is who acts when a policy and no person does.
const deliverer = "delivery"

// auditEvents are all changes that an object tells of. It tells them as long as
// it exists, so that none is missed while nobody looks: the record drops what it
// has, by the object's UID and the name of the change.
func auditEvents(o client.Object) []record.Event {
	switch o := o.(type) {
	case *v1.Platform:
		return platformEvents(o)
	case *v1.Build:
		return buildEvents(o)
	case *v1.Release:
		return releaseEvents(o)
	case *v1.Rollout:
		return rolloutEvents(o)
	case *v1.Approval:
		return approvalEvents(o)
	}
	return nil
}

// platformEvents: the file is one object whose generation counts the changes.
func platformEvents(p *v1.Platform) []record.Event {
	e := record.Event{
		Key:  key("platform", p, "file") + "/" + p.Spec.Digest + "/" + strconv.FormatInt(p.Generation, 10),
		Name: "ChangePlatformFile", By: p.Spec.AppliedBy,
		Parameters: map[string]any{"path": p.Spec.Path, "digest": p.Spec.Digest, "bytes": len(p.Spec.File)},
	}
	if p.Generation <= 1 {
		e.Name, e.Occurred = "CreatePlatform", p.CreationTimestamp.Time
	}
	return []record.Event{e}
}

func buildEvents(b *v1.Build) []record.Event {
	if b.Status.Phase != v1.BuildSucceeded && b.Status.Phase != v1.BuildFailed {
		return nil
	}
	e := record.Event{
		Key: key("build", b, "finished"), Name: "BuildImage", By: cmp.Or(b.Spec.PushedBy, b.Spec.Author), Why: b.Spec.Subject,
		Parameters: map[string]any{"build": b.Name, "service": b.Spec.Service, "commit": b.Spec.Commit, "ref": b.Spec.Ref, "author": b.Spec.Author},
		Response:   map[string]any{"image": b.Status.Image, "release": b.Status.Release},
		Occurred:   at(b.Status.FinishedAt),
	}
	if b.Status.Phase == v1.BuildFailed {
		e.Code, e.Failure, e.Response = "BuildFailed", b.Status.Message, nil
	}
	return []record.Event{attributed(e)}
}

func releaseEvents(r *v1.Release) []record.Event {
	what := map[string]any{"release": r.Name, "service": r.Spec.Service, "version": r.Spec.Version, "commit": r.Spec.Commit}
	created := record.Event{
		Key: key("release", r, "created"), Name: "CreateRelease", By: r.Spec.Author, Why: r.Spec.Subject, Parameters: what,
		Response: map[string]any{"image": r.Spec.Image, "configDigest": r.Spec.ConfigDigest}, Occurred: r.CreationTimestamp.Time,
	}
	if r.Spec.Drill {
		created.Response["drill"] = true
	}
	events := []record.Event{attributed(created)}
	if r.Status.Blocked != "" {
		events = append(events, record.Event{
			Key: key("release", r, "blocked"), Name: "BlockRelease", By: deliverer, Service: true, Why: r.Status.Blocked,
			Parameters: what, Occurred: at(r.Status.BlockedAt),
		})
	}
	return events
}

// rolloutNames say what a rollout was ordered for.
var rolloutNames = map[v1.RolloutKind]string{
	v1.RolloutPromotion: "PromoteRelease",
	v1.RolloutBootstrap: "IntroduceRelease",
	v1.RolloutRollback:  "RollbackRelease",
}

func rolloutEvents(r *v1.Rollout) []record.Event {
	what := map[string]any{"rollout": r.Name, "service": r.Spec.Service, "environment": r.Spec.Environment, "release": r.Spec.Release}
	ordered := record.Event{
		Key: key("rollout", r, "ordered"), Name: cmp.Or(rolloutNames[r.Spec.Kind], "OrderRollout"), By: r.Spec.RequestedBy, Why: r.Spec.Reason,
		Parameters: map[string]any{"skipApproval": r.Spec.SkipApproval}, Occurred: r.CreationTimestamp.Time,
	}
	for name, value := range what {
		ordered.Parameters[name] = value
	}
	events := []record.Event{attributed(ordered)}
	if r.Status.StartedAt != nil {
		events = append(events, record.Event{
			Key: key("rollout", r, "started"), Name: "StartRollout", By: deliverer, Service: true, Parameters: what,
			Response: map[string]any{"previous": r.Status.Previous, "approvals": r.Status.Approvals}, Occurred: r.Status.StartedAt.Time,
		})
	}
	if !r.Status.Phase.Done() {
		return events
	}
	finished := record.Event{
		Key: key("rollout", r, "finished"), Name: "FinishRollout", By: deliverer, Service: true, Parameters: what,
		Response: map[string]any{"phase": r.Status.Phase, "message": r.Status.Message},
	}
	if r.Status.FinishedAt != nil {
		finished.Occurred = r.Status.FinishedAt.Time
	}
	if v := r.Status.Verdict; v != nil {
		finished.Response["verdict"] = v.Outcome
		finished.Why = v.Reason
	}
	if r.Status.Phase == v1.RolloutRolledBack {
		finished.Code, finished.Failure = string(r.Status.Phase), r.Status.Message
	}
	return append(events, finished)
}

func approvalEvents(a *v1.Approval) []record.Event {
	return []record.Event{{
		Key: key("approval", a, "given"), Name: "ApproveRollout", By: a.Spec.By, Why: a.Spec.Comment,
		Parameters: map[string]any{"rollout": a.Spec.Rollout, "approval": a.Name}, Occurred: a.CreationTimestamp.Time,
	}}
}

// attributed says that delivery did what no person did.
func attributed(e record.Event) record.Event {
	if e.By == "" || e.By == "policy" {
		e.By, e.Service = deliverer, true
		return e
	}
	e.By = matrix.Person(e.By)
	return e
}

func key(kind string, o client.Object, change string) string {
	return strings.Join([]string{kind, string(o.GetUID()), change}, "/")
}

func at(t *metav1.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.Time
}

// inOrder puts events in the order in which they happened; those of which nobody
// knows when come last.
func inOrder(events []record.Event) {
	slices.SortStableFunc(events, func(a, b record.Event) int {
		switch {
		case a.Occurred.IsZero() != b.Occurred.IsZero():
			if a.Occurred.IsZero() {
				return 1
			}
			return -1
		}
		return a.Occurred.Compare(b.Occurred)
	})
}
