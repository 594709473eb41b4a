package spec

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
	"paddock.dev/internal/model/quota"
)

func (s *resolver) resolveCloud() model.Cloud {
	b := s.file.Cloud
	out := model.Cloud{
		Provider: string(b.Provider), Region: string(b.Region), Zones: b.Zones, Kubernetes: string(b.Kubernetes),
	}
	at := func(i int) span { return s.root.item(i, "cloud", "zoneIDs") }
	s.unique(b.ZoneIDs, "in zoneIDs", at)
	prefix := b.Region.ZonePrefix() + "-az"
	for i, id := range b.ZoneIDs {
		if id == "" || b.Region == "" || strings.HasPrefix(id, prefix) {
			continue
		}
		p := s.err(idBadValue, at(i), "%q is not a zone of %s", id, b.Region)
		p.Detail = "The ids of its zones begin with " + prefix + ". They name the same data centres in every account; the names with a letter at the end do not."
		if number := strings.TrimLeft(id[max(0, len(id)-1):], "abcdef"); number != "" {
			p.Fix = "Write " + prefix + number + "."
		} else {
			p.Fix = "Write for example " + prefix + "1."
		}
		p.Related = append(p.Related, s.related(s.root.valueAt("cloud", "region"), "the region"))
	}
	if n := len(b.ZoneIDs); n > 0 && b.Zones > 0 && n != b.Zones {
		if s.root.has("cloud", "zones") {
			p := s.err(idZones, s.root.valueAt("cloud", "zoneIDs"), "%d zones are named, and %d are asked for", n, b.Zones)
			p.Fix = "Name as many as zones says, or leave zones out."
			p.Related = append(p.Related, s.related(s.root.valueAt("cloud", "zones"), "%d zones", b.Zones))
		} else {
			out.Zones, s.file.Cloud.Zones = n, n
			s.because("cloud.zones", "as many as zoneIDs has")
		}
	}
	out.ZoneIDs = b.ZoneIDs
	for _, q := range b.Quotas {
		if _, ok := quota.Find(q.Key); !ok {
			if p := s.unknown(q.Key, "quota", quota.Names(), s.root.keyAt("cloud", "quotas", q.Key)); len(diag.Nearest(q.Key, quota.Names())) == 0 {
				p.Fix = "Write one of " + words(quota.Names()) + "."
			}
		}
		if q.Value < 1 && s.isNumber("cloud", "quotas", q.Key) {
			s.err(idBadValue, s.root.valueAt("cloud", "quotas", q.Key), "A quota of %d allows nothing", q.Value).
				Fix = "Write the number that the account has, from 1 on."
		}
		out.Quotas = append(out.Quotas, model.Quota{Name: q.Key, Limit: q.Value})
	}
	slices.SortFunc(out.Quotas, func(a, b model.Quota) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// isNumber tells a number that was written from one that could not be read.
func (s *resolver) isNumber(keys ...string) bool {
	n, _ := s.root.find(keys...)
	return n != nil && n.kind == scalar && isNumber(n.text)
}

func (s *resolver) resolveNetwork() model.Network {
	b := &s.file.Network
	s.checkSegments(b.Segments)
	if b.Private == "" && s.file.Name != "" {
		b.Private = v1.Host(s.file.Name + ".internal")
		s.because("network.private", "the name of the platform, followed by .internal")
	}
	out := model.Network{
		CIDR: b.CIDR.Prefix(), Segments: b.Segments, PrivateDomain: string(b.Private),
		Egress: model.Egress{Inspect: b.Egress.Inspect, Shared: b.Egress.Shared},
	}
	for i, avoid := range b.Avoid {
		if !avoid.Prefix().IsValid() {
			continue
		}
		if out.CIDR.IsValid() && !out.CIDR.Overlaps(avoid.Prefix()) {
			p := s.warn(idIdleKey, s.root.item(i, "network", "avoid"), "%s lies outside %s, so nothing would use it anyway", avoid, out.CIDR)
			p.Fix = "Remove it."
			p.Related = append(p.Related, s.related(s.root.valueAt("network", "cidr"), "the addresses of the platform"))
		}
		out.Avoid = append(out.Avoid, avoid.Prefix())
	}
	out.Egress.Allow = s.domains(b.Egress.Allow, func(i int) span { return s.root.item(i, "network", "egress", "allow") })
	if c := b.VPN.Clients; c != nil {
		out.Clients = s.resolveClients(c)
	}
	out.Sites = s.resolveSites(b.VPN.Sites)
	return out
}

func (s *resolver) checkSegments(segments []string) {
	at := func(i int) span { return s.root.item(i, "network", "segments") }
	if segments != nil && len(segments) == 0 {
		s.err(idEmptyValue, at(0), "There is no segment for anything to live in").
			Fix = "Write for example segments: [apps, data], or leave it out."
	}
	for i, name := range segments {
		if name != "" {
			s.label(name, 20, "the name of a segment", at(i))
		}
	}
	s.unique(segments, "a segment", at)
}

// domains are patterns as texts, sorted.
func (s *resolver) domains(list []v1.DomainPattern, at func(i int) span) []string {
	var out []string
	for _, d := range list {
		out = append(out, string(d))
	}
	s.unique(out, "allowed", at)
	out = slices.DeleteFunc(out, func(d string) bool { return d == "" })
	slices.Sort(out)
	return slices.Compact(out)
}

func (s *resolver) resolveClients(b *v1.ClientsBlock) *model.VPNClients {
	out := &model.VPNClients{CIDR: b.CIDR.Prefix()}
	for _, g := range b.Groups {
		keys := []string{"network", "vpn", "clients", "groups", g.Key}
		s.label(g.Key, 63, "the name of a group", s.root.keyAt(keys...))
		s.references(g.Value.Environments, "environment", "reached", s.environments, append(keys, "environments")...)
		s.references(g.Value.Reach, "service", "reached", s.services.list, append(keys, "reach")...)
		out.Groups = append(out.Groups, model.VPNGroup{Name: g.Key, Environments: g.Value.Environments, Reach: g.Value.Reach})
	}
	slices.SortFunc(out.Groups, func(a, b model.VPNGroup) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (s *resolver) resolveSites(sites []v1.SiteBlock) []model.Site {
	var out []model.Site
	var list []string
	for i, b := range sites {
		list = append(list, b.Name)
		entry := s.root.entryOf(i, "network", "vpn", "sites")
		if b.Name != "" {
			s.label(b.Name, 63, "the name of a site", entry.valueAt("name"))
		}
		site := model.Site{Name: b.Name, Address: netip.Addr(b.Address)}
		for _, c := range b.CIDRs {
			if c.Prefix().IsValid() {
				site.CIDRs = append(site.CIDRs, c.Prefix())
			}
		}
		for j, r := range b.Reach {
			at := entry.item(j, "reach")
			if r.Service == "" || !s.reference(r.Service, "service", s.services.list, at) {
				continue
			}
			if r.Environment != "" && !s.reference(r.Environment, "environment", s.environments, at) {
				continue
			}
			site.Reach = append(site.Reach, model.Reach(r))
		}
		out = append(out, site)
	}
	s.unique(list, "the name of a site", func(i int) span { return s.root.entryOf(i, "network", "vpn", "sites").valueAt("name") })
	slices.SortStableFunc(out, func(a, b model.Site) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// checkReach looks whether what sites reach is there. Private routes are
// answered by the load balancer, on 443.
func (s *resolver) checkReach(p *model.Platform) {
	for i, b := range s.file.Network.VPN.Sites {
		for j, r := range b.Reach {
			at := s.root.entryOf(i, "network", "vpn", "sites").item(j, "reach")
			var ports []string
			found, listens := false, false
			for _, env := range p.Environments {
				service, ok := env.Service(r.Service)
				if !ok || (r.Environment != env.Name && (r.Environment != "" || env.Stage != model.Production)) {
					continue
				}
				found = true
				listens = listens || slices.Contains(service.AllPorts(), r.Port) || r.Port == 443 && len(service.Private) > 0
				for _, port := range service.AllPorts() {
					ports = append(ports, strconv.Itoa(port))
				}
			}
			if !found || listens {
				continue
			}
			problem := s.err(idNoPort, at, "Service %q does not listen on %d", r.Service, r.Port)
			switch {
			case len(ports) > 0:
				problem.Fix = "Write " + r.Service + ":" + ports[0] + ", or add the port to the service."
			default:
				problem.Fix = "Add the port to the service."
			}
			problem.Related = append(problem.Related, s.related(s.root.keyAt("services", r.Service), "the service"))
		}
	}
}

func (s *resolver) resolveRecovery() model.Recovery {
	b := s.file.Recovery
	out := model.Recovery{Region: string(b.Region), Zones: b.Zones}
	if b.Region != "" && b.Region == s.file.Cloud.Region {
		p := s.err(idRecovery, s.root.valueAt("recovery", "region"), "The platform would recover in the region that it lost")
		p.Detail = "Recovery is for the loss of a whole region."
		p.Fix = "Name another region, or leave region out."
		p.Related = append(p.Related, s.related(s.root.valueAt("cloud", "region"), "the region of the platform"))
	}
	target := func(tier int, rpo, rto *v1.Duration, at span) {
		switch {
		case rpo == nil && rto == nil:
			return
		case rpo == nil || rto == nil:
			return // said below, or by the decoder
		}
		if *rto == 0 {
			s.err(idRecovery, at, "Nothing recovers in no time at all").Fix = "Write for example rto: 1h."
		}
		out.Targets = append(out.Targets, model.Target{Tier: tier, RPO: time.Duration(*rpo), RTO: time.Duration(*rto)})
	}
	if (b.RPO == nil) != (b.RTO == nil) && s.root.has("recovery", "rpo") != s.root.has("recovery", "rto") {
		missing, example := "rto", "1h"
		if b.RPO == nil {
			missing, example = "rpo", "15m"
		}
		p := s.err(idRecovery, s.root.keyAt("recovery", map[string]string{"rto": "rpo", "rpo": "rto"}[missing]), "The promise for tier 1 has no %s", missing)
		p.Detail = "How much may be lost (rpo) and how long it may take (rto) make one promise together."
		p.Fix = "Add for example:\n" + missing + ": " + example
	}
	target(1, b.RPO, b.RTO, s.root.valueAt("recovery", "rto"))
	for _, t := range b.Tiers {
		at := s.root.keyAt("recovery", "tiers", t.Key)
		var tier v1.Tier
		if err := tier.UnmarshalText([]byte(t.Key)); err != nil {
			p := s.err(idBadValue, at, "%q is not a tier", t.Key)
			p.Detail = "Tiers go from 1 to 4."
			p.Fix = "Write for example 2: { rpo: 1h, rto: 4h }."
			continue
		}
		if tier == 1 && b.RPO != nil {
			p := s.err(idRecovery, at, "There are two promises for tier 1")
			p.Detail = "rpo and rto of recovery itself are those of tier 1."
			p.Fix = "Remove one of the two."
			p.Related = append(p.Related, s.related(s.root.keyAt("recovery", "rpo"), "the other one"))
			continue
		}
		target(int(tier), t.Value.RPO, t.Value.RTO, s.root.valueAt("recovery", "tiers", t.Key, "rto"))
	}
	slices.SortFunc(out.Targets, func(a, b model.Target) int { return a.Tier - b.Tier })
	return out
}

// coreAccounts serve all environments.
var coreAccounts = []string{"management", "log-archive", "security", "network", "shared"}

func (s *resolver) resolveAccounts() model.Accounts {
	b := s.file.Accounts
	out := model.Accounts{Single: b.Single, Mail: string(b.Mail)}
	known := slices.Concat(coreAccounts, s.environments)
	owner := map[v1.AccountID]string{}
	for _, e := range b.IDs {
		at := s.root.keyAt("accounts", "ids", e.Key)
		if !s.reference(e.Key, "account", known, at) || e.Value == "" {
			continue
		}
		if first, ok := owner[e.Value]; ok && !b.Single {
			p := s.err(idRepeated, s.root.valueAt("accounts", "ids", e.Key), "%s and %s are the same account", first, e.Key)
			p.Detail = "The accounts are walls between what is in them."
			p.Fix = "Write the id of each, or single: true when there is one account for all."
			p.Related = append(p.Related, s.related(s.root.valueAt("accounts", "ids", first), "the account of %s", first))
			continue
		}
		owner[e.Value] = e.Key
		out.IDs = append(out.IDs, model.AccountID{Name: e.Key, ID: string(e.Value)})
	}
	slices.SortFunc(out.IDs, func(a, b model.AccountID) int { return strings.Compare(a.Name, b.Name) })
	return out
}
