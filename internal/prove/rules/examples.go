package rules

import (
	"embed"
	"strings"
)

//go:embed examples/*.txt
var examples embed.FS

// Examples returns a piece of a platform file that breaks the rule and one that
// keeps it. The line that a finding points at ends in "# here".
func (r *Rule) Examples() (fails, passes string) {
	text, err := examples.ReadFile("examples/" + r.ID + ".txt")
	if err != nil {
		return "", ""
	}
	before, passes, _ := strings.Cut(string(text), "-- passes --\n")
	return strings.TrimPrefix(before, "-- fails --\n"), passes
}
