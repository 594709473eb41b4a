package cli

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"paddock.dev/internal/audit/detect"
	"paddock.dev/internal/audit/search"
)

// Every event has its line, wherever the pages end, and the head comes once.
func TestTimelinePages(t *testing.T) {
	for _, n := range []int{0, 1, searchPage - 2, searchPage - 1, searchPage, 2*searchPage - 1, 2 * searchPage} {
		var b strings.Builder
		err := writeTimeline(&b, func(yield func(search.Event, error) bool) {
			for i := range n {
				if !yield(search.Event{Time: time.Date(2026, 11, 2, 0, 0, i, 0, time.UTC), Actor: search.Actor{Name: "asha"}, Action: fmt.Sprintf("s3:A%d.", i), Result: search.OK}, nil) {
					return
				}
			}
		}, false, 0)
		if err != nil {
			t.Fatal(err)
		}
		want := n + 1
		if n == 0 {
			want = 0
		}
		if got := strings.Count(b.String(), "\n"); got != want {
			t.Errorf("%d events: %d lines, want %d", n, got, want)
		}
		for i := range n {
			if !strings.Contains(b.String(), fmt.Sprintf("s3:A%d.", i)) {
				t.Fatalf("%d events: number %d is missing", n, i)
			}
		}
	}
}

// A timeline that breaks off says so in every form.
func TestTimelineBreaksOff(t *testing.T) {
	broken := errors.New("the disk is full")
	events := func(yield func(search.Event, error) bool) {
		if yield(search.Event{Action: "s3:A", Result: search.OK}, nil) {
			yield(search.Event{}, broken)
		}
	}
	var emptyAnswer detect.Answer
	var b strings.Builder
	for form, err := range map[string]error{
		"text": writeTimeline(&b, events, false, 0),
		"csv":  writeEventsCSV(&b, events),
		"json": writeSearchDocument(&b, "json", events, &emptyAnswer),
		"yaml": writeSearchDocument(&b, "yaml", events, &emptyAnswer),
	} {
		if !errors.Is(err, broken) {
			t.Errorf("%s: %v", form, err)
		}
	}
}

// What logs say cannot steer the terminal.
func TestTimelineIsSafe(t *testing.T) {
	var b strings.Builder
	err := writeTimeline(&b, func(yield func(search.Event, error) bool) {
		yield(search.Event{Actor: search.Actor{Name: "a\x1b[2J"}, Action: "s3:A\r", Target: "x\ny", Result: search.OK, Address: "\x9b31m"}, nil)
	}, false, 0)
	if err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\x1b\r\u009b") || strings.Count(b.String(), "\n") != 2 {
		t.Errorf("%q", b.String())
	}
}

func TestMoment(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"24h": "2026-11-24T12:00:00Z", "7d": "2026-11-18T12:00:00Z", "2026-11-02": "2026-11-02T00:00:00Z",
		"2026-11-02T09:30": "2026-11-02T09:30:00Z", "2026-11-02T09:30:00+05:30": "2026-11-02T04:00:00Z", "90m": "2026-11-25T10:30:00Z",
	} {
		at, err := moment("--since", text, now)
		if err != nil || at.UTC().Format(time.RFC3339) != want {
			t.Errorf("%s: %v %v, want %s", text, at, err, want)
		}
	}
	for _, text := range []string{"-1h", "-3d", "yesterday", "2026-13-01", "12"} {
		if at, err := moment("--since", text, now); err == nil {
			t.Errorf("%s became %v", text, at)
		}
	}
}
