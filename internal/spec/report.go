package spec

import (
	"fmt"

	"paddock.dev/internal/diag"
)

// report collects the problems of a file and of those that it includes.
type report struct {
	file     string
	problems []*diag.Problem
	// included files by name, and which of them is being read: 0 for none.
	included []string
	reading  int
}

// err adds an error. The caller adds detail, fix and related places to what is
// returned.
func (r *report) err(id string, at span, summary string, args ...any) *diag.Problem {
	return r.add(diag.Error, id, at, summary, args...)
}

func (r *report) warn(id string, at span, summary string, args ...any) *diag.Problem {
	return r.add(diag.Warning, id, at, summary, args...)
}

func (r *report) add(s diag.Severity, id string, at span, summary string, args ...any) *diag.Problem {
	p := &diag.Problem{Severity: s, ID: id, Summary: fmt.Sprintf(summary, args...), Pos: r.place(at)}
	r.problems = append(r.problems, p)
	return p
}

// place turns a span into a range of its file.
func (r *report) place(at span) diag.Range {
	name := r.file
	if at.file == 0 {
		at.file = r.reading
	}
	if at.file > 0 {
		name = r.included[at.file-1]
	}
	return diag.Range{File: name, Line: at.line, Column: at.column, EndLine: at.endLine, EndColumn: at.endColumn}
}

// placeIn is place for a span of a tree, whatever file is being read.
func (r *report) placeIn(at span) diag.Range {
	reading := r.reading
	r.reading = 0
	defer func() { r.reading = reading }()
	return r.place(at)
}

// related is another place of this file that has to do with a problem.
func (r *report) related(at span, text string, args ...any) diag.Related {
	return diag.Related{Range: r.place(at), Text: fmt.Sprintf(text, args...)}
}
