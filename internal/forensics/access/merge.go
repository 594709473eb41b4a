package access

// Merge adds what another analyst has counted, which is not to be used any more.
func (a *Analyst) Merge(o *Analyst) {
	a.align(o)
	slots := make([]int, len(o.time.starts))
	for i, start := range o.time.starts {
		slots[i] = a.slot(start)
	}
	for i, sent := range o.slots {
		a.slots[slots[i]] += sent
	}
	a.totals.merge(&o.totals)

	hosts := join(&a.hosts, &o.hosts, nil, func() { a.host = append(a.host, traffic{}) })
	for i, h := range o.host {
		a.host[hosts[i]].merge(h)
	}
	routes := join(&a.routes, &o.routes, func(key []byte) []byte {
		host := hosts[int(key[0])|int(key[1])<<8]
		return append([]byte{byte(host), byte(host >> 8)}, key[2:]...)
	}, func() {
		a.route, a.served, a.probe = append(a.route, traffic{}), append(a.served, ""), append(a.probe, 0)
	})
	for i, r := range o.route {
		k := routes[i]
		a.route[k].merge(r)
		a.probe[k] = max(a.probe[k], o.probe[i])
		if g := o.served[i]; k > 0 && g != "" && (a.served[k] == "" || g < a.served[k]) {
			a.served[k] = g
		}
	}
	a.byRoute.merge(o.byRoute, routes, slots)
	a.asked.merge(&o.asked, routes, hosts)

	targets := join(&a.targets, &o.targets, nil, func() { a.target = append(a.target, traffic{}) })
	for i, t := range o.target {
		a.target[targets[i]].merge(t)
	}
	a.byTarget.merge(o.byTarget, targets, make([]int, 1))
	a.overTarget.merge(o.overTarget, targets, slots)

	ids := make([]int, len(o.agent))
	for i := 1; i < len(o.agent); i++ {
		id, fresh := a.agents.find(o.agents.at(i))
		if fresh {
			a.agent = append(a.agent, agent{what: o.agent[i].what})
		}
		ids[i] = id
	}
	a.agents.folded += o.agents.folded
	for i := range o.agent {
		a.agent[ids[i]].merge(o.agent[i].traffic)
	}

	clients := make([]int, len(o.client))
	for i := 1; i < len(o.client); i++ {
		id, fresh := a.clients.find(o.clients.at(i))
		if fresh {
			a.client = append(a.client, newClient(o.client[i].odd))
		}
		clients[i] = id
	}
	a.clients.folded += o.clients.folded
	for i := range o.client {
		a.client[clients[i]].merge(&o.client[i], ids)
	}
	for who, n := range o.claims {
		if id := clients[who.client]; id > 0 {
			a.claims[claimant{int32(id), int32(ids[who.agent])}] += n
		}
	}

	groups := join(&a.groups, &o.groups, nil, func() { a.group = append(a.group, traffic{}) })
	for i, g := range o.group {
		a.group[groups[i]].merge(g)
	}
	a.byGroup.merge(o.byGroup, groups, make([]int, 1))
}

// align gives both the same pieces of time, so long that there are not too many
// of them together.
func (a *Analyst) align(o *Analyst) {
	for {
		for a.time.width < o.time.width {
			a.widen()
		}
		for o.time.width < a.time.width {
			o.widen()
		}
		n := len(a.time.starts)
		for start := range o.time.number {
			if _, ok := a.time.number[start]; !ok {
				n++
			}
		}
		if n <= mostSlots || a.time.width+1 == len(widths) {
			return
		}
		a.widen()
	}
}

// join finds the numbers that the names of o have in a. What has none yet gets
// one, while there is room.
func join(a, o *named, rename func([]byte) []byte, fresh func()) []int {
	numbers := make([]int, o.len())
	for i := 1; i < o.len(); i++ {
		key := o.at(i)
		if rename != nil {
			key = rename(key)
		}
		id, isNew := a.find(key)
		if isNew {
			fresh()
		}
		numbers[i] = id
	}
	a.folded += o.folded
	return numbers
}

func (g *grid) merge(o *grid, things, slots []int) {
	o.settle()
	for _, c := range o.cells {
		if c.key == 0 {
			continue
		}
		k := c.key - 1
		thing, slot := things[k>>thingShift], slots[k>>slotShift&0x3ff]
		g.put(gridKey(thing, slot, 0, 0)|k&(1<<slotShift-1), c.count)
	}
}

func (t *totals) merge(o *totals) {
	t.requests += o.requests
	t.sent += o.sent
	t.received += o.received
	for i, n := range o.status {
		t.status[i] += n
	}
	for i, n := range o.targetStatus {
		t.targetStatus[i] += n
	}
	for _, p := range [][2]*tally{{&t.formats, &o.formats}, {&t.kinds, &o.kinds}, {&t.methods, &o.methods}} {
		for i, w := range p[1].words {
			p[0].addString(w, p[1].count[i])
		}
	}
	t.first, t.last = min(t.first, o.first), max(t.last, o.last)
	t.referrers = t.referrers || o.referrers
}
