// Package diag holds what Paddock tells its users about their platform: problems
// with a stable name, the place in the file, and the way out of them. It knows
// how to order and print problems; it refuses to know what they are about, and
// imports nothing of ours.
package diag

import (
	"cmp"
	"slices"
	"strconv"
)

// Severity says whether work can go on.
type Severity string

const (
	// Error stops the command that found it.
	Error Severity = "error"
	// Warning is worth reading; work goes on.
	Warning Severity = "warning"
)

// Problem is one thing that its reader should change.
type Problem struct {
	Severity Severity `json:"severity"`
	// ID is the problem's stable name in kebab-case, such as unknown-key. It
	// does not change when the wording does.
	ID string `json:"id"`
	// Summary is one line without a full stop at its end.
	Summary string `json:"summary"`
	// Detail is sentences: what was found, and why it matters.
	Detail string `json:"detail,omitempty"`
	// Fix is what to do about it, or what to write instead.
	Fix string `json:"fix,omitempty"`
	// Pos is the place to look at first.
	Pos Range `json:"pos"`
	// Related are other places that have to do with it, such as the first of
	// two definitions.
	Related []Related `json:"related,omitempty"`
}

// Range is a piece of a file. The zero value is no place at all, and a range
// without a line is the file as a whole.
type Range struct {
	File string `json:"file,omitempty"`
	// Line and Column count from 1; columns are characters, not bytes.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// EndLine and EndColumn are the first character after the piece.
	EndLine   int `json:"endLine,omitempty"`
	EndColumn int `json:"endColumn,omitempty"`
	// Text is the whole line at Line, for the excerpt. Sources fills it in.
	Text string `json:"text,omitempty"`
}

// Related is another place, with a few words about it.
type Related struct {
	Range Range  `json:"range"`
	Text  string `json:"text"`
}

// String is file:line:column, as editors and terminals understand it.
func (r Range) String() string {
	switch {
	case r.Line == 0:
		return r.File
	case r.Column == 0:
		return r.File + ":" + strconv.Itoa(r.Line)
	}
	return r.File + ":" + strconv.Itoa(r.Line) + ":" + strconv.Itoa(r.Column)
}

// Error is the problem on one line, so that it can travel as an error where a
// list of problems cannot.
func (p Problem) Error() string {
	if place := p.Pos.String(); place != "" {
		return place + ": " + p.Summary
	}
	return p.Summary
}

// HasErrors reports whether one of the problems stops the work.
func HasErrors(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return p.Severity == Error })
}

// Sort puts problems in the order of the file. Problems at the same place stand
// with errors first, then by name and summary, so that the order never depends
// on how they were found.
func Sort(problems []Problem) {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.Pos.File, b.Pos.File),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Column, b.Pos.Column),
			cmp.Compare(a.Severity, b.Severity),
			cmp.Compare(a.ID, b.ID),
			cmp.Compare(a.Summary, b.Summary),
		)
	})
}

// Compact sorts the problems and drops those that say the same thing about the
// same place twice.
func Compact(problems []Problem) []Problem {
	Sort(problems)
	return slices.CompactFunc(problems, func(a, b Problem) bool {
		return a.ID == b.ID && a.Pos == b.Pos && a.Summary == b.Summary
	})
}
