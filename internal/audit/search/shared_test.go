package search

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"paddock.dev/internal/objects"
)

// readAll reads everything below a location into a sorted slice.
func readAll(t *testing.T, location string) ([]Event, Summary) {
	t.Helper()
	store, err := objects.At(t.Context(), location)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var events []Event
	summary, err := Read(t.Context(), []objects.Store{store}, 2, func() func(*Event) {
		return func(e *Event) {
			mu.Lock()
			defer mu.Unlock()
			events = append(events, e.Keep())
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(events, func(a, b Event) int { return order(&a, &b) })
	return events, summary
}

// sharedData is where real samples are, when they are.
func sharedData(t *testing.T, parts ...string) string {
	t.Helper()
	dir := os.Getenv("PADDOCK_SHARED")
	if dir == "" {
		t.Skip("PADDOCK_SHARED names no directory with real samples")
	}
	return filepath.Join(append([]string{dir, "data"}, parts...)...)
}

func TestRealLogsAreRead(t *testing.T) {
	for _, test := range []struct {
		dir     string
		events  int
		unread  int
		sources map[Source]int
	}{
		{"cloudtrail", 110, 0, map[Source]int{CloudTrail: 110}},
		{"k8s-audit", 52, 1, map[Source]int{Kubernetes: 52}},
	} {
		t.Run(test.dir, func(t *testing.T) {
			events, summary := readAll(t, sharedData(t, test.dir))
			if summary.Events != test.events || len(events) != test.events || summary.UnreadRecords != test.unread || summary.UnreadFiles != 0 {
				t.Errorf("%+v, want %d events and %d unread", summary, test.events, test.unread)
			}
			for _, e := range events {
				if e.Actor.Name == "" || e.Action == "" || e.Time.IsZero() || cmp.Or(e.Account, string(e.Source)) == "" {
					t.Errorf("an event lacks who, what or when: %+v", e)
				}
			}
		})
	}
}
