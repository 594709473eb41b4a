package access

import (
	"slices"
	"strconv"

	"paddock.dev/internal/forensics/access/entry"
	"paddock.dev/internal/forensics/access/fold"
	"paddock.dev/internal/forensics/agents"
)

// Field is a value of a request by which requests can be chosen and grouped.
type Field struct {
	Name string
	// About says what it is, in a few words.
	About string
	// Number is set for fields that are numbers, and returns it; without a value
	// it is -1.
	Number func(e *entry.Entry) float64
	append func(out []byte, e *entry.Entry) []byte
}

// Append appends the value as text; what is not there is a dash.
func (f Field) Append(out []byte, e *entry.Entry) []byte { return f.append(out, e) }

func text(name, about string, get func(e *entry.Entry) []byte) Field {
	return Field{Name: name, About: about, append: func(out []byte, e *entry.Entry) []byte {
		b := get(e)
		if len(b) == 0 {
			return append(out, '-')
		}
		return append(out, b...)
	}}
}

func count(name, about string, get func(e *entry.Entry) int64) Field {
	return Field{Name: name, About: about,
		Number: func(e *entry.Entry) float64 { return float64(get(e)) },
		append: func(out []byte, e *entry.Entry) []byte {
			n := get(e)
			if n < 0 {
				return append(out, '-')
			}
			return strconv.AppendInt(out, n, 10)
		}}
}

// duration is a span of time: milliseconds, as text in whole ones.
func duration(name, about string, get func(e *entry.Entry) int64) Field {
	return Field{Name: name, About: about,
		Number: func(e *entry.Entry) float64 {
			if t := get(e); t >= 0 {
				return float64(t) / 1000
			}
			return -1
		},
		append: func(out []byte, e *entry.Entry) []byte {
			t := get(e)
			if t < 0 {
				return append(out, '-')
			}
			return strconv.AppendInt(out, t/1000, 10)
		}}
}

// Fields are all of them, sorted by name.
var Fields = slices.SortedFunc(slices.Values([]Field{
	text("action", "actions_executed: forward, redirect, waf, …", func(e *entry.Entry) []byte { return e.Actions }),
	text("agent", "user agent, as logged", func(e *entry.Entry) []byte { return e.Agent }),
	text("balancer", "load balancer, or edge location", func(e *entry.Entry) []byte { return e.Balancer }),
	count("bytes", "bytes sent to the client", func(e *entry.Entry) int64 { return int64(e.Sent) }),
	text("cache", "CloudFront's result: Hit, Miss, …", func(e *entry.Entry) []byte { return e.Cache }),
	text("cipher", "TLS cipher", func(e *entry.Entry) []byte { return e.Cipher }),
	{Name: "class", About: "class of the status: 2xx, 4xx, …", append: func(out []byte, e *entry.Entry) []byte {
		return append(out, classNames[min(e.Status/100, 6)]...)
	}},
	text("client", "address of the client", func(e *entry.Entry) []byte { return e.Client }),
	text("error", "error_reason, or CloudFront's detailed result", func(e *entry.Entry) []byte { return e.Error }),
	text("format", "alb, nlb, elb or cloudfront", func(e *entry.Entry) []byte { return []byte(e.Format) }),
	text("group", "target group", func(e *entry.Entry) []byte { return e.Group }),
	{Name: "host", About: "host that was asked for, without port", append: func(out []byte, e *entry.Entry) []byte {
		if len(e.Host) == 0 {
			return append(out, '-')
		}
		return lowerHost(out, e.Host)
	}},
	{Name: "kind", About: "kind of the client: browser, bot, tool, app or unknown", append: func(out []byte, e *entry.Entry) []byte {
		return append(out, agents.Of(e.Agent).Kind...)
	}},
	duration("latency", "milliseconds from request to answer", func(e *entry.Entry) int64 { return e.Latency }),
	text("method", "GET, POST, …", func(e *entry.Entry) []byte { return e.Method }),
	{Name: "path", About: "path without query, folded: /bookings/{id}", append: func(out []byte, e *entry.Entry) []byte {
		out, _ = fold.Path(out, e.Path)
		return out
	}},
	text("protocol", "HTTP/1.1, HTTP/2.0, …", func(e *entry.Entry) []byte { return e.Protocol }),
	text("query", "query, as logged", func(e *entry.Entry) []byte { return e.Query }),
	count("received", "bytes received from the client", func(e *entry.Entry) int64 { return int64(e.Received) }),
	text("referrer", "referrer, as logged", func(e *entry.Entry) []byte { return e.Referrer }),
	count("status", "status that the client got", func(e *entry.Entry) int64 { return orNone(e.Status) }),
	text("target", "address:port of the target", func(e *entry.Entry) []byte { return e.Target }),
	count("targetstatus", "status that the target gave", func(e *entry.Entry) int64 { return orNone(e.TargetStatus) }),
	duration("targettime", "milliseconds that the target took", func(e *entry.Entry) int64 { return e.TargetTime }),
	text("trace", "trace ID", func(e *entry.Entry) []byte { return e.Trace }),
	text("type", "http, https, h2, grpcs, ws, wss or tls", func(e *entry.Entry) []byte { return e.Kind }),
	text("url", "path as it was asked for", func(e *entry.Entry) []byte { return e.Path }),
}), func(a, b Field) int {
	if a.Name < b.Name {
		return -1
	}
	return 1
})

func orNone(code int) int64 {
	if code == 0 {
		return -1
	}
	return int64(code)
}

var classNames = [...]string{"none", "1xx", "2xx", "3xx", "4xx", "5xx", "other"}

// FieldOf finds a field by its name.
func FieldOf(name string) (Field, bool) {
	for _, f := range Fields {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}
