package entry

import (
	"bytes"
	"fmt"
	"strings"
)

// column is what a field of a CloudFront line means to us.
type column uint8

const (
	other column = iota
	colDate
	colTime
	colEdge
	colSent
	colClient
	colMethod
	colHost
	colStem
	colStatus
	colReferrer
	colAgent
	colQuery
	colResult
	colHeader
	colKind
	colReceived
	colTaken
	colCipher
	colProtocol
	colRequest
	colDetail
)

var columns = map[string]column{
	"date": colDate, "time": colTime, "x-edge-location": colEdge, "sc-bytes": colSent, "c-ip": colClient,
	"cs-method": colMethod, "cs(Host)": colHost, "cs-uri-stem": colStem, "sc-status": colStatus,
	"cs(Referer)": colReferrer, "cs(User-Agent)": colAgent, "cs-uri-query": colQuery,
	"x-edge-result-type": colResult, "x-host-header": colHeader, "cs-protocol": colKind, "cs-bytes": colReceived,
	"time-taken": colTaken, "ssl-cipher": colCipher, "cs-protocol-version": colProtocol,
	"x-edge-request-id": colRequest, "x-edge-detailed-result-type": colDetail,
}

// standard is the order of the fields of standard logging, for files that lost
// their header.
const standard = "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len sc-range-start sc-range-end"

// header takes the names of a #Fields line.
func (p *Parser) header(names string) string {
	var fields []column
	var has [colDetail + 1]bool
	for name := range strings.FieldsSeq(names) {
		c := columns[name]
		has[c] = true
		fields = append(fields, c)
	}
	for _, need := range [...]string{"date", "time", "c-ip", "sc-status"} {
		if !has[columns[need]] {
			return "#Fields names no " + need
		}
	}
	p.fields = fields
	return ""
}

func (p *Parser) cloudfront(b []byte, e *Entry) string {
	if b[0] == '#' {
		if names, ok := bytes.CutPrefix(b, []byte("#Fields:")); ok {
			if reason := p.header(string(names)); reason != "" {
				return reason
			}
		}
		return Skip
	}
	if p.fields == nil {
		p.header(standard)
	}
	// The first versions had fewer fields and no header tells that apart, so that
	// only the fields of 2010 must be there: up to the user agent.
	const least = 11
	var date, header []byte
	n, i := 0, 0
	for ; i <= len(b); n++ {
		end := bytes.IndexByte(b[i:], '\t')
		if end < 0 {
			end = len(b)
		} else {
			end += i
		}
		w := b[i:end]
		i = end + 1
		if n >= len(p.fields) {
			continue
		}
		var ok bool
		switch p.fields[n] {
		case colDate:
			date = w
		case colTime:
			if len(date) != 10 || len(w) < 8 {
				return wrong("date and time", w, "not a time such as 07:25:11 after a date")
			}
			var stamp [32]byte
			t := append(append(append(stamp[:0], date...), 'T'), w...)
			if e.Time, ok = p.clock.time(t, 'T'); !ok {
				return wrong("date and time", t, "not a time such as 2026-11-23T22:23:00")
			}
		case colEdge:
			e.Balancer = dash(w)
		case colSent:
			if e.Sent, ok = number(w); !ok && dash(w) != nil {
				return numberOf("sc-bytes", w)
			}
		case colReceived:
			if e.Received, ok = number(w); !ok && dash(w) != nil {
				return numberOf("cs-bytes", w)
			}
		case colClient:
			e.Client = w
		case colMethod:
			e.Method = dash(w)
		case colHost:
			if e.Host == nil {
				e.Host = dash(w)
			}
		case colHeader:
			header = dash(w)
		case colStem:
			e.Path = dash(w)
		case colQuery:
			e.Query = dash(w)
		case colStatus:
			if e.Status, ok = code(w); !ok {
				return wrong("sc-status", w, "not a status of three digits")
			}
		case colReferrer:
			if e.Referrer = dash(w); e.Referrer == nil {
				e.Referrer = empty
			}
		case colAgent:
			e.Agent = dash(w)
		case colResult:
			e.Cache = dash(w)
		case colDetail:
			if e.Status >= 400 || e.Status == 0 {
				e.Error = dash(w)
			}
		case colKind:
			e.Kind = dash(w)
		case colTaken:
			if e.Latency, ok = seconds(w); !ok {
				return wrong("time-taken", w, "not a number of seconds")
			}
		case colCipher:
			e.Cipher = dash(w)
		case colProtocol:
			e.Protocol = dash(w)
		case colRequest:
			e.Trace = dash(w)
		}
	}
	if n < min(least, len(p.fields)) {
		return fmt.Sprintf("the line has %d fields of %d", n, len(p.fields))
	}
	if n != len(p.fields) {
		e.Notes |= NoteFields
	}
	if header != nil { // what the viewer asked for; cs(Host) is the distribution
		e.Host = header
	}
	e.Agent = e.decode(e.Agent)
	e.joined = append(append(e.joined[:0], e.Host...), e.Path...)
	e.Location = e.joined
	return ""
}

// empty is a referrer that the format has and the request had not.
var empty = []byte{}

// decode undoes the percent encoding of the user agent, which CloudFront did
// twice until 2015.
func (e *Entry) decode(b []byte) []byte {
	for range 2 {
		if bytes.IndexByte(b, '%') < 0 {
			return b
		}
		out := e.decoded[:0]
		if len(b) > 0 && cap(e.decoded) > 0 && &b[0] == &e.decoded[:1][0] {
			out = b[:0] // in place: the result is never longer
		}
		for i := 0; i < len(b); i++ {
			if b[i] == '%' && i+2 < len(b) {
				h, l := unhex(b[i+1]), unhex(b[i+2])
				if h < 16 && l < 16 {
					out = append(out, h<<4|l)
					i += 2
					continue
				}
			}
			out = append(out, b[i])
		}
		if len(out) == len(b) {
			return b
		}
		e.decoded = out
		b = out
	}
	return b
}

func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}
