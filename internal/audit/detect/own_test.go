package detect

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"paddock.dev/internal/audit/record"
	"paddock.dev/internal/audit/search"
)

// Paddock's record is read as it is written: its log files are events, its
// digests are passed over, and rules find what is in it.
func TestOwnRecord(t *testing.T) {
	dir, now := t.TempDir(), time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	r, err := record.Open(record.Options{
		Dir: dir, Trail: "kestrel", Account: record.LocalAccount, Region: record.LocalRegion, Bucket: record.LocalBucket,
		Agent: "paddock/test", Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []record.Event{
		{Name: "PromoteRelease", By: "asha", Why: "the fix for the outage", Parameters: map[string]any{"service": "booking", "environment": "prod", "author": "asha"}},
		{Name: "ApproveRelease", By: "asha", Parameters: map[string]any{"service": "booking", "environment": "prod", "author": "asha"}},
		{Name: "FinishRollout", By: "paddock", Service: true, Parameters: map[string]any{"service": "booking"}, Failure: "the canary was slower", Code: "RolledBack"},
		{Name: "SetAsideDamagedJournal", By: "paddock", Service: true},
	} {
		now = now.Add(time.Minute)
		if _, err := r.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	a := ask(t, Inquiry{}, record.Bucket(dir))
	if !a.Summary.Whole() || a.Summary.Events != 4 || a.Summary.Digests == 0 {
		t.Fatalf("%+v", a.Summary)
	}
	var events []search.Event
	for e, err := range a.Timeline.All() {
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	first := events[0]
	if first.Source != search.Paddock || first.Actor.Name != "asha" || first.Actor.Kind != search.User || first.Action != "paddock:PromoteRelease" || first.Target != "booking" || first.Reason != "the fix for the outage" {
		t.Errorf("the first event is %+v", first)
	}
	third := events[2]
	if third.Actor.Kind != search.Service || third.Result != search.Failed || third.Error != "RolledBack: the canary was slower" {
		t.Errorf("the third event is %+v", third)
	}
	if got, want := least(a.Findings, Medium), []string{"paddock-record-damaged", "paddock-self-approval"}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}
