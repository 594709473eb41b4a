package access

import (
	"cmp"
	"context"
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"paddock.dev/internal/forensics/agents"
)

// suspects are clients that are not what they say, or look for what is not
// theirs.
func (f *finder) suspects(ctx context.Context, dns agents.Resolver) {
	honest := f.crawlers(ctx, dns)
	usual := f.visitors()
	for i := 1; i < len(f.client); i++ {
		if honest[int32(i)] {
			continue
		}
		if x, ok := f.scanner(i); ok {
			f.found = append(f.found, x)
		} else if x, ok := f.scraper(i, usual); ok {
			f.found = append(f.found, x)
		}
	}
}

// crawlers compares what crawlers claim with where they come from. It returns
// the clients that are what they say.
func (f *finder) crawlers(ctx context.Context, dns agents.Resolver) map[int32]bool {
	type claim struct {
		client int32
		engine string
	}
	requests := map[claim]uint64{}
	for who, n := range f.claims {
		requests[claim{who.client, f.agent[who.agent].what.Engine}] += n
	}
	list := make([]claim, 0, len(requests))
	for c := range requests {
		list = append(list, c)
	}
	name := func(c claim) string { return string(f.clients.at(int(c.client))) }
	slices.SortFunc(list, func(x, y claim) int {
		return cmp.Or(cmp.Compare(requests[y], requests[x]), strings.Compare(name(x), name(y)), strings.Compare(x.engine, y.engine))
	})
	honest := map[int32]bool{}
	unverified := map[string]int{}
	for k, c := range list {
		verdict := agents.Judge(c.engine, name(c))
		if dns != nil && k < 1000 && ctx.Err() == nil {
			verdict = agents.Ask(ctx, dns, c.engine, name(c))
		}
		e := agents.Engines[c.engine]
		switch verdict {
		case agents.Confirmed:
			honest[c.client] = true
		case agents.Unverified:
			unverified[c.engine]++
		case agents.Contradicted:
			x := &f.client[c.client]
			why := fmt.Sprintf("the address is outside of all ranges that %s has published up to %s", e.Name, agents.RangesDate)
			if dns != nil {
				why = fmt.Sprintf("its name in the DNS is not one of %s, or does not lead back to it", e.Name)
			}
			f.found = append(f.found, Finding{
				Kind: FakeBot, Subject: name(c), From: at(x.first), To: at(x.last), Requests: requests[c],
				Summary:  fmt.Sprintf("%s says that it is the crawler of %s and is not", name(c), e.Name),
				Evidence: []string{why, fmt.Sprintf("%d requests in the name of %s, for %d paths", requests[c], e.Name, x.paths())},
			})
		}
	}
	for engine, n := range sorted(unverified) {
		f.says = append(f.says, fmt.Sprintf("clients that claim to crawl for %s and cannot be judged by their addresses: %d; --dns asks for their names", agents.Engines[engine].Name, n))
	}
	return honest
}

// scanner judges by answers: many refusals over many paths, paths that nobody
// asks for who does not look for a way in, or a tool that says what it is.
func (f *finder) scanner(i int) (Finding, bool) {
	c := &f.client[i]
	breadth := c.paths()
	var evidence []string
	if n := bits.OnesCount64(c.probes); n >= 3 {
		evidence = append(evidence, fmt.Sprintf("asks for %d of the places that scanners look for (%s), %d times", n, strings.Join(probeNames(c.probes, 4), ", "), c.probing))
	}
	if c.refused >= 20 && c.refused*2 >= c.requests && breadth >= 15 {
		evidence = append(evidence, fmt.Sprintf("%d of %d requests were refused (%d were 404 or 410), over %d paths", c.refused, c.requests, c.gone, breadth))
	}
	for _, id := range c.agents {
		if id >= 0 && f.agent[id].what.Scanner {
			evidence = append(evidence, "its user agent is that of "+f.agent[id].what.Name)
		}
	}
	if len(evidence) == 0 {
		return Finding{}, false
	}
	name := string(f.clients.at(i))
	return Finding{
		Kind: Scanner, Subject: name, From: at(c.first), To: at(c.last), Requests: c.requests,
		Summary: fmt.Sprintf("%s looks for weaknesses: %d requests, %d of them refused", name, c.requests, c.refused), Evidence: evidence,
	}, true
}

func probeNames(set uint64, most int) []string {
	var names []string
	for i := range probes {
		if set>>i&1 != 0 && len(names) < most {
			names = append(names, probes[i][0])
		}
	}
	return names
}

// visitor is what a client with a browser usually does here.
type visitor struct {
	assets, referred float64 // shares of the requests
	requests         uint64  // the median client's
}

func (f *finder) visitors() visitor {
	var v visitor
	var total, assets, referred uint64
	var each []uint64
	for i := 1; i < len(f.client); i++ {
		if c := &f.client[i]; c.browsing*10 >= c.requests*9 && c.requests > 0 {
			// No client counts for more than a few people, or the suspects
			// themselves would set the standard.
			few := min(c.requests, 50)
			total += few
			assets += c.assets * few / c.requests
			referred += c.referred * few / c.requests
			each = append(each, c.requests)
		}
	}
	if total > 0 {
		v.assets, v.referred = float64(assets)/float64(total), float64(referred)/float64(total)
		slices.Sort(each)
		v.requests = each[len(each)/2]
	}
	return v
}

// scraper judges a client that says it is a browser and behaves like a program:
// it reads many different pages and loads nothing that belongs to them, evenly,
// and far more than others.
func (f *finder) scraper(i int, usual visitor) (Finding, bool) {
	c := &f.client[i]
	breadth := c.paths()
	if c.requests < 200 || c.browsing*10 < c.requests*9 || breadth < 100 || uint64(breadth)*10 < c.requests*3 || c.fine*10 < c.requests*8 {
		return Finding{}, false
	}
	evidence := []string{fmt.Sprintf("reads %d different paths in %d requests", breadth, c.requests)}
	bare := usual.assets >= 0.1 && float64(c.assets) <= 0.01*float64(c.requests)
	if bare {
		evidence = append(evidence, fmt.Sprintf("loads %d images, styles and scripts; for other browsers they are %s of the requests", c.assets, share(usual.assets)))
	}
	even := c.beat.dispersion()
	regular := even >= 0 && even < 0.5
	if regular {
		seconds := float64(c.last-c.first) / 1e6
		evidence = append(evidence, fmt.Sprintf("asks every %.1f s, too evenly for a person (variance of the counts by time is %.2f of their mean)", seconds/float64(c.requests), even))
	}
	if f.totals.referrers && usual.referred >= 0.3 && c.referred*100 <= c.requests {
		evidence = append(evidence, fmt.Sprintf("comes from nowhere: no referrer, where other browsers have one in %s of the requests", share(usual.referred)))
	}
	if c.requests >= 10*max(usual.requests, 1) {
		evidence = append(evidence, fmt.Sprintf("makes %d times as many requests as the median browser", c.requests/max(usual.requests, 1)))
	}
	if !bare && !regular || len(evidence) < 3 {
		return Finding{}, false
	}
	name := string(f.clients.at(i))
	return Finding{
		Kind: Scraper, Subject: name, From: at(c.first), To: at(c.last), Requests: c.requests,
		Summary:  fmt.Sprintf("%s says that it is a browser and behaves like a program that copies the site", name),
		Evidence: evidence,
	}, true
}
