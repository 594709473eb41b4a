package access

import (
	"bytes"
	"fmt"

	"paddock.dev/internal/forensics/access/entry"
	"paddock.dev/internal/forensics/lines"
)

// Count reads lines and shows the requests in them to an analyst. It is the
// lines.Handler of one worker.
type Count struct {
	Analyst *Analyst
	// Format is what all files are; empty finds out for each.
	Format entry.Format
	// Since and Until are microseconds since 1970; requests that ended before
	// Since or not before Until are left out. 0 is no bound.
	Since, Until int64
	// Keep chooses requests; nil keeps all.
	Keep func(*entry.Entry) bool

	piece  *lines.Piece
	parser entry.Parser
	entry  entry.Entry
	line   int64
	out    Outcome
}

// Outcome is what became of the lines of a piece.
type Outcome struct {
	// Lines is the sum of the other counts.
	Lines, Requests, Left, Empty, Rejected uint64
	// Rejects are those lines, Marks the first of each note. Their numbers count
	// from the first line of the piece.
	Rejects []Reject
	Marks   []Mark
	// Noted is how many requests have a note.
	Noted map[entry.Note]uint64
}

// Reject is a line that was not counted, and why.
type Reject struct {
	Line   int64
	Reason string
	// Text is how the line begins.
	Text string
}

// Mark is a place where a note applies.
type Mark struct {
	Line int64
	Note entry.Note
}

// Begin implements lines.Handler.
func (c *Count) Begin(p *lines.Piece, head []byte, first bool) {
	c.piece, c.line = p, 0
	c.parser = entry.Parser{Format: c.Format}
	if !first { // what the lines before say about the format
		for line := range bytes.Lines(head) {
			c.parser.Parse(bytes.TrimSuffix(line, []byte("\n")), &c.entry)
		}
	}
}

// Block implements lines.Handler.
func (c *Count) Block(block []byte) {
	for len(block) > 0 {
		line := block
		if end := bytes.IndexByte(block, '\n'); end >= 0 {
			line, block = block[:end], block[end+1:]
		} else {
			block = nil
		}
		c.line++
		reason := c.parser.Parse(line, &c.entry)
		if reason != "" {
			if reason == entry.Skip {
				c.out.Empty++
			} else {
				c.reject(reason, line)
			}
			continue
		}
		if e := &c.entry; c.Since != 0 && e.Time < c.Since || c.Until != 0 && e.Time >= c.Until || c.Keep != nil && !c.Keep(e) {
			c.out.Left++
			continue
		}
		notes, reason := c.Analyst.Add(&c.entry)
		if reason != "" {
			c.reject(reason, line)
			continue
		}
		c.out.Requests++
		if notes != 0 {
			notes.Each(c.note)
		}
	}
}

// marks is how many places of each note are kept of a piece.
const marks = 3

func (c *Count) note(n entry.Note) {
	if c.out.Noted == nil {
		c.out.Noted = map[entry.Note]uint64{}
	}
	if c.out.Noted[n]++; c.out.Noted[n] <= marks {
		c.out.Marks = append(c.out.Marks, Mark{c.line, n})
	}
}

// shown is how much of a rejected line is kept, in bytes.
const shown = 160

func (c *Count) reject(reason string, line []byte) {
	c.out.Rejected++
	c.out.Rejects = append(c.out.Rejects, Reject{c.line, reason, string(line[:min(len(line), shown)])})
	// A file of some other kind has millions; they are not kept in memory.
	if len(c.out.Rejects) >= 4096 && c.piece != nil {
		c.hand()
	}
}

// hand gives away what there is before the end of the piece.
func (c *Count) hand() {
	out := c.out
	out.Lines = out.Requests + out.Left + out.Empty + out.Rejected
	c.out = Outcome{}
	c.piece.Early(out)
}

// Long implements lines.Handler.
func (c *Count) Long(n int64, begin []byte) {
	c.line++
	c.reject(fmt.Sprintf("the line is %d bytes long, and no line of these logs has more than %d", n, lines.MaxLine), begin)
}

// End implements lines.Handler.
func (c *Count) End(error) (int64, any) {
	out := c.out
	out.Lines = out.Requests + out.Left + out.Empty + out.Rejected
	c.out = Outcome{}
	return c.line, out
}
