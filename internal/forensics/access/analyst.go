package access

import (
	"net/netip"

	"paddock.dev/internal/forensics/access/entry"
	"paddock.dev/internal/forensics/access/quantile"
	"paddock.dev/internal/forensics/agents"
)

// Options say what to count.
type Options struct {
	Limits Limits
	// GroupBy are the fields by whose values requests are grouped; none for none.
	GroupBy []Field
}

// Analyst counts the requests that it is shown. It is not safe for concurrent
// use.
type Analyst struct {
	options Options
	totals  totals
	time    timeline
	slots   []uint64 // bytes sent in each piece of time

	asked   asked
	hosts   named
	host    []traffic
	routes  named
	route   []traffic
	byRoute *grid
	// served is the target group that served a route, empty while none has.
	served []string
	// probe is which of the probes a route is, plus one.
	probe []uint8

	targets  named // group NUL target
	target   []traffic
	byTarget *grid // without time
	// overTarget has the time, and durations to 7 % only: it is there to compare
	// targets with each other.
	overTarget *grid

	clients named
	client  []client

	agents named
	agent  []agent
	// claims are the requests of a client in a search engine's name, by client
	// and agent.
	claims map[claimant]uint64

	groups  named
	group   []traffic
	byGroup *grid

	scratch []byte
}

type claimant struct{ client, agent int32 }

// totals are over all requests.
type totals struct {
	requests, sent, received uint64
	status, targetStatus     [1000]uint64
	formats, kinds, methods  tally
	first, last              int64
	referrers                bool // the format has them
}

// traffic is what all kinds of things have counted.
type traffic struct{ requests, sent, received uint64 }

func (t *traffic) add(e *entry.Entry) {
	t.requests++
	t.sent += e.Sent
	t.received += e.Received
}

func (t traffic) sum() Sum { return Sum{t.requests, t.sent, t.received} }

func (t *traffic) merge(o traffic) {
	t.requests += o.requests
	t.sent += o.sent
	t.received += o.received
}

// agent is one user agent string.
type agent struct {
	traffic
	what agents.Agent
}

// NewAnalyst makes one that has counted nothing. Limits that are 0 are the
// default ones.
func NewAnalyst(o Options) *Analyst {
	if o.Limits == (Limits{}) {
		o.Limits = DefaultLimits
	}
	l := o.Limits
	a := &Analyst{
		options: o, time: newTimeline(), asked: newAsked(l.URLs),
		hosts: newNamed(l.Hosts), host: make([]traffic, 1),
		routes: newNamed(l.Paths), route: make([]traffic, 1), served: make([]string, 1), probe: make([]uint8, 1), byRoute: newGrid(),
		targets: newNamed(l.Targets), target: make([]traffic, 1), byTarget: newGrid(), overTarget: newGrid(),
		clients: newNamed(l.Clients), client: []client{newClient(false)},
		agents: newNamed(l.Agents), agent: make([]agent, 1), claims: map[claimant]uint64{},
		groups: newNamed(l.Groups), group: make([]traffic, 1), byGroup: newGrid(),
	}
	a.totals.first, a.totals.last = 1<<63-1, -1
	return a
}

// mostBytes is what an analyst adds up at most, so that the sums of 64 of them
// fit 64 bits.
const mostBytes = 1 << 57

// Add counts a request. It returns what of it was not understood, and why it was
// not counted; the latter is empty when it was.
func (a *Analyst) Add(e *entry.Entry) (entry.Note, string) {
	t := &a.totals
	if e.Sent > mostBytes-t.sent || e.Received > mostBytes-t.received {
		return 0, "the number of bytes is too large to be true: the sum would no longer fit"
	}
	t.requests++
	t.sent += e.Sent
	t.received += e.Received
	t.status[e.Status]++
	t.targetStatus[e.TargetStatus]++
	t.formats.add([]byte(e.Format), 1)
	t.kinds.add(e.Kind, 1)
	t.methods.add(e.Method, 1)
	t.first, t.last = min(t.first, e.Time), max(t.last, e.Time)
	t.referrers = t.referrers || e.Referrer != nil

	slot := a.slot(e.Time)
	a.slots[slot] += e.Sent
	class := min(e.Status/100, 6)
	bucket := quantile.Bucket(e.Latency)

	u := a.locate(e)
	a.host[u.host].add(e)
	a.route[u.route].add(e)
	a.byRoute.add(gridKey(int(u.route), slot, class, bucket), 1)
	if e.Status == 200 && string(e.Method) == "GET" {
		u.count(e.Sent)
	}
	if len(e.Cache) > 0 {
		if string(e.Cache) == "Hit" || string(e.Cache) == "RefreshHit" {
			u.cached++
		} else {
			u.missed++
		}
	}

	if e.Target != nil {
		a.scratch = append(append(append(a.scratch[:0], e.Group...), 0), e.Target...)
		id, fresh := a.targets.find(a.scratch)
		if fresh {
			a.target = append(a.target, traffic{})
		}
		a.target[id].add(e)
		if a.served[u.route] == "" && u.route > 0 {
			a.served[u.route] = string(e.Group)
		}
		a.byTarget.add(gridKey(id, 0, class, bucket), 1)
		a.overTarget.add(gridKey(id, slot, class, coarse(bucket)), 1)
	}

	agent := a.agentOf(e)
	notes := e.Notes | a.visit(e, u, agent)
	if len(a.options.GroupBy) > 0 {
		a.grouped(e, class, bucket)
	}
	if a.byRoute.n+a.overTarget.n > a.options.Limits.Cells && a.time.width+1 < len(widths) {
		a.widen()
	}
	return notes, ""
}

// coarse takes eight durations together.
func coarse(bucket int) int {
	if bucket == quantile.None {
		return bucket
	}
	return bucket&^7 | 3
}

// slot is the number of the piece of time.
func (a *Analyst) slot(micros int64) int {
	n := a.time.find(micros)
	for n < 0 {
		a.widen()
		n = a.time.find(micros)
	}
	for n >= len(a.slots) {
		a.slots = append(a.slots, 0)
	}
	return n
}

// widen makes the pieces of time longer.
func (a *Analyst) widen() {
	renumber := a.time.widen()
	rename := func(key uint64) uint64 {
		slot := renumber[key>>slotShift&0x3ff]
		return key&^(0x3ff<<slotShift) | uint64(slot)<<slotShift
	}
	a.byRoute.rename(rename)
	a.overTarget.rename(rename)
	slots := make([]uint64, len(a.time.starts))
	for i, sent := range a.slots {
		slots[renumber[i]] += sent
	}
	a.slots = slots
}

// locate finds what was asked for. The pointer is valid until the next call.
func (a *Analyst) locate(e *entry.Entry) *url {
	k := &a.asked
	h := k.hash(e.Location)
	if i := k.lookup(e.Location, h); i >= 0 {
		return &k.urls[i]
	}
	u := a.newURL(e)
	if len(e.Location) > longestURL || !k.admit(h) {
		k.once = u
		return &k.once
	}
	if len(k.urls) >= k.limit {
		k.forget()
		h = k.hash(e.Location)
	}
	k.insert(e.Location, h)
	k.urls = append(k.urls, u)
	return &k.urls[len(k.urls)-1]
}

func (a *Analyst) newURL(e *entry.Entry) url {
	a.scratch = lowerHost(a.scratch[:0], e.Host)
	host := 0
	fresh := false
	if len(a.scratch) <= 255 {
		if host, fresh = a.hosts.find(a.scratch); fresh {
			a.host = append(a.host, traffic{})
		}
	}
	path := e.Path
	if e.Location == nil && e.Host == nil { // a connection, not a request
		path = []byte("-")
	}
	a.scratch = routeKey(a.scratch[:0], host, path)
	route, fresh := a.routes.find(a.scratch)
	if fresh {
		a.route, a.served, a.probe = append(a.route, traffic{}), append(a.served, ""), append(a.probe, probeOf(path))
	}
	probe := a.probe[route]
	if route == 0 {
		probe = probeOf(path)
	}
	return url{route: int32(route), host: int32(host), traits: traitsOf(path), probe: probe}
}

// longestAgent is how much of a user agent is kept, in bytes.
const longestAgent = 512

func (a *Analyst) agentOf(e *entry.Entry) int32 {
	key := e.Agent
	if len(key) > longestAgent {
		key = key[:longestAgent]
	}
	id, fresh := a.agents.find(key)
	if fresh {
		a.agent = append(a.agent, agent{what: agents.Of(key)})
	}
	a.agent[id].add(e)
	return int32(id)
}

// visit counts for the client.
func (a *Analyst) visit(e *entry.Entry, u *url, agent int32) entry.Note {
	id, fresh := a.clients.find(e.Client)
	if fresh {
		_, err := netip.ParseAddr(string(e.Client))
		a.client = append(a.client, newClient(err != nil))
	}
	c := &a.client[id]
	c.requests++
	c.sent += e.Sent
	c.received += e.Received
	switch class := e.Status / 100; {
	case class == 4:
		c.refused++
		if e.Status == 404 || e.Status == 410 {
			c.gone++
		}
	case class >= 5:
		c.fails++
	case class >= 2:
		c.fine++
	}
	if u.traits&asset != 0 {
		c.assets++
	}
	if len(e.Referrer) > 0 {
		c.referred++
	}
	if u.probe > 0 && e.Status >= 400 { // who has the page is not probed by those who ask for it
		c.probing++
		c.probes |= 1 << (u.probe - 1)
	}
	c.first, c.last = min(c.first, e.Time), max(c.last, e.Time)
	what := &a.agent[agent].what
	if what.Kind == agents.Browser {
		c.browsing++
	}
	if id > 0 {
		c.agent(agent)
		c.breadth.add(fingerprint(e.Path))
		c.beat.add(e.Time/1e6, 1)
		if who := (claimant{int32(id), agent}); what.Engine != "" && (len(a.claims) < a.options.Limits.Clients || a.claims[who] > 0) {
			a.claims[who]++
		}
	}
	if c.odd {
		return entry.NoteClient
	}
	return 0
}

// grouped counts for --group-by.
func (a *Analyst) grouped(e *entry.Entry, class, bucket int) {
	a.scratch = a.scratch[:0]
	for i, f := range a.options.GroupBy {
		if i > 0 {
			a.scratch = append(a.scratch, 0)
		}
		a.scratch = f.append(a.scratch, e)
	}
	if len(a.scratch) > longestURL {
		a.scratch = a.scratch[:longestURL]
	}
	id, fresh := a.groups.find(a.scratch)
	if fresh {
		a.group = append(a.group, traffic{})
	}
	a.group[id].add(e)
	a.byGroup.add(gridKey(id, 0, class, bucket), 1)
}
