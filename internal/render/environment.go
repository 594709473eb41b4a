package render

import (
	"slices"
	"strings"

	"paddock.dev/internal/model"
)

// EnvironmentOf is the environment to which a rendered file belongs; empty for
// what several share. The layout says it: whatever is of one environment lies in
// a folder, or is a file, of its name.
func EnvironmentOf(p *model.Platform, path string) string {
	for _, name := range strings.Split(path, "/")[1:] {
		if name == "services" { // Services may be called like environments.
			break
		}
		if slices.ContainsFunc(p.Environments, func(e model.Environment) bool { return e.Name == name }) {
			return name
		}
	}
	return ""
}
