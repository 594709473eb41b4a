// Package format writes a platform file the one way it is written: two spaces
// for each level, one space where one is needed, double quotes, no more than one
// empty line. Comments, order, line breaks and meaning stay. It knows how YAML
// is laid out, line by line, and refuses to know what any key means; text that
// it cannot be sure about is refused, never guessed at.
package format

import (
	"errors"
	"fmt"
	"strings"
)

// ErrUnsure says that the text has a form that the formatter does not know, so
// that it might lose something.
var ErrUnsure = errors.New("the text has a form that cannot be laid out safely")

// Text lays out a file. It is given text that the reader of platform files
// accepts as YAML; for anything else, and when the result would read differently
// in any way, the error is ErrUnsure. Text of its own result is that result.
func Text(text string) (string, error) {
	text = strings.TrimPrefix(text, "\ufeff")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	s := &scanner{lines: strings.Split(text, "\n")}
	if err := s.scan(); err != nil {
		return "", fmt.Errorf("%w: line %d: %w", ErrUnsure, s.at+1, err)
	}
	align(s.out)
	result := print(s.out)
	if err := same(text, result); err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnsure, err)
	}
	return result, nil
}

// line is one line of the result with what belongs to it.
type line struct {
	kind   lineKind
	indent int
	// head is what stands before the value: dashes, the key and its colon.
	head, value string
	// more are the further lines of a value, complete.
	more    []string
	comment string
	// level the key belongs to; valueAt and commentAt are columns in the source,
	// by which authors line things up.
	level              *level
	valueAt, commentAt int
	// gap between head and value, and the column of the comment when it is lined
	// up with others.
	gap, commentTo int
	// trails is a comment that goes on with the one at the end of the line above.
	trails bool
	// ahead is a comment that stands where the content below it does: it is about
	// that, even when it happens to stand below another one.
	ahead bool
}

type lineKind uint8

const (
	content lineKind = iota
	empty
	remark // a comment on a line of its own
)

// width of the line up to its comment, in characters.
func (l *line) width() int {
	n := l.indent + runes(l.head)
	if l.value != "" {
		n += l.gap + runes(l.value)
	}
	return n
}

// align keeps what the author lined up with the neighbouring lines lined up, as
// far to the left as it goes, and nothing else.
func align(lines []*line) {
	for _, l := range lines {
		if l.head != "" && l.value != "" {
			l.gap = 1
		}
	}
	runsOf(lines, func(a, b *line) bool {
		return a.hasPair() && b.hasPair() && a.level == b.level && a.valueAt == b.valueAt
	}, func(run []*line) {
		widest := 0
		for _, l := range run {
			widest = max(widest, l.indent+runes(l.head))
		}
		for _, l := range run {
			l.gap = 1 + widest - l.indent - runes(l.head)
		}
	})
	runsOf(lines, func(a, b *line) bool {
		return a.kind != empty && b.kind != empty && a.comment != "" && b.comment != "" && a.commentAt == b.commentAt && !b.ahead &&
			len(a.more) == 0 && len(b.more) == 0 && (a.kind == content || a.trails)
	}, func(run []*line) {
		widest := 0
		for _, l := range run {
			if l.kind == content {
				widest = max(widest, l.width())
			}
		}
		for _, l := range run {
			l.commentTo = widest + 1
		}
	})
}

// hasPair reports whether the line is a key with its value, and nothing more.
func (l *line) hasPair() bool {
	return l.kind == content && strings.HasSuffix(l.head, ":") && l.value != "" && len(l.more) == 0
}

// runsOf visits the longest runs of neighbours that belong together.
func runsOf(lines []*line, together func(a, b *line) bool, visit func([]*line)) {
	for i := 0; i < len(lines); {
		j := i + 1
		for j < len(lines) && together(lines[j-1], lines[j]) {
			lines[j].trails = lines[j].kind == remark
			j++
		}
		if j > i+1 {
			visit(lines[i:j])
		}
		i = j
	}
}

// print writes the lines with at most one empty line between them, none at the
// beginning and none at the end.
func print(lines []*line) string {
	var b strings.Builder
	pending := false
	for _, l := range lines {
		if l.kind == empty {
			pending = b.Len() > 0
			continue
		}
		if pending {
			b.WriteByte('\n')
			pending = false
		}
		var text string
		switch l.kind {
		case content:
			text = strings.Repeat(" ", l.indent) + l.head + strings.Repeat(" ", l.gap) + l.value
			if l.comment != "" {
				text += strings.Repeat(" ", max(1, l.commentTo-runes(text))) + l.comment
			}
		case remark:
			text = strings.Repeat(" ", max(l.indent, l.commentTo)) + l.comment
		}
		b.WriteString(text + "\n")
		for _, more := range l.more {
			b.WriteString(more + "\n")
		}
	}
	return b.String()
}

func runes(s string) int { return len([]rune(s)) }
