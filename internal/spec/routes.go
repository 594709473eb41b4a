package spec

import (
	"slices"
	"strings"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/model"
)

// takenRoute is who has a route, and where the file says so.
type takenRoute struct {
	service, env string
	at           span
}

// resolveRoutes puts the environment into the hosts and checks that nobody else
// has the same route. key is routes or private, and domain the one that goes
// with it.
func (s *resolver) resolveRoutes(e *environment, name, key string, routes *[]v1.Route, domain string, tree *node) []model.Route {
	var out []model.Route
	env := e.name
	for i, r := range *routes {
		if r.Host == "" {
			continue // was reported
		}
		at := tree.item(i, key)
		if strings.HasSuffix(r.Host, ".localhost") {
			p := s.err(idBadName, at, "A route has no host below localhost")
			p.Detail = "The gateway answers every host also with .localhost at its end, so that browsers reach it without DNS."
			if real := strings.TrimSuffix(r.Host, ".localhost"); v1.CheckHost(real) == nil {
				p.Fix = "Write " + real + " and open " + r.Host + " in the browser."
			}
			continue
		}
		host := r.Host
		if !e.main {
			host = hostIn(env, host, domain)
		}
		if len(host) > 253 {
			s.err(idBadName, at, "The host of this route is too long in environment %q", env).
				Detail = "It is " + host + ", and hosts have at most 253 characters."
			continue
		}
		resolved := model.Route{Host: host, Path: r.Path}
		whole := host + r.Path
		if first, ok := s.taken[whole]; ok {
			s.conflict(first, takenRoute{name, env, at}, resolved)
			continue
		}
		s.taken[whole] = takenRoute{name, env, at}
		out = append(out, resolved)
	}
	slices.SortFunc(out, func(a, b model.Route) int {
		if c := strings.Compare(a.Host, b.Host); c != 0 {
			return c
		}
		return strings.Compare(a.Path, b.Path)
	})
	if len(out) > 0 {
		here := make([]v1.Route, len(out))
		for i, r := range out {
			here[i] = v1.Route(r)
		}
		*routes = here
		if !e.main {
			s.why(key, "with "+env+" in the host")
		}
	}
	return out
}

func (s *resolver) conflict(first, second takenRoute, r model.Route) {
	shown := v1.Route(r).String()
	if first.env == second.env {
		// The same two lines collide in every environment; say it once, in the
		// words of the file.
		if second.at.before(first.at) {
			first, second = second, first
		}
		if first.service == second.service {
			p := s.err(idRouteTaken, second.at, "Service %q has this route twice", second.service)
			p.Fix = "Remove one of the two."
			p.Related = append(p.Related, s.related(first.at, "the first one"))
			return
		}
		p := s.err(idRouteTaken, second.at, "The services %q and %q have the same route", first.service, second.service)
		p.Detail = "A request could go to either of them."
		p.Fix = "Give one of them another host or a longer path."
		p.Related = append(p.Related, s.related(first.at, "the route of %s", first.service))
		return
	}
	p := s.err(idRouteTaken, second.at, "The environments %q and %q would share %s", first.env, second.env, shown)
	p.Detail = "Outside the main production environment, the environment's name is put before the domain. Here that makes a host which is already used."
	p.Fix = "Give the route another host."
	p.Related = append(p.Related, s.related(first.at, "the other one"))
}

// hostIn is a host as an environment other than the main production one has it:
// api.kestrelcars.example becomes api.dev.kestrelcars.example, and a host
// outside the domain gets the environment's name in front.
func hostIn(env, host, domain string) string {
	if host == domain {
		return env + "." + domain
	}
	if sub, ok := strings.CutSuffix(host, "."+domain); ok && domain != "" {
		return sub + "." + env + "." + domain
	}
	return env + "." + host
}
