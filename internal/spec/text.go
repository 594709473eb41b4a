package spec

import (
	"strings"
	"unicode/utf8"
)

// Limits keep a hostile or broken file from costing more than a moment.
const (
	// maxSize of a file in bytes: 1 MiB holds some 10,000 services.
	maxSize = 1 << 20
	// maxDepth of blocks in blocks. The file's own depth is about ten.
	maxDepth = 32
	// maxEntries of one block: the parser takes quadratic time in them.
	maxEntries = 2000
	// maxNodes of the tree, aliases followed: a dozen nested aliases can
	// otherwise stand for a thousand million values.
	maxNodes = 250_000
)

// prepare checks that the bytes are text of a bearable size, and makes lines end
// in one way. It returns false when nothing can be read.
func prepare(r *report, raw []byte) (string, bool) {
	if len(raw) > maxSize {
		r.err(idTooLarge, span{}, "The file is larger than 1 MiB").
			Detail = "No platform needs that much; this may be the wrong file."
		return "", false
	}
	text := strings.TrimPrefix(string(raw), "\ufeff")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if at, what := unprintable(text); what != "" {
		r.err(idNotText, at, "The file is not plain text: %s", what).
			Fix = "Save it as UTF-8 text."
		return text, false
	}
	if empty(text) {
		r.err(idEmpty, span{}, "The file is empty").
			Fix = begin
		return text, false
	}
	return text, true
}

// begin is the fix of a file with nothing of ours in it.
const begin = "Begin with:\npaddock: v1\nname: my-platform"

// empty reports whether there is nothing but space and comments.
func empty(text string) bool {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "#") && line != "---" && line != "..." {
			return false
		}
	}
	return true
}

// unprintable finds the first byte that YAML text cannot contain.
func unprintable(text string) (span, string) {
	line, column := 1, 1
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRuneInString(text[i:])
		at := spanOf(line, column, line, column+1)
		switch {
		case c == utf8.RuneError && size == 1:
			return at, "it has bytes that are not UTF-8"
		case c == '\n':
			line, column = line+1, 0
		case c == '\r':
			return at, "it has a carriage return inside a line"
		case c < ' ' && c != '\t', c >= 0x7f && c <= 0x9f, c == 0xfeff, c == 0x2028, c == 0x2029:
			return at, "it has a control character"
		}
		column++
		i += size
	}
	return span{}, ""
}

// page gives characters of the text by line and column.
type page struct{ lines []string }

func newPage(text string) page { return page{lines: strings.Split(text, "\n")} }

// rest is the line from a column on.
func (p page) rest(line, column int) string {
	if line < 1 || line > len(p.lines) || column < 1 {
		return ""
	}
	s := p.lines[line-1]
	for ; column > 1 && s != ""; column-- {
		_, size := utf8.DecodeRuneInString(s)
		s = s[size:]
	}
	return s
}

// scalarSpan is where the scalar that begins here ends: after its text, after
// its closing quote, or with its line when it goes on below.
func (p page) scalarSpan(line, column int, text string) span {
	at := spanOf(line, column, line, column+1)
	rest := p.rest(line, column)
	if rest == "" {
		return at
	}
	end := len(strings.TrimRight(rest, " \t"))
	switch quote := rest[0]; {
	case quote == '"' || quote == '\'':
		for i := 1; i < len(rest); i++ {
			if quote == '"' && rest[i] == '\\' {
				i++
				continue
			}
			if rest[i] == quote {
				if quote == '\'' && i+1 < len(rest) && rest[i+1] == quote {
					i++
					continue
				}
				end = i + 1
				break
			}
		}
	case strings.HasPrefix(rest, text):
		end = len(text)
	}
	at.endColumn = column + utf8.RuneCountInString(rest[:end])
	return at
}

// below is the text of the next line that has some.
func (p page) below(line int) (span, bool) {
	for l := line + 1; l <= len(p.lines); l++ {
		text := strings.TrimRight(p.lines[l-1], " \t")
		body := strings.TrimLeft(text, " \t")
		if body == "" || body[0] == '#' {
			continue
		}
		column := utf8.RuneCountInString(text[:len(text)-len(body)]) + 1
		return spanOf(l, column, l, column+utf8.RuneCountInString(body)), true
	}
	return span{}, false
}
