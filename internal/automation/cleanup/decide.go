// Package cleanup finds volumes, snapshots and addresses that nobody uses. It
// marks them first, and deletes only what stayed marked for the time of grace,
// so that somebody who misses one can take the mark away. It refuses to know
// what is in them.
package cleanup

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"paddock.dev/internal/automation"
)

// Kind of a thing.
type Kind string

// The kinds of things that are left lying about.
const (
	Volume   Kind = "volume"
	Snapshot Kind = "snapshot"
	Address  Kind = "address"
)

// Thing is one resource.
type Thing struct {
	Kind Kind
	ID   string
	Tags automation.Tags
	// Created is zero for addresses, which do not say.
	Created time.Time
	// Used says by what: a machine, an image, a volume that is still there. Empty
	// means by nothing.
	Used string
	// GiB is the size of a volume, and of the volume that a snapshot is of.
	GiB int
}

// TagSince is the mark: the day from which on nothing used the resource.
const TagSince = "paddock:unused-since"

// Verb is what is done about a thing.
type Verb string

// The verbs.
const (
	Keep   Verb = "keep"
	Mark   Verb = "mark"
	Unmark Verb = "unmark"
	Delete Verb = "delete"
)

// Decision is about one thing.
type Decision struct {
	Thing  Thing
	Verb   Verb
	Reason string
}

// young is the age below which nothing is looked at: it may just be about to be
// used.
const young = 24 * time.Hour

// Decide says what to do about each thing, in the order of kinds and ids.
func Decide(scope automation.Scope, things []Thing, now time.Time, grace time.Duration) []Decision {
	decisions := make([]Decision, 0, len(things))
	for _, t := range things {
		verb, reason := decide(scope, t, now, grace)
		decisions = append(decisions, Decision{t, verb, reason})
	}
	slices.SortFunc(decisions, func(a, b Decision) int {
		return cmp.Or(cmp.Compare(a.Thing.Kind, b.Thing.Kind), cmp.Compare(a.Thing.ID, b.Thing.ID))
	})
	return decisions
}

func decide(scope automation.Scope, t Thing, now time.Time, grace time.Duration) (Verb, string) {
	since, marked := t.Tags[TagSince]
	if why := scope.Refuse(t.Tags); why != "" {
		return Keep, why
	}
	if t.Used != "" {
		if marked {
			return Unmark, "is used again by " + t.Used
		}
		return Keep, "is used by " + t.Used
	}
	// The volume of a store outlives its machine: that is what it is for.
	if store := t.Tags[automation.TagStore]; store != "" && t.Kind == Volume {
		return Keep, "holds the data of the store " + store
	}
	// AWS Backup ages its own copies, and they may be locked.
	if t.Kind == Snapshot && backedUp(t.Tags) {
		return Keep, "is a copy of AWS Backup"
	}
	if !t.Created.IsZero() && now.Sub(t.Created) < young {
		return Keep, "is younger than a day"
	}
	if !marked {
		return Mark, "is used by nothing"
	}
	day, err := time.Parse(time.DateOnly, since)
	if err != nil || day.After(now) {
		return Mark, fmt.Sprintf("has a mark that is no past day: %q", since)
	}
	if unused := now.Sub(day); unused < grace {
		return Keep, fmt.Sprintf("is used by nothing since %s; its time of grace ends on %s", since, day.Add(grace).Format(time.DateOnly))
	}
	return Delete, fmt.Sprintf("is used by nothing since %s, longer than %d days", since, int(grace.Hours()/24))
}

func backedUp(t automation.Tags) bool {
	for key := range t {
		if strings.HasPrefix(key, "aws:backup:") {
			return true
		}
	}
	return false
}
