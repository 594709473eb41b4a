package flows

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

const (
	// scanTargets is how many doors somebody must try in vain to be a scanner,
	// and scanShare how many of all that he tries, in percent.
	scanTargets = 20
	scanShare   = 50
	// slowScan is the longest a slow scan waits between tries on average is at
	// least this, over at least slowSpan.
	slowScan = time.Minute
	slowSpan = time.Hour
	// blockScans is from when on the scans of one source are told as one.
	blockScans = 4
	// maxFindings bounds each list of findings; a note says what is left out.
	maxFindings = 100

	tcp = 6
)

// vain reports whether a conversation came to nothing: it was refused, or it is
// TCP that never got beyond the first packets.
func (a *answers) vain(e *entry) bool {
	if e.action() == rejected {
		return true
	}
	s := a.flows.sum(e)
	return e.proto() == tcp && s.packets <= 2*s.flows
}

// spread is what somebody tried.
type spread struct {
	family family
	src    uint32
	// other is the target or the port, by kind of scan.
	dst         uint32
	port        uint16
	proto       uint8
	hosts       map[uint32]bool
	ports       map[uint16]bool
	open, tried int
	flows       uint64
	first, last uint32
}

func (a *answers) take(s *spread, e *entry) {
	s.tried++
	if !a.vain(e) {
		s.open++
	}
	s.hosts[e.dst()] = true
	s.ports[e.port()] = true
	s.flows += a.flows.sum(e).flows
	s.first, s.last = min(s.first, e.first), max(s.last, e.last)
}

// fans finds the numbers under which at least scanTargets conversations came to
// nothing, and at least scanShare of all.
func (a *answers) fans(f family, number func(*entry) uint64) map[uint64]*spread {
	found := map[uint64]*spread{}
	s := newSums()
	for i := range a.flows {
		s.reset()
		for e := range a.flows[i].all {
			if e.family() == f && !e.reply() {
				n := uint64(0)
				if a.vain(e) {
					n = 1
				}
				x := s.at(number(e))
				x.flows++
				x.packets += n
			}
		}
		for _, x := range s.items {
			if x.packets >= scanTargets && x.packets*100 >= x.flows*scanShare {
				found[x.key] = newSpread()
			}
		}
	}
	return found
}

func newSpread() *spread {
	return &spread{hosts: map[uint32]bool{}, ports: map[uint16]bool{}, first: ^uint32(0)}
}

// scans finds who tries many ports of a host, or one port of many hosts. First
// the candidates are counted, then only they are looked at in full.
func (a *answers) scans(r *Report) {
	r.Scans = []Scan{}
	if a.lacking[opDstPort] == a.counts.records {
		return
	}
	for _, f := range families {
		r.Scans = append(r.Scans, a.scansOf(f)...)
	}
	slices.SortStableFunc(r.Scans, func(x, y Scan) int {
		return cmp.Or(cmp.Compare(y.Hosts*y.Ports, x.Hosts*x.Ports), cmp.Compare(x.Source.Address, y.Source.Address), x.Start.Compare(y.Start))
	})
	if n := len(r.Scans); n > maxFindings {
		r.Notes = append(r.Notes, fmt.Sprintf("%d scans were found; the %d widest are listed", n, maxFindings))
		r.Scans = r.Scans[:maxFindings]
	}
}

func (a *answers) scansOf(f family) []Scan {
	vertical := func(e *entry) uint64 { return e.ends }
	horizontal := func(e *entry) uint64 { return uint64(e.src())<<32 | uint64(e.kind&0xffffff) }
	down, across := a.fans(f, vertical), a.fans(f, horizontal)
	if len(down)+len(across) == 0 {
		return nil
	}
	perSource := map[uint32]int{}
	for _, e := range a.flows.all {
		if e.family() != f || e.reply() {
			continue
		}
		for _, s := range []*spread{down[vertical(e)], across[horizontal(e)]} {
			if s != nil {
				if s.tried == 0 {
					s.family, s.src, s.dst, s.port, s.proto = f, e.src(), e.dst(), e.port(), e.proto()
				}
				a.take(s, e)
			}
		}
	}
	keep := func(m map[uint64]*spread, width func(*spread) int) {
		for k, s := range m {
			if width(s) < scanTargets {
				delete(m, k)
				continue
			}
			perSource[s.src]++
		}
	}
	keep(down, func(s *spread) int { return len(s.ports) })
	keep(across, func(s *spread) int { return len(s.hosts) })

	var found []Scan
	blocks := map[uint32]*spread{}
	tell := func(kind string, m map[uint64]*spread) {
		for _, s := range m {
			if perSource[s.src] >= blockScans {
				if blocks[s.src] == nil {
					b := newSpread()
					b.family, b.src, b.proto = f, s.src, s.proto
					blocks[s.src] = b
				}
				continue
			}
			found = append(found, a.scan(kind, s))
		}
	}
	tell("vertical", down)
	tell("horizontal", across)
	if len(blocks) > 0 {
		for _, e := range a.flows.all {
			if e.family() != f || e.reply() {
				continue
			}
			if b := blocks[e.src()]; b != nil && (down[vertical(e)] != nil || across[horizontal(e)] != nil) {
				a.take(b, e)
			}
		}
		for _, b := range blocks {
			found = append(found, a.scan("block", b))
		}
	}
	return found
}

func (a *answers) scan(kind string, s *spread) Scan {
	out := Scan{
		Kind: kind, Source: a.endpoint(s.family, s.src), Protocol: protocol(s.proto),
		Hosts: len(s.hosts), Ports: len(s.ports), Open: s.open, Flows: s.flows, Start: at(s.first), End: at(s.last),
	}
	switch kind {
	case "vertical":
		target := a.endpoint(s.family, s.dst)
		out.Target = &target
	case "horizontal":
		port := s.port
		out.Port = &port
	}
	span := out.End.Sub(out.Start)
	out.Slow = span >= slowSpan && span/time.Duration(s.tried) >= slowScan
	return out
}
