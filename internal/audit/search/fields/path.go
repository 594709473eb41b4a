package fields

import (
	"fmt"
	"strings"
)

// Path leads from a value to values inside it: a.b.c, with * for every member
// or element and ** for any number of levels, none too. A key with dots stands
// in brackets: annotations[authorization.k8s.io/decision].
//
// A step to a key looks through arrays: Statement.Effect finds the effect of a
// statement that stands alone and of every one in a list, as AWS allows both.
type Path []string

// ParsePath reads a path.
func ParsePath(text string) (Path, error) {
	var p Path
	for rest := text; ; {
		end := strings.IndexAny(rest, ".[")
		switch {
		case end < 0:
			p, rest = append(p, rest), ""
		case rest[end] == '.':
			p, rest = append(p, rest[:end]), rest[end+1:]
			if rest == "" {
				return nil, fmt.Errorf("the path %q ends with a dot", text)
			}
			continue
		default:
			if end > 0 {
				p = append(p, rest[:end])
			}
			key, after, ok := strings.Cut(rest[end+1:], "]")
			if !ok || key == "" {
				return nil, fmt.Errorf("the path %q has a bracket without its other half or without a key", text)
			}
			p, rest = append(p, key), after
			if dot, ok := strings.CutPrefix(rest, "."); ok {
				if rest = dot; rest == "" {
					return nil, fmt.Errorf("the path %q ends with a dot", text)
				}
			} else if rest != "" && rest[0] != '[' {
				return nil, fmt.Errorf("the path %q needs a dot after its bracket", text)
			}
		}
		if rest == "" {
			break
		}
	}
	for _, step := range p {
		if step == "" {
			return nil, fmt.Errorf("the path %q has an empty step", text)
		}
	}
	return p, nil
}

// Each calls yield with every value that the path leads to until it says
// false, and reports whether it never did.
func (p Path) Each(v Value, yield func(Value) bool) bool {
	if !v.Exists() {
		return true
	}
	if len(p) == 0 {
		return yield(v)
	}
	v = v.Embedded()
	switch step := p[0]; step {
	case "**":
		// An array with a key to come is looked through already.
		if through := v.IsArray() && len(p) > 1 && p[1] != "*" && p[1] != "**"; !through && !p[1:].Each(v, yield) {
			return false
		}
		return v.inner(func(inner Value) bool { return p.Each(inner, yield) })
	case "*":
		return v.inner(func(inner Value) bool { return p[1:].Each(inner, yield) })
	default:
		if v.IsArray() {
			for e := range v.Elements() {
				if !p.Each(e, yield) {
					return false
				}
			}
			return true
		}
		return p[1:].Each(v.Get(step), yield)
	}
}

// inner calls yield with the members or elements.
func (v Value) inner(yield func(Value) bool) bool {
	for _, m := range v.Members() {
		if !yield(m) {
			return false
		}
	}
	for e := range v.Elements() {
		if !yield(e) {
			return false
		}
	}
	return true
}
