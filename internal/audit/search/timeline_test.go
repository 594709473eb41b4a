package search

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

// shuffled are n events, one a second but every tenth together with its
// neighbour, in no order.
func shuffled(n int) []Event {
	start := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	used := false
	events := make([]Event, n)
	for i := range events {
		second := i - i%10/9
		events[i] = Event{Time: start.Add(time.Duration(second) * time.Second), ID: fmt.Sprint(i), Ref: Ref{File: "f", Record: i}, Actor: Actor{Name: "asha", MFA: &used}, Action: "iam:CreateUser"}
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(n, func(i, j int) { events[i], events[j] = events[j], events[i] })
	return events
}

func TestTimeline(t *testing.T) {
	for _, test := range []struct{ n, limit, capacity int }{
		{1000, 0, 5000},  // in memory
		{1000, 0, 100},   // in ten runs
		{10000, 0, 100},  // in a hundred runs, merged twice
		{1000, 50, 5000}, // the latest in memory
		{1000, 300, 100}, // the latest from runs
		{10, 50, 100},    // fewer than asked for
		{0, 0, 100},
	} {
		t.Run(fmt.Sprint(test), func(t *testing.T) {
			dir := t.TempDir()
			line := NewTimeline(test.limit, dir)
			line.capacity = test.capacity
			events := shuffled(test.n)
			for _, e := range events {
				line.Add(e)
			}
			// Copies, as a second trail delivers them.
			if test.n == 1000 && test.limit == 0 {
				for _, e := range events[:100] {
					e.Ref.File = "g"
					line.Add(e)
				}
			}
			want := test.n
			if test.limit > 0 {
				want = min(want, test.limit)
			}
			next := test.n - want
			for e, err := range line.All() {
				if err != nil {
					t.Fatal(err)
				}
				if e.Ref.Record != next || e.Ref.File != "f" || e.Actor.MFA == nil || *e.Actor.MFA || e.Action == "" {
					t.Fatalf("event %v, want number %d whole", e, next)
				}
				next++
			}
			if next != test.n {
				t.Errorf("ended at %d of %d", next, test.n)
			}
			if test.limit > 0 && line.Left() != test.n-want {
				t.Errorf("%d left out, want %d", line.Left(), test.n-want)
			}
			if copies := line.Total() - test.n; line.Copies() != copies {
				t.Errorf("%d copies, want %d", line.Copies(), copies)
			}
			if err := line.Close(); err != nil {
				t.Error(err)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("left on disk: %v %v", left, err)
			}
		})
	}
}

func TestTimelineWithoutRoom(t *testing.T) {
	line := NewTimeline(0, t.TempDir()+"/gone")
	line.capacity = 10
	for _, e := range shuffled(25) {
		line.Add(e)
	}
	var failed error
	for _, err := range line.All() {
		failed = err
	}
	if failed == nil {
		t.Error("events that found no room were not missed")
	}
}
