package addr

import (
	"fmt"
	"strings"
)

// CheckLabel says what keeps a name from being a DNS label of at most longest
// characters that begins with a letter: lower-case letters, digits and dashes.
// Names end up in host names, in Kubernetes objects and, in capitals, in
// environment variables; this is the form that all of them accept.
func CheckLabel(name string, longest int) error {
	if name == "" {
		return fmt.Errorf("a name is missing")
	}
	if len(name) > longest {
		return fmt.Errorf("%d characters are too many; at most %d fit", len(name), longest)
	}
	for _, c := range name {
		switch {
		case c >= 'A' && c <= 'Z':
			return fmt.Errorf("capital letters are not allowed; write %q", strings.ToLower(name))
		case c == '_' || c == '.' || c == ' ':
			return fmt.Errorf("%q is not allowed; use a dash, as in %q", c, Label(name))
		case c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9'):
			return fmt.Errorf("%q is not allowed; only a-z, 0-9 and dashes are", c)
		}
	}
	switch {
	case name[0] == '-' || name[len(name)-1] == '-':
		return fmt.Errorf("a dash must stand between letters or digits")
	case name[0] >= '0' && name[0] <= '9':
		return fmt.Errorf("the first character must be a letter")
	}
	return nil
}

// Label turns a name into the nearest one that CheckLabel may accept.
func Label(name string) string {
	mapped := strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-':
			return c
		case c >= 'A' && c <= 'Z':
			return c + ('a' - 'A')
		case c == '_' || c == '.' || c == ' ':
			return '-'
		}
		return -1
	}, name)
	return strings.Trim(mapped, "-")
}
