package access

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"paddock.dev/internal/forensics/access/quantile"
	"paddock.dev/internal/forensics/agents"
)

// Asking says how much a report shall say.
type Asking struct {
	// Top is how many of each list; 0 is 10.
	Top int
	// DNS is asked whether crawlers are what they say; nil asks nobody.
	DNS agents.Resolver
}

// Report draws the conclusions. The analyst can go on counting.
func (a *Analyst) Report(ctx context.Context, ask Asking) *Report {
	if ask.Top <= 0 {
		ask.Top = 10
	}
	r := &Report{}
	t := &a.totals
	r.Read.Requests = t.requests
	r.Read.Formats = t.formats.ranked()
	if t.requests > 0 {
		first, last := at(t.first), at(t.last)
		r.Read.First, r.Read.Last = &first, &last
	}
	r.Totals.Sum = Sum{t.requests, t.sent, t.received}
	r.Totals.Error = quantile.Error
	r.Codes, r.TargetCodes = codes(&t.status), codes(&t.targetStatus)
	r.Methods, r.Types = t.methods.ranked(), t.kinds.ranked()

	routes := a.rows(a.byRoute)
	targets := a.rows(a.overTarget)
	a.overTime(r, routes)
	a.paths(r, routes, ask.Top)
	a.hostList(r, ask.Top)
	a.clientList(r, ask.Top)
	a.targetList(r, ask.Top)
	a.agentList(r, ask.Top)
	a.cacheList(r, ask.Top)
	a.groupList(r, ask.Top)
	a.findings(ctx, r, routes, targets, ask)
	a.notes(r)
	return r
}

func at(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

func codes(counts *[1000]uint64) []Code {
	list := []Code{}
	for code, n := range counts {
		if n > 0 {
			list = append(list, Code{code, n})
		}
	}
	return list
}

// ranked are the words by count.
func (t *tally) ranked() []Word {
	list := make([]Word, 0, len(t.words))
	for i, w := range t.words {
		list = append(list, Word{cmp.Or(w, "-"), t.count[i]})
	}
	slices.SortFunc(list, func(a, b Word) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), strings.Compare(a.Word, b.Word))
	})
	return list
}

func (a *Analyst) overTime(r *Report, routes []row) {
	all := make([]*row, len(routes))
	var h hist
	for i := range routes {
		all[i] = &routes[i]
		for j := range routes[i].spans {
			s := &routes[i].spans[j]
			merged(&r.Totals.Classes, s.classes)
			s.into(&h)
		}
	}
	r.Totals.Latency = quantiles(&h)
	r.OverTime = Series{Seconds: a.time.seconds(), Points: points(all)}
	for i := range r.OverTime.Points {
		p := &r.OverTime.Points[i]
		p.Sent = a.slots[a.time.number[p.Time.UnixMicro()]]
	}
}

// top sorts by requests and keeps the first. Only what is kept is worth looking
// into, so the list is made of numbers.
func top(n int, items []int, requests func(i int) uint64, name func(i int) string) []int {
	slices.SortFunc(items, func(x, y int) int {
		if c := cmp.Compare(requests(y), requests(x)); c != 0 {
			return c
		}
		return strings.Compare(name(x), name(y))
	})
	return items[:min(n, len(items))]
}

func (a *Analyst) paths(r *Report, routes []row, most int) {
	type sums struct {
		traffic
		routes []int
	}
	byPath := map[string]int{}
	var list []sums
	var names []string
	for i := range a.route {
		if a.route[i].requests == 0 {
			continue
		}
		path := otherName
		if i > 0 {
			_, path = routeOf(a.routes.at(i))
		}
		k, ok := byPath[path]
		if !ok {
			k = len(list)
			byPath[path] = k
			list, names = append(list, sums{}), append(names, path)
		}
		list[k].merge(a.route[i])
		list[k].routes = append(list[k].routes, i)
	}
	r.Paths = List[Path]{Total: len(list), Items: []Path{}}
	for _, k := range top(most, numbers(len(list)), func(i int) uint64 { return list[i].requests }, func(i int) string { return names[i] }) {
		p := Path{Path: names[k], Sum: list[k].sum()}
		var h hist
		var rows []*row
		for _, i := range list[k].routes {
			rows = append(rows, &routes[i])
			for j := range routes[i].spans {
				merged(&p.Classes, routes[i].spans[j].classes)
				routes[i].spans[j].into(&h)
			}
		}
		p.Latency = quantiles(&h)
		p.OverTime = points(rows)
		r.Paths.Items = append(r.Paths.Items, p)
	}
}

func numbers(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// used are the numbers of what was counted at all.
func used(n int, requests func(i int) uint64) []int {
	var list []int
	for i := range n {
		if requests(i) > 0 {
			list = append(list, i)
		}
	}
	return list
}

func (a *Analyst) hostList(r *Report, most int) {
	requests := func(i int) uint64 { return a.host[i].requests }
	list := used(len(a.host), requests)
	r.Hosts = List[Host]{Total: len(list), Items: []Host{}}
	for _, i := range top(most, list, requests, func(i int) string { return string(a.hosts.at(i)) }) {
		r.Hosts.Items = append(r.Hosts.Items, Host{cmp.Or(string(a.hosts.at(i)), "-"), a.host[i].sum()})
	}
}

func (a *Analyst) clientList(r *Report, most int) {
	requests := func(i int) uint64 { return a.client[i].requests }
	list := used(len(a.client), requests)
	r.Clients = List[Client]{Total: len(list), Items: []Client{}}
	for _, i := range top(most, list, requests, func(i int) string { return string(a.clients.at(i)) }) {
		c := &a.client[i]
		r.Clients.Items = append(r.Clients.Items, Client{
			Client: string(a.clients.at(i)), Sum: Sum{c.requests, c.sent, c.received}, Wrong: c.refused, Fails: c.fails,
			Paths: c.paths(), First: at(c.first), Last: at(c.last), Agents: a.agentsOf(c),
		})
	}
}

// agentsOf are the user agents of a client, sorted.
func (a *Analyst) agentsOf(c *client) []string {
	list := []string{}
	for _, id := range c.agents {
		if id >= 0 {
			list = append(list, cmp.Or(string(a.agents.at(int(id))), "-"))
		}
	}
	slices.Sort(list)
	return list
}

func (a *Analyst) targetList(r *Report, most int) {
	targets := a.untimed(a.byTarget)
	requests := func(i int) uint64 { return a.target[i].requests }
	list := used(len(a.target), requests)
	r.Targets = List[Target]{Total: len(list), Items: []Target{}}
	for _, i := range top(most, list, requests, func(i int) string { return string(a.targets.at(i)) }) {
		x := Target{Sum: a.target[i].sum()}
		x.Group, x.Target = a.targetName(i)
		var h hist
		for j := range targets[i].spans {
			merged(&x.Classes, targets[i].spans[j].classes)
			targets[i].spans[j].into(&h)
		}
		x.Latency = quantiles(&h)
		r.Targets.Items = append(r.Targets.Items, x)
	}
}

func (a *Analyst) targetName(i int) (group, target string) {
	if i == 0 {
		return "-", otherName
	}
	group, target, _ = strings.Cut(string(a.targets.at(i)), "\x00")
	if _, short, ok := strings.Cut(group, ":targetgroup/"); ok {
		group = "targetgroup/" + short
	}
	return cmp.Or(group, "-"), target
}

func (a *Analyst) agentList(r *Report, most int) {
	type family struct {
		agents.Kind
		name string
	}
	byFamily := map[family]*Agent{}
	byKind := map[agents.Kind]uint64{}
	var list []*Agent
	for i := range a.agent {
		g := &a.agent[i]
		if g.requests == 0 {
			continue
		}
		f := family{g.what.Kind, g.what.Name}
		if i == 0 {
			f = family{agents.Unknown, otherName}
		}
		byKind[f.Kind] += g.requests
		x := byFamily[f]
		if x == nil {
			x = &Agent{Agent: f.name, Kind: string(f.Kind)}
			byFamily[f] = x
			list = append(list, x)
		}
		x.Strings++
		x.Requests += g.requests
		x.Sent += g.sent
		x.Received += g.received
	}
	r.Agents = List[Agent]{Total: len(list), Items: []Agent{}}
	for _, i := range top(most, numbers(len(list)), func(i int) uint64 { return list[i].Requests }, func(i int) string { return list[i].Agent + list[i].Kind }) {
		r.Agents.Items = append(r.Agents.Items, *list[i])
	}
	r.Kinds = []Word{}
	for kind, n := range byKind {
		r.Kinds = append(r.Kinds, Word{string(kind), n})
	}
	slices.SortFunc(r.Kinds, func(x, y Word) int {
		return cmp.Or(cmp.Compare(y.Requests, x.Requests), strings.Compare(x.Word, y.Word))
	})
}

// worth says which URLs a cache should answer: asked for often, and at least
// once a minute or so over the time of the log.
func (a *Analyst) worth() uint64 {
	minutes := uint64(max(a.totals.last-a.totals.first, 0)) / 60e6
	return max(20, minutes/10)
}

func (a *Analyst) cacheList(r *Report, most int) {
	least := a.worth()
	var list []int
	for i := range a.asked.urls {
		if u := &a.asked.urls[i]; u.gets >= least && u.cached*10 < u.gets*9 && u.sent > 0 {
			list = append(list, i)
		}
	}
	saved := func(i int) uint64 {
		u := &a.asked.urls[i]
		return u.sent - u.sent/u.gets
	}
	r.Cache = List[URL]{Total: len(list), Items: []URL{}}
	for _, i := range top(most, list, saved, func(i int) string { return string(a.asked.at(i)) }) {
		u := &a.asked.urls[i]
		r.Cache.Items = append(r.Cache.Items, URL{string(a.asked.at(i)), u.gets, u.sent, u.least, u.most, u.cached, saved(i)})
	}
}

func (a *Analyst) groupList(r *Report, most int) {
	if len(a.options.GroupBy) == 0 {
		return
	}
	rows := a.untimed(a.byGroup)
	for _, f := range a.options.GroupBy {
		r.GroupBy = append(r.GroupBy, f.Name)
	}
	requests := func(i int) uint64 { return a.group[i].requests }
	list := used(len(a.group), requests)
	r.Groups = &List[Group]{Total: len(list), Items: []Group{}}
	for _, i := range top(most, list, requests, func(i int) string { return string(a.groups.at(i)) }) {
		g := Group{Sum: a.group[i].sum(), Values: strings.Split(string(a.groups.at(i)), "\x00")}
		for len(g.Values) < len(r.GroupBy) {
			g.Values = append(g.Values, "")
		}
		var h hist
		for j := range rows[i].spans {
			merged(&g.Classes, rows[i].spans[j].classes)
			rows[i].spans[j].into(&h)
		}
		g.Latency = quantiles(&h)
		r.Groups.Items = append(r.Groups.Items, g)
	}
}

// notes say which figures are not what they seem.
func (a *Analyst) notes(r *Report) {
	say := func(format string, args ...any) { r.Notes = append(r.Notes, fmt.Sprintf(format, args...)) }
	for _, n := range []struct {
		*named
		what string
	}{{&a.clients, "clients"}, {&a.routes, "paths"}, {&a.hosts, "hosts"}, {&a.agents, "user agents"}, {&a.targets, "targets"}, {&a.groups, "groups"}} {
		if n.folded > 0 {
			say("there are more than %d %s: what came later is counted as %s; the totals are exact", n.limit, n.what, otherName)
		}
	}
	if a.asked.lost > 0 {
		say("there are more than %d URLs: the rarest were forgotten, and the requests of a cache candidate may be %d too low", a.asked.limit, a.asked.lost)
	}
	if r.Notes == nil {
		r.Notes = []string{}
	}
	if len(r.Read.Formats) == 1 && r.Read.Formats[0].Word == "nlb" {
		say("NLB lines are connections: there are no paths, statuses and agents, and the latency is that of the TLS handshake")
	}
}
