package rules

import (
	"fmt"
	"strings"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
)

// edgeRules are about public routes and what stands before them.
var edgeRules = []*Rule{
	{
		ID: "route-shadowed", Severity: diag.Warning,
		Title: "No service has a route inside another one's",
		Why:   "The longer prefix wins. Whoever owns the shorter one does not see that some of its paths never arrive.",
		Fix:   "Give one of the two another path, or waive the finding when it is meant so.",
		check: func(f *Facts, report func(Finding)) {
			for _, e := range f.envs {
				owners := map[string][]routeOf{}
				for i := range e.Services {
					for _, r := range e.Services[i].Routes {
						owners[r.Host] = append(owners[r.Host], routeOf{&e.Services[i], r})
					}
				}
				for i := range e.Services {
					s := &e.Services[i]
					for _, r := range s.Routes {
						for _, other := range owners[r.Host] {
							short := strings.TrimSuffix(other.Path, "/")
							// Everybody understands that / takes what is left.
							if other.service == s || short == "" || !strings.HasPrefix(r.Path, short+"/") {
								continue
							}
							report(Finding{
								Place:   e.here(key("services", s.Name, "routes")),
								Summary: fmt.Sprintf("The route %s of %q is inside %s of %q", r.Path, s.Name, short, other.service.Name),
								Detail:  fmt.Sprintf("Requests to %s%s go to %s, and never to %s.", r.Host, r.Path, s.Name, other.service.Name),
								Fix:     "Give one of the two another path.",
								Related: []Note{{e.here(key("services", other.service.Name, "routes")), "the route of " + other.service.Name}},
							})
						}
					}
				}
			}
		},
	},
	{
		ID: "route-outside-domain", Severity: diag.Warning,
		Title: "Public hosts are below the platform's domain",
		Why:   "Certificates and DNS are made for the domain. A host outside of it needs somebody else's zone, by hand.",
		Fix:   "Use a host below domain, or waive the finding and say who keeps that zone.",
		check: func(f *Facts, report func(Finding)) {
			if f.Domain == "" {
				return
			}
			for e, s := range f.services(model.Production) {
				for _, r := range s.Routes {
					if inDomain(r.Host, f.Domain) {
						continue
					}
					report(Finding{
						Place:   e.here(key("services", s.Name, "routes")),
						Summary: fmt.Sprintf("The host %s of %q is outside %s", r.Host, s.Name, f.Domain),
						Detail:  "Nobody makes its certificate and its records.",
						Fix:     fmt.Sprintf("Write a host below %s.", f.Domain),
						Related: []Note{{Place{Key: "domain"}, "the platform's domain"}},
					})
				}
			}
		},
	},
	{
		ID: "edge-missing", Severity: diag.Warning,
		Title:  "Important public services have an edge before them",
		Why:    "Without an edge, every flood and every scanner meets the load balancer in your own region, and its addresses are known to all.",
		Fix:    "Write edge with a provider.",
		Source: "AWS Best Practices for DDoS Resiliency (Whitepaper), BP1 to BP3",
		check: func(f *Facts, report func(Finding)) {
			if !none(f.Edge.Provider) {
				return
			}
			for _, e := range f.in(model.Production) {
				var first *model.Service
				var names []string
				for i := range e.Services {
					s := &e.Services[i]
					if len(s.Routes) == 0 || !important(s.Tier) && rank(s.Data) < rank(model.PII) {
						continue
					}
					if first == nil {
						first = s
					}
					names = append(names, s.Name)
				}
				if first == nil {
					continue
				}
				detail := fmt.Sprintf("It has tier %d and data of class %s, and edge.provider is none.", first.Tier, first.Data)
				if len(names) > 1 {
					detail += fmt.Sprintf(" The same holds for %s.", some(names[1:]))
				}
				report(Finding{
					Place:   e.here(key("services", first.Name, "routes")),
					Summary: fmt.Sprintf("%q is on the internet with nothing before it", first.Name),
					Detail:  detail,
					Fix:     "Write edge: { provider: akamai } in the file.",
				})
			}
		},
	},
	{
		ID: "waf-not-blocking", Severity: diag.Warning,
		Title:  "The firewall before production refuses attacks",
		Why:    "A firewall that only notes what it sees tells you afterwards.",
		Fix:    "Set edge.waf.mode to block, once a few days of monitor were quiet.",
		Source: "PCI DSS v4.0.1, 6.4.2; OWASP Core Rule Set Documentation, Rolling out",
		check: func(f *Facts, report func(Finding)) {
			if f.Edge.WAF.Mode != "off" && f.Edge.WAF.Mode != "monitor" {
				return
			}
			for e, s := range f.services(model.Production) {
				if len(s.Routes) == 0 {
					continue
				}
				report(Finding{
					Place:   Place{Key: "edge.waf.mode"},
					Summary: fmt.Sprintf("The web application firewall has mode %s", f.Edge.WAF.Mode),
					Detail:  fmt.Sprintf("%s%s of %s in %s takes every attack.", s.Routes[0].Host, s.Routes[0].Path, s.Name, e.Name),
					Fix:     "Write mode: block.",
				})
				return
			}
		},
	},
	{
		ID: "sensitive-unprotected", Severity: diag.Warning,
		Title:  "Paths that bots abuse are protected from them",
		Why:    "Login, search and payment are tried by programs by the million: stolen passwords, scraped prices, cards that somebody tests.",
		Fix:    "Set edge.provider, and edge.bots.mode to challenge or block.",
		Source: "OWASP Automated Threats to Web Applications, OAT-001, OAT-008, OAT-011",
		check: func(f *Facts, report func(Finding)) {
			mode := f.Edge.Bots.Mode
			if !none(f.Edge.Provider) && mode != "off" && mode != "monitor" && mode != "" {
				return
			}
			why := fmt.Sprintf("edge.bots.mode is %s", mode)
			if none(f.Edge.Provider) {
				why = "there is no edge (edge.provider is none)"
			}
			for e, s := range f.services(model.Production) {
				if len(s.Sensitive) == 0 || len(s.Routes) == 0 {
					continue
				}
				report(Finding{
					Place:   e.here(key("services", s.Name, "sensitive")),
					Summary: fmt.Sprintf("%s of %q is open to bots", words(s.Sensitive), s.Name),
					Detail:  fmt.Sprintf("The service says that bots abuse these paths, and %s.", why),
					Fix:     "Write edge: { provider: akamai, bots: { mode: challenge } }.",
				})
			}
		},
	},
	{
		ID: "sensitive-unrouted", Severity: diag.Warning,
		Title: "Sensitive paths are below a route of their service",
		Why:   "A path that no route reaches is protected nowhere. Often the route was renamed and the path was not.",
		Fix:   "Write the path as the public sees it, beginning with that of a route.",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.services(model.Production) {
				for _, p := range s.Sensitive {
					if below := covers(s.Routes, p); below || len(s.Routes) == 0 {
						continue
					}
					report(Finding{
						Place:   e.here(key("services", s.Name, "sensitive") + "[" + p + "]"),
						Summary: fmt.Sprintf("No route of %q leads to %s", s.Name, p),
						Detail:  fmt.Sprintf("Its routes begin with %s.", words(prefixes(s.Routes))),
						Fix:     fmt.Sprintf("Write %s%s.", strings.TrimSuffix(s.Routes[0].Path, "/"), p),
						Related: []Note{{e.here(key("services", s.Name, "routes")), "its routes"}},
					})
				}
			}
		},
	},
}

type routeOf struct {
	service *model.Service
	model.Route
}

// none reports whether a provider is nobody.
func none(provider string) bool { return provider == "" || provider == "none" }

func covers(routes []model.Route, path string) bool {
	for _, r := range routes {
		prefix := strings.TrimSuffix(r.Path, "/")
		if prefix == "" || path == prefix || strings.HasPrefix(path, prefix+"/") {
			return true
		}
	}
	return false
}

func prefixes(routes []model.Route) []string {
	var all []string
	for _, r := range routes {
		all = append(all, r.Path)
	}
	return all
}
