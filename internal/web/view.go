package web

import (
	"fmt"
	"strings"
	"time"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/delivery/matrix"
)

// recent is how much of the history the page shows.
const recent = 24

// view is the page in words: what the templates print without further thought.
type view struct {
	Platform         string
	Gateway, Console string
	Environments     []v1.EnvironmentStatus
	Rows             []row
	Waiting          []waiting
	Trouble          []trouble
	Building         []building
	History          []entry
	// Problem is set instead of everything else when there is no status.
	Problem string
}

// row is a service in all environments.
type row struct {
	Service string
	Cells   []cell
}

// cell is a service in one environment. Tone is a class of the style sheet:
// good, busy, wait, bad or idle. It repeats what the words say.
type cell struct {
	Environment string
	Absent      bool
	Version     string
	Commit      string
	Pods        string
	PodsTone    string
	Since       when
	URL         string
	Rollout     *rollout
	Failed      string
	FailedWhy   string
}

type rollout struct {
	Version, Phase, Message, Tone string
	// Weight in percent; Bar is false when a share of traffic means nothing yet.
	Weight int32
	Bar    bool
}

type waiting struct {
	Service, Version, Environment, Subject, Author, Who, Command string
	Since                                                        when
}

type trouble struct {
	Title, Text string
	Since       when
}

type building struct {
	Service, Commit, Subject, Phase string
	Since                           when
}

type entry struct {
	When                                when
	Kind, Service, What, Who, Why, Note string
	Result, Tone                        string
}

// when is a moment for people and for machines.
type when struct{ Text, ISO string }

func newView(s v1.Status, h v1.History, now time.Time) view {
	v := view{Platform: s.Platform, Gateway: s.GatewayURL, Console: s.ConsoleURL, Environments: s.Environments}
	for _, service := range s.Services {
		r := row{Service: service}
		for _, env := range s.Environments {
			r.Cells = append(r.Cells, newCell(service, env, now))
		}
		v.Rows = append(v.Rows, r)
	}
	for _, a := range s.Approvals {
		v.Waiting = append(v.Waiting, waiting{
			Service: a.Service, Version: a.Version, Environment: a.Environment,
			Subject: a.Subject, Author: matrix.Person(a.Author), Who: matrix.Needs(a), Command: a.Command, Since: ago(&a.Since, now),
		})
	}
	for _, b := range s.Blocked {
		v.Trouble = append(v.Trouble, trouble{b.Service + " " + b.Version + " is blocked", together(b.Reason), ago(b.Since, now)})
	}
	for _, b := range s.Builds {
		if b.Phase == string(v1.BuildFailed) {
			v.Trouble = append(v.Trouble, trouble{b.Service + " " + matrix.Short(b.Commit) + " does not build", b.Message, ago(b.FinishedAt, now)})
			continue
		}
		v.Building = append(v.Building, building{b.Service, matrix.Short(b.Commit), b.Subject, strings.ToLower(b.Phase), ago(b.StartedAt, now)})
	}
	for _, e := range h.Entries[:min(len(h.Entries), recent)] {
		v.History = append(v.History, newEntry(e, now))
	}
	return v
}

func newCell(service string, env v1.EnvironmentStatus, now time.Time) cell {
	c := cell{Environment: env.Name, Absent: true}
	for _, s := range env.Services {
		if s.Service != service {
			continue
		}
		c.Absent = false
		c.Version, c.Commit, c.Since = s.Version, matrix.Short(s.Commit), ago(s.Since, now)
		if s.Release != "" {
			c.Pods, c.PodsTone = fmt.Sprintf("%d/%d", s.Ready, s.Desired), tone(matrix.Serving(s), "good", "bad")
		}
		if len(s.URLs) > 0 {
			c.URL = s.URLs[0]
		}
		if s.Rollout != nil {
			c.Rollout = newRollout(s.Rollout)
		}
		if s.Failed != nil {
			c.Failed, c.FailedWhy = s.Failed.Version+" was rolled back", together(s.Failed.Message)
		}
	}
	return c
}

func newRollout(r *v1.RunningRollout) *rollout {
	out := &rollout{Version: r.Version, Phase: together(matrix.Phrase(r)), Message: together(r.Message), Tone: "busy", Weight: r.Weight}
	switch r.Phase {
	case string(v1.RolloutAwaitingApproval), "Queued":
		out.Tone = "wait"
	case string(v1.RolloutCanary), string(v1.RolloutPromoting):
		out.Bar = true
	case string(v1.RolloutRollingBack):
		out.Tone = "bad"
	}
	return out
}

// together keeps a number and its per cent sign on one line.
func together(s string) string { return strings.ReplaceAll(s, " %", "\u00a0%") }

func newEntry(e v1.HistoryEntry, now time.Time) entry {
	out := entry{
		When: ago(&e.Time, now), Kind: strings.ToLower(e.Kind), Service: e.Service, What: e.What,
		Who: matrix.Person(e.Who), Why: e.Why, Note: e.Message, Result: matrix.Words(e.Result), Tone: "idle",
	}
	switch e.Result {
	case string(v1.RolloutSucceeded), "Approved":
		out.Tone, out.Note = "good", "" // that all went well needs no sentence
	case "Failed", "Blocked", string(v1.RolloutRolledBack):
		out.Tone = "bad"
	case string(v1.RolloutAwaitingApproval), "Queued", "Pending", "NotCounted":
		out.Tone = "wait"
	case "Created", string(v1.RolloutSuperseded):
	default:
		out.Tone = "busy"
	}
	return out
}

func tone(yes bool, good, bad string) string {
	if yes {
		return good
	}
	return bad
}

func ago(t *time.Time, now time.Time) when {
	if t == nil {
		return when{}
	}
	return when{Text: matrix.Ago(now.Sub(*t)), ISO: t.UTC().Format(time.RFC3339)}
}
