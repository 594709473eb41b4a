package detect

import (
	"embed"
	"fmt"
	"io/fs"

	"paddock.dev/internal/diag"
)

//go:embed rules/*.yaml
var builtin embed.FS

// Builtin are the rules that Paddock comes with, in the order of their files.
// The problems are ours: a test sees to it that there are none.
func Builtin() ([]*Rule, []diag.Problem) {
	names, err := fs.Glob(builtin, "rules/*.yaml")
	if err != nil {
		panic(fmt.Sprintf("the pattern of rule files: %v", err)) // it is a constant
	}
	var sets [][]*Rule
	var problems []diag.Problem
	for _, name := range names {
		text, err := builtin.ReadFile(name)
		if err != nil {
			panic(fmt.Sprintf("%s is embedded: %v", name, err))
		}
		rules, bad := Parse(name, text)
		sets, problems = append(sets, rules), append(problems, bad...)
	}
	rules, bad := Join(sets...)
	return rules, append(problems, bad...)
}
