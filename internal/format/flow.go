package format

import (
	"bytes"
	"strings"
)

// flow lays out a value in brackets: { a: 1 } with spaces inside, [a, b]
// without, line breaks where the author has them.
type flow struct {
	scanner *scanner
	base    int // indentation of the key that it is the value of
	stack   []byte
	done    []string
	line    []byte
	last    flowToken
	before  flowToken // the one before the last
	word    string    // the last token
	fresh   bool      // nothing stands on this line yet
}

type flowToken uint8

const (
	none flowToken = iota
	opened
	closed
	comma
	colon
	scalar
	named  // an anchor or tag: what it names follows
	hashed // a comment
)

// read lays out the value that begins at byte i of the scanner's line; rest is
// behind its last bracket, on the line where the scanner then stands.
func (f *flow) read(i int) (rest int, err error) {
	for {
		text := f.scanner.lines[f.scanner.at]
		if i = skip(text, i); i >= len(text) {
			if f.scanner.at+1 == len(f.scanner.lines) {
				return 0, errClosed
			}
			f.scanner.at++
			f.wrap()
			i = 0
			continue
		}
		end, kind := i+1, scalar
		switch c := text[i]; {
		case c == '[' || c == '{':
			kind = opened
		case c == ']' || c == '}':
			if f.stack[len(f.stack)-1] != c-2 { // ASCII has one character between them
				return 0, errClosed
			}
			f.stack = f.stack[:len(f.stack)-1]
			kind = closed
		case c == ',':
			kind = comma
		case c == '#':
			end, kind = len(text), hashed
		case c == ':' && (isColon(text, i, true) || f.last == scalar && strings.ContainsAny(f.word[len(f.word)-1:], `"'`)):
			kind = colon
		case c == '"' || c == '\'':
			quoted, after, err := f.scanner.quoted(text, i)
			if err != nil {
				return 0, err
			}
			parts := laid(quoted, f.base+2*len(f.stack))
			f.put(parts[0], scalar)
			for _, part := range parts[1:] {
				f.wrap()
				f.line, f.word, f.fresh = []byte(part), part, false
			}
			i = after
			continue
		case c == '&' || c == '!' || c == '*':
			for end < len(text) && !blank(text[end]) && strings.IndexByte(",[]{}", text[end]) < 0 {
				end++
			}
			if c != '*' {
				kind = named
			}
		default:
			for end < len(text) && strings.IndexByte(",[]{}", text[end]) < 0 && !isColon(text, end, true) && (text[end] != '#' || !blank(text[end-1])) {
				end++
			}
		}
		f.put(strings.TrimRight(text[i:end], " \t"), kind)
		if kind == opened {
			f.stack = append(f.stack, text[i])
		}
		if i = end; kind == closed && len(f.stack) == 0 {
			f.done = append(f.done, string(f.line))
			return i, nil
		}
	}
}

// wrap ends the line.
func (f *flow) wrap() {
	f.done = append(f.done, string(f.line))
	f.line, f.fresh = nil, true
}

// put writes a token with the space that belongs before it.
func (f *flow) put(token string, kind flowToken) {
	if kind == closed && f.last == comma && !f.fresh {
		f.line = bytes.TrimRight(f.line[:len(f.line)-1], " ") // [a, b,] on one line
		f.last = f.before
	}
	if f.fresh {
		f.line = append(f.line, strings.Repeat(" ", f.base+2*len(f.stack))...)
	} else if f.spaced(token, kind) {
		f.line = append(f.line, ' ')
	}
	f.line = append(f.line, token...)
	f.before, f.last, f.word, f.fresh = f.last, kind, token, false
}

// spaced reports whether a space stands before the token on its line.
func (f *flow) spaced(token string, kind flowToken) bool {
	switch {
	case f.last == none:
		return false
	case kind == hashed, f.last == colon:
		return true
	case kind == comma, f.last == opened && kind == closed:
		return false
	case kind == colon:
		return strings.HasPrefix(f.word, "*") // *name: would be another name
	case token == "]" && kind == closed:
		return false
	case f.last == opened:
		return f.stack[len(f.stack)-1] == '{'
	}
	return true
}
