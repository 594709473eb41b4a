package spec

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
)

// plainText needs no quotes anywhere.
var plainText = regexp.MustCompile(`^[A-Za-z0-9_./+$(][A-Za-z0-9_./+~$()%@=<>*-]*(( - |[ :-])[A-Za-z0-9_./+~$()%@=<>*-]+)*$`)

// longNumber is digits that other readers of YAML would take for a number and
// spoil: account ids, and whatever begins with a zero.
var longNumber = regexp.MustCompile(`^(0[0-9]+|[0-9]{10,})$`)

// quoteText writes a text so that YAML reads it back. Inside brackets more
// characters have a meaning.
func quoteText(s string, flow bool) string {
	switch {
	case strings.EqualFold(s, "null"), longNumber.MatchString(s):
		return "'" + s + "'"
	case plainText.MatchString(s):
		return s
	case !flow && s != "" && !strings.ContainsAny(s, "\n\r\t\x00\"'#:{}[]&*!|>?@`,\\") && strings.TrimSpace(s) == s && !strings.ContainsRune("-%~", rune(s[0])) && printable(s):
		return s
	case printable(s) && !strings.Contains(s, "\n"):
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return strconv.Quote(s)
}

func printable(s string) bool {
	_, what := unprintable(s)
	return what == "" && !strings.ContainsAny(s, "\t\u0085")
}

func quoteKey(s string) string { return quoteText(s, true) }

// render writes a tree as YAML, block by block. Comments and the way in which
// values were written are not in the tree, and lost.
func render(n *node) []byte {
	var b bytes.Buffer
	renderEntries(&b, n, 0, map[string]bool{"include": true})
	return b.Bytes()
}

func renderEntries(b *bytes.Buffer, n *node, depth int, without map[string]bool) {
	for _, e := range n.entries {
		if without[e.key] {
			continue
		}
		b.WriteString(strings.Repeat("  ", depth) + quoteKey(e.key) + ":")
		if e.value.kind == mapping && len(e.value.entries) > 0 {
			b.WriteByte('\n')
			renderEntries(b, e.value, depth+1, nil)
			continue
		}
		b.WriteByte(' ')
		renderFlow(b, e.value)
		b.WriteByte('\n')
	}
}

func renderFlow(b *bytes.Buffer, n *node) {
	switch n.kind {
	case scalar:
		b.WriteString(quoteText(n.text, true))
	case sequence:
		b.WriteByte('[')
		for i, item := range n.items {
			if i > 0 {
				b.WriteString(", ")
			}
			renderFlow(b, item)
		}
		b.WriteByte(']')
	case mapping:
		b.WriteByte('{')
		for i, e := range n.entries {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(quoteKey(e.key) + ": ")
			renderFlow(b, e.value)
		}
		b.WriteByte('}')
	default:
		b.WriteString("~")
	}
}
