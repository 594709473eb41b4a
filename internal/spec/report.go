package spec

import (
	"fmt"

	"paddock.dev/internal/diag"
)

// report collects the problems of one file.
type report struct {
	file     string
	problems []*diag.Problem
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

// place turns a span into a range of this file.
func (r *report) place(at span) diag.Range {
	return diag.Range{File: r.file, Line: at.line, Column: at.column, EndLine: at.endLine, EndColumn: at.endColumn}
}

// related is another place of this file that has to do with a problem.
func (r *report) related(at span, text string, args ...any) diag.Related {
	return diag.Related{Range: r.place(at), Text: fmt.Sprintf(text, args...)}
}
