package gateway

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"paddock.dev/internal/cluster/gateway/routing"
	"paddock.dev/internal/cluster/gateway/upstream"
)

// smallBody is the size up to which a request body is read before it is sent:
// such a request leaves in one write and can be sent again if nothing of it
// arrived. Larger bodies are streamed.
const smallBody = 8 << 10

// patience is how long a client has waited at least for its departure to be
// held against the backend. People who leave at once say nothing about it; a
// backend that hangs makes its callers give up, and must not look healthy.
const patience = time.Second

// exchange is one request on its way through the gateway.
type exchange struct {
	g  *Gateway
	in *entrance
	w  http.ResponseWriter
	r  *http.Request

	start, sentAt, headAt time.Time
	deadline              time.Time // zero for none
	traceparent           [55]byte

	rule     *routing.Rule
	prefix   string // that the rule matched
	ref      *routing.Ref
	target   *target
	endpoint *endpoint // whose answer this is
	small    []byte    // the body, when it was read

	status, targetStatus int
	received, sent       int64
	location, problem    string
	newHost, newTarget   string
	upgraded             bool
}

// contain is deferred by the goroutines of an exchange: net/http recovers only
// in the handler's own, and a panic anywhere else would end the whole process.
// It logs the panic and has fail end this exchange.
func (x *exchange) contain(where string, fail func(error)) {
	caught := recover()
	if caught == nil {
		return
	}
	x.g.log.Error("panic in an exchange", "where", where, "panic", fmt.Sprint(caught),
		"method", x.r.Method, "host", x.r.Host, "path", x.r.URL.Path, "stack", string(debug.Stack()))
	fail(fmt.Errorf("panic: %v", caught))
}

// errBroke is why an endpoint that took connections is not asked again.
var errBroke = errors.New("connections break")

// outcome of one attempt at an endpoint.
type outcome int

const (
	// answered means that the answer, or part of it, went to the client.
	answered outcome = iota
	// gone means that the client left.
	gone
	// partial means that the client's body is broken.
	partial
	// unsent means that not a byte reached the endpoint: any request may be sent
	// elsewhere.
	unsent
	// lost means that the connection ended before the first byte of an answer;
	// the endpoint may have acted on the request.
	lost
	// late means that a timeout passed.
	late
)

// forward sends the request to one of the rule's backends.
//
// A backend without ready endpoints, or whose endpoints all refuse the
// connection, could by the specification (a SHOULD) answer 503 for its share.
// We give its requests to the other backends with a weight, and count an error
// for the one that is missing. That is what a canary needs: customers do not
// pay for a canary that does not start, and the verdict still sees that every
// request meant for it failed. A backend with weight 0 never helps out: it is
// there because somebody decided that it gets nothing. References that do not
// resolve do get their 500: that is a mistake in the route, a MUST of the
// specification, and hiding it would leave it there.
func (x *exchange) forward(l *live, m routing.Match) {
	if !x.prepare(m.Rule) {
		return
	}
	var (
		tried   []*endpoint    // in this attempt at the backend
		without []*routing.Ref // backends that had no endpoint for us
		missing []*target      // those counted as missing
		refused error
		retried bool
		fresh   bool // do not use a kept connection
	)
	for {
		if x.rule, x.prefix = m.Rule, m.Prefix; x.rule.Total == 0 {
			x.refuse(http.StatusInternalServerError, "route "+x.rule.Route.String()+" has no backend for this request")
			return
		}
		if x.ref == nil {
			x.ref = choose(x.rule, without)
			if x.ref == nil {
				x.unavailable(missing, refused)
				return
			}
			if x.ref.Backend < 0 {
				x.refuse(http.StatusInternalServerError, x.ref.Why)
				return
			}
			x.target = l.targets[x.ref.Backend]
		}
		e := x.target.pick(x.start, tried)
		if e == nil {
			x.target.meter.record(x.g.now(), x.since(), 0, true)
			missing, without = append(missing, x.target), append(without, x.ref)
			x.ref, x.target = nil, nil
			continue
		}
		conn, err := x.connect(e, fresh)
		if err != nil {
			if x.r.Context().Err() != nil {
				x.abandoned()
				return
			}
			if !x.deadline.IsZero() && !x.g.now().Before(x.deadline) {
				x.failed(http.StatusGatewayTimeout, "no connection in time")
				return
			}
			tried, refused = append(tried, e), err
			continue
		}
		l.sending.Add(1)
		if now := x.g.live.Load(); now != l {
			// The table changed after the backend was chosen: choose again, or a
			// request would reach a backend that was just taken out.
			l.sending.Add(-1)
			conn.Unused()
			if m, l = (routing.Match{}), now; l != nil {
				m, _ = x.in.match(l, x.r)
			}
			x.ref, x.target, without = nil, nil, nil
			if x.direct(m) {
				return
			}
			continue
		}
		x.endpoint = e
		switch x.attempt(l, conn) {
		case answered:
			return
		case gone:
			x.abandoned()
			return
		case partial:
			x.failedBody()
			return
		case late:
			x.failed(http.StatusGatewayTimeout, "no answer in time")
			return
		case unsent:
			if !conn.Reused() {
				tried = append(tried, e)
			}
			fresh, refused = true, errBroke
		case lost:
			if retried || !x.repeatable() {
				x.failed(http.StatusBadGateway, "the connection ended before an answer came")
				return
			}
			retried, fresh, refused = true, true, errBroke
			if !conn.Reused() {
				tried = append(tried, e)
			}
		}
		x.endpoint = nil
	}
}

// prepare sets the deadline and reads a small body.
func (x *exchange) prepare(rule *routing.Rule) bool {
	if rule.RequestTimeout > 0 {
		x.deadline = x.start.Add(rule.RequestTimeout)
	}
	if n := x.r.ContentLength; n > 0 && n <= smallBody {
		x.small = make([]byte, n)
		client := http.NewResponseController(x.w)
		_ = client.SetReadDeadline(time.Now().Add(x.g.bodyTimeout))
		if _, err := io.ReadFull(x.r.Body, x.small); err != nil {
			// The deadline stays: without it the server would wait for the rest of
			// the body before it closes the connection.
			x.rule = rule
			x.w.Header().Set("Connection", "close")
			if errors.Is(err, os.ErrDeadlineExceeded) {
				x.refuse(http.StatusRequestTimeout, "the request body did not come in time")
			} else {
				x.refuse(http.StatusBadRequest, errClientBody.Error())
			}
			return false
		}
		_ = client.SetReadDeadline(time.Time{})
	}
	return true
}

// connect finds a connection to an endpoint.
func (x *exchange) connect(e *endpoint, fresh bool) (*upstream.Conn, error) {
	if !fresh {
		if c := e.pool.Idle(); c != nil {
			return c, nil
		}
	}
	return e.pool.Dial(x.r.Context())
}

// choose draws a backend by weight among those not in without; the first draw
// may hit a reference that does not resolve, later ones may not.
func choose(rule *routing.Rule, without []*routing.Ref) *routing.Ref {
	if len(without) == 0 {
		if len(rule.Refs) == 1 {
			return &rule.Refs[0]
		}
		n := rand.Uint32N(rule.Total)
		for i := range rule.Refs {
			if n < rule.Refs[i].Weight {
				return &rule.Refs[i]
			}
			n -= rule.Refs[i].Weight
		}
	}
	total := uint32(0)
	left := make([]*routing.Ref, 0, len(rule.Refs))
refs:
	for i := range rule.Refs {
		ref := &rule.Refs[i]
		if ref.Backend < 0 {
			continue
		}
		for _, w := range without {
			if w == ref {
				continue refs
			}
		}
		left = append(left, ref)
		total += ref.Weight
	}
	if total == 0 {
		return nil
	}
	n := rand.Uint32N(total)
	for _, ref := range left {
		if n < ref.Weight {
			return ref
		}
		n -= ref.Weight
	}
	return nil
}

// repeatable reports whether the request may be sent twice.
func (x *exchange) repeatable() bool {
	if x.streams() {
		return false
	}
	switch x.r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete:
		return true
	}
	// The client says so itself; net/http takes its word for it too.
	_, key := x.r.Header["Idempotency-Key"]
	return key
}

// streams reports whether the body is sent while it comes in.
func (x *exchange) streams() bool { return x.small == nil && x.r.ContentLength != 0 }

// unavailable answers when no backend took the request. The missing ones were
// counted already.
func (x *exchange) unavailable(missing []*target, refused error) {
	name := "the route's backends"
	if len(missing) > 0 {
		name = missing[0].Service + " in " + missing[0].Namespace
		x.target = missing[0]
	}
	if refused != nil {
		x.refuse(http.StatusBadGateway, "no endpoint of "+name+" accepts connections ("+refused.Error()+")")
		return
	}
	x.refuse(http.StatusServiceUnavailable, name+" has no ready endpoint")
}

// failed answers for a backend that did not.
func (x *exchange) failed(status int, what string) {
	x.target.meter.record(x.g.now(), x.since(), 0, true)
	if x.target.release != nil {
		x.w.Header()["Paddock-Release"] = x.target.release
	}
	x.refuse(status, x.target.Service+" in "+x.target.Namespace+": "+what)
}

// failedBody answers a client whose body is not what it announced; the backend
// is not to blame.
func (x *exchange) failedBody() {
	x.target.meter.record(x.g.now(), x.since(), http.StatusBadRequest, false)
	x.refuse(http.StatusBadRequest, errClientBody.Error())
}

// abandoned counts a request whose client left before the answer.
func (x *exchange) abandoned() {
	took := x.since()
	x.target.meter.record(x.g.now(), took, 0, took >= patience)
	x.problem = "the client left"
	panic(http.ErrAbortHandler) // returning would mean an empty 200
}

// broken reports an error of the connection before the first byte of an answer.
func (x *exchange) broken(err error) outcome {
	switch {
	case x.r.Context().Err() != nil:
		return gone
	case upstream.TimedOut(err):
		return late
	case errors.Is(err, errClientBody):
		return partial
	}
	return lost
}
