package cli

import (
	"strings"

	"paddock.dev/internal/spec"
)

// idleText says plainly what of a file nothing on this machine acts on.
func idleText(parts []spec.Idle) string {
	var b strings.Builder
	list := func(title string, rendered bool) {
		var paths []string
		for _, p := range parts {
			if p.Rendered == rendered {
				paths = append(paths, p.Path)
			}
		}
		if len(paths) > 0 {
			b.WriteString(title + "\n" + inset(fold(strings.Join(paths, ", "), 86)) + "\n")
		}
	}
	list("read, checked, drawn and rendered for AWS; paddock up does not act on it yet:", true)
	list("read and checked; nothing acts on it yet:", false)
	return b.String()
}

// idlePaths are the parts for programs.
func idlePaths(parts []spec.Idle) []string {
	var paths []string
	for _, p := range parts {
		paths = append(paths, p.Path)
	}
	return paths
}
