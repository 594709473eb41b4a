package flows

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// policy compares the flows with the plan: which were forbidden, and which
// allowances nobody used.
func (a *answers) policy(r *Report) {
	if a.plan.NamesOnly || len(a.plan.Names) == 0 && len(a.plan.Allowed) == 0 {
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
	there := map[string]bool{"": true} // environments that the logs have flows of
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
			for _, end := range []*NamedPrefix{n.from, n.to} {
				if end != nil {
					there[end.Environment] = true
				}
			}
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
	var silent []string
	for i, al := range a.plan.Allowed {
		switch {
		case used[i] || al.Own:
		case there[al.Environment]:
			p.Unused = append(p.Unused, al)
		case !slices.Contains(silent, al.Environment):
			silent = append(silent, al.Environment)
		}
	}
	if len(silent) > 0 {
		slices.Sort(silent)
		r.Notes = append(r.Notes, "the logs have no flows of "+strings.Join(silent, ", ")+"; which allowances are used there cannot be said")
	}
}

// rule says why a flow is forbidden.
func rule(from, to *NamedPrefix, port uint16) string {
	who := "addresses without a name"
	if from != nil {
		who = from.called()
	}
	if !apart(from, to) {
		return fmt.Sprintf("%s is open to its users only (%s): nothing allows %s to reach it on port %d", to.called(), to.Guard, who, port)
	}
	return fmt.Sprintf("%s and %s are apart: nothing allows %s to reach %s on port %d", from.Environment, to.Environment, who, to.called(), port)
}

// called is the name as findings write it.
func (n *NamedPrefix) called() string {
	if n.Environment == "" {
		return n.Name
	}
	return n.Environment + "/" + n.Name
}
