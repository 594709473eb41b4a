package entry

import (
	"bytes"
	"fmt"
)

// firstTail is the field after the user agent; albFields are those from there on.
// A quoted field is written in quotes by every version that has it.
const firstTail = 15

var albFields = [...]struct {
	name   string
	quoted bool
}{
	{"ssl_cipher", false}, {"ssl_protocol", false}, {"target_group_arn", false}, {"trace_id", true},
	{"domain_name", true}, {"chosen_cert_arn", true}, {"matched_rule_priority", false}, {"request_creation_time", false},
	{"actions_executed", true}, {"redirect_url", true}, {"error_reason", true}, {"target:port_list", true},
	{"target_status_code_list", true}, {"classification", true}, {"classification_reason", true}, {"conn_trace_id", false},
	{"transformed_host", true}, {"transformed_uri", true}, {"request_transform_status", true},
}

// albCounts are the numbers of fields that the published versions have, from the
// first with a trace ID to that with transformed requests.
const albCounts = 1<<18 | 1<<20 | 1<<21 | 1<<22 | 1<<23 | 1<<24 | 1<<25 | 1<<27 | 1<<29 | 1<<30 | 1<<33

// word is what stands from i up to the next space, and where it goes on: past
// the space, or past the end of the line.
func word(b []byte, i int) ([]byte, int) {
	if i >= len(b) {
		return nil, len(b) + 1
	}
	if i+1 < len(b) && b[i+1] == ' ' { // a dash, mostly
		return b[i : i+1], i + 2
	}
	n := bytes.IndexByte(b[i:], ' ')
	if n < 0 {
		return b[i:], len(b) + 1
	}
	return b[i : i+n], i + n + 1
}

func (p *Parser) alb(b []byte, e *Entry) string {
	var w []byte
	var ok bool
	i := bytes.IndexByte(b, ' ')
	if i < 0 {
		return missing(2, "time")
	}
	e.Kind = b[:i]
	switch string(e.Kind) {
	case "http", "https", "h2", "grpcs", "ws", "wss":
	default:
		return wrong("type", e.Kind, "not http, https, h2, grpcs, ws or wss")
	}
	if w, i = word(b, i+1); w == nil {
		return missing(2, "time")
	}
	if e.Time, ok = p.clock.time(w, 'T'); !ok {
		return wrong("time", w, "not a time such as 2026-11-23T22:23:00.186641Z")
	}
	if e.Balancer, i = word(b, i); e.Balancer == nil {
		return missing(3, "elb")
	}
	if i, ok = p.ends(b, i, e); !ok {
		return missing(5, "target:port")
	}
	i, reason := times(b, i, 6, e)
	if reason != "" {
		return reason
	}
	return p.counted(b, i, 9, e)
}

// ends reads the two ends of the connection.
func (p *Parser) ends(b []byte, i int, e *Entry) (int, bool) {
	var w []byte
	w, i = word(b, i)
	e.Client = address(w)
	w, i = word(b, i)
	e.Target = dash(w)
	return i, w != nil
}

// times reads the three parts of the processing time; the first is the field of
// that number.
func times(b []byte, i, field int, e *Entry) (int, string) {
	names := [...]string{"request_processing_time", "target_processing_time", "response_processing_time"}
	for k, name := range names {
		var w []byte
		if w, i = word(b, i); w == nil {
			return i, missing(field+k, name)
		}
		var t int64
		if len(w) == 5 && w[1] == '.' && (w[0]-'0')|(w[2]-'0')|(w[3]-'0')|(w[4]-'0') <= 15 && w[0] <= '9' && w[2] <= '9' && w[3] <= '9' && w[4] <= '9' {
			t = (int64(w[0]-'0')*1000 + int64(w[2]-'0')*100 + int64(w[3]-'0')*10 + int64(w[4]-'0')) * 1000
		} else {
			var ok bool
			if t, ok = seconds(w); !ok {
				return i, wrong(name, w, "not a number of seconds")
			}
		}
		if t < 0 {
			continue
		}
		if k == 1 {
			e.TargetTime = t
		}
		if e.Latency < 0 {
			e.Latency = 0
		}
		e.Latency += t
	}
	return i, ""
}

// counted reads codes and bytes, which ALB and Classic have in common, and then
// the rest; elb_status_code is the field of that number.
func (p *Parser) counted(b []byte, i, field int, e *Entry) string {
	var w []byte
	var ok bool
	if w, i = word(b, i); w == nil {
		return missing(field, "elb_status_code")
	}
	if e.Status, ok = code(w); !ok {
		return wrong("elb_status_code", w, "not a status of three digits")
	}
	if w, i = word(b, i); w == nil {
		return missing(field+1, "target_status_code")
	}
	if e.TargetStatus, ok = code(w); !ok {
		return wrong("target_status_code", w, "not a status of three digits")
	}
	if w, i = word(b, i); w == nil {
		return missing(field+2, "received_bytes")
	}
	if e.Received, ok = number(w); !ok {
		return numberOf("received_bytes", w)
	}
	if w, i = word(b, i); w == nil {
		return missing(field+3, "sent_bytes")
	}
	if e.Sent, ok = number(w); !ok {
		return numberOf("sent_bytes", w)
	}
	if i >= len(b) {
		return missing(field+4, `"request"`)
	}
	// The quotes may be where they should be, which is nearly always, ...
	if b[i] == '"' {
		if n := closing(b, i+1); n > 0 && n+2 < len(b) && b[n+2] == '"' {
			if m := closing(b, n+3); m > 0 {
				if count, reason := p.tail(b, m+1, e); reason == "" {
					e.request(b[i+1 : n])
					e.Agent = dash(b[n+3 : m])
					return p.judge(count, e)
				}
			}
		}
	}
	// ... or not.
	return p.salvage(b, i, field+4, e)
}

// closing finds the quote that ends the field whose text begins at i. It is not
// escaped, and a space or the end follows. 0 means that it is not so simple.
func closing(b []byte, i int) int {
	n := bytes.IndexByte(b[i:], '"')
	if n < 0 {
		return 0
	}
	n += i
	if b[n-1] == '\\' || n+1 < len(b) && b[n+1] != ' ' {
		return 0
	}
	return n
}

// tail reads what follows the user agent, beginning with the space before it. It
// returns the number of fields of the line.
func (p *Parser) tail(b []byte, i int, e *Entry) (int, string) {
	if p.Format == Classic {
		return p.classicTail(b, i, e)
	}
	k := 0
	for i < len(b) {
		if b[i] != ' ' {
			return 0, "the quotes do not match"
		}
		i++
		var w []byte
		if i < len(b) && b[i] == '"' {
			if k < len(albFields) && !albFields[k].quoted && k < 15 {
				return 0, fmt.Sprintf("field %d, %s, has quotes", firstTail+k, albFields[k].name)
			}
			end := i + 2
			if end >= len(b) || b[end] != '"' || b[i+1] != '-' { // else it is "-"
				end = closing(b, i+1)
				if end == 0 {
					if end = escapedClosing(b, i+1); end == 0 {
						return 0, fmt.Sprintf("field %d does not end: a quote is missing", firstTail+k)
					}
				}
			}
			w = b[i+1 : end]
			i = end + 1
		} else {
			var next int
			w, next = word(b, i)
			i = next - 1
			if k < 15 && albFields[k].quoted && (len(w) != 1 || w[0] != '-') {
				return 0, fmt.Sprintf("field %d, %s, has no quotes", firstTail+k, albFields[k].name)
			}
			if len(w) == 0 {
				return 0, fmt.Sprintf("field %d is empty", firstTail+k)
			}
		}
		switch k {
		case 0:
			e.Cipher = dash(w)
		case 2:
			e.Group = dash(w)
		case 3:
			e.Trace = dash(w)
		case 4:
			e.Domain = dash(w)
		case 8:
			e.Actions = dash(w)
		case 10:
			e.Error = dash(w)
		case 15:
			e.Conn = dash(w)
		}
		k++
	}
	if k < 3 {
		return 0, missing(firstTail+k, albFields[k].name)
	}
	return firstTail - 1 + k, ""
}

// escapedClosing finds the first quote that ends a field and is not escaped.
func escapedClosing(b []byte, i int) int {
	for j := i; j < len(b); j++ {
		switch {
		case b[j] == '\\':
			j++
		case b[j] == '"' && (j+1 == len(b) || b[j+1] == ' '):
			return j
		}
	}
	return 0
}

func (p *Parser) judge(count int, e *Entry) string {
	if p.Format == ALB && count <= 33 && albCounts>>count&1 == 0 {
		e.Notes |= NoteFields
	}
	return ""
}
