package entry

import "fmt"

// ways is how many ends of a quoted field are tried at most.
const ways = 12

// salvage reads a line from its request on, when the quotes are not where they
// should be (the request is the field of number first): escaped as \" by some, not at all by others, or a lone backslash at
// the end of a field. Only one way to read such a line lets the fields behind it
// have the forms that they must have; it is looked for from the left.
func (p *Parser) salvage(b []byte, i, first int, e *Entry) string {
	name := [...]string{`"request"`, `"user_agent"`}
	if b[i] != '"' {
		return fmt.Sprintf("field %d, %s, has no quotes", first, name[0])
	}
	reason := ""
	said := func(s string) {
		if reason == "" {
			reason = s
		}
	}
	for _, n := range ends(b, i+1) {
		if p.Format == Classic && n+1 == len(b) { // before there were user agents
			e.quoted(b[i+1:n], nil)
			return ""
		}
		if n+2 >= len(b) || b[n+2] != '"' {
			continue
		}
		for _, m := range ends(b, n+3) {
			kept := *e
			count, why := p.tail(b, m+1, e)
			if why != "" {
				*e = kept
				said(why)
				continue
			}
			e.quoted(b[i+1:n], b[n+3:m])
			return p.judge(count, e)
		}
		said(fmt.Sprintf("field %d, %s, does not end: a quote is missing", first+1, name[1]))
	}
	said(fmt.Sprintf("field %d, %s, does not end: a quote is missing", first, name[0]))
	return reason
}

// ends are the quotes that may end the field whose text begins at i: those that
// a space or the end of the line follows. Not escaped ones come first.
func ends(b []byte, i int) []int {
	var plain, escaped []int
	for j := i; j < len(b) && len(plain) < ways; j++ {
		if b[j] != '"' || j+1 < len(b) && b[j+1] != ' ' {
			continue
		}
		slashes := 0
		for k := j - 1; k >= i && b[k] == '\\'; k-- {
			slashes++
		}
		if slashes%2 == 0 {
			plain = append(plain, j)
		} else if len(escaped) < ways {
			escaped = append(escaped, j)
		}
	}
	return append(plain, escaped...)
}

// quoted takes the two quoted fields and notes quotes in them without escape.
func (e *Entry) quoted(request, agent []byte) {
	for _, f := range [...][]byte{request, agent} {
		for j, c := range f {
			if c == '"' && (j == 0 || f[j-1] != '\\') {
				e.Notes |= NoteQuotes
			}
		}
	}
	e.request(request)
	e.Agent = dash(agent)
}
