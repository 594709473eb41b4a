package entry

import "bytes"

// number reads digits. It refuses what does not fit 63 bits.
func number(b []byte) (uint64, bool) {
	if len(b) == 0 || len(b) > 19 {
		return 0, false
	}
	var n uint64
	for _, c := range b {
		if c -= '0'; c > 9 {
			return 0, false
		}
		n = n*10 + uint64(c)
	}
	return n, n <= 1<<63-1
}

// numberOf explains a refusal.
func numberOf(name string, b []byte) string {
	for _, c := range b {
		if c < '0' || c > '9' {
			return wrong(name, b, "not a number")
		}
	}
	if len(b) == 0 {
		return wrong(name, b, "not a number")
	}
	return wrong(name, b, "too large to be true, and for 63 bits")
}

// code reads a status of three digits; - and 000 are 0.
func code(b []byte) (int, bool) {
	if len(b) == 3 {
		h, t, u := b[0]-'0', b[1]-'0', b[2]-'0'
		if h <= 9 && t <= 9 && u <= 9 {
			return int(h)*100 + int(t)*10 + int(u), true
		}
		return 0, false
	}
	return 0, len(b) == 1 && b[0] == '-'
}

// seconds reads a decimal number of seconds as microseconds. -1 and - are -1:
// the part was not reached.
func seconds(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 20 {
		return 0, false
	}
	if b[0] == '-' {
		rest := b[1:]
		return -1, len(rest) == 0 || rest[0] == '1' && (len(rest) == 1 || rest[1] == '.' && len(bytes.Trim(rest[2:], "0")) == 0)
	}
	var n int64
	i := 0
	for ; i < len(b) && b[i] != '.'; i++ {
		c := b[i] - '0'
		if c > 9 || i > 9 { // 10^10 s are 300 years
			return 0, false
		}
		n = n*10 + int64(c)
	}
	if i == 0 {
		return 0, false
	}
	n *= 1e6
	if i == len(b) {
		return n, true
	}
	scale := int64(1e5)
	for i++; i < len(b); i++ {
		c := b[i] - '0'
		if c > 9 {
			return 0, false
		}
		n += int64(c) * scale
		scale /= 10
	}
	return n, true
}

// clock reads times, remembering the last day: lines come in the order of time.
type clock struct {
	day  [10]byte
	base int64 // microseconds at its start
}

// time reads 2006-01-02T15:04:05 with any number of decimals and with or without
// Z, as microseconds since 1970. sep is what stands between date and time.
func (c *clock) time(b []byte, sep byte) (int64, bool) {
	if len(b) < 19 || b[10] != sep || b[13] != ':' || b[16] != ':' {
		return 0, false
	}
	if string(b[:10]) != string(c.day[:]) {
		base, ok := day(b[:10])
		if !ok {
			return 0, false
		}
		copy(c.day[:], b)
		c.base = base
	}
	h, ok1 := two(b[11:])
	m, ok2 := two(b[14:])
	s, ok3 := two(b[17:])
	if !ok1 || !ok2 || !ok3 || h > 23 || m > 59 || s > 60 {
		return 0, false
	}
	t := int64(h*3600+m*60+s) * 1e6
	b = b[19:]
	if len(b) > 0 && b[0] == '.' {
		scale := int64(1e5)
		i := 1
		for ; i < len(b) && b[i]-'0' <= 9; i++ {
			t += int64(b[i]-'0') * scale
			scale /= 10
		}
		if i == 1 {
			return 0, false
		}
		b = b[i:]
	}
	return c.base + t, len(b) == 0 || len(b) == 1 && b[0] == 'Z'
}

func two(b []byte) (int, bool) {
	t, u := b[0]-'0', b[1]-'0'
	return int(t)*10 + int(u), t <= 9 && u <= 9
}

var monthDays = [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// day is the start of the date in microseconds since 1970, for the years 1970
// to 9999.
func day(b []byte) (int64, bool) {
	y1, ok1 := two(b)
	y2, ok2 := two(b[2:])
	m, ok3 := two(b[5:])
	d, ok4 := two(b[8:])
	y := y1*100 + y2
	if !ok1 || !ok2 || !ok3 || !ok4 || b[4] != '-' || b[7] != '-' || y < 1970 || m < 1 || m > 12 || d < 1 {
		return 0, false
	}
	leap := y%4 == 0 && (y%100 != 0 || y%400 == 0)
	most := monthDays[m-1]
	if m == 2 && leap {
		most = 29
	}
	if d > most {
		return 0, false
	}
	before := y - 1
	days := 365*(y-1970) + before/4 - before/100 + before/400 - (1969/4 - 1969/100 + 1969/400)
	for i := range m - 1 {
		days += monthDays[i]
	}
	if m > 2 && leap {
		days++
	}
	return int64(days+d-1) * 86400e6, true
}

// address takes the port off; IPv6 may stand in brackets.
func address(b []byte) []byte {
	if i := bytes.LastIndexByte(b, ':'); i >= 0 {
		b = b[:i]
	}
	if n := len(b); n > 1 && b[0] == '[' && b[n-1] == ']' {
		b = b[1 : n-1]
	}
	return b
}

// dash turns what is not there into nil.
func dash(b []byte) []byte {
	if len(b) == 1 && b[0] == '-' {
		return nil
	}
	return b
}

// request takes the quoted request apart: method, URL, protocol.
func (e *Entry) request(b []byte) {
	first := bytes.IndexByte(b, ' ')
	last := bytes.LastIndexByte(b, ' ')
	if first <= 0 || last <= first {
		e.Notes |= NoteRequest
		return
	}
	url := b[first+1 : last]
	e.Method, e.Protocol = dash(b[:first]), dash(b[last+1:])
	if e.Method == nil { // "- http://name:80- -" or "- - - "
		e.Notes |= NoteRequest
		if !bytes.Contains(url, []byte("://")) {
			return
		}
		url = bytes.TrimSuffix(url, []byte("-"))
	}
	e.url(url)
}

// url takes scheme, host, path and query apart.
func (e *Entry) url(url []byte) {
	// The scheme is one of ws, wss, http and https.
	for i := 2; i < len(url)-2 && i < 8; i++ {
		if url[i] == ':' && url[i+1] == '/' && url[i+2] == '/' {
			url = url[i+3:]
			slash := bytes.IndexByte(url, '/')
			query := bytes.IndexByte(url, '?')
			if query >= 0 {
				e.Query = url[query+1:]
				url = url[:query]
				if slash > query {
					slash = -1
				}
			}
			e.Location = url
			if slash < 0 {
				slash = len(url)
			}
			e.Host, e.Path = hostOf(url[:slash]), url[slash:]
			return
		}
	}
	if query := bytes.IndexByte(url, '?'); query >= 0 {
		e.Query = url[query+1:]
		url = url[:query]
	}
	e.Location, e.Path = url, url
}

// hostOf takes the port off, and the brackets of IPv6 stay.
func hostOf(b []byte) []byte {
	for i := len(b) - 1; i >= 0; i-- {
		c := b[i]
		if c == ':' {
			return b[:i]
		}
		if c < '0' || c > '9' {
			break
		}
	}
	return b
}
