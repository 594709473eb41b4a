package flows

import (
	"net/netip"
	"slices"
)

// Plan is what the platform says about addresses: what they are called and who
// may talk to whom. The zero value says nothing.
type Plan struct {
	// Source is the file it comes from, for people.
	Source string `json:"-"`
	Names  []NamedPrefix
	// NamesOnly means that it says what addresses are called and nothing else.
	NamesOnly bool
	// Allowed are the flows that somebody wanted. All others from one environment
	// to another, and into what is guarded, are forbidden.
	Allowed []Allowance
}

// NamedPrefix gives addresses a name. The longest prefix counts.
type NamedPrefix struct {
	Prefix netip.Prefix `json:"prefix"`
	Name   string       `json:"name"`
	// Environment and Segment may be empty: then nothing is forbidden by them.
	Environment string `json:"environment,omitempty"`
	Segment     string `json:"segment,omitempty"`
	// Guard says what keeps these addresses, as stores, to those who are allowed
	// by name: then every other flow to a port of theirs is forbidden, also one of
	// the same environment. Empty is unguarded.
	Guard string `json:"-"`
	// Line is where the plan says so, 0 when unknown.
	Line int `json:"-"`
}

// Allowance is a flow that the plan wants.
type Allowance struct {
	// From and To are names, environments or segments; empty is anything.
	From string `json:"from"`
	To   string `json:"to"`
	// Port is the service's; 0 is any.
	Port int `json:"port,omitempty"`
	// Why is the reason, such as the uses edge behind it.
	Why  string `json:"why,omitempty"`
	Line int    `json:"-"`
	// Environment that it belongs to: when logs have no flow of it, they cannot
	// say whether it is used. Empty is any.
	Environment string `json:"-"`
	// Own is what the platform itself needs; it is never called unused.
	Own bool `json:"-"`
}

// naming finds the prefix of an address.
type naming struct {
	plan *Plan
	// v4 are ranges without overlap in the order of their starts, each with its
	// longest prefix, so that one search finds it.
	v4 []span4
	v6 []int // places in plan.Names, longest prefix first
}

type span4 struct {
	start, end uint32 // both inclusive
	name       int32  // place in plan.Names, -1 for none
}

func newNaming(p *Plan) *naming {
	n := &naming{plan: p}
	// Edges of all prefixes; between two neighbours the longest that covers both
	// counts.
	var edges []uint64
	type range4 struct {
		start, end uint64
		bits, name int
	}
	var ranges []range4
	for i, np := range p.Names {
		pre := np.Prefix.Masked()
		if !pre.Addr().Is4() {
			n.v6 = append(n.v6, i)
			continue
		}
		start := uint64(number4(pre.Addr()))
		end := start + 1<<(32-pre.Bits())
		ranges = append(ranges, range4{start, end, pre.Bits(), i})
		edges = append(edges, start, end)
	}
	slices.SortStableFunc(n.v6, func(a, b int) int { return p.Names[b].Prefix.Bits() - p.Names[a].Prefix.Bits() })
	slices.SortStableFunc(ranges, func(a, b range4) int {
		if a.start != b.start {
			return int(int64(a.start) - int64(b.start))
		}
		return a.bits - b.bits
	})
	slices.Sort(edges)
	edges = slices.Compact(edges)
	// Prefixes nest or are apart, so a stack of those that are open is enough.
	var open []range4
	next := 0
	for i, e := range edges {
		for len(open) > 0 && open[len(open)-1].end <= e {
			open = open[:len(open)-1]
		}
		for next < len(ranges) && ranges[next].start == e {
			open = append(open, ranges[next])
			next++
		}
		if len(open) > 0 && i+1 < len(edges) {
			n.v4 = append(n.v4, span4{uint32(e), uint32(edges[i+1] - 1), int32(open[len(open)-1].name)})
		}
	}
	return n
}

// of4 is the named prefix of an IPv4 address, nil when it has none.
func (n *naming) of4(a uint32) *NamedPrefix {
	lo, hi := 0, len(n.v4)
	for lo < hi {
		mid := (lo + hi) / 2
		switch s := &n.v4[mid]; {
		case s.end < a:
			lo = mid + 1
		case s.start > a:
			hi = mid
		default:
			return &n.plan.Names[s.name]
		}
	}
	return nil
}

func (n *naming) of(a netip.Addr) *NamedPrefix {
	if a.Is4() {
		return n.of4(number4(a))
	}
	for _, i := range n.v6 {
		if n.plan.Names[i].Prefix.Contains(a) {
			return &n.plan.Names[i]
		}
	}
	return nil
}

// allowed returns the place of the allowance that covers a flow from client to
// service, -1 when there is none.
func (p *Plan) allowed(from, to *NamedPrefix, port uint16) int {
	return slices.IndexFunc(p.Allowed, func(a Allowance) bool { return a.covers(from, to, port) })
}

func (a Allowance) covers(from, to *NamedPrefix, port uint16) bool {
	return (a.Port == 0 || a.Port == int(port)) && is(a.From, from) && is(a.To, to)
}

func is(what string, np *NamedPrefix) bool {
	return what == "" || np != nil && (what == np.Name || what == np.Environment || what == np.Segment || np.isCalled(what))
}

// isCalled compares with environment/name without building it: it is asked for
// each conversation and allowance.
func (n *NamedPrefix) isCalled(what string) bool {
	at := len(n.Environment)
	return len(what) == at+1+len(n.Name) && what[at] == '/' && what[:at] == n.Environment && what[at+1:] == n.Name
}

// forbids reports whether a flow between the two is from one environment to
// another, or into what is guarded, without an allowance.
func (p *Plan) forbids(from, to *NamedPrefix, port uint16) bool {
	if to == nil || p.NamesOnly {
		return false
	}
	// What has no ports, as ICMP, is about flows that have.
	return (apart(from, to) || to.Guard != "" && port != 0) && p.allowed(from, to, port) < 0
}

// apart reports whether the two are of different environments.
func apart(from, to *NamedPrefix) bool {
	return from != nil && to != nil && from.Environment != "" && to.Environment != "" && from.Environment != to.Environment
}

// private are the addresses of ours by nature: RFC 1918, RFC 6598, RFC 4193 and
// link-local ones.
func private4(a uint32) bool {
	return a>>24 == 10 || a>>20 == 172<<4|1 || a>>16 == 192<<8|168 || a>>22 == (100<<8|64)>>6 || a>>16 == 169<<8|254
}

func private(a netip.Addr) bool {
	if a.Is4() {
		return private4(number4(a))
	}
	return a.IsPrivate() || a.IsLinkLocalUnicast()
}
