// Package expiry says which certificates end soon, and which access keys and
// secrets are older than they should be. It reads dates and names, never what a
// secret says.
package expiry

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Kind of a thing that ages.
type Kind string

// The kinds.
const (
	Certificate Kind = "certificate"
	AccessKey   Kind = "access-key"
	Secret      Kind = "secret"
)

// Thing is something that ages.
type Thing struct {
	Kind Kind
	// Name that people know it by: a domain, a user and key id, a secret's name.
	Name string
	// Ends is when a certificate ends.
	Ends time.Time
	// Since is when a key was made, or a secret last changed.
	Since time.Time
	// Renewed by itself: a certificate that AWS renews, a secret that rotates.
	Renewed bool
	// Active keys can be used.
	Active bool
	// Used is when a key was last used; zero for never.
	Used time.Time
}

// Severity of a finding.
type Severity string

// The severities.
const (
	Warning  Severity = "warning"
	Critical Severity = "critical"
)

// Finding is one thing that somebody should look at.
type Finding struct {
	Severity Severity `json:"severity"`
	Kind     Kind     `json:"kind"`
	Name     string   `json:"name"`
	Reason   string   `json:"reason"`
}

// The ages. Certificates that AWS renews are renewed sixty days before their
// end; one that is not a month before it will not be by itself (AWS Certificate
// Manager User Guide, "Managed certificate renewal"). Ninety days for keys is
// what the CIS AWS Foundations Benchmark asks for.
const (
	endsSoon    = 30 * day
	endsNow     = 7 * day
	keyAge      = 90 * day
	keyIdle     = 45 * day
	secretAge   = 180 * day
	secretTwice = 2 * secretAge
	day         = 24 * time.Hour
)

// Decide finds what is due, the worst first.
func Decide(things []Thing, now time.Time) []Finding {
	findings := []Finding{}
	for _, t := range things {
		severity, reason := decide(t, now)
		if reason != "" {
			findings = append(findings, Finding{severity, t.Kind, t.Name, reason})
		}
	}
	slices.SortFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return findings
}

func decide(t Thing, now time.Time) (Severity, string) {
	switch t.Kind {
	case Certificate:
		left := t.Ends.Sub(now)
		switch {
		case t.Ends.IsZero() || left >= endsSoon:
			return "", ""
		case left <= 0:
			return Critical, "ended on " + t.Ends.Format(time.DateOnly)
		case left < endsNow:
			return Critical, fmt.Sprintf("ends in %s", count(left))
		case t.Renewed:
			return Warning, fmt.Sprintf("ends in %s and AWS has not renewed it: are its validation records still there?", count(left))
		}
		return Warning, fmt.Sprintf("ends in %s", count(left))
	case AccessKey:
		age := now.Sub(t.Since)
		switch {
		case !t.Active:
			return "", ""
		case age >= keyAge:
			return Critical, fmt.Sprintf("is %s old; roles need no keys", count(age))
		case t.Used.IsZero() && age >= keyIdle:
			return Warning, fmt.Sprintf("is %s old and was never used", count(age))
		case !t.Used.IsZero() && now.Sub(t.Used) >= keyIdle:
			return Warning, fmt.Sprintf("was not used for %s", count(now.Sub(t.Used)))
		}
	case Secret:
		age := now.Sub(t.Since)
		switch {
		case t.Since.IsZero() || age < secretAge:
			return "", ""
		case t.Renewed:
			return Critical, fmt.Sprintf("should rotate and did not for %s", count(age))
		case age >= secretTwice:
			return Critical, fmt.Sprintf("has not changed for %s", count(age))
		}
		return Warning, fmt.Sprintf("has not changed for %s", count(age))
	}
	return "", ""
}

func count(d time.Duration) string {
	if n := int(d / day); n != 1 {
		return fmt.Sprintf("%d days", n)
	}
	return "1 day"
}
