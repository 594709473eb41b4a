// Package fold makes one path out of many that differ only in what they are
// about: numbers, identifiers, hashes and dates become placeholders. It knows
// how such things are written; it refuses to know what a path means, and keeps
// nothing.
package fold

// Longest is the length of a folded path; what is longer is cut and ends with
// an ellipsis.
const Longest = 256

// Path appends the folded form of a path without its query: /v1/bookings/8123/legs
// is /v1/bookings/{id}/legs. An empty path is /. It reports whether something
// was folded.
func Path(out, path []byte) ([]byte, bool) {
	start := len(out)
	folded := false
	if len(path) == 0 {
		return append(out, '/'), false
	}
	for i := 0; i < len(path); {
		if path[i] == '/' {
			out = append(out, '/')
			i++
			continue
		}
		end := i
		var seen class
		for end < len(path) && path[end] != '/' {
			seen |= classes[path[end]]
			end++
		}
		segment := path[i:end]
		if seen&digit != 0 {
			was := len(out)
			out = foldSegment(out, segment, seen)
			folded = folded || string(out[was:]) != string(segment)
		} else {
			out = append(out, segment...)
		}
		if len(out)-start > Longest {
			return append(out[:start+Longest], "…"...), folded
		}
		i = end
	}
	return out, folded
}

// class is a set of kinds of characters.
type class uint8

const (
	digit  class = 1 << iota
	hexa         // a to f, A to F
	letter       // the other letters
	hyphen
	dot
	rest
)

var classes = func() (t [256]class) {
	for i := range t {
		switch c := byte(i); {
		case c >= '0' && c <= '9':
			t[i] = digit
		case c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F':
			t[i] = hexa
		case c >= 'g' && c <= 'z' || c >= 'G' && c <= 'Z':
			t[i] = letter
		case c == '-':
			t[i] = hyphen
		case c == '.':
			t[i] = dot
		default:
			t[i] = rest
		}
	}
	return t
}()

// foldSegment folds what stands between two slashes and has a digit in it.
func foldSegment(out, s []byte, seen class) []byte {
	switch {
	case seen == digit:
		return append(out, number(s)...)
	case isUUID(s):
		return append(out, "{uuid}"...)
	case isDate(s):
		return append(out, "{date}"...)
	case seen&^(digit|hexa) == 0 && len(s) >= 16:
		return append(out, "{hex}"...)
	case seen&dot == 0 && len(s) >= 20 && token(s):
		return append(out, "{token}"...)
	case isVersion(s):
		return append(out, s...)
	}
	// Parts between punctuation: order-8123, app.4f3a9c21.js, 2026-11-23.json.
	for i := 0; i < len(s); {
		c := classes[s[i]]
		if c&(digit|hexa|letter) == 0 {
			out = append(out, s[i])
			i++
			continue
		}
		end := i
		var part class
		for end < len(s) && classes[s[end]]&(digit|hexa|letter) != 0 {
			part |= classes[s[end]]
			end++
		}
		p := s[i:end]
		switch {
		case part == digit && isDate(s[i:min(i+10, len(s))]):
			out = append(out, "{date}"...)
			end = i + 10
		case part == digit && isUUIDAt(s, i), part&letter == 0 && isUUIDAt(s, i):
			out = append(out, "{uuid}"...)
			end = i + 36
		case part == digit && (len(p) >= 3 || i == 0 && end == len(s)):
			out = append(out, "{id}"...)
		case part&letter == 0 && part&digit != 0 && len(p) >= 8:
			out = append(out, "{hex}"...)
		default:
			out = append(out, p...)
		}
		i = end
	}
	return out
}

func number(s []byte) string {
	if len(s) == 8 && (s[0] == '1' && s[1] == '9' || s[0] == '2' && s[1] == '0') {
		month, day := (s[4]-'0')*10+s[5]-'0', (s[6]-'0')*10+s[7]-'0'
		if month >= 1 && month <= 12 && day >= 1 && day <= 31 {
			return "{date}"
		}
	}
	return "{id}"
}

// isVersion knows v1, v2beta1, v1.13.0: what is a name rather than a value.
func isVersion(s []byte) bool {
	return len(s) <= 10 && (s[0] == 'v' || s[0] == 'V') && len(s) > 1 && classes[s[1]] == digit
}

// isUUID is 8-4-4-4-12 hexadecimal digits (RFC 9562, section 4).
func isUUID(s []byte) bool { return len(s) == 36 && isUUIDAt(s, 0) }

func isUUIDAt(s []byte, at int) bool {
	if len(s)-at < 36 {
		return false
	}
	for i, c := range s[at : at+36] {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if classes[c]&(digit|hexa) == 0 {
				return false
			}
		}
	}
	return len(s)-at == 36 || classes[s[at+36]]&(digit|hexa|letter) == 0
}

// isDate is 2026-11-23 or 2026-11.
func isDate(s []byte) bool {
	if len(s) != 10 && len(s) != 7 || s[4] != '-' || len(s) == 10 && s[7] != '-' {
		return false
	}
	for i, c := range s {
		if i != 4 && i != 7 && classes[c] != digit {
			return false
		}
	}
	return s[0] == '1' && s[1] == '9' || s[0] == '2' && s[1] == '0'
}

// token is a long piece of letters and digits that change often, as random ones
// do and words do not.
func token(s []byte) bool {
	digits, changes := 0, 0
	for i, c := range s {
		k := classes[c]
		if k&rest != 0 && c != '_' && c != '=' && c != '~' {
			return false
		}
		if k == digit {
			digits++
		}
		if i > 0 && (k == digit) != (classes[s[i-1]] == digit) {
			changes++
		}
	}
	return digits >= 2 && changes >= 4
}
