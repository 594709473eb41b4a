// Package yaml writes values in their own order as YAML that people like to
// read: block style, quotes only where they are needed, long texts as they are.
// It knows how YAML is written and refuses to read any.
package yaml

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Map is a mapping in a fixed order.
type Map []Pair

// Pair is one entry of a Map: a string, and a value that is a string, bool, int,
// int64, float64, Map, List or []string.
type Pair [2]any

// List is a sequence.
type List []any

// Marshal writes a value. It panics on a type that it does not know: that is a
// mistake of the caller's, not of the data's.
func Marshal(v any) []byte {
	var b bytes.Buffer
	write(&b, v, 0, false)
	return b.Bytes()
}

// Document is Marshal after a comment of one or more lines.
func Document(comment string, v any) []byte {
	var b bytes.Buffer
	for line := range strings.Lines(comment) {
		b.WriteString("# " + strings.TrimSuffix(line, "\n") + "\n")
	}
	write(&b, v, 0, false)
	return b.Bytes()
}

// Plain is a value as a reader of JSON would have it: maps, slices, int64.
func Plain(v any) any {
	switch v := v.(type) {
	case Map:
		m := make(map[string]any, len(v))
		for _, p := range v {
			m[p[0].(string)] = Plain(p[1])
		}
		return m
	case List:
		l := make([]any, len(v))
		for i, e := range v {
			l[i] = Plain(e)
		}
		return l
	case []string:
		l := make([]any, len(v))
		for i, e := range v {
			l[i] = e
		}
		return l
	case int:
		return int64(v)
	}
	return v
}

// write puts a value at the current place. Inside is true behind "- ", where the
// first entry of a mapping stands on the same line.
func write(b *bytes.Buffer, v any, depth int, inside bool) {
	switch v := v.(type) {
	case Map:
		if len(v) == 0 {
			b.WriteString("{}\n")
			return
		}
		for i, p := range v {
			if i > 0 || !inside {
				indent(b, depth)
			}
			b.WriteString(scalar(p[0].(string)))
			b.WriteByte(':')
			below(b, p[1], depth)
		}
	case List:
		if len(v) == 0 {
			b.WriteString("[]\n")
			return
		}
		for i, e := range v {
			if i > 0 || !inside {
				indent(b, depth)
			}
			b.WriteString("- ")
			element(b, e, depth)
		}
	case []string:
		l := make(List, len(v))
		for i, s := range v {
			l[i] = s
		}
		write(b, l, depth, inside)
	case string:
		text(b, v, depth)
	default:
		b.WriteString(other(v) + "\n")
	}
}

func element(b *bytes.Buffer, e any, depth int) {
	write(b, e, depth+1, true)
}

// below writes what stands behind "key:".
func below(b *bytes.Buffer, v any, depth int) {
	switch l := v.(type) {
	case Map:
		if len(l) > 0 {
			b.WriteByte('\n')
			write(b, v, depth+1, false)
			return
		}
	case List:
		if len(l) > 0 {
			b.WriteByte('\n')
			write(b, v, depth+1, false)
			return
		}
	case []string:
		if flow, ok := oneLine(l); ok {
			b.WriteString(" " + flow + "\n")
			return
		}
		b.WriteByte('\n')
		write(b, v, depth+1, false)
		return
	}
	b.WriteByte(' ')
	write(b, v, depth, false)
}

// oneLine is a short list in brackets.
func oneLine(l []string) (string, bool) {
	parts := make([]string, len(l))
	for i, s := range l {
		if strings.ContainsAny(s, "\n,[]{}") {
			return "", false
		}
		parts[i] = scalar(s)
	}
	line := "[" + strings.Join(parts, ", ") + "]"
	return line, len(line) <= 100
}

func text(b *bytes.Buffer, s string, depth int) {
	if !literal(s) {
		b.WriteString(scalar(s))
		b.WriteByte('\n')
		return
	}
	b.WriteByte('|')
	if !strings.HasSuffix(s, "\n") {
		b.WriteByte('-')
	}
	b.WriteByte('\n')
	for line := range strings.Lines(s) {
		if line != "\n" {
			indent(b, depth+1)
		}
		b.WriteString(strings.TrimSuffix(line, "\n"))
		b.WriteByte('\n')
	}
}

func indent(b *bytes.Buffer, depth int) {
	for range depth {
		b.WriteString("  ")
	}
}

// literal reports whether a text may stand as it is below a bar: several lines,
// nothing invisible in them.
func literal(s string) bool {
	if strings.IndexByte(s, '\n') < 0 {
		return false
	}
	body := strings.TrimSuffix(s, "\n")
	if body == "" || strings.HasPrefix(body, " ") || strings.HasPrefix(body, "\n") || strings.HasSuffix(body, "\n") {
		return false
	}
	for line := range strings.SplitSeq(body, "\n") {
		if strings.HasSuffix(line, " ") || strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
			return false
		}
	}
	return true
}

// scalar is a text on one line, in quotes unless any reader takes it as a text
// without.
func scalar(s string) string {
	if length(s) || plain(s) && !reserved(s) {
		return s
	}
	if strings.ContainsAny(s, "\"\\") && !strings.ContainsFunc(s, func(r rune) bool { return r == '\'' || !unicode.IsPrint(r) }) {
		return "'" + s + "'"
	}
	return strconv.Quote(s)
}

// length reports whether a text is a length of time such as 90s.
func length(s string) bool {
	digits := strings.TrimRight(s, "smhd")
	switch s[len(digits):] {
	case "ms", "s", "m", "h", "d":
		return digits != "" && strings.Trim(digits, "0123456789") == ""
	}
	return false
}

// inside are the characters that a plain text may have after its first one,
// which is a letter or one of _/.; nearly every text of a platform is of these.
var inside = func() (set [256]bool) {
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./ ()$@%+-") {
		set[c] = true
	}
	return set
}()

// plain reports whether a text has nothing that could mean something to a
// reader.
func plain(s string) bool {
	if s == "" || !inside[s[0]] || strings.IndexByte("0123456789 ()$@%+-", s[0]) >= 0 {
		return false
	}
	for i := range len(s) {
		if !inside[s[i]] || s[i] == ' ' && (i == len(s)-1 || s[i+1] == '-') {
			return false
		}
	}
	return true
}

// reserved reports whether a plain text is a value of another type to some
// reader.
func reserved(s string) bool {
	if s[0] == '.' && len(s) > 1 && '0' <= s[1] && s[1] <= '9' {
		return true
	}
	if len(s) > len("false") {
		return false
	}
	switch strings.ToLower(s) {
	case "true", "false", "yes", "no", "on", "off", "y", "n", "null", ".inf", ".nan":
		return true
	}
	return false
}

func other(v any) string {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	panic(fmt.Sprintf("yaml: a value of type %T cannot be written", v))
}
