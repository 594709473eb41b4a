package view

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"paddock.dev/internal/forensics/charts"
	"paddock.dev/internal/forensics/flows"
)

// TextOptions say what the terminal can do.
type TextOptions struct {
	Color bool
	// Columns is the width to cut lines at; 0 is none.
	Columns int
}

// Text writes the report as sections of aligned columns. Findings without rows
// share one line.
func Text(w io.Writer, r *flows.Report, o TextOptions) error {
	t := &text{o: o}
	if r.Read.Interrupted {
		t.line(t.paint("33", "Interrupted: this is what was read so far."))
	}
	t.line(account(r))
	if r.Read.First != nil {
		t.line(fmt.Sprintf("%s to %s, %s in %s packets and %s flows: %s accepted, %s refused",
			r.Read.First.Format(clock), r.Read.Last.Format(clock), bytes(r.Totals.Bytes), number(r.Totals.Packets), number(r.Totals.Flows), number(r.Totals.Accepted.Flows+r.Totals.Unjudged.Flows), number(r.Totals.Rejected.Flows)))
	}
	for _, f := range r.Failed {
		t.line(t.paint("31", "not read: ") + f.Reason)
	}
	for _, n := range r.Notes {
		t.line("note: " + n)
	}
	if g, ok := groups(r); ok {
		t.section(g)
	}
	var nothing []string
	for _, s := range findings(r) {
		if len(s.rows) == 0 {
			nothing = append(nothing, strings.ToLower(s.title))
			continue
		}
		t.section(s)
	}
	for _, s := range talkers(r) {
		t.section(s)
	}
	t.overTime(r)
	if s := rejects(r); len(s.rows) > 0 {
		t.section(s)
	}
	if len(nothing) > 0 {
		t.line("")
		t.line("None found: " + strings.Join(nothing, "; ") + ".")
	}
	_, err := io.WriteString(w, t.b.String())
	return err
}

type text struct {
	o TextOptions
	b strings.Builder
}

func (t *text) paint(code, s string) string {
	if !t.o.Color {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (t *text) line(s string) {
	t.b.WriteString(s)
	t.b.WriteByte('\n')
}

func (t *text) section(s section) {
	t.line("")
	title := t.paint("1", s.title)
	if s.lead != "" {
		title += "  " + t.paint("2", s.lead)
	}
	t.line(title)
	widths := make([]int, len(s.heads))
	for i, h := range s.heads {
		widths[i] = utf8.RuneCountInString(h.Text)
		for _, row := range s.rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	head := make([]string, len(s.heads))
	for i, h := range s.heads {
		head[i] = h.Text
	}
	t.row(s.heads, widths, head, "2")
	for i, row := range s.rows {
		code := ""
		if i < len(s.tones) {
			code = map[charts.Tone]string{charts.Bad: "31", charts.Warn: "33"}[s.tones[i]]
		}
		t.row(s.heads, widths, row, code)
	}
}

func (t *text) row(heads []charts.Head, widths []int, cells []string, code string) {
	var b strings.Builder
	b.WriteString("  ")
	for i, c := range cells {
		if i > 0 {
			b.WriteString("  ")
		}
		pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c))
		if heads[i].Number {
			b.WriteString(pad + c)
		} else {
			b.WriteString(c + pad)
		}
	}
	line := strings.TrimRight(b.String(), " ")
	if r := []rune(line); t.o.Columns > 0 && len(r) > t.o.Columns {
		line = string(r[:t.o.Columns-1]) + "…"
	}
	if code != "" {
		line = t.paint(code, line)
	}
	t.line(line)
}

// blocks are the heights of a bar of one character.
var blocks = []rune(" ▁▂▃▄▅▆▇█")

// overTime draws accepted and refused flows as two lines of bars, each with its
// own height.
func (t *text) overTime(r *flows.Report) {
	m := r.OverTime.Moments
	if len(m) < 2 {
		return
	}
	width := 72
	first, last := m[0].Start.Unix(), m[len(m)-1].Start.Unix()+int64(r.OverTime.Step)
	accepted, refused := make([]uint64, width), make([]uint64, width)
	for _, x := range m {
		i := (x.Start.Unix() - first) * int64(width) / (last - first)
		accepted[i] += x.AcceptedFlows
		refused[i] += x.RejectedFlows
	}
	t.line("")
	t.line(t.paint("1", "Over time") + "  " + t.paint("2", "From "+m[0].Start.Format(clock)+", flows."))
	for _, l := range []struct {
		name   string
		values []uint64
	}{{"accepted", accepted}, {"refused", refused}} {
		most := uint64(0)
		for _, v := range l.values {
			most = max(most, v)
		}
		bars := make([]rune, width)
		for i, v := range l.values {
			bars[i] = blocks[0]
			if v > 0 {
				bars[i] = blocks[1+int(float64(v)/float64(most)*7)]
			}
		}
		t.line(fmt.Sprintf("  %-8s  %s  at most %s", l.name, string(bars), number(most)))
	}
}
