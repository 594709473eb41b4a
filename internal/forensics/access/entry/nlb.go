package entry

import "bytes"

// nlbFields is what a line has since it began with version 2.0; older ones lack
// the last four.
const nlbFields, nlbOldFields = 22, 18

// nlb reads a line of a Network Load Balancer's TLS listener: a connection, not
// a request.
func (p *Parser) nlb(b []byte, e *Entry) string {
	var f [nlbFields][]byte
	n, i := 0, 0
	for ; n < len(f) && i < len(b); n++ {
		f[n], i = word(b, i)
		if len(f[n]) == 0 {
			return missing(n+1, "which is empty")
		}
		if f[n][0] == '"' { // "h2","http/1.1": a list with quotes, and no space in it
			if len(f[n]) == 1 || f[n][len(f[n])-1] != '"' {
				return wrong("a field with quotes", f[n], "it does not end")
			}
		}
	}
	if n < nlbOldFields {
		return missing(n+1, "of 18 at least")
	}
	if n > nlbOldFields && n < nlbFields {
		e.Notes |= NoteFields
	}
	if e.Kind = f[0]; string(e.Kind) != "tls" {
		return wrong("type", f[0], "not tls")
	}
	var ok bool
	if e.Time, ok = p.clock.time(f[2], 'T'); !ok {
		return wrong("time", f[2], "not a time such as 2026-11-23T22:23:00")
	}
	e.Balancer, e.Client, e.Target = f[3], address(f[5]), dash(f[6])
	if e.Latency, ok = milliseconds(f[8]); !ok {
		return wrong("tls_handshake_time", f[8], "not a number of milliseconds")
	}
	if _, ok = milliseconds(f[7]); !ok {
		return wrong("connection_time", f[7], "not a number of milliseconds")
	}
	if e.Received, ok = number(f[9]); !ok {
		return numberOf("received_bytes", f[9])
	}
	if e.Sent, ok = number(f[10]); !ok {
		return numberOf("sent_bytes", f[10])
	}
	e.Error, e.Cipher = dash(f[11]), dash(f[14])
	e.Domain = dash(f[17])
	e.Host = e.Domain
	return ""
}

func milliseconds(b []byte) (int64, bool) {
	if len(b) == 1 && b[0] == '-' || bytes.Equal(b, []byte("-1")) {
		return -1, true
	}
	n, ok := number(b)
	return int64(n) * 1000, ok && n < 1<<40
}
