package gateway

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"time"
)

// mirrorTime bounds a mirrored request.
const mirrorTime = 10 * time.Second

// mirror sends copies of the request where the rule wants them. Nobody waits
// for them, their answers are thrown away and they count nowhere. Requests with
// a streamed body are not mirrored, and when 64 copies are under way no more
// are made: a slow mirror must not slow the request.
func (x *exchange) mirror(l *live) {
	if len(x.rule.Mirrors) == 0 || x.streams() {
		return
	}
	for _, m := range x.rule.Mirrors {
		if rand.Uint32N(m.Denominator) >= m.Numerator {
			continue
		}
		e := l.targets[m.Backend].pick(x.start, nil)
		if e == nil {
			continue
		}
		select {
		case x.g.mirrors <- struct{}{}:
		default:
			continue
		}
		// A copy of the exchange: the original goes on meanwhile.
		c := &exchange{g: x.g, in: x.in, start: x.start, traceparent: x.traceparent, rule: x.rule, prefix: x.prefix, ref: x.ref, small: x.small}
		c.r = x.r.Clone(x.g.closing)
		c.r.Body = nil
		if !x.g.detach() {
			<-x.g.mirrors
			return
		}
		go func() {
			defer x.g.detached.Done()
			defer func() { <-x.g.mirrors }()
			defer c.contain("mirror", func(error) {})
			ctx, cancel := context.WithTimeout(x.g.closing, mirrorTime)
			defer cancel()
			conn, err := e.pool.Dial(ctx)
			if err != nil {
				return
			}
			conn.Start(ctx, time.Now().Add(mirrorTime))
			defer conn.Release(false)
			if _, err := conn.Send(c.head(conn.Head())); err != nil || conn.Wait() != nil {
				return
			}
			if resp, err := conn.Receive(c.r, func(*http.Response) {}); err == nil {
				_, _ = io.Copy(io.Discard, resp.Body)
			}
		}()
	}
}
