package diag

import "strings"

// Sources are the texts of the files that were read, by name.
type Sources map[string]string

// Excerpt copies into every range of the problems the line that it points at.
// Problems can then be printed, stored and sent without the files.
func (s Sources) Excerpt(problems []Problem) {
	lines := map[string][]string{}
	fill := func(r *Range) {
		if r.Line < 1 || r.Text != "" {
			return
		}
		split, ok := lines[r.File]
		if !ok {
			split = strings.Split(s[r.File], "\n")
			lines[r.File] = split
		}
		if r.Line <= len(split) {
			r.Text = strings.TrimSuffix(split[r.Line-1], "\r")
		}
	}
	for i := range problems {
		fill(&problems[i].Pos)
		for j := range problems[i].Related {
			fill(&problems[i].Related[j].Range)
		}
	}
}
