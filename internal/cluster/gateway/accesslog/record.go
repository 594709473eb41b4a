// Package accesslog writes the access log lines of an AWS Application Load
// Balancer, so that whoever reads those can read ours. It knows the format and
// how to write without making a request wait; it does not know the proxy.
package accesslog

import (
	"strconv"
	"strings"
	"time"
)

// Record is one request. Empty strings and negative durations are written as
// the format writes what is not there.
type Record struct {
	Kind string // http or ws
	End  time.Time
	// LoadBalancer is the resource ID.
	LoadBalancer string
	Client       string // address:port
	Target       string // address:port, empty when no target answered
	// Request, Target and Response are the three parts of the processing time;
	// negative when the part was not reached.
	RequestTime, TargetTime, ResponseTime time.Duration
	Status, TargetStatus                  int // 0 when there was none
	Received, Sent                        int64
	// Authority is the Host header, URI the request target.
	Method, Authority, URI, Proto string
	UserAgent                     string
	TargetGroup                   string
	TraceID                       []byte // 32 hexadecimal digits
	Rule                          int    // priority, -1 for none
	Created                       time.Time
	Actions                       string
	RedirectURL                   string
	Error                         string
	ConnTrace                     string
	// RewrittenHost and RewrittenURI are empty when the request was passed on
	// with its own.
	RewrittenHost, RewrittenURI string
}

const stamp = "2006-01-02T15:04:05.000000Z"

// Append writes the record as one line, in the field order of AWS's
// documentation.
func (r *Record) Append(b []byte) []byte {
	b = append(b, r.Kind...)
	b = append(b, ' ')
	b = r.End.UTC().AppendFormat(b, stamp)
	b = field(b, r.LoadBalancer)
	b = field(b, r.Client)
	b = field(b, r.Target)
	b = seconds(b, r.RequestTime)
	b = seconds(b, r.TargetTime)
	b = seconds(b, r.ResponseTime)
	b = code(b, r.Status)
	b = code(b, r.TargetStatus)
	b = append(b, ' ')
	b = strconv.AppendInt(b, r.Received, 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, r.Sent, 10)
	b = append(b, ` "`...)
	b = escape(b, r.Method)
	b = append(b, ' ')
	b = append(b, "http://"...)
	b = escape(b, r.Authority)
	if !strings.Contains(r.Authority, ":") {
		b = append(b, ":80"...)
	}
	b = escape(b, r.URI)
	b = append(b, ' ')
	b = escape(b, r.Proto)
	b = append(b, '"')
	b = quoted(b, r.UserAgent)
	b = append(b, " - -"...) // no TLS
	b = field(b, r.TargetGroup)
	if len(r.TraceID) == 32 {
		// The trace ID of traceparent in the form of X-Amzn-Trace-Id.
		b = append(b, ` "Root=1-`...)
		b = append(b, r.TraceID[:8]...)
		b = append(b, '-')
		b = append(b, r.TraceID[8:]...)
		b = append(b, '"')
	} else {
		b = append(b, ` "-"`...)
	}
	b = append(b, ` "-" "-"`...) // the names of TLS: no server name, no certificate
	if r.Rule < 0 {
		b = append(b, " -"...)
	} else {
		b = append(b, ' ')
		b = strconv.AppendInt(b, int64(r.Rule), 10)
	}
	b = append(b, ' ')
	b = r.Created.UTC().AppendFormat(b, stamp)
	b = quoted(b, r.Actions)
	b = quoted(b, r.RedirectURL)
	b = quoted(b, r.Error)
	b = quoted(b, r.Target)
	b = append(b, ` "`...)
	if r.TargetStatus > 0 {
		b = strconv.AppendInt(b, int64(r.TargetStatus), 10)
	} else {
		b = append(b, '-')
	}
	b = append(b, `" "-" "-"`...) // classification and its reason
	b = field(b, r.ConnTrace)
	b = quoted(b, r.RewrittenHost)
	b = quoted(b, r.RewrittenURI)
	if r.RewrittenHost == "" && r.RewrittenURI == "" {
		b = append(b, ` "-"`...)
	} else {
		b = append(b, ` "TransformSuccess"`...)
	}
	return append(b, '\n')
}

func field(b []byte, s string) []byte {
	b = append(b, ' ')
	if s == "" {
		return append(b, '-')
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			b = append(b, '_')
			continue
		}
		b = append(b, s[i])
	}
	return b
}

func quoted(b []byte, s string) []byte {
	b = append(b, ` "`...)
	if s == "" {
		b = append(b, '-')
	}
	return append(escape(b, s), '"')
}

// escape keeps what a client sent from ending the field or the line.
func escape(b []byte, s string) []byte {
	const hex = "0123456789ABCDEF"
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			b = append(b, '\\', 'x', hex[c>>4], hex[c&15])
			continue
		}
		b = append(b, c)
	}
	return b
}

func seconds(b []byte, d time.Duration) []byte {
	if d < 0 {
		return append(b, " -1"...)
	}
	b = append(b, ' ')
	ms := d.Milliseconds()
	b = strconv.AppendInt(b, ms/1000, 10)
	ms %= 1000
	return append(b, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
}

func code(b []byte, n int) []byte {
	if n <= 0 {
		return append(b, " -"...)
	}
	b = append(b, ' ')
	return strconv.AppendInt(b, int64(n), 10)
}
