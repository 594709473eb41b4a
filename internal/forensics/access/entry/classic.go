package entry

// classic reads a line of a Classic Load Balancer. Until 2015 it ended with the
// request.
func (p *Parser) classic(b []byte, e *Entry) string {
	w, i := word(b, 0)
	var ok bool
	if e.Time, ok = p.clock.time(w, 'T'); !ok {
		return wrong("time", w, "not a time such as 2026-11-23T22:23:00.186641Z")
	}
	if e.Balancer, i = word(b, i); e.Balancer == nil {
		return missing(2, "elb")
	}
	if i, ok = p.ends(b, i, e); !ok {
		return missing(4, "backend:port")
	}
	i, reason := times(b, i, 5, e)
	if reason != "" {
		return reason
	}
	return p.counted(b, i, 8, e)
}

// classicTail is ssl_cipher and ssl_protocol.
func (p *Parser) classicTail(b []byte, i int, e *Entry) (int, string) {
	k := 0
	for i < len(b) {
		if b[i] != ' ' {
			return 0, "the quotes do not match"
		}
		var w []byte
		var next int
		if w, next = word(b, i+1); len(w) == 0 || w[0] == '"' {
			return 0, "a field after the user agent is empty or has quotes"
		}
		i = next - 1
		if k == 0 {
			e.Cipher = dash(w)
		}
		k++
	}
	if k < 2 {
		return 0, missing(14+k, [...]string{"ssl_cipher", "ssl_protocol"}[k])
	}
	return 13 + k, ""
}
