// Package observe compiles what is watched: the objectives of services, the
// rules that Prometheus computes and alerts on, and the way that an alert takes
// to people. Rules are data, so that their texts, their routes, their runbooks
// and their tests come from one place. It knows PromQL and the metrics that
// exporters have; it refuses to know how configuration files are written.
package observe

import (
	"math/big"
	"strings"
	"time"

	"paddock.dev/internal/model"
)

// Severity says what an alert does to people.
type Severity string

// The severities, from the one that wakes people to the one that waits for the
// daily mail.
const (
	Critical Severity = "critical"
	Warning  Severity = "warning"
	Info     Severity = "info"
	// Heartbeat never stops. A service outside tells people when it does.
	Heartbeat Severity = "none"
)

// Urgency is how bad something is, before it is known where it happens.
type Urgency int

// The urgencies.
const (
	Ticket Urgency = iota // somebody looks at it in working hours
	Page                  // somebody looks at it now
)

// severity weighs an urgency by the environment: nothing outside production
// wakes anybody.
func severity(env model.Environment, u Urgency) Severity {
	production := env.Stage == model.Production
	switch {
	case production && u == Page:
		return Critical
	case production || u == Page:
		return Warning
	}
	return Info
}

// Label is one label or annotation.
type Label struct{ Name, Value string }

// Rule records a series or raises an alert.
type Rule struct {
	// Record is the name of a recorded series; Alert that of an alert. One of
	// the two is empty.
	Record, Alert string
	Expr          string
	For, Keep     time.Duration
	// Labels in the order in which they are written.
	Labels []Label
	// Summary is one line for the people who are told, a template of Prometheus.
	Summary string
	// Runbook is what the alert means and what to do; nil for recordings.
	Runbook *Runbook
}

// Runbook is the page of an alert.
type Runbook struct {
	// Alert that it is for.
	Alert string
	// Means says what is happening, and what it does to customers.
	Means string
	// Checks are what to look at, in this order.
	Checks []string
	// Relief is what makes it better before the cause is known.
	Relief string
}

// Group of rules that are computed together.
type Group struct {
	Name  string
	Every time.Duration
	Rules []Rule
}

// File is the rules of one thing: adding a thing adds a file and changes none.
type File struct {
	Name string
	// Service or Store that the rules speak of; both empty when it is the cluster.
	Service, Store string
	Groups         []Group
}

// label returns the value of a label; empty when there is none.
func (r Rule) label(name string) string {
	for _, l := range r.Labels {
		if l.Name == name {
			return l.Value
		}
	}
	return ""
}

// Severity of an alert.
func (r Rule) Severity() Severity { return Severity(r.label("severity")) }

// Objective is one promise as a share of good events.
type Objective struct {
	Service, Team string
	Tier          int
	// Kind is availability, latency or freshness.
	Kind Kind
	// Name is unique among the objectives of a platform: booking-latency-p95.
	Name string
	// Budget is the share of events that may be bad, as a decimal: 0.001.
	Budget string
	// Within is the bound of a latency or a freshness; 0 for availability.
	Within time.Duration
}

// Kind is what an objective speaks of.
type Kind string

// The kinds.
const (
	Availability Kind = "availability"
	Latency      Kind = "latency"
	Freshness    Kind = "freshness"
)

// freshShare is the share of events that have to be fresh, in percent. The file
// states the bound alone.
const freshShare = "99"

// Objectives of a service, availability first.
func Objectives(s model.Service) []Objective {
	var all []Objective
	add := func(kind Kind, suffix, percent string, within time.Duration) {
		all = append(all, Objective{
			Service: s.Name, Team: s.Team, Tier: s.Tier, Kind: kind, Name: s.Name + "-" + suffix, Budget: budget(percent), Within: within,
		})
	}
	o := s.Objective
	if o.Availability != "" && s.Port != 0 {
		add(Availability, "availability", o.Availability, 0)
	}
	if s.Port != 0 {
		for _, l := range []struct {
			suffix, percent string
			within          time.Duration
		}{{"latency-p50", "50", o.LatencyP50}, {"latency-p95", "95", o.LatencyP95}, {"latency-p99", "99", o.LatencyP99}} {
			if l.within > 0 {
				add(Latency, l.suffix, l.percent, l.within)
			}
		}
	}
	if o.Freshness > 0 {
		add(Freshness, "freshness", freshShare, o.Freshness)
	}
	return all
}

// budget is what a percentage leaves, exactly: 0.0005 of 99.95.
func budget(percent string) string {
	p, ok := new(big.Rat).SetString(percent)
	if !ok {
		return "0.01" // the reader of the file lets only numbers through
	}
	left := new(big.Rat).Quo(new(big.Rat).Sub(big.NewRat(100, 1), p), big.NewRat(100, 1))
	text := strings.TrimRight(left.FloatString(9), "0")
	if strings.HasSuffix(text, ".") || text == "0" {
		return "0.000001" // a promise without a budget; nothing may fail
	}
	return text
}

// share is a budget as a number.
func (o Objective) share() float64 {
	r, _ := new(big.Rat).SetString(o.Budget)
	f, _ := r.Float64()
	return f
}

// PromDuration is a duration as Prometheus writes it.
func PromDuration(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if d >= u.unit && d%u.unit == 0 {
			return big.NewInt(int64(d/u.unit)).String() + u.name
		}
	}
	return big.NewInt(d.Milliseconds()).String() + "ms"
}
