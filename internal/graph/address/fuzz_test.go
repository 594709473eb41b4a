package address_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// picker turns fuzzed bytes into choices.
type picker []byte

func (p *picker) next(n int) int {
	if len(*p) == 0 {
		return 0
	}
	b := int((*p)[0])
	*p = (*p)[1:]
	return b % n
}

func (p *picker) name() string {
	usual := []string{"dev", "qa", "prod", "apps", "data", "pci", "eu", "web"}
	if i := p.next(24); i < len(usual) {
		return usual[i]
	}
	return fmt.Sprintf("n%d", p.next(256))
}

func (p *picker) prefix() netip.Prefix {
	a := netip.AddrFrom4([4]byte{10, byte(p.next(256)), byte(p.next(256)), 0})
	switch p.next(6) {
	case 0:
		a = netip.AddrFrom4([4]byte{172, byte(16 + p.next(16)), byte(p.next(256)), 0})
	case 1:
		return netip.Prefix{}
	}
	return netip.PrefixFrom(a, 8+p.next(21))
}

func (p *picker) store(segments []string) model.Store {
	engines := []model.Engine{model.MongoDB, model.Kafka, model.SingleStore, model.Redis}
	return model.Store{
		Name: p.name(), Engine: engines[p.next(4)], Nodes: p.next(40), Coordinators: p.next(9), Aggregators: p.next(9),
		Zones: p.next(4), Standby: p.next(2) == 1, Recovery: p.next(2) == 1, Segment: segments[p.next(len(segments))],
	}
}

func (p *picker) environment(segments []string) model.Environment {
	stages := []model.Stage{model.Development, model.Production}
	e := model.Environment{Name: p.name(), Stage: stages[p.next(2)], Zones: p.next(5), Segments: segments}
	if p.next(4) == 0 {
		e.CIDR = p.prefix()
	}
	for range p.next(5) {
		if s := p.store(segments); !slices.ContainsFunc(e.Stores, func(o model.Store) bool { return o.Name == s.Name }) {
			e.Stores = append(e.Stores, s)
		}
	}
	for _, s := range segments {
		e.Services = append(e.Services, model.Service{Name: "in-" + s, Segment: s})
	}
	return e
}

func (p *picker) platform() *model.Platform {
	out := &model.Platform{Cloud: model.Cloud{Zones: p.next(5)}}
	out.Network.CIDR = netip.PrefixFrom(netip.MustParseAddr("10.0.0.0"), 7+p.next(8)).Masked()
	segments := []string{p.name()}
	for range p.next(5) {
		if name := p.name(); !slices.Contains(segments, name) {
			segments = append(segments, name)
		}
	}
	out.Network.Segments = segments
	if p.next(2) == 1 {
		out.Recovery = model.Recovery{Region: "elsewhere", Zones: p.next(5)}
	}
	if p.next(3) == 0 {
		out.Network.Clients = &model.VPNClients{CIDR: p.prefix()}
	}
	if p.next(3) == 0 {
		out.Network.Sites = []model.Site{{Name: "office", CIDRs: []netip.Prefix{p.prefix(), p.prefix()}}}
	}
	if p.next(3) == 0 {
		out.Network.Avoid = []netip.Prefix{p.prefix()}
	}
	for range 1 + p.next(5) {
		if e := p.environment(segments); !hasEnvironment(out, e.Name) {
			out.Environments = append(out.Environments, e)
		}
	}
	return out
}

func hasEnvironment(p *model.Platform, name string) bool {
	_, ok := p.Environment(name)
	return ok
}

// grow adds one thing at some place.
func (p *picker) grow(old *model.Platform) *model.Platform {
	grown := *old
	grown.Environments = slices.Clone(old.Environments)
	at := p.next(len(grown.Environments))
	e := &grown.Environments[at]
	switch p.next(5) {
	case 0:
		if fresh := p.environment(grown.Network.Segments); !hasEnvironment(old, fresh.Name) {
			grown.Environments = slices.Insert(grown.Environments, at, fresh)
		}
	case 1:
		name := p.name()
		if !slices.Contains(grown.Network.Segments, name) {
			grown.Network.Segments = append([]string{name}, grown.Network.Segments...)
			for i := range grown.Environments {
				grown.Environments[i].Segments = grown.Network.Segments
			}
		}
	case 2:
		s := p.store(grown.Network.Segments)
		if _, ok := e.Store(s.Name); !ok {
			e.Stores = append([]model.Store{s}, e.Stores...)
		}
	case 3:
		if e.Zones > 0 {
			e.Zones++
		}
	case 4:
		e.Services = append([]model.Service{{Name: "fresh", Segment: grown.Network.Segments[0]}}, e.Services...)
	}
	return &grown
}

// Whatever the file says, the plan holds together; and whatever is added to it,
// nothing that was there has another address.
func FuzzPlan(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("a platform with a few environments and stores"))
	f.Add([]byte{1, 9, 4, 4, 5, 200, 9, 13, 1, 3, 0, 0, 7, 77, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26})
	f.Fuzz(func(t *testing.T, data []byte) {
		choices := picker(data)
		platform := choices.platform()
		plan, conflicts := address.Of(platform)
		mustHold(t, plan)
		for _, c := range conflicts {
			if c.Summary == "" || c.Fix == "" || len(c.Claims) == 0 || c.Claims[0].Key == "" {
				t.Errorf("a conflict says too little: %+v", c)
			}
		}
		grown, _ := address.Of(choices.grow(platform))
		mustHold(t, grown)
		for _, v := range plan.VPCs {
			now, ok := grown.VPC(v.Name)
			if ok && now.CIDR != v.CIDR {
				t.Errorf("%s moved from %s to %s", v.Name, v.CIDR, now.CIDR)
			}
			for _, s := range v.Subnets {
				if n, ok := now.Subnet(s.Purpose, s.Zone); ok && n != s {
					t.Errorf("%s %s moved from %s to %s", v.Name, s.Purpose, s.CIDR, n.CIDR)
				}
			}
		}
		where := map[address.Node]netip.Addr{}
		for _, n := range plan.Nodes {
			a := n.Addr
			n.Addr = netip.Addr{}
			where[n] = a
		}
		for _, n := range grown.Nodes {
			a := n.Addr
			n.Addr = netip.Addr{}
			if before, ok := where[n]; ok && before != a {
				t.Errorf("%s %d of %s moved from %s to %s", n.Store, n.Index, n.Environment, before, a)
			}
		}
		for _, c := range plan.Clusters {
			for _, n := range grown.Clusters {
				if c.Environment == n.Environment && c.Segment == n.Segment && c.Recovery == n.Recovery && c != n {
					t.Errorf("services of %s moved from %s to %s", c.Environment, c.Services, n.Services)
				}
			}
		}
	})
}
