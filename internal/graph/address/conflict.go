package address

import (
	"fmt"
	"net/netip"
	"slices"
)

// Claim is one side of a conflict.
type Claim struct {
	// What it is, such as environment qa.
	What string
	// Key is the path in the file of what states it.
	Key  string
	CIDR netip.Prefix
}

// Conflict is two statements that cannot both hold, or one that cannot hold at
// all.
type Conflict struct {
	// Summary is one line without a full stop.
	Summary string
	Detail  string
	Fix     string
	// Claims are one or two; the second is what the plan leaves out.
	Claims []Claim
	// Free is a range that would do for the one that is left out; the zero value
	// when there is none to propose.
	Free netip.Prefix
}

func (b *builder) conflict(c Conflict) {
	// The same two names may meet in many environments; once is enough.
	same := func(a Conflict) bool {
		return a.Summary == c.Summary && slices.EqualFunc(a.Claims, c.Claims, func(x, y Claim) bool { return x.Key == y.Key })
	}
	if !slices.ContainsFunc(b.conflicts, same) {
		b.conflicts = append(b.conflicts, c)
	}
}

// overlaps finds every pair of ranges of which one contains the other. Sorted by
// address and size, whatever contains a range is before it and still open.
func overlaps(ranges []netip.Prefix) [][2]int {
	order := make([]int, len(ranges))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if c := ranges[a].Addr().Compare(ranges[b].Addr()); c != 0 {
			return c
		}
		return ranges[a].Bits() - ranges[b].Bits()
	})
	var pairs [][2]int
	var open []int
	for _, i := range order {
		for len(open) > 0 && !ranges[open[len(open)-1]].Overlaps(ranges[i]) {
			open = open[:len(open)-1]
		}
		for _, o := range open {
			pairs = append(pairs, [2]int{min(o, i), max(o, i)})
		}
		open = append(open, i)
	}
	slices.SortFunc(pairs, func(a, b [2]int) int {
		if a[0] != b[0] {
			return a[0] - b[0]
		}
		return a[1] - b[1]
	})
	return pairs
}

// free proposes a place for an environment: a slot whose range, mirror and
// service addresses meet nothing that is known.
func (b *builder) free() (netip.Prefix, string) {
	bits := environmentBits(b.plan.CIDR)
	slots := 1 << (bits - b.plan.CIDR.Bits())
	var order, usual []int
	for slot := 1; slot < slots/2; slot++ {
		if taken(knownEnvironments, slot) {
			usual = append(usual, slot) // somebody may still come with such a name
		} else {
			order = append(order, slot)
		}
	}
	for _, slot := range append(order, usual...) {
		p := part(b.plan.CIDR, bits, slot)
		if slot == coreSlot || b.meets(p) || b.meets(mirror(b.plan.CIDR, p)) || b.meets(b.serviceBlock(slot)) || b.meets(b.serviceBlock(slot+slots/2)) {
			continue
		}
		return p, fmt.Sprintf("%s is free", p)
	}
	return netip.Prefix{}, "no place of that size is free; use a larger network.cidr"
}

func (b *builder) meets(p netip.Prefix) bool {
	return slices.ContainsFunc(b.known, func(k netip.Prefix) bool { return k.Overlaps(p) })
}
