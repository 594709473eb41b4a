package cli

import (
	"strings"
	"testing"
)

// What strangers wrote into a log is no formula of a spreadsheet.
func TestSheetsHaveNoFormulas(t *testing.T) {
	for cell, want := range map[string]string{
		`=HYPERLINK("http://x")`: `'=HYPERLINK("http://x")`,
		"+1+cmd|' /C calc'!A0":   "'+1+cmd|' /C calc'!A0",
		"@SUM(A1)":               "'@SUM(A1)",
		"\t=1+1":                 "'\t=1+1",
		"-2+3":                   "'-2+3",
		"-":                      "-",
		"-12.5":                  "-12.5",
		"/v1/cars?a=b":           "/v1/cars?a=b",
		"":                       "",
	} {
		if got := inert(cell); got != want {
			t.Errorf("%q became %q, want %q", cell, got, want)
		}
	}
	var b strings.Builder
	s := newSheet(&b)
	cells := []string{"=1", "2"}
	s.row(cells...)
	if err := s.end(); err != nil || b.String() != "'=1,2\n" || cells[0] != "=1" {
		t.Errorf("wrote %q, %v; the cells are now %q", b.String(), err, cells)
	}
}
