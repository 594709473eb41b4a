package spec

import (
	"slices"
	"strings"
	"time"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/addr"
	"paddock.dev/internal/model"
)

// chosenOrNone is a choice whose word none means nothing at all.
func chosenOrNone[T ~string](v T) string {
	if v == "none" {
		return ""
	}
	return string(v)
}

func (s *resolver) resolveObserve() model.Observe {
	b := s.file.Observe
	return model.Observe{
		Metrics: s.retention("metrics", b.Metrics), Logs: s.retention("logs", b.Logs), Traces: s.retention("traces", b.Traces),
		Sample: int64(b.Sample), Redact: b.Redact, APM: chosenOrNone(b.APM), APMRegion: string(b.APMRegion),
	}
}

func (s *resolver) retention(key string, b v1.RetentionBlock) model.Retention {
	out := model.Retention{Hot: time.Duration(b.Hot)}
	if b.Cold != nil {
		out.Cold = time.Duration(*b.Cold)
	}
	if out.Cold > 0 && out.Cold < out.Hot {
		p := s.err(idImpossible, s.root.valueAt("observe", key, "cold"), "The archive of the %s would end before they leave the place where they are found at once", key)
		p.Detail = "Both times count from the moment of the record."
		p.Fix = "Write a cold time longer than " + b.Hot.String() + ", or leave it out."
		p.Related = append(p.Related, s.related(s.root.valueAt("observe", key, "hot"), "found at once"))
	}
	return out
}

func (s *resolver) resolveAlerts() model.Alerts {
	b := s.file.Alerts
	return model.Alerts{Slack: string(b.Slack), Mail: string(b.Mail), Page: chosenOrNone(b.Page), Quiet: b.Quiet}
}

func (s *resolver) resolveEdge() model.Edge {
	b := s.file.Edge
	out := model.Edge{
		Provider: chosenOrNone(b.Provider), Contract: b.Contract, Group: b.Group, SiteShield: b.SiteShield,
		WAF:  model.WAF{Mode: string(b.WAF.Mode), Paranoia: b.WAF.Paranoia},
		Bots: model.Bots{Mode: string(b.Bots.Mode), Allow: b.Bots.Allow},
	}
	var hosts []string
	for _, e := range s.file.Services {
		for _, r := range e.Value.Routes {
			if r.Host != "" && !slices.Contains(hosts, r.Host) {
				hosts = append(hosts, r.Host)
			}
		}
	}
	route := func(r v1.Route, i int, list string) model.Route {
		if r.Host != "" {
			s.reference(r.Host, "route of a service with the host", hosts, s.root.entryOf(i, "edge", list).valueAt("route"))
		}
		return model.Route(r)
	}
	for i, c := range b.Cache {
		out.Cache = append(out.Cache, model.CacheRule{Route: route(c.Route, i, "cache"), TTL: time.Duration(c.TTL)})
	}
	for i, l := range b.Limits {
		out.Limits = append(out.Limits, model.Limit{Route: route(l.Route, i, "limits"), Requests: l.Rate.Requests, Per: l.Rate.Per})
	}
	return out
}

func (s *resolver) resolveAudit() model.Audit {
	b := s.file.Audit
	if b.Cold < b.Hot {
		p := s.err(idImpossible, s.root.valueAt("audit", "cold"), "The archive of the record would end before it leaves the place where it is found at once")
		p.Detail = "Both times count from the moment of the record."
		p.Fix = "Write a cold time longer than " + b.Hot.String() + "."
		p.Related = append(p.Related, s.related(s.root.valueAt("audit", "hot"), "found at once"))
	}
	return model.Audit{Retention: model.Retention{Hot: time.Duration(b.Hot), Cold: time.Duration(b.Cold)}, Lock: b.Lock}
}

func (s *resolver) resolveBackup() model.Backup {
	b := s.file.Backup
	if b.Every > 0 && b.Keep < b.Every {
		s.shortKeep(b.Keep, b.Every, s.root.valueAt("backup", "keep"), s.root.valueAt("backup", "every"))
	}
	return model.Backup{
		BackupPlan: model.BackupPlan{Every: time.Duration(b.Every), Keep: time.Duration(b.Keep)},
		Lock:       b.Lock, Copy: b.Copy, Test: time.Duration(b.Test),
	}
}

// shortKeep reports a copy that is thrown away before the next one is made.
func (s *resolver) shortKeep(keep, every v1.Duration, at, other span) {
	p := s.err(idImpossible, at, "A copy that is kept for %s is gone before the next one is made", keep)
	p.Fix = "Keep copies longer than " + every.String() + ", or make them more often."
	if other != at {
		p.Related = append(p.Related, s.related(other, "a copy every %s", every))
	}
}

func (s *resolver) resolveCost() model.Cost {
	b := s.file.Cost
	out := model.Cost{
		Currency: string(b.Currency), OffHours: b.OffHours, Cleanup: time.Duration(b.Cleanup), Alert: int(b.Alert / 1000),
	}
	if b.Alert%1000 != 0 || b.Alert == 0 && s.isPercent("cost", "alert") {
		p := s.err(idBadValue, s.root.valueAt("cost", "alert"), "An alert at %s of a budget is not possible", b.Alert)
		p.Detail = "It is a whole percentage from 1% to 100%."
		p.Fix = "Write for example 80%."
	}
	known := append(slices.Clone(s.environments), "core")
	for _, e := range b.Budgets {
		keys := []string{"cost", "budgets", e.Key}
		if !s.reference(e.Key, "environment", known, s.root.keyAt(keys...)) {
			continue
		}
		if e.Value < 1 && s.isNumber(keys...) {
			s.err(idBadValue, s.root.valueAt(keys...), "A budget of %d pays for nothing", e.Value).
				Fix = "Write an amount from 1 on, or leave the budget out."
		}
		out.Budgets = append(out.Budgets, model.Budget{Account: e.Key, Amount: int64(e.Value)})
	}
	slices.SortFunc(out.Budgets, func(a, b model.Budget) int { return strings.Compare(a.Account, b.Account) })
	return out
}

// isPercent tells a percentage that was written from one that could not be read.
func (s *resolver) isPercent(keys ...string) bool {
	n, _ := s.root.find(keys...)
	return n != nil && n.kind == scalar && strings.Trim(n.text, "0.%") == ""
}

func (s *resolver) resolveTickets() model.Tickets {
	b := s.file.Tickets
	out := model.Tickets{Provider: chosenOrNone(b.Provider), Project: b.Project, URL: string(b.URL)}
	if out.Provider != "" && !s.root.has("tickets", "project") {
		p := s.err(idMissingKey, s.root.keyAt("tickets", "provider"), "tickets has a provider and no \"project\"")
		p.Detail = "Nobody could say where a ticket belongs."
		p.Fix = "Add for example:\nproject: OPS"
	}
	return out
}

func (s *resolver) resolvePolicies() model.Policies {
	var out model.Policies
	for i, f := range s.file.Policies.Never {
		at := s.root.item(i, "policies", "never")
		ok := f.From != ""
		for _, end := range []string{f.From, f.To} {
			ok = s.flowEnd(end, at) && ok
		}
		if ok {
			out.Never = append(out.Never, model.Flow(f))
		}
	}
	for _, r := range s.file.Policies.Registries {
		if r != "" {
			out.Registries = append(out.Registries, string(r))
		}
	}
	return out
}

// flowEnd checks that an end of a flow is there.
func (s *resolver) flowEnd(end string, at span) bool {
	kind, name, _ := strings.Cut(end, "/")
	switch kind {
	case "service":
		return s.reference(name, kind, s.services.list, at)
	case "store":
		return s.reference(name, kind, s.stores.list, at)
	case "team":
		return s.reference(name, kind, s.teams.list, at)
	case "segment":
		return s.reference(name, kind, s.segments, at)
	case "data":
		return s.reference(name, "class of data", v1.DataClass("").Form().Values, at)
	case "site":
		var sites []string
		for _, b := range s.file.Network.VPN.Sites {
			sites = append(sites, b.Name)
		}
		return s.reference(name, kind, sites, at)
	}
	return true
}

func (s *resolver) resolveWaivers() []model.Waiver {
	var out []model.Waiver
	for i, b := range s.file.Waivers {
		entry := s.root.entryOf(i, "waivers")
		if strings.TrimSpace(b.Reason) == "" && entry.has("reason") {
			p := s.err(idEmptyValue, entry.valueAt("reason"), "This waiver has no reason")
			p.Detail = "Whoever reads it in a year must be able to judge whether it still holds."
			p.Fix = "Write why it is accepted."
		}
		if b.At != "" {
			s.waived(string(b.At), entry.valueAt("at"))
		}
		if b.Environment != "" {
			s.reference(b.Environment, "environment", s.environments, entry.valueAt("environment"))
		}
		out = append(out, model.Waiver{Rule: b.Rule, At: string(b.At), Environment: b.Environment, Reason: b.Reason, Until: model.Date(b.Until)})
	}
	return out
}

// waived checks what a waiver is about.
func (s *resolver) waived(text string, at span) {
	a, err := addr.Parse(text)
	if err != nil {
		p := s.err(idBadValue, at, "%q is not the address of anything", text)
		p.Detail = sentence(err.Error())
		return
	}
	switch a.Kind {
	case addr.Service:
		s.reference(a.Name, "service", s.services.list, at)
	case addr.Store:
		s.reference(a.Name, "store", s.stores.list, at)
	case addr.Team:
		s.reference(a.Name, "team", s.teams.list, at)
	case addr.Environment:
		s.reference(a.Name, "environment", s.environments, at)
	case addr.Group:
		s.reference(a.Name, "group", s.groups, at)
	case addr.Segment:
		s.reference(a.Name, "segment", s.segments, at)
	}
}
