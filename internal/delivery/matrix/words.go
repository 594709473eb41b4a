package matrix

import (
	"fmt"
	"strings"
	"time"

	v1 "paddock.dev/api/v1"
)

// The same words stand on the page and in the terminal.

// Phrase says in a few words where a rollout stands.
func Phrase(r *v1.RunningRollout) string {
	switch r.Phase {
	case string(v1.RolloutAwaitingApproval):
		return "needs approval"
	case string(v1.RolloutPreparing):
		return fmt.Sprintf("preparing, %d/%d pods", r.Ready, r.Desired)
	case string(v1.RolloutCanary):
		return fmt.Sprintf("canary %d %%, step %d/%d", r.Weight, r.Step, r.Steps)
	}
	return Words(r.Phase)
}

// Serving reports whether all pods of what should run are ready.
func Serving(c v1.ServiceStatus) bool { return c.Desired > 0 && c.Ready >= c.Desired }

// Words takes a constant such as RolledBack apart: "rolled back".
func Words(constant string) string {
	var b strings.Builder
	for i, c := range constant {
		if i > 0 && c >= 'A' && c <= 'Z' {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return strings.ToLower(b.String())
}

// Needs says whose yes is missing.
func Needs(a v1.WaitingApproval) string {
	text := fmt.Sprintf("needs %d of %s", a.Need, strings.Join(a.From, ", "))
	if len(a.Given) > 0 {
		text += "; has " + strings.Join(a.Given, ", ")
	}
	if len(a.May) > 0 {
		text += "; may: " + strings.Join(a.May, ", ")
	}
	return text
}

// Person is "Asha Rao <asha@example.org>" without the mail address.
func Person(s string) string {
	if name, _, ok := strings.Cut(s, " <"); ok {
		return name
	}
	return s
}

// Short is a commit as people write it.
func Short(commit string) string { return commit[:min(len(commit), 7)] }

// Ago says how long something is over.
func Ago(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return "just now"
	case d < time.Minute:
		return fmt.Sprintf("%d s ago", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", d/time.Hour)
	}
	return fmt.Sprintf("%d days ago", d/(24*time.Hour))
}
