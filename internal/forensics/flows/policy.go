package flows

import (
	"cmp"
	"fmt"
	"slices"
)

// policy compares the flows with the plan: which were forbidden, and which
// allowances nobody used.
func (a *answers) policy(r *Report) {
	if len(a.plan.Names) == 0 && len(a.plan.Allowed) == 0 {
		return
	}
	p := &Policy{Source: a.plan.Source, Forbidden: []Forbidden{}, Lines: []Line{}, Unused: []Allowance{}}
	r.Policy = p
	used := make([]bool, len(a.plan.Allowed))
	type names struct {
		from, to *NamedPrefix
		port     uint16
	}
	known := map[names]bool{}
	type flow struct {
		ends uint64
		kind uint32 // port, protocol and family
	}
	forbidden := map[flow]*Forbidden{}
	order := map[flow]key{}
	for t, e := range a.flows.all {
		if e.kind&markForbidden == 0 && len(a.plan.Allowed) == 0 {
			continue
		}
		f, from, to := e.family(), e.src(), e.dst()
		ends := e.ends
		if e.reply() {
			from, to = to, from
			ends = e.key().opposite().ends
		}
		n := names{a.named(f, from), a.named(f, to), e.port()}
		if !known[n] {
			known[n] = true
			for i, al := range a.plan.Allowed {
				used[i] = used[i] || al.covers(n.from, n.to, n.port)
			}
		}
		if e.kind&markForbidden == 0 {
			continue
		}
		k := flow{ends, e.kind & (1<<actionShift - 1)}
		x := forbidden[k]
		if x == nil {
			x = &Forbidden{Rule: rule(n.from, n.to, n.port), From: a.endpoint(f, from), To: a.endpoint(f, to), Port: e.port(), Protocol: protocol(e.proto())}
			forbidden[k] = x
			order[k] = key{ends, k.kind}
		}
		into := &x.Accepted
		if e.action() == rejected {
			into = &x.Rejected
		}
		s := sum{into.Flows, into.Packets, into.Bytes}
		s.add(t.sum(e))
		*into = s.shown()
	}
	keys := make([]flow, 0, len(forbidden))
	for k := range forbidden {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(x, y flow) int {
		fx, fy := forbidden[x], forbidden[y]
		return cmp.Or(cmp.Compare(fy.Accepted.Bytes, fx.Accepted.Bytes), cmp.Compare(fy.Rejected.Flows, fx.Rejected.Flows), a.compareKeys(order[x], order[y]))
	})
	if n := len(keys); n > maxFindings {
		r.Notes = append(r.Notes, fmt.Sprintf("%d forbidden flows were found; %d are listed, accepted ones first", n, maxFindings))
		keys = keys[:maxFindings]
	}
	for _, k := range keys {
		p.Forbidden = append(p.Forbidden, *forbidden[k])
	}
	for i, al := range a.plan.Allowed {
		if !used[i] {
			p.Unused = append(p.Unused, al)
		}
	}
}

// rule says why a flow is forbidden.
func rule(from, to *NamedPrefix, port uint16) string {
	if from == nil || to == nil {
		return "environments are apart"
	}
	return fmt.Sprintf("%s and %s are apart: nothing allows %s to reach %s on port %d", from.Environment, to.Environment, from.Environment+"/"+from.Name, to.Environment+"/"+to.Name, port)
}
