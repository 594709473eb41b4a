package gateway

import (
	"net"
	"net/http"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"paddock.dev/internal/cluster/gateway/accesslog"
	"paddock.dev/internal/cluster/gateway/routing"
)

// entrance is where requests come in: the listener, or a Service's address.
type entrance struct {
	g        *Gateway
	service  *types.NamespacedName // nil for the listener
	balancer string                // as the access log names it
}

// match looks a request up in a table.
func (e *entrance) match(l *live, r *http.Request) (routing.Match, bool) {
	if e.service == nil {
		return l.table.Match(r)
	}
	port := int32(0)
	if a, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); ok {
		port = int32(a.Port)
	}
	return l.table.MatchService(*e.service, port, r)
}

// ServeHTTP answers one request, whatever happens to it, with one access log
// line and one figure.
func (e *entrance) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g := e.g
	x := &exchange{g: g, in: e, w: w, r: r, start: g.now()}
	x.trace()
	if g.lines != nil {
		defer x.writeLine()
	}
	l := g.live.Load()
	if l == nil {
		x.refuse(http.StatusServiceUnavailable, "the gateway has no routing table yet")
		return
	}
	if r.Method == http.MethodConnect {
		x.refuse(http.StatusMethodNotAllowed, "CONNECT is not for this gateway")
		return
	}
	m, _ := e.match(l, r)
	if !x.direct(m) {
		x.forward(l, m)
	}
}

// direct answers what needs no backend, and reports whether it did.
func (x *exchange) direct(m routing.Match) bool {
	x.rule = m.Rule
	switch {
	case m.Rule == nil:
		x.refuse(http.StatusNotFound, "no route")
	case m.Rule.Fault != "":
		x.refuse(http.StatusInternalServerError, "route "+m.Rule.Route.String()+" cannot be served: "+m.Rule.Fault)
	case m.Rule.Redirect != nil:
		x.redirect(m)
	default:
		return false
	}
	return true
}

// refuse answers for the gateway itself: a line of plain text that says what is
// wrong with which request.
func (x *exchange) refuse(status int, what string) {
	text := "paddock: " + what + ": " + x.r.Method + " " + x.r.Host + x.r.URL.Path + "\n"
	h := x.w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	x.status, x.problem = status, what
	x.w.WriteHeader(status)
	if x.r.Method != http.MethodHead {
		n, _ := x.w.Write([]byte(text))
		x.sent += int64(n)
	}
}

func (x *exchange) redirect(m routing.Match) {
	x.location = m.Rule.Redirect.Location(x.r, m.Prefix)
	h := x.w.Header()
	h.Set("Location", x.location)
	m.Rule.Response.Apply(h)
	x.status = m.Rule.Redirect.Status
	x.w.WriteHeader(x.status)
}

// writeLine makes the access log line of a finished exchange. A panic that
// breaks the client's connection passes through here too.
func (x *exchange) writeLine() {
	end := x.g.now()
	rec := accesslog.Record{
		Kind: "http", End: end, LoadBalancer: x.in.balancer, Client: x.r.RemoteAddr,
		RequestTime: -1, TargetTime: -1, ResponseTime: -1,
		Status: x.status, TargetStatus: x.targetStatus,
		Received: x.received + max(x.r.ContentLength, 0), Sent: x.sent,
		Method: x.r.Method, Authority: x.r.Host, URI: x.r.RequestURI, Proto: x.r.Proto,
		UserAgent: x.r.UserAgent(), TraceID: x.traceparent[3:35],
		Rule: -1, Created: x.start, Actions: "forward", RedirectURL: x.location,
		RewrittenHost: x.newHost, RewrittenURI: x.newTarget,
	}
	if x.upgraded {
		rec.Kind = "ws"
	}
	if x.rule != nil {
		rec.Rule = x.rule.Priority
	}
	switch {
	case x.location != "":
		rec.Actions = "redirect"
	case x.target == nil:
		rec.Actions = "fixed-response"
	default:
		rec.TargetGroup = x.target.group
	}
	if x.endpoint != nil {
		rec.Target = x.endpoint.name
		rec.RequestTime = x.sentAt.Sub(x.start)
		if !x.headAt.IsZero() {
			rec.TargetTime = x.headAt.Sub(x.sentAt)
			rec.ResponseTime = end.Sub(x.headAt)
		}
	}
	if id, ok := x.r.Context().Value(connKey{}).(string); ok {
		rec.ConnTrace = id
	}
	if x.status == 0 {
		rec.Status = statusClientGone
	}
	x.g.lines.Write(&rec)
}

// statusClientGone is what an ALB logs when the client went away first.
const statusClientGone = 460

// since is the time that the request has taken so far.
func (x *exchange) since() time.Duration { return x.g.now().Sub(x.start) }
