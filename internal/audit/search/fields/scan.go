// Package fields finds values in a JSON record by path without decoding the
// rest of it. It knows the grammar of JSON (RFC 8259) and refuses to know what
// a record is about. A value is checked in full before anybody may look into
// it, so that a look never fails.
package fields

import (
	"errors"
	"fmt"
)

// ErrShort says that the text ends before the value does: more may follow.
var ErrShort = errors.New("the text ends in the middle of a value")

// maxDepth bounds nesting, and with it the stack. Real records stay below 40.
const maxDepth = 500

// A SyntaxError says where the text stops being JSON.
type SyntaxError struct {
	// Offset counts bytes from the start of the text.
	Offset int
	Reason string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.Reason, e.Offset+1) }

func bad(offset int, reason string) error { return &SyntaxError{Offset: offset, Reason: reason} }

// Skip returns the offset after the value that starts at i, which is not a
// space. It fails with ErrShort or a *SyntaxError.
func Skip(text []byte, i int) (int, error) { return skip(text, i, 0) }

func skip(text []byte, i, depth int) (int, error) {
	if i >= len(text) {
		return i, ErrShort
	}
	switch c := text[i]; {
	case c == '"':
		return skipString(text, i)
	case c == '{':
		return skipObject(text, i, depth)
	case c == '[':
		return skipArray(text, i, depth)
	case c == 't':
		return skipWord(text, i, "true")
	case c == 'f':
		return skipWord(text, i, "false")
	case c == 'n':
		return skipWord(text, i, "null")
	case c == '-' || '0' <= c && c <= '9':
		return skipNumber(text, i)
	}
	return i, bad(i, "a value cannot begin with "+quoteByte(text[i]))
}

func skipObject(text []byte, i, depth int) (int, error) {
	if depth >= maxDepth {
		return i, bad(i, "nested too deeply")
	}
	start := i
	for i = Space(text, i+1); ; i = Space(text, i+1) {
		if i >= len(text) {
			return i, ErrShort
		}
		if text[i] == '}' && text[start] == '{' && lastIsOpen(text, start, i) {
			return i + 1, nil
		}
		if text[i] != '"' {
			return i, bad(i, "a key must begin with a quote, not "+quoteByte(text[i]))
		}
		var err error
		if i, err = skipString(text, i); err != nil {
			return i, err
		}
		if i, err = Colon(text, i); err != nil {
			return i, err
		}
		if i, err = skip(text, i, depth+1); err != nil {
			return i, err
		}
		if i = Space(text, i); i >= len(text) {
			return i, ErrShort
		}
		switch text[i] {
		case ',':
		case '}':
			return i + 1, nil
		default:
			return i, bad(i, "a comma or } must follow a member, not "+quoteByte(text[i]))
		}
	}
}

func skipArray(text []byte, i, depth int) (int, error) {
	if depth >= maxDepth {
		return i, bad(i, "nested too deeply")
	}
	start := i
	for i = Space(text, i+1); ; i = Space(text, i+1) {
		if i >= len(text) {
			return i, ErrShort
		}
		if text[i] == ']' && lastIsOpen(text, start, i) {
			return i + 1, nil
		}
		var err error
		if i, err = skip(text, i, depth+1); err != nil {
			return i, err
		}
		if i = Space(text, i); i >= len(text) {
			return i, ErrShort
		}
		switch text[i] {
		case ',':
		case ']':
			return i + 1, nil
		default:
			return i, bad(i, "a comma or ] must follow an element, not "+quoteByte(text[i]))
		}
	}
}

// lastIsOpen tells {} from {"a":1,}: only spaces stand between the bracket at
// start and i.
func lastIsOpen(text []byte, start, i int) bool { return Space(text, start+1) == i }

// plain are the bytes that may stand in a string as they are.
var plain = func() (t [256]bool) {
	for i := range t {
		t[i] = i >= ' ' && i != '"' && i != '\\'
	}
	return t
}()

func skipString(text []byte, i int) (int, error) {
	for i++; i < len(text); {
		c := text[i]
		if plain[c] {
			i++
			continue
		}
		switch c {
		case '"':
			return i + 1, nil
		case '\\':
			if i+1 >= len(text) {
				return i, ErrShort
			}
			switch text[i+1] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
				i += 2
			case 'u':
				for n := i + 2; n < i+6; n++ {
					if n >= len(text) {
						return i, ErrShort
					}
					if !isHex(text[n]) {
						return n, bad(n, "\\u wants four hexadecimal digits, not "+quoteByte(text[n]))
					}
				}
				i += 6
			default:
				return i + 1, bad(i+1, "there is no escape "+quoteByte(text[i+1]))
			}
		default:
			return i, bad(i, "a control character "+quoteByte(c)+" stands in a string")
		}
	}
	return i, ErrShort
}

func skipNumber(text []byte, i int) (int, error) {
	if text[i] == '-' {
		i++
	}
	digits := func() error {
		if i >= len(text) {
			return ErrShort
		}
		if text[i] < '0' || text[i] > '9' {
			return bad(i, "a digit must stand here, not "+quoteByte(text[i]))
		}
		for i < len(text) && '0' <= text[i] && text[i] <= '9' {
			i++
		}
		return nil
	}
	if i < len(text) && text[i] == '0' {
		i++
	} else if err := digits(); err != nil {
		return i, err
	}
	if i < len(text) && text[i] == '.' {
		i++
		if err := digits(); err != nil {
			return i, err
		}
	}
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		if err := digits(); err != nil {
			return i, err
		}
	}
	return i, nil
}

func skipWord(text []byte, i int, word string) (int, error) {
	for n := range len(word) {
		if i+n >= len(text) {
			return i, ErrShort
		}
		if text[i+n] != word[n] {
			return i, bad(i, "an unknown word stands here; JSON has true, false and null")
		}
	}
	return i + len(word), nil
}

// Space returns the offset of the first byte at or after i that is no space.
func Space(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\n' || text[i] == '\r' || text[i] == '\t') {
		i++
	}
	return i
}

// Colon steps over the colon after a key, to the start of the value.
func Colon(text []byte, i int) (int, error) {
	if i = Space(text, i); i >= len(text) {
		return i, ErrShort
	}
	if text[i] != ':' {
		return i, bad(i, "a colon must follow a key, not "+quoteByte(text[i]))
	}
	if i = Space(text, i+1); i >= len(text) {
		return i, ErrShort
	}
	return i, nil
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func quoteByte(c byte) string {
	if c > ' ' && c < 0x7f {
		return string(rune(c))
	}
	return fmt.Sprintf("0x%02x", c)
}
