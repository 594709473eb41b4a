package handbook

import (
	"fmt"
	"strings"

	"paddock.dev/internal/diagram"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// network is the address plan.
func (b *book) network() {
	p := b.page("network", "Addresses", b.home())
	p.say(words("Every address follows from a name and "), typed("network.cidr"), words(fmt.Sprintf(" (%s); adding something never moves another.", b.addresses.CIDR)))
	b.draw(p, "network.svg", diagram.Network(b.platform, b.addresses))
	p.under("Networks")
	t := table{heads: []string{"network", "environment", "segment", "region", "range"}}
	for _, v := range b.addresses.VPCs {
		t.row(words(v.Name), words(or(v.Environment, "all")), words(v.Segment), words(b.region(v.Recovery)), typed(v.CIDR.String()))
	}
	p.addTable(t)
	p.under("Subnets")
	t = table{heads: []string{"network", "purpose", "zone", "range", "addresses"}}
	for _, v := range b.addresses.VPCs {
		for _, s := range v.Subnets {
			t.row(words(v.Name), words(string(s.Purpose)), words(address.ZoneLetter(s.Zone)), typed(s.CIDR.String()), words(fmt.Sprint(s.Hosts())))
		}
	}
	p.addTable(t)
	p.under("Clusters")
	t = table{heads: []string{"environment", "segment", "region", "services", "name server"}}
	for _, c := range b.addresses.Clusters {
		t.row(words(c.Environment), words(c.Segment), words(b.region(c.Recovery)), typed(c.Services.String()), typed(c.DNS().String()))
	}
	p.addTable(t)
	p.under("Ranges of others")
	t = table{heads: []string{"whose", "range"}}
	for _, e := range b.addresses.Externals {
		t.row(words(e.Name), typed(e.CIDR.String()))
	}
	p.addTable(t)
}

func (b *book) region(recovery bool) string {
	if recovery {
		return b.platform.Recovery.Region
	}
	return b.platform.Cloud.Region
}

// access is who may do what.
func (b *book) access() {
	pl := b.platform
	p := b.page("access", "Access", b.home())
	p.say(words("People come in by the VPN and sign in with the company's identity; there is no SSH and no key that lasts."))
	p.under("Who may approve")
	t := table{heads: []string{"environment", "how many", "groups", "people"}}
	for _, g := range b.graphs {
		a := g.Environment.Approve
		if a.Count > 0 {
			t.row(words(g.Environment.Name), words(fmt.Sprint(a.Count)), words(strings.Join(a.From, ", ")), words(strings.Join(pl.Members(a.From), ", ")))
		}
	}
	if h := pl.Delivery.Hotfix; h != nil {
		t.row(words("a hotfix"), words(fmt.Sprint(h.Approve.Count)), words(strings.Join(h.Approve.From, ", ")), words(strings.Join(pl.Members(h.Approve.From), ", ")))
	}
	p.addTable(t)
	p.under("Who dials in, and reaches what")
	t = table{heads: []string{"group", "environments", "services by name"}}
	if pl.Network.Clients != nil {
		for _, g := range pl.Network.Clients.Groups {
			t.row(words(g.Name), words(or(strings.Join(g.Environments, ", "), "production")), words(strings.Join(g.Reach, ", ")))
		}
	}
	p.addTable(t)
	p.under("Sites")
	t = table{heads: []string{"site", "gateway", "ranges", "reaches"}}
	for _, s := range pl.Network.Sites {
		var ranges, reach []string
		for _, c := range s.CIDRs {
			ranges = append(ranges, c.String())
		}
		for _, r := range s.Reach {
			reach = append(reach, fmt.Sprintf("%s:%d", r.Service, r.Port))
		}
		t.row(words(s.Name), typed(s.Address.String()), words(strings.Join(ranges, ", ")), words(strings.Join(reach, ", ")))
	}
	p.addTable(t)
	p.under("Groups")
	t = table{heads: []string{"group", "members"}}
	for _, g := range pl.Groups {
		t.row(words(g.Name), words(strings.Join(g.Members, ", ")))
	}
	p.addTable(t)
	p.under("What must never be possible")
	t = table{heads: []string{"from", "to"}}
	for _, f := range pl.Policies.Never {
		t.row(typed(f.From), typed(f.To))
	}
	p.addTable(t)
}

// registers are what an auditor asks for first.
func (b *book) registers() {
	pl := b.platform
	p := b.page("registers", "Registers", b.home())
	p.under("Data by class")
	t := table{heads: []string{"class", "environment", "services that handle it", "stores that hold it"}}
	for _, class := range []model.DataClass{model.PCI, model.PII, model.Internal, model.Public} {
		for _, g := range b.graphs {
			var services, stores []text
			for _, s := range g.Environment.Services {
				if s.Data == class {
					services = append(services, b.to(g, service(s.Name)))
				}
			}
			for _, s := range g.Environment.Stores {
				if s.Data == class {
					stores = append(stores, b.to(g, store(s.Name)))
				}
			}
			if len(services)+len(stores) > 0 {
				t.row(words(string(class)), words(g.Environment.Name), join(services, ", "), join(stores, ", "))
			}
		}
	}
	p.addTable(t)
	p.under("Backups")
	p.say(words(backups(pl.Backup)))
	t = table{heads: []string{"environment", "store", "every", "kept", "in the recovery region", "may lose"}}
	for _, g := range b.graphs {
		for _, s := range g.Environment.Stores {
			if !s.Holds() {
				continue
			}
			every, kept, there, lose := "never", "", "no", "not stated"
			if s.Backup.Every > 0 {
				every, kept = period(s.Backup.Every), period(s.Backup.Keep)
			}
			if s.Recovery {
				there = "yes"
			}
			if target, ok := pl.Recovery.Target(s.Tier); ok && s.Tier != 0 {
				lose = period(target.RPO)
			}
			t.row(words(g.Environment.Name), b.to(g, store(s.Name)), words(every), words(kept), words(there), words(lose))
		}
	}
	p.addTable(t)
	p.under("Records")
	t = table{heads: []string{"what", "at hand", "in the archive"}}
	for _, r := range []struct {
		name string
		keep model.Retention
	}{{"metrics", pl.Observe.Metrics}, {"logs", pl.Observe.Logs}, {"traces", pl.Observe.Traces}, {"audit", pl.Audit.Retention}} {
		t.row(words(r.name), words(period(r.keep.Hot)), words(period(r.keep.Cold)))
	}
	p.addTable(t)
	if len(pl.Observe.Redact) > 0 {
		p.say(words("Masked in logs: ", strings.Join(pl.Observe.Redact, ", "), "."))
	}
	p.under("Decisions: findings that were accepted")
	t = table{heads: []string{"rule", "at", "environment", "until", "reason"}}
	for _, w := range pl.Waivers {
		t.row(typed(w.Rule), words(or(w.At, "everything")), words(or(w.Environment, "all")), words(w.Until.String()), words(w.Reason))
	}
	p.addTable(t)
}

func backups(b model.Backup) string {
	text := "Copies can be deleted by those who may."
	if b.Lock {
		text = "Copies are locked until their time is over."
	}
	if b.Copy {
		text += " They are copied to the recovery region."
	}
	if b.Test > 0 {
		return text + " A restore is tried every " + period(b.Test) + "."
	}
	return text + " No restore is tried."
}
