package cleanup_test

import (
	"bytes"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"paddock.dev/internal/automation"
	"paddock.dev/internal/automation/automationtest"
	"paddock.dev/internal/automation/cleanup"
)

var (
	now   = time.Date(2026, time.November, 25, 6, 0, 0, 0, time.UTC)
	scope = automation.Scope{Environment: "dev", Production: []string{"prod"}}
	grace = 30 * 24 * time.Hour
)

func ago(days int) time.Time { return now.AddDate(0, 0, -days) }

func tags(pairs ...string) map[string]string {
	all := map[string]string{"paddock:env": "dev"}
	for _, p := range pairs {
		k, v, _ := strings.Cut(p, "=")
		all[k] = v
	}
	return all
}

func TestDecide(t *testing.T) {
	since := func(day string) string { return cleanup.TagSince + "=" + day }
	for name, c := range map[string]struct {
		thing  cleanup.Thing
		verb   cleanup.Verb
		reason string
	}{
		"in use":           {cleanup.Thing{Kind: cleanup.Volume, Used: "i-1", Tags: tags()}, cleanup.Keep, "is used by i-1"},
		"used again":       {cleanup.Thing{Kind: cleanup.Volume, Used: "i-1", Tags: tags(since("2026-01-01"))}, cleanup.Unmark, "is used again by i-1"},
		"unused":           {cleanup.Thing{Kind: cleanup.Volume, Created: ago(9), Tags: tags()}, cleanup.Mark, "is used by nothing"},
		"new":              {cleanup.Thing{Kind: cleanup.Volume, Created: now.Add(-time.Hour), Tags: tags()}, cleanup.Keep, "is younger than a day"},
		"in grace":         {cleanup.Thing{Kind: cleanup.Address, Tags: tags(since("2026-11-01"))}, cleanup.Keep, "is used by nothing since 2026-11-01; its time of grace ends on 2026-12-01"},
		"last day":         {cleanup.Thing{Kind: cleanup.Address, Tags: tags(since("2026-10-27"))}, cleanup.Keep, "is used by nothing since 2026-10-27; its time of grace ends on 2026-11-26"},
		"over":             {cleanup.Thing{Kind: cleanup.Address, Tags: tags(since("2026-10-26"))}, cleanup.Delete, "is used by nothing since 2026-10-26, longer than 30 days"},
		"a broken mark":    {cleanup.Thing{Kind: cleanup.Address, Tags: tags(since("soon"))}, cleanup.Mark, `has a mark that is no past day: "soon"`},
		"a mark to come":   {cleanup.Thing{Kind: cleanup.Address, Tags: tags(since("2027-01-01"))}, cleanup.Mark, `has a mark that is no past day: "2027-01-01"`},
		"of a store":       {cleanup.Thing{Kind: cleanup.Volume, Created: ago(90), Tags: tags("paddock:store=mongo", since("2026-01-01"))}, cleanup.Keep, "holds the data of the store mongo"},
		"of AWS Backup":    {cleanup.Thing{Kind: cleanup.Snapshot, Created: ago(90), Tags: tags("aws:backup:source-resource=v", since("2026-01-01"))}, cleanup.Keep, "is a copy of AWS Backup"},
		"of production":    {cleanup.Thing{Kind: cleanup.Volume, Created: ago(90), Tags: tags("paddock:env=prod", since("2026-01-01"))}, cleanup.Keep, "belongs to production (prod)"},
		"of nobody":        {cleanup.Thing{Kind: cleanup.Volume, Created: ago(90)}, cleanup.Keep, "has no tag paddock:env"},
		"protected":        {cleanup.Thing{Kind: cleanup.Volume, Created: ago(90), Tags: tags("paddock:keep=true", since("2026-01-01"))}, cleanup.Keep, "is to be kept (paddock:keep)"},
		"somebody's again": {cleanup.Thing{Kind: cleanup.Snapshot, Used: "ami-1", Created: ago(90), Tags: tags(since("2026-01-01"))}, cleanup.Unmark, "is used again by ami-1"},
	} {
		got := cleanup.Decide(scope, []cleanup.Thing{c.thing}, now, grace)
		if len(got) != 1 || got[0].Verb != c.verb || got[0].Reason != c.reason {
			t.Errorf("%s: %v %q", name, got[0].Verb, got[0].Reason)
		}
	}
}

func account() *automationtest.Server {
	return &automationtest.Server{
		Disks: []*automationtest.Disk{
			{ID: "vol-used", AttachedTo: "i-1", GiB: 50, Type: "gp3", Created: ago(99), Tags: tags()},
			{ID: "vol-lost", GiB: 100, Type: "gp3", Created: ago(99), Tags: tags()},
			{ID: "vol-old", GiB: 20, Type: "gp3", Created: ago(99), Tags: tags(cleanup.TagSince + "=2026-09-01")},
			{ID: "vol-prod", GiB: 500, Type: "gp3", Created: ago(99), Tags: tags("paddock:env=prod", cleanup.TagSince+"=2026-09-01")},
		},
		Snapshots: []*automationtest.Snapshot{
			{ID: "snap-image", Volume: "vol-gone", GiB: 8, Started: ago(99), Tags: tags()},
			{ID: "snap-live", Volume: "vol-used", GiB: 50, Started: ago(99), Tags: tags(cleanup.TagSince + "=2026-09-01")},
			{ID: "snap-old", Volume: "vol-gone", GiB: 8, Started: ago(99), Tags: tags(cleanup.TagSince + "=2026-09-01")},
		},
		Images:    map[string]string{"ami-1": "snap-image"},
		Addresses: []*automationtest.Address{{ID: "eipalloc-used", Association: "eipassoc-1", Tags: tags()}, {ID: "eipalloc-old", Tags: tags(cleanup.TagSince + "=2026-09-01")}},
	}
}

func function(s *automationtest.Server, log *bytes.Buffer) *cleanup.Function {
	return &cleanup.Function{
		Scope: scope, Grace: grace, Cloud: &cleanup.AWS{EC2: ec2.NewFromConfig(s.Config())},
		Log: slog.New(slog.NewJSONHandler(log, nil)), Now: func() time.Time { return now },
	}
}

func TestRun(t *testing.T) {
	wet := false
	marks := []string{"DeleteTags snap-live paddock:unused-since=", "CreateTags vol-lost paddock:unused-since=2026-11-25"}
	all := []string{"ReleaseAddress eipalloc-old", marks[0], "DeleteSnapshot snap-old", marks[1], "DeleteVolume vol-old"}
	for name, c := range map[string]struct {
		request cleanup.Request
		want    []string
	}{
		"by default":   {cleanup.Request{}, nil},
		"by the clock": {cleanup.Request{DryRun: &wet}, marks},
		"by a person":  {cleanup.Request{DryRun: &wet, Delete: true}, all},
		"dry for all":  {cleanup.Request{Delete: true}, nil},
	} {
		s := account().Start(t)
		var log bytes.Buffer
		r, err := function(s, &log).Run(t.Context(), c.request)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := s.Changes(); !slices.Equal(got, c.want) {
			t.Errorf("%s changed\n  %s", name, strings.Join(got, "\n  "))
		}
		if r.Marked != 1 || r.Unmarked != 1 || r.Deleted != 3 || r.Kept != 4 || r.GiB != 28 {
			t.Errorf("%s: %+v", name, r)
		}
		if n := strings.Count(log.String(), "\n"); n != 9 {
			t.Errorf("%s: %d lines for nine things", name, n)
		}
	}
}

// One that cannot be deleted does not keep the others.
func TestGoesOn(t *testing.T) {
	s := account()
	s.Deny = map[string]bool{"DeleteSnapshot": true}
	s.Start(t)
	var log bytes.Buffer
	wet := false
	_, err := function(s, &log).Run(t.Context(), cleanup.Request{DryRun: &wet, Delete: true})
	if err == nil || !strings.Contains(err.Error(), "delete snapshot snap-old") {
		t.Errorf("%v", err)
	}
	if got := s.Changes(); !slices.Contains(got, "DeleteVolume vol-old") {
		t.Errorf("stopped after the failure: %v", got)
	}
	f := function(s, &log)
	f.Scope.Environment = "prod"
	if _, err := f.Run(t.Context(), cleanup.Request{DryRun: &wet, Delete: true}); !errors.Is(err, automation.ErrProduction) {
		t.Errorf("production: %v", err)
	}
}
