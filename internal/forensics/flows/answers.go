package flows

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// answers makes the report from everything that was added up.
type answers struct {
	*shared
	totals
	top int
	// whole says that no filter left out what other answers need.
	whole       bool
	first, last uint32
}

func (a *answers) endpoint(f family, n uint32) Endpoint {
	addr := a.in.address(f, n)
	if !addr.IsValid() {
		return Endpoint{Address: "-"}
	}
	e := Endpoint{Address: addr.String()}
	if np := a.named(f, n); np != nil {
		e.Name, e.Environment = np.Name, np.Environment
	}
	return e
}

// compare orders addresses as people count them; numbers of the interner depend
// on who came first.
func (a *answers) compare(f family, x uint32, g family, y uint32) int {
	if f == v4 && g == v4 {
		return cmp.Compare(x, y)
	}
	return a.in.address(f, x).Compare(a.in.address(g, y))
}

// compareKeys orders conversations the same in every run.
func (a *answers) compareKeys(x, y key) int {
	return cmp.Or(a.compare(x.family(), x.src(), y.family(), y.src()), a.compare(x.family(), x.dst(), y.family(), y.dst()), cmp.Compare(x.kind, y.kind))
}

// protocols are those of the IANA registry "Protocol Numbers" that have names
// people use.
var protocols = map[uint8]string{1: "icmp", 2: "igmp", 4: "ipip", 6: "tcp", 17: "udp", 41: "ipv6", 47: "gre", 50: "esp", 51: "ah", 58: "icmpv6", 89: "ospf", 112: "vrrp", 132: "sctp"}

func protocol(p uint8) string {
	if name, ok := protocols[p]; ok {
		return name
	}
	return fmt.Sprint(p)
}

func at(seconds uint32) time.Time { return time.Unix(int64(seconds), 0).UTC() }

func (a *answers) report(r *Report) {
	a.sums(r)
	a.talkers(r)
	a.overTime(r)
	a.scans(r)
	a.beacons(r)
	a.egress(r)
	a.oneWay(r)
	a.unknown(r)
	a.policy(r)
	a.groupSums(r)
	a.notes(r)
}

func (a *answers) sums(r *Report) {
	var by [3]sum
	a.first = ^uint32(0)
	for t, e := range a.flows.all {
		by[e.action()].add(t.sum(e))
		a.first, a.last = min(a.first, e.first), max(a.last, e.last)
	}
	t := &r.Totals
	t.Accepted, t.Rejected, t.Unjudged = by[accepted].shown(), by[rejected].shown(), by[unjudged].shown()
	var all sum
	for _, s := range by {
		all.add(s)
	}
	t.Sum, t.PacketsLost = all.shown(), a.counts.lost
	if a.counts.records > a.lacking[opStart] {
		first, last := at(a.first), at(a.last)
		r.Read.First, r.Read.Last = &first, &last
	}
}

func (a *answers) overTime(r *Report) {
	s := a.series
	// About as many steps as a chart has room for, of a length people know.
	if n := len(s.moments); n > 0 && a.last > a.first {
		for _, step := range []uint32{300, 600, 1800, 3600, 6 * 3600, 86400} {
			if (a.last-a.first)/s.step < 400 {
				break
			}
			if step > s.step && step%s.step == 0 {
				s.coarser(step)
			}
		}
	}
	r.OverTime = Series{Step: int(s.step), Moments: []Moment{}}
	for i, m := range s.moments {
		r.OverTime.Moments = append(r.OverTime.Moments, Moment{
			Start:         at(i * s.step),
			AcceptedFlows: m.flows[accepted] + m.flows[unjudged], AcceptedBytes: saturating(m.bytes[accepted], m.bytes[unjudged]),
			RejectedFlows: m.flows[rejected], RejectedBytes: m.bytes[rejected],
		})
	}
	slices.SortFunc(r.OverTime.Moments, func(x, y Moment) int { return x.Start.Compare(y.Start) })
}

// unknown are private addresses that a plan should name and does not.
func (a *answers) unknown(r *Report) {
	if len(a.plan.Names) == 0 {
		return
	}
	r.Unknown = []Host{}
	for _, f := range families {
		s := newSums()
		for t, e := range a.flows.all {
			if e.family() != f {
				continue
			}
			for _, n := range []uint32{e.src(), e.dst()} {
				if a.isPrivate(f, n) && a.named(f, n) == nil {
					s.at(uint64(n)).add(t.sum(e))
				}
			}
		}
		for _, x := range s.items {
			r.Unknown = append(r.Unknown, Host{a.endpoint(f, uint32(x.key)), x.shown()})
		}
	}
	slices.SortFunc(r.Unknown, func(x, y Host) int {
		return cmp.Or(cmp.Compare(y.Bytes, x.Bytes), netip.MustParseAddr(x.Address).Compare(netip.MustParseAddr(y.Address)))
	})
	if n := len(r.Unknown); n > a.top {
		r.Notes = append(r.Notes, fmt.Sprintf("%d addresses are unknown to the plan; the %d with the most bytes are listed", n, a.top))
		r.Unknown = r.Unknown[:a.top]
	}
}

func (a *answers) isPrivate(f family, n uint32) bool {
	if f == v4 {
		return private4(n)
	}
	return private(a.in.address(f, n))
}

func (a *answers) groupSums(r *Report) {
	if len(a.groupBy) == 0 {
		return
	}
	r.GroupBy = a.groupBy
	b := best[Group]{n: a.top, order: func(x, y Group) int {
		return cmp.Or(cmp.Compare(y.Bytes, x.Bytes), cmp.Compare(y.Flows, x.Flows), slices.Compare(x.Values, y.Values))
	}}
	for k, s := range a.groups {
		b.add(Group{strings.Split(k, " "), s.shown()})
	}
	r.Groups = b.items
	if n := len(a.groups); n > a.top {
		r.Notes = append(r.Notes, fmt.Sprintf("there are %d groups; the %d with the most bytes are listed", n, a.top))
	}
	if n := a.counts.ungrouped; n > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d records are in none of the groups: there were more than %d groups; group by fewer fields", n, maxGroups))
	}
}

func (a *answers) notes(r *Report) {
	note := func(format string, args ...any) { r.Notes = append(r.Notes, fmt.Sprintf(format, args...)) }
	saturated := int64(0)
	for i := range a.flows {
		saturated += a.flows[i].saturated
		r.Read.Beyond += a.flows[i].full
	}
	if n := r.Read.Beyond; n > 0 {
		note("%d records are of conversations for which there was no room; see fewer: --filter, --since", n)
	}
	if n := saturated; n > 0 {
		note("%d sums do not fit into 64 bits and stand at the most; see the lines with such byte counts: --filter 'bytes > 1000000000000000000'", n)
	}
	if r.Totals.Bytes == ^uint64(0) || r.Totals.Packets == ^uint64(0) {
		note("a total does not fit into 64 bits and stands at the most")
	}
	for _, o := range []struct {
		op   op
		name string
	}{{opSrcAddr, "srcaddr"}, {opDstAddr, "dstaddr"}, {opDstPort, "dstport"}, {opPackets, "packets"}, {opBytes, "bytes"}, {opStart, "start"}} {
		if n := a.lacking[o.op]; n > 0 {
			note("the format of %d records has no %s; answers that need it leave them out", n, o.name)
		}
	}
	if n := a.counts.skipData; n > 0 {
		note("AWS lost records: %d SKIPDATA lines; sums are at least these", n)
	}
}
