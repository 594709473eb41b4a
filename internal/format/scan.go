package format

import (
	"errors"
	"strings"
)

// level is a block mapping or sequence that is open: where it stands in the
// source, and where in the result.
type level struct {
	sequence bool
	column   int
	indent   int
}

// scanner reads the source line by line and gathers the lines of the result.
type scanner struct {
	lines []string
	at    int // line that is being read
	open  []*level
	out   []*line
	notes []*line // comments whose level the next content decides
}

var (
	errRest   = errors.New("something stands after the value")
	errQuote  = errors.New("a quote is not closed")
	errTab    = errors.New("a tab stands in the indentation")
	errClosed = errors.New("a bracket is not closed")
)

func (s *scanner) scan() error {
	for s.at < len(s.lines) {
		text := s.lines[s.at]
		body := strings.TrimLeft(text, " ")
		column := len(text) - len(body)
		switch body = strings.TrimRight(body, " \t"); {
		case strings.TrimLeft(body, "\t") == "":
			s.add(&line{kind: empty})
			s.at++
		case body[0] == '#':
			note := &line{kind: remark, comment: body, commentAt: column}
			s.add(note)
			s.notes = append(s.notes, note)
			s.at++
		case body[0] == '\t':
			return errTab
		case column == 0 && (body == "---" || body == "..."):
			s.settle(nil, s.open...)
			s.open = nil
			s.add(&line{head: body})
			s.at++
		default:
			if err := s.content(text, column); err != nil {
				return err
			}
		}
	}
	s.settle(nil, s.open...)
	return nil
}

func (s *scanner) add(l *line) { s.out = append(s.out, l) }

// enter finds or opens the level of a dash or key in that column.
func (s *scanner) enter(sequence bool, column int) *level {
	for len(s.open) > 0 {
		top := s.open[len(s.open)-1]
		if top.column < column || top.column == column && (top.sequence == sequence || sequence) {
			break
		}
		s.open = s.open[:len(s.open)-1]
	}
	if top := s.top(); top != nil && top.column == column && top.sequence == sequence {
		return top
	}
	l := &level{sequence: sequence, column: column, indent: s.inside()}
	s.open = append(s.open, l)
	return l
}

func (s *scanner) top() *level {
	if len(s.open) == 0 {
		return nil
	}
	return s.open[len(s.open)-1]
}

// inside is the indentation of what stands below the open level.
func (s *scanner) inside() int {
	if top := s.top(); top != nil {
		return top.indent + 2
	}
	return 0
}

// parent is the column that the lines of a value must be right of.
func (s *scanner) parent() int {
	if top := s.top(); top != nil {
		return top.column
	}
	return -1
}

// settle gives the waiting comments the indentation of the level that they stand
// in: levels are those open before the content that follows, and that content's.
func (s *scanner) settle(next *level, before ...*level) {
	levels := before
	if next != nil {
		levels = append(levels, next)
	}
	for _, note := range s.notes {
		best := next
		for _, l := range levels {
			if l.column <= note.commentAt && (best == nil || best.column > note.commentAt || l.column > best.column) {
				best = l
			}
		}
		if best != nil {
			note.indent = best.indent
			note.ahead = best == next && best.column == note.commentAt
		}
	}
	s.notes = nil
}

// content reads one line that says something, and all further lines of its value.
func (s *scanner) content(text string, column int) error {
	before := append([]*level(nil), s.open...)
	l := &line{}
	var first *level
	begin := func(level *level) {
		if first == nil {
			first, l.indent = level, level.indent
		}
		l.level = level
	}
	i := column
	for i < len(text) && text[i] == '-' && (i+1 == len(text) || blank(text[i+1])) {
		begin(s.enter(true, i))
		if l.head != "" {
			l.head += " "
		}
		l.head += "-"
		i = skip(text, i+1)
	}
	if key, end, ok := cutKey(text, i); ok {
		begin(s.enter(false, i))
		if l.head != "" {
			l.head += " "
		}
		l.head += key + ":"
		i = skip(text, end)
	} else if l.head == "" {
		// A value on a line of its own, below its key or dash.
		for len(s.open) > 0 && s.open[len(s.open)-1].column >= column {
			s.open = s.open[:len(s.open)-1]
		}
		first = &level{column: column, indent: s.inside()}
		l.indent, l.level = first.indent, first
	}
	s.settle(first, before...)
	l.valueAt = runes(text[:i])
	s.add(l)
	return s.value(l, text, i)
}

// value reads what stands from text[i] on, to the end of the value.
func (s *scanner) value(l *line, text string, i int) error {
	for i < len(text) && (text[i] == '&' || text[i] == '!') { // what names a value stands before it
		end := i + 1
		for end < len(text) && !blank(text[end]) {
			end++
		}
		l.value = strings.TrimLeft(l.value+" "+text[i:end], " ")
		i = skip(text, end)
	}
	if i == len(text) || text[i] == '#' {
		s.finish(l, text, i)
		return nil
	}
	give := func(first string, more []string) {
		l.value = strings.TrimLeft(l.value+" "+first, " ")
		l.more = more
	}
	switch text[i] {
	case '|', '>':
		return s.blockScalar(l, text, i)
	case '"', '\'':
		quoted, rest, err := s.quoted(text, i)
		if err != nil {
			return err
		}
		text = s.lines[s.at]
		parts := laid(quoted, s.inside())
		give(parts[0], parts[1:])
		return s.end(l, text, skip(text, rest))
	case '[', '{':
		f := &flow{scanner: s, base: l.level.indent}
		rest, err := f.read(i)
		if err != nil {
			return err
		}
		give(f.done[0], f.done[1:])
		return s.end(l, s.lines[s.at], skip(s.lines[s.at], rest))
	}
	return s.plain(l, text, i, give)
}

// end checks that nothing but a comment follows a value.
func (s *scanner) end(l *line, text string, i int) error {
	if i < len(text) && text[i] != '#' {
		return errRest
	}
	if len(l.more) > 0 {
		if i < len(text) {
			l.more[len(l.more)-1] += " " + strings.TrimRight(text[i:], " \t")
		}
		s.at++
		return nil
	}
	s.finish(l, text, i)
	return nil
}

// finish takes the comment at the end of the line.
func (s *scanner) finish(l *line, text string, i int) {
	if i < len(text) {
		l.comment = strings.TrimRight(text[i:], " \t")
		l.commentAt = runes(text[:i])
	}
	s.at++
}

// plain reads a text without quotes, which goes on below while the lines are
// indented further than what it is the value of.
func (s *scanner) plain(l *line, text string, i int, give func(string, []string)) error {
	end := plainEnd(text, i)
	first := strings.TrimRight(text[i:end], " \t")
	var more []string
	for end == len(text) {
		next, empties := s.at+1, 0
		for next < len(s.lines) && strings.Trim(s.lines[next], " \t") == "" {
			next, empties = next+1, empties+1
		}
		if next == len(s.lines) {
			break
		}
		body := strings.TrimLeft(s.lines[next], " ")
		if len(s.lines[next])-len(body) <= s.parent() || body[0] == '#' {
			break
		}
		if strings.HasPrefix(body, "\t") {
			return errTab
		}
		for range empties {
			more = append(more, "")
		}
		s.at, text = next, s.lines[next]
		start := len(text) - len(body)
		end = plainEnd(text, start)
		more = append(more, strings.Repeat(" ", s.inside())+strings.TrimRight(text[start:end], " \t"))
	}
	give(first, more)
	return s.end(l, text, end)
}

// blockScalar reads a text after | or >, whose indentation is its frame.
func (s *scanner) blockScalar(l *line, text string, i int) error {
	end := i
	for end < len(text) && !blank(text[end]) {
		end++
	}
	header := text[i:end]
	l.value = strings.TrimLeft(l.value+" "+header, " ")
	if rest := skip(text, end); rest < len(text) && text[rest] != '#' {
		return errRest
	}
	s.finish(l, text, skip(text, end))
	frame, shift := -1, s.inside()
	if digit := strings.IndexAny(header, "123456789"); digit >= 0 {
		step := int(header[digit] - '0')
		frame = max(s.parent(), 0) + step
		shift = s.inside() - 2 + step
		if s.top() == nil {
			shift = step
		}
	}
	var lines []string
	for ; s.at < len(s.lines); s.at++ {
		text := s.lines[s.at]
		indent := len(text) - len(strings.TrimLeft(text, " "))
		if indent == len(text) && (frame < 0 || indent <= frame) {
			lines = append(lines, "")
			continue
		}
		if frame < 0 {
			if indent <= s.parent() {
				break
			}
			frame = indent
		}
		if indent < frame {
			break
		}
		lines = append(lines, strings.Repeat(" ", shift)+text[frame:])
	}
	// Empty lines after the text are the file's, unless + makes them the text's.
	if !strings.Contains(header, "+") {
		for len(lines) > 0 && lines[len(lines)-1] == "" {
			lines = lines[:len(lines)-1]
			s.at--
		}
	} else if s.at == len(s.lines) && len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1] // what stands after the last line break
	}
	l.more = lines
	return nil
}
