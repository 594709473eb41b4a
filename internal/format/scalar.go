package format

import "strings"

func blank(c byte) bool { return c == ' ' || c == '\t' }

// skip passes over spaces and tabs.
func skip(text string, i int) int {
	for i < len(text) && blank(text[i]) {
		i++
	}
	return i
}

// cutKey reads a key with its colon; end is behind the colon.
func cutKey(text string, i int) (key string, end int, ok bool) {
	if i == len(text) {
		return "", 0, false
	}
	switch text[i] {
	case '"', '\'':
		end, closed := closingQuote(text, i)
		if !closed {
			return "", 0, false
		}
		colon := skip(text, end)
		if !isColon(text, colon, false) {
			return "", 0, false
		}
		return requote(text[i:end]), colon + 1, true
	case '[', '{', '#', '|', '>', '&', '!', '%', '@', '`':
		return "", 0, false
	}
	for end = i; end < len(text); end++ {
		if text[end] == '#' && end > i && blank(text[end-1]) {
			return "", 0, false
		}
		if isColon(text, end, false) {
			key = strings.TrimRight(text[i:end], " \t")
			if strings.HasPrefix(key, "*") {
				key += " " // *name: would be another name
			}
			return key, end + 1, true
		}
	}
	return "", 0, false
}

// isColon reports whether a key ends here.
func isColon(text string, i int, inFlow bool) bool {
	if i >= len(text) || text[i] != ':' {
		return false
	}
	return i+1 == len(text) || blank(text[i+1]) || inFlow && strings.IndexByte(",[]{}", text[i+1]) >= 0
}

// plainEnd is where a text without quotes ends on its line: at a comment.
func plainEnd(text string, i int) int {
	for j := i + 1; j < len(text); j++ {
		if text[j] == '#' && blank(text[j-1]) {
			return j
		}
	}
	return len(text)
}

// closingQuote is behind the quote that closes the one at i, on this line.
func closingQuote(text string, i int) (end int, ok bool) {
	quote := text[i]
	for j := i + 1; j < len(text); j++ {
		switch {
		case quote == '"' && text[j] == '\\':
			j++
		case text[j] == quote && quote == '\'' && j+1 < len(text) && text[j+1] == quote:
			j++
		case text[j] == quote:
			return j + 1, true
		}
	}
	return len(text), false
}

// quoted reads a quoted text over as many lines as it has; rest is behind its
// quote on the last of them.
func (s *scanner) quoted(text string, i int) (quoted string, rest int, err error) {
	if end, ok := closingQuote(text, i); ok {
		return requote(text[i:end]), end, nil
	}
	quote, raw := text[i], text[i:]
	for s.at+1 < len(s.lines) {
		s.at++
		if end, ok := continuesTo(s.lines[s.at], quote); ok {
			return requote(raw + "\n" + s.lines[s.at][:end]), end, nil
		}
		raw += "\n" + s.lines[s.at]
	}
	return "", 0, errQuote
}

// continuesTo finds the closing quote of a text that began on a line above.
func continuesTo(text string, quote byte) (end int, ok bool) {
	end, ok = closingQuote(string(quote)+text, 0)
	return end - 1, ok
}

// requote turns 'text' into "text" where that needs no escapes.
func requote(text string) string {
	if text[0] != '\'' || strings.ContainsAny(text[1:len(text)-1], "'\"\\\n\t") {
		return text
	}
	return `"` + text[1:len(text)-1] + `"`
}

// laid indents the further lines of a quoted text, whose spaces at the beginning
// mean nothing. Those at the end stay: \ may stand before them.
func laid(quoted string, indent int) []string {
	lines := strings.Split(quoted, "\n")
	for i := 1; i < len(lines); i++ {
		if lines[i] = strings.TrimLeft(lines[i], " \t"); lines[i] != "" {
			lines[i] = strings.Repeat(" ", indent) + lines[i]
		}
	}
	return lines
}
