package rules

import (
	"strings"
	"testing"
	"time"

	"paddock.dev/internal/model"
)

func TestEndOfSupportIsSaidBeforehand(t *testing.T) {
	p := &model.Platform{Cloud: model.Cloud{Kubernetes: "1.34"}}
	for day, want := range map[string]string{
		"2026-09-01": "",
		"2026-11-25": "Kubernetes 1.34 leaves standard support in 7 days",
		"2026-12-02": "Kubernetes 1.34 leaves standard support in 0 days",
		"2026-12-03": "Kubernetes 1.34 is out of standard support",
	} {
		now, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, f := range Check(p, now, Options{Cloud: true, Only: []string{"kubernetes-version"}}).Findings {
			got += f.Summary
		}
		if got != want {
			t.Errorf("on %s: %q, want %q", day, got, want)
		}
	}
}

// The tables are written by hand: lines rise, and what is recommended is there
// and supported on the day the tables were read.
func TestLifecycles(t *testing.T) {
	read := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	all := map[string]lifecycle{"kubernetes": eks}
	for engine, l := range lifecycles {
		all[string(engine)] = l
	}
	for name, l := range all {
		if l.name == "" || l.source == "" {
			t.Errorf("%s has no name or source", name)
		}
		if r, ok := l.of(l.current); !ok || !r.ends.IsZero() && read.Add(notice).After(r.ends) {
			t.Errorf("%s recommends %s, which is not supported", name, l.current)
		}
		for _, r := range l.lines {
			if found, _ := l.of(r.line + ".1"); found.line != r.line && !strings.HasPrefix(found.line, r.line) {
				t.Errorf("%s: %s.1 is taken for %s", name, r.line, found.line)
			}
		}
	}
}
