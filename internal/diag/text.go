package diag

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// TextOptions say how problems are printed for people.
type TextOptions struct {
	// Color adds ANSI colours. Nothing is said by colour alone.
	Color bool
}

// widest is how much of a line an excerpt shows.
const widest = 110

// WriteText prints the problems for people, an empty line between two of them:
//
//	platform.yaml:23:14: error: Unknown key "replica" [unknown-key]
//	   |
//	23 |     scale: { replica: 2..20 }
//	   |              ^^^^^^^
//	   services.booking.scale knows these keys: cpu, replicas.
//	   Fix: write "replicas".
func WriteText(w io.Writer, problems []Problem, o TextOptions) error {
	var b strings.Builder
	for i, p := range problems {
		if i > 0 {
			b.WriteByte('\n')
		}
		writeProblem(&b, p, o)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeProblem(b *strings.Builder, p Problem, o TextOptions) {
	margin := marginOf(p)
	if place := p.Pos.String(); place != "" {
		b.WriteString(o.paint(bold, clean(place)+": "))
	}
	tint := red
	if p.Severity == Warning {
		tint = yellow
	}
	b.WriteString(o.paint(tint, string(p.Severity)) + ": " + o.paint(bold, clean(p.Summary)) + o.paint(dim, " ["+p.ID+"]") + "\n")
	writeExcerpt(b, p.Pos, margin, tint, o)
	indent := strings.Repeat(" ", margin+1)
	writeSentences(b, indent, p.Detail)
	for _, r := range p.Related {
		fmt.Fprintf(b, "%s%s: %s\n", indent, o.paint(bold, clean(r.Range.String())), clean(r.Text))
		writeExcerpt(b, r.Range, margin, blue, o)
	}
	if p.Fix != "" {
		first, rest, many := strings.Cut(p.Fix, "\n")
		b.WriteString(indent + o.paint(green, "Fix:") + " " + clean(first) + "\n")
		if many {
			writeSentences(b, indent+"  ", rest)
		}
	}
}

// marginOf is the width of the widest line number that will be shown, at least
// two digits so that most problems align.
func marginOf(p Problem) int {
	most := p.Pos.Line
	for _, r := range p.Related {
		most = max(most, r.Range.Line)
	}
	return max(2, len(strconv.Itoa(most)))
}

func writeSentences(b *strings.Builder, indent, text string) {
	if text == "" {
		return
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSuffix(line, "\n"); line != "" {
			b.WriteString(indent + clean(line))
		}
		b.WriteByte('\n')
	}
}

// writeExcerpt shows the line and underlines the piece of it.
func writeExcerpt(b *strings.Builder, r Range, margin int, tint string, o TextOptions) {
	if r.Line == 0 || strings.TrimSpace(r.Text) == "" {
		return
	}
	line := []rune(r.Text)
	from := min(max(r.Column-1, 0), len(line))
	to := len(line)
	if r.EndLine == r.Line {
		to = min(max(r.EndColumn-1, from), len(line))
	}
	// A piece that ends on a later line is underlined up to the last letter.
	for r.EndLine > r.Line && to > from+1 && unicode.IsSpace(line[to-1]) {
		to--
	}
	before, after := "", ""
	if len(line) > widest {
		start := max(0, min(from-widest/3, len(line)-widest))
		end := min(len(line), start+widest)
		if start > 0 {
			before = "…"
		}
		if end < len(line) {
			after = "…"
		}
		line, from, to = line[start:end], from-start, min(to, end)-start
	}
	shown, pad := expand(line[:from])
	piece, under := expand(line[from:max(from, to)])
	rest, _ := expand(line[max(from, to):])
	empty := strings.Repeat(" ", margin)
	bar := o.paint(dim, "|")
	fmt.Fprintf(b, "%s %s\n", empty, bar)
	fmt.Fprintf(b, "%s %s %s\n", o.paint(dim, fmt.Sprintf("%*d", margin, r.Line)), bar, before+shown+piece+rest+after)
	fmt.Fprintf(b, "%s %s %s%s\n", empty, bar, strings.Repeat(" ", pad+len([]rune(before))), o.paint(tint, strings.Repeat("^", max(1, under))))
}

// expand makes a piece of a line safe to print, and says how many columns it
// takes: tabs become two spaces, and a character that could steer the terminal
// becomes a dot.
func expand(piece []rune) (text string, columns int) {
	var b strings.Builder
	for _, c := range piece {
		switch {
		case c == '\t':
			b.WriteString("  ")
			columns += 2
		case !unicode.IsPrint(c):
			b.WriteRune('·')
			columns++
		case unicode.Is(unicode.Mn, c):
			b.WriteRune(c) // an accent takes no column of its own
		case wide(c):
			b.WriteRune(c)
			columns += 2
		default:
			b.WriteRune(c)
			columns++
		}
	}
	return b.String(), columns
}

// wide reports whether terminals give the character two columns.
func wide(c rune) bool {
	return c >= 0x1100 && (c <= 0x115f || c >= 0x2e80 && c <= 0xa4cf || c >= 0xac00 && c <= 0xd7a3 ||
		c >= 0xf900 && c <= 0xfaff || c >= 0xfe30 && c <= 0xfe6f || c >= 0xff00 && c <= 0xff60 ||
		c >= 0x1f300 && c <= 0x1faff || c >= 0x20000 && c <= 0x3fffd)
}

// clean keeps what came from a file or the network from steering the terminal.
func clean(s string) string {
	return strings.Map(func(c rune) rune {
		if c != ' ' && !unicode.IsPrint(c) {
			return '·'
		}
		return c
	}, s)
}

const (
	bold   = "1"
	dim    = "2"
	red    = "1;31"
	green  = "32"
	yellow = "1;33"
	blue   = "34"
)

func (o TextOptions) paint(code, s string) string {
	if !o.Color {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}
