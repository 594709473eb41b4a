package cli

import (
	"io"
	"strings"
	"unicode/utf8"
)

// cell is a piece of text and its colour.
type cell struct{ text, color string }

func plain(s string) cell { return cell{text: s} }

// table is rows of cells under each other; colours do not count for the width.
type table struct {
	rows [][]cell
	// indent stands before every line.
	indent string
}

func (t *table) add(cells ...cell) { t.rows = append(t.rows, cells) }

// write prints the rows, cutting lines at so many columns when that is not 0.
func (t *table) write(w io.Writer, p paint, columns int) error {
	var widths []int
	for _, row := range t.rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(c.text))
		}
	}
	var b strings.Builder
	for _, row := range t.rows {
		b.WriteString(t.indent)
		used, gap := len(t.indent), 0
		for i, c := range row {
			text := safe(c.text)
			n := utf8.RuneCountInString(text)
			if n > 0 { // the gap waits for something to follow it
				if columns > 0 && used+gap+n > columns {
					if room := columns - used - gap; room > 0 {
						b.WriteString(strings.Repeat(" ", gap) + p.as(c.color, cut(text, room)))
					}
					break
				}
				b.WriteString(strings.Repeat(" ", gap) + p.as(c.color, text))
				used, gap = used+gap+n, 0
			}
			gap += widths[i] - n + 2
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// cut shortens text to so many columns, the last an ellipsis.
func cut(text string, columns int) string {
	r := []rune(text)
	if len(r) <= columns {
		return text
	}
	return string(r[:columns-1]) + "…"
}
