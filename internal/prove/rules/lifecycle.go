package rules

import (
	"fmt"
	"strings"
	"time"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
)

// release is a line of an engine's versions and the day its support ends; the
// zero time means that the vendor has named none.
type release struct {
	line string
	ends time.Time
}

func until(line string, year int, month time.Month, day int) release {
	return release{line, time.Date(year, month, day, 23, 59, 59, 0, time.UTC)}
}

// lifecycle of an engine: its lines from the oldest to the newest, and who says
// so. A line covers all versions that begin with it.
type lifecycle struct {
	name, source string
	lines        []release
	// current is what to take today.
	current string
}

// lifecycles were read in November 2026. Kafka and SingleStore publish no dates:
// of Kafka the newest three lines get repairs, and 3.9 as the way from ZooKeeper.
var lifecycles = map[model.Engine]lifecycle{
	model.MongoDB: {"MongoDB", "MongoDB Software Lifecycle Schedules", []release{
		until("4.4", 2024, 2, 29), until("5.0", 2024, 10, 31), until("6.0", 2025, 7, 31), until("7.0", 2027, 8, 31),
		until("8.0", 2029, 10, 31), until("8.2", 2026, 7, 31)}, "8.0"},
	model.MySQL: {"MySQL", "Oracle Lifetime Support Policy: MySQL", []release{
		until("5.7", 2023, 10, 31), until("8.0", 2026, 4, 30), until("8.4", 2032, 4, 30)}, "8.4"},
	model.Postgres: {"PostgreSQL", "PostgreSQL Versioning Policy", []release{
		until("12", 2024, 11, 21), until("13", 2025, 11, 13), until("14", 2026, 11, 12), until("15", 2027, 11, 11),
		until("16", 2028, 11, 9), until("17", 2029, 11, 8), until("18", 2030, 11, 14)}, "17"},
	model.Kafka: {"Kafka", "Apache Kafka, Time Based Release Plan", []release{
		until("3.6", 2024, 11, 6), until("3.7", 2025, 3, 18), until("3.8", 2025, 9, 2), {line: "3.9"}, {line: "4.0"}, {line: "4.1"}, {line: "4.2"}}, "3.9"},
	model.Valkey: {"Valkey", "Valkey Release Cycle", []release{
		until("7.2", 2029, 4, 16), until("8.0", 2027, 9, 15), until("8.1", 2030, 3, 31), until("9.0", 2028, 10, 21)}, "8.1"},
	model.Redis: {"Redis", "Redis Security Policy, Supported Versions", []release{
		until("5.0", 2022, 4, 27), until("6.0", 2022, 5, 31), {line: "6.2"}, until("7.0", 2024, 7, 29), {line: "7.1"}, {line: "7.2"}, {line: "7.4"}, until("8.0", 2026, 2, 11), {line: "8.2"}, {line: "8.4"}, {line: "8.6"}}, "7.4"},
	model.OpenSearch: {"OpenSearch", "OpenSearch Release Schedule and Maintenance Policy", []release{
		until("1", 2025, 5, 6), {line: "2"}, {line: "3"}}, "2.19"},
	model.SingleStore: {"SingleStore", "SingleStore Software End of Life Policy", []release{
		{line: "8"}, {line: "9"}}, "9"},
}

// eks are the versions of Kubernetes and the end of their standard support.
var eks = lifecycle{"Kubernetes", "Amazon EKS, Understand the Kubernetes version lifecycle", []release{
	until("1.30", 2025, 7, 23), until("1.31", 2025, 11, 26), until("1.32", 2026, 3, 23), until("1.33", 2026, 7, 29),
	until("1.34", 2026, 12, 2), until("1.35", 2027, 3, 27), {line: "1.36"}}, "1.35"}

// of finds the line that a version belongs to.
func (l lifecycle) of(version string) (release, bool) {
	for _, r := range l.lines {
		if version == r.line || strings.HasPrefix(version, r.line+".") {
			return r, true
		}
	}
	return release{}, false
}

// versions lists the lines that are supported at an instant.
func (l lifecycle) versions(now time.Time) []string {
	var all []string
	for _, r := range l.lines {
		if r.ends.IsZero() || now.Before(r.ends) {
			all = append(all, r.line)
		}
	}
	return all
}

// notice is how long before the end of support a rule speaks: upgrades of stores
// and clusters take weeks.
const notice = 60 * 24 * time.Hour

// left is the time until an instant, in days.
func left(now, then time.Time) string { return count(int(then.Sub(now)/(24*time.Hour)), "day") }

var versionRules = []*Rule{
	{
		ID: "engine-version-ended", Severity: diag.Warning,
		Title:  "Stores run versions that their vendors still repair",
		Why:    "After the end of support nobody repairs security holes, and the way to a newer version gets longer with every release that is skipped.",
		Fix:    "Plan the upgrade and set version to a line that is supported.",
		Source: "MongoDB Software Lifecycle Schedules; PostgreSQL Versioning Policy; Oracle Lifetime Support Policy: MySQL; Valkey Release Cycle; Redis Security Policy",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.stores() {
				l := lifecycles[s.Engine]
				r, ok := l.of(s.Version)
				if !ok || r.ends.IsZero() || f.Now.Add(notice).Before(r.ends) {
					continue
				}
				summary, ended := fmt.Sprintf("%s %s of the store %q is past its end of life", l.name, s.Version, s.Name), "ended"
				if f.Now.Before(r.ends) {
					summary, ended = fmt.Sprintf("%s %s of the store %q reaches its end of life in %s", l.name, s.Version, s.Name, left(f.Now, r.ends)), "ends"
				}
				report(Finding{
					Place:   e.here(key("stores", s.Name, "version")),
					Summary: summary,
					Detail:  fmt.Sprintf("Support %s on %s (%s). Supported are %s.", ended, r.ends.Format(time.DateOnly), l.source, words(l.versions(f.Now.Add(notice)))),
					Fix:     fmt.Sprintf("Write version: %q, and rehearse the upgrade in acceptance first.", l.current),
				})
			}
		},
	},
	{
		ID: "engine-version-unknown", Severity: diag.Warning,
		Title:  "Stores run versions that exist",
		Why:    "A version that was never released cannot be installed, and one that Paddock does not know may need settings that it does not write.",
		Fix:    "Correct the version. If it is newer than this Paddock, take a newer Paddock or waive the rule.",
		Source: "the vendors' release notes",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.stores() {
				l, ok := lifecycles[s.Engine]
				if _, known := l.of(s.Version); !ok || known || s.Version == "" {
					continue
				}
				report(Finding{
					Place:   e.here(key("stores", s.Name, "version")),
					Summary: fmt.Sprintf("There is no %s %s that Paddock knows", l.name, s.Version),
					Detail:  fmt.Sprintf("It knows %s.", words(l.versions(f.Now))),
					Fix:     fmt.Sprintf("Write version: %q.", l.current),
				})
			}
		},
	},
	{
		ID: "kubernetes-version", Severity: diag.Warning,
		Title:  "Clusters run a version of Kubernetes in standard support",
		Why:    "After standard support a cluster costs six times as much an hour, and after extended support AWS upgrades it at a time of its own choice.",
		Fix:    "Set cloud.kubernetes to a version in standard support.",
		Source: "Amazon EKS, Understand the Kubernetes version lifecycle; Amazon EKS pricing",
		check: func(f *Facts, report func(Finding)) {
			if !f.cloud || f.Cloud.Kubernetes == "" {
				return
			}
			r, ok := eks.of(f.Cloud.Kubernetes)
			at := Place{Key: "cloud.kubernetes"}
			switch {
			case !ok:
				report(Finding{Place: at, Summary: fmt.Sprintf("Amazon EKS has no Kubernetes %s that Paddock knows", f.Cloud.Kubernetes),
					Detail: fmt.Sprintf("In standard support are %s.", words(eks.versions(f.Now))), Fix: fmt.Sprintf("Write kubernetes: %q.", eks.current)})
			case !r.ends.IsZero() && !f.Now.Add(notice).Before(r.ends):
				summary, ended := fmt.Sprintf("Kubernetes %s is out of standard support", f.Cloud.Kubernetes), "ended"
				if f.Now.Before(r.ends) {
					summary, ended = fmt.Sprintf("Kubernetes %s leaves standard support in %s", f.Cloud.Kubernetes, left(f.Now, r.ends)), "ends"
				}
				report(Finding{Place: at, Summary: summary,
					Detail: fmt.Sprintf("It %s on %s. In standard support are %s; clusters move one minor version at a time.", ended, r.ends.Format(time.DateOnly), words(eks.versions(f.Now.Add(notice)))),
					Fix:    fmt.Sprintf("Write kubernetes: %q.", eks.versions(f.Now.Add(notice))[0])})
			}
		},
	},
}
