// Package environ makes the environment of a container: variables in the order
// that Kubernetes promises, the addresses of services, and $(NAME) replaced. It
// computes; configuration and services are given to it.
package environ

import "strings"

// expand replaces each $(NAME) by its value and $$ by $. What is unknown stays
// as it is written; missing is told about it.
func expand(text string, value func(name string) (string, bool), missing func(name string)) string {
	if !strings.Contains(text, "$") {
		return text
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "$")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		switch {
		case strings.HasPrefix(after, "$"):
			b.WriteByte('$')
			text = after[1:]
		case strings.HasPrefix(after, "("):
			name, rest, closed := strings.Cut(after[1:], ")")
			if !closed {
				b.WriteString("$(")
				text = after[1:]
				continue
			}
			if v, ok := value(name); ok {
				b.WriteString(v)
			} else {
				missing(name)
				b.WriteString("$(" + name + ")")
			}
			text = rest
		default:
			b.WriteByte('$')
			text = after
		}
	}
}
