package access

// client is what one address did.
type client struct {
	requests, sent, received   uint64
	fine, refused, gone, fails uint64 // 2xx and 3xx; 4xx; 404 and 410; 5xx
	assets                     uint64
	referred                   uint64 // requests with a referrer
	probing                    uint64 // requests for paths that scanners ask for
	browsing                   uint64 // requests with a browser's user agent
	first, last                int64
	probes                     uint64 // which of these paths
	agents                     [4]int32
	moreAgents, odd            bool
	breadth                    distinct
	beat                       beat
}

func (c *client) agent(id int32) {
	for i, a := range c.agents {
		if a == id {
			return
		}
		if a == -1 {
			c.agents[i] = id
			return
		}
	}
	c.moreAgents = true
}

// paths is how many different paths the client asked for.
func (c *client) paths() int { return int(min(uint64(c.breadth.count()), c.requests)) }

func newClient(odd bool) client {
	return client{agents: [4]int32{-1, -1, -1, -1}, first: 1<<63 - 1, last: -1, odd: odd}
}

func (c *client) merge(o *client, agents []int) {
	c.requests += o.requests
	c.sent += o.sent
	c.received += o.received
	c.fine += o.fine
	c.refused += o.refused
	c.gone += o.gone
	c.fails += o.fails
	c.assets += o.assets
	c.referred += o.referred
	c.probing += o.probing
	c.browsing += o.browsing
	c.first, c.last = min(c.first, o.first), max(c.last, o.last)
	c.probes |= o.probes
	c.moreAgents = c.moreAgents || o.moreAgents
	for _, a := range o.agents {
		if a >= 0 {
			c.agent(int32(agents[a]))
		}
	}
	c.breadth.merge(&o.breadth)
	c.beat.merge(&o.beat)
}
