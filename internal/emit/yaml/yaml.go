// Package yaml writes values in their own order as YAML that people like to
// read: block style, quotes only where they are needed, long texts as they are.
// It knows how YAML is written and refuses to read any.
package yaml

import (
	"bytes"
	"fmt"
	"regexp"
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
				b.WriteString(strings.Repeat("  ", depth))
			}
			b.WriteString(scalar(p[0].(string)) + ":")
			below(b, p[1], depth)
		}
	case List:
		if len(v) == 0 {
			b.WriteString("[]\n")
			return
		}
		for i, e := range v {
			if i > 0 || !inside {
				b.WriteString(strings.Repeat("  ", depth))
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
		b.WriteString(scalar(s) + "\n")
		return
	}
	b.WriteString("|")
	if !strings.HasSuffix(s, "\n") {
		b.WriteByte('-')
	}
	b.WriteByte('\n')
	for line := range strings.Lines(s) {
		if line != "\n" {
			b.WriteString(strings.Repeat("  ", depth+1))
		}
		b.WriteString(strings.TrimSuffix(line, "\n") + "\n")
	}
}

// literal reports whether a text may stand as it is below a bar: several lines,
// nothing invisible in them.
func literal(s string) bool {
	body := strings.TrimSuffix(s, "\n")
	if !strings.Contains(s, "\n") || body == "" || strings.HasPrefix(body, " ") || strings.HasPrefix(body, "\n") || strings.HasSuffix(body, "\n") {
		return false
	}
	for line := range strings.SplitSeq(body, "\n") {
		if strings.HasSuffix(line, " ") || strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
			return false
		}
	}
	return true
}

var (
	length   = regexp.MustCompile(`^[0-9]+(ms|s|m|h|d)$`)
	plain    = regexp.MustCompile(`^[A-Za-z_/.][A-Za-z0-9_./ ()$@%+-]*$`)
	reserved = regexp.MustCompile(`^(?i:true|false|yes|no|on|off|y|n|null|~|\.inf|\.nan|\.[0-9].*)$`)
)

// scalar is a text on one line, in quotes unless any reader takes it as a text
// without.
func scalar(s string) string {
	if length.MatchString(s) || plain.MatchString(s) && !reserved.MatchString(s) && !strings.HasSuffix(s, " ") && !strings.Contains(s, " -") {
		return s
	}
	if strings.ContainsAny(s, "\"\\") && !strings.ContainsFunc(s, func(r rune) bool { return r == '\'' || !unicode.IsPrint(r) }) {
		return "'" + s + "'"
	}
	return strconv.Quote(s)
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
