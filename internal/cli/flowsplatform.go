package cli

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/forensics/flows"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
	"paddock.dev/internal/spec"
)

// flowsPlanOf is what a platform file says about flows on AWS: every address of
// its plan by name, and who may talk to whom as its security groups have it.
func flowsPlanOf(file *spec.File, source string) flows.Plan {
	addresses, _ := address.Of(file.Platform)
	p := &platformFlows{file: file, addresses: addresses, plan: flows.Plan{Source: source}, seen: map[netip.Prefix]bool{}, places: map[allowanceKey]int{}}
	p.networks()
	for _, g := range graph.All(file.Platform) {
		p.use(g)
		for _, s := range g.Environment.Stores {
			p.own(g.Environment, s)
		}
	}
	slices.SortStableFunc(p.plan.Allowed, func(a, b flows.Allowance) int {
		return cmp.Or(strings.Compare(a.From, b.From), strings.Compare(a.To, b.To), cmp.Compare(a.Port, b.Port))
	})
	return p.plan
}

type platformFlows struct {
	file      *spec.File
	addresses *address.Plan
	plan      flows.Plan
	seen      map[netip.Prefix]bool
	places    map[allowanceKey]int
}

type allowanceKey struct {
	from, to string
	port     int
}

// networks names all addresses. Machines of stores are called after their store,
// everything else after its segment and purpose, such as apps/pods.
func (p *platformFlows) networks() {
	name := func(n flows.NamedPrefix) {
		if !p.seen[n.Prefix] { // a network of one subnet has its range
			p.seen[n.Prefix] = true
			p.plan.Names = append(p.plan.Names, n)
		}
	}
	for _, n := range p.addresses.Nodes {
		key := "stores." + n.Store
		name(flows.NamedPrefix{
			Prefix: netip.PrefixFrom(n.Addr, 32), Name: recoveryName(n.Store, n.Recovery), Environment: n.Environment, Segment: n.Segment,
			Guard: p.at(n.Environment, key),
		})
	}
	for _, v := range p.addresses.VPCs {
		for _, s := range v.Subnets {
			n := flows.NamedPrefix{Prefix: s.CIDR, Name: subnetOf(v.Name, v.Segment, s.Purpose, v.Recovery), Environment: v.Environment, Segment: v.Segment}
			if v.Environment != "" && s.Purpose == address.Data {
				n.Guard = p.at(v.Environment, "stores")
			}
			name(n)
		}
		name(flows.NamedPrefix{Prefix: v.CIDR, Name: cmp.Or(recoveryName(v.Segment, v.Recovery && v.Segment != ""), v.Name), Environment: v.Environment, Segment: v.Segment})
	}
	for _, c := range p.addresses.Clusters {
		name(flows.NamedPrefix{Prefix: c.Services, Name: recoveryName(c.Segment+"/services", c.Recovery), Environment: c.Environment, Segment: c.Segment})
	}
	for _, e := range p.addresses.Externals {
		if e.Name != "avoid" {
			name(flows.NamedPrefix{Prefix: e.CIDR, Name: e.Name})
		}
	}
}

// subnetOf is the name of the subnets of a purpose, whatever the zone: rules are
// the same in all of them.
func subnetOf(network, segment string, purpose address.Purpose, recovery bool) string {
	if segment == "" {
		return network + "/" + string(purpose)
	}
	return recoveryName(segment+"/"+string(purpose), recovery)
}

// at is a key of the file with its place.
func (p *platformFlows) at(env, key string) string {
	if at, ok := p.file.Locate(env, key); ok {
		return fmt.Sprintf("%s, %s:%d", key, at.File, at.Line)
	}
	return key
}

// use allows what uses edges open between networks: from the subnets of the
// service to the store, or to the load balancers of a service that is not in the
// same cluster.
func (p *platformFlows) use(g *graph.Graph) {
	env := g.Environment
	for _, cell := range g.Reach() {
		if cell.From.Kind != addr.Service || cell.Edge.Kind != graph.Stores && cell.Edge.Kind != graph.Calls {
			continue
		}
		from, ok := env.Service(cell.From.Name)
		if !ok {
			continue
		}
		for _, recovery := range []bool{false, true} {
			to := ""
			if cell.Edge.Kind == graph.Stores {
				to = p.store(env, cell.To.Name, recovery)
			} else {
				callee, ok := env.Service(cell.To.Name)
				if ok && (callee.Segment != from.Segment || callee.Runtime == model.EC2 || from.Runtime == model.EC2) {
					to = p.subnets(env, callee.Segment, address.Balancers, recovery)
				}
			}
			p.allow(env, p.subnets(env, from.Segment, homeOf(from), recovery), to, cell.Port, p.at(env.Name, cell.Edge.Key), recovery)
		}
	}
}

// homeOf is where a service's connections come from.
func homeOf(s model.Service) address.Purpose {
	if s.Runtime == model.EC2 {
		return address.Machines
	}
	return address.Pods
}

// own allows what stores do among themselves and what watches them. Nobody asked
// for it by a line, so nobody is told that it was not used.
func (p *platformFlows) own(env model.Environment, s model.Store) {
	for _, recovery := range []bool{false, true} {
		to := p.store(env, s.Name, recovery)
		peers := s.PeerPorts()
		if s.Engine == model.SingleStore {
			peers = append(peers, s.Ports()...) // its load balancer passes connections on
		}
		for _, port := range peers {
			p.allow(env, to, to, port, p.at(env.Name, "stores."+s.Name), true)
		}
		if s.Recovery && !s.Managed() && len(s.Ports()) > 0 {
			p.allow(env, p.store(env, s.Name, !recovery), to, s.Ports()[0], p.at(env.Name, "stores."+s.Name), true)
		}
	}
	if v, ok := p.addresses.VPC("obs-" + string(tierOf(env))); ok && !s.Managed() {
		p.allow(env, subnetOf(v.Name, "", address.Data, false), p.store(env, s.Name, false), 0, "figures are read", true)
	}
}

func tierOf(env model.Environment) address.Tier {
	if env.Stage == model.Production {
		return address.Production
	}
	return address.Nonproduction
}

// store is the name of a store's addresses: machines of ours have their own,
// those of AWS are somewhere in the segment's subnets for data. Empty means that
// it has none.
func (p *platformFlows) store(env model.Environment, name string, recovery bool) string {
	s, ok := env.Store(name)
	switch {
	case !ok || s.Engine == model.S3 || s.Engine == model.SQS || recovery && !s.Recovery:
		return "" // a gateway or endpoint of AWS is reached in its place
	case s.Managed():
		return p.subnets(env, s.Segment, address.Data, recovery)
	case slices.ContainsFunc(p.addresses.Nodes, func(n address.Node) bool {
		return n.Environment == env.Name && n.Store == name && n.Recovery == recovery
	}):
		return env.Name + "/" + recoveryName(name, recovery)
	}
	return ""
}

// subnets is the name of a segment's subnets of a purpose, empty when it has
// none.
func (p *platformFlows) subnets(env model.Environment, segment string, purpose address.Purpose, recovery bool) string {
	v, ok := p.addresses.VPC(recoveryName(env.Name+"-"+segment, recovery))
	if !ok {
		return ""
	}
	if _, ok := v.Subnet(purpose, 0); !ok {
		return ""
	}
	return env.Name + "/" + subnetOf(v.Name, segment, purpose, recovery)
}

// allow adds an allowance, or a reason to the one that is there.
func (p *platformFlows) allow(env model.Environment, from, to string, port int, why string, own bool) {
	if from == "" || to == "" {
		return
	}
	key := allowanceKey{from, to, port}
	if i, ok := p.places[key]; ok {
		a := &p.plan.Allowed[i]
		switch {
		case a.Own && !own:
			a.Own, a.Why = false, why
		case a.Own == own && !strings.Contains(a.Why, why):
			// The file's name once is enough for a list of its lines.
			a.Why += "; " + strings.Replace(why, ", "+p.plan.Source+":", ", :", 1)
		}
		return
	}
	p.places[key] = len(p.plan.Allowed)
	p.plan.Allowed = append(p.plan.Allowed, flows.Allowance{From: from, To: to, Port: port, Why: why, Environment: env.Name, Own: own})
}
