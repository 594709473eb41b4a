package flows

import (
	"cmp"
	"fmt"
	"slices"
)

const (
	// oneWayPackets is how many packets a connection must have had for each flow
	// to have been one, and not a try.
	oneWayPackets = 3
	// oneWayEdge is how many seconds before the end of the logs answers may still
	// be missing because they come later.
	oneWayEdge = 600
)

// oneWay finds TCP connections that had traffic and no answers: the answers take
// a path that is not logged, or are refused on their way back.
func (a *answers) oneWay(r *Report) {
	r.OneWay = []OneWay{}
	if !a.whole {
		r.Notes = append(r.Notes, "one-way connections are not looked for when a filter or a time limit leaves out flows")
		return
	}
	var found []*entry
	connections := 0
	refused := map[*entry]bool{}
	for t, e := range a.flows.all {
		if e.family() == noFamily || e.proto() != tcp || e.action() == rejected || e.reply() || e.last+oneWayEdge > a.last {
			continue
		}
		if s := t.sum(e); s.packets < oneWayPackets*s.flows {
			continue
		}
		connections++
		back := e.key().opposite()
		if a.flows.lookup(back) != nil || a.flows.lookup(key{back.ends, e.key().kind}) != nil {
			continue
		}
		back.kind = back.kind&^(3<<actionShift) | uint32(rejected)<<actionShift
		refused[e] = a.flows.lookup(back) != nil
		found = append(found, e)
	}
	if n := len(found); n*2 > connections && n > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d of %d connections have no answers in these logs, so the logs seem to hold one direction only; none are listed as one-way", n, connections))
		return
	}
	slices.SortFunc(found, func(x, y *entry) int { return cmp.Or(cmp.Compare(y.bytes, x.bytes), a.compareKeys(x.key(), y.key())) })
	if n := len(found); n > maxFindings {
		r.Notes = append(r.Notes, fmt.Sprintf("%d one-way connections were found; the %d with the most bytes are listed", n, maxFindings))
		found = found[:maxFindings]
	}
	for _, e := range found {
		r.OneWay = append(r.OneWay, OneWay{
			Source: a.endpoint(e.family(), e.src()), Destination: a.endpoint(e.family(), e.dst()), Port: e.port(), Protocol: protocol(e.proto()),
			Refused: refused[e], Sum: a.flows.sum(e).shown(),
		})
	}
}
