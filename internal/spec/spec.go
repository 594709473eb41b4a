// Package spec reads platform.yaml: text becomes a tree with a place for every
// value, the tree becomes the types of api/v1 (strictly, with defaults), and
// those become the resolved platform of package model. It finds all problems in
// one run and says of each where it is and what to write instead. It knows what
// the file means and refuses to know what is done with it. Only Load, and the stamp of a loaded file, touch
// the disk.
package spec

import (
	"io/fs"
	"strings"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
)

// Parse reads the text of a platform file that includes no other; name is what
// problems call it. The platform is nil when one of the problems is an error.
// The same text always gives the same platform and the same problems.
func Parse(name string, text []byte) (*model.Platform, []diag.Problem) {
	f, problems := ParseFile(name, text, nil)
	if f == nil {
		return nil, problems
	}
	return f.Platform, problems
}

// ParseFile is Parse with the places of all values, and with the files that may
// be included: files is the directory of the platform file, nil when there is
// none. The file is nil when one of the problems is an error.
func ParseFile(name string, text []byte, files fs.FS) (*File, []diag.Problem) {
	return read(name, text, files).result()
}

// sentence gives a clause its capital letter and full stop.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	first := s[:1]
	if s[0] >= 'a' && s[0] <= 'z' {
		first = strings.ToUpper(first)
	}
	s = first + s[1:]
	if strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}
