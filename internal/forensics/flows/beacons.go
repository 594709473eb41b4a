package flows

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

const (
	// beaconCalls is how many calls show a rhythm, even to somebody who looks at
	// a million conversations: ten intervals of an even length by chance happen
	// once in about 10^7.
	beaconCalls = 11
	// beaconPeriod is the shortest period in seconds; below, flow logs show
	// traffic, not calls.
	beaconPeriod = 5
	// even is how far an interval may be from the middle one, and evenShare how
	// many of them must be so near.
	even      = 0.15
	evenShare = 0.8
)

// beacons finds hosts that call the same place outside at even intervals. A
// connection that stays open is logged minute after minute as well, but from
// one port of the client; a call comes from a new one.
func (a *answers) beacons(r *Report) {
	r.Beacons = []Beacon{}
	for t, e := range a.flows.all {
		calls := t.times.of(e)
		if len(calls) < beaconCalls {
			continue
		}
		period, jitter, ok := rhythm(calls)
		if !ok || !anew(calls) {
			continue
		}
		// What came after the calls that were kept must go on in the same way.
		expected := float64(e.last-e.first)/period + 1
		if n := float64(t.sum(e).flows); n < expected*0.5 || n > expected*3 {
			continue
		}
		r.Beacons = append(r.Beacons, Beacon{
			Source: a.endpoint(e.family(), e.src()), Destination: a.endpoint(e.family(), e.dst()), Port: e.port(), Protocol: protocol(e.proto()),
			Period: period, Jitter: jitter, Start: at(e.first), End: at(e.last), Refused: e.action() == rejected,
			Sum: t.sum(e).shown(),
		})
	}
	slices.SortFunc(r.Beacons, func(x, y Beacon) int {
		return cmp.Or(cmp.Compare(y.Flows, x.Flows), cmp.Compare(x.Source.Address, y.Source.Address), cmp.Compare(x.Destination.Address, y.Destination.Address), cmp.Compare(x.Port, y.Port), cmp.Compare(x.Protocol, y.Protocol))
	})
	if n := len(r.Beacons); n > maxFindings {
		r.Notes = append(r.Notes, fmt.Sprintf("%d beacons were found; the %d with the most calls are listed", n, maxFindings))
		r.Beacons = r.Beacons[:maxFindings]
	}
}

// rhythm is the middle interval between calls and how far the middle one of the
// intervals is from it; ok when nearly all are even. A call that was missed
// makes an interval of twice or three times the length.
func rhythm(calls []call) (period, jitter float64, ok bool) {
	intervals := make([]float64, len(calls)-1)
	for i := range intervals {
		intervals[i] = float64(calls[i+1].start - calls[i].start)
	}
	sorted := slices.Sorted(slices.Values(intervals))
	period = middle(sorted)
	if period < beaconPeriod {
		return 0, 0, false
	}
	near := 0
	var off []float64
	for _, d := range intervals {
		times := math.Min(math.Max(1, math.Round(d/period)), 3)
		x := math.Abs(d-times*period) / period
		off = append(off, x)
		if x <= even {
			near++
		}
	}
	slices.Sort(off)
	return period, math.Round(middle(off)*1000) / 1000, float64(near) >= evenShare*float64(len(intervals))
}

// anew reports whether nearly all calls come from a port of their own.
func anew(calls []call) bool {
	ports := map[uint16]bool{}
	for _, c := range calls {
		ports[c.port] = true
	}
	return float64(len(ports)) >= evenShare*float64(len(calls))
}

// middle is the median of sorted numbers.
func middle(sorted []float64) float64 {
	n := len(sorted)
	if n == 0 {
		return 0
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
