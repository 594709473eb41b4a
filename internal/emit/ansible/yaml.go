package ansible

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	compiled "paddock.dev/internal/compile/ansible"
)

// page is a YAML file in the making.
type page struct{ bytes.Buffer }

// newPage starts a file with sentences about it.
func newPage(about ...string) *page {
	p := &page{}
	p.WriteString("---\n")
	for _, line := range about {
		p.WriteString("# " + line + "\n")
	}
	return p
}

// vars writes variables at a depth, one below the other.
func (p *page) vars(vars compiled.Vars, depth int) {
	for _, v := range vars {
		p.WriteString(strings.Repeat("  ", depth) + key(v.Name) + ":")
		p.value(v.Value, depth)
	}
}

// value writes what follows a colon or a dash.
func (p *page) value(value any, depth int) {
	switch v := value.(type) {
	case compiled.Vars:
		if len(v) == 0 {
			p.WriteString(" {}\n")
			return
		}
		p.WriteString("\n")
		p.vars(v, depth+1)
	case compiled.List:
		if len(v) == 0 {
			p.WriteString(" []\n")
			return
		}
		p.WriteString("\n")
		for _, item := range v {
			p.item(item, depth+1)
		}
	default:
		p.WriteString(" " + scalar(value) + "\n")
	}
}

// item writes one member of a list. The first variable of a mapping stands
// beside the dash, as people write it.
func (p *page) item(value any, depth int) {
	pad := strings.Repeat("  ", depth)
	vars, ok := value.(compiled.Vars)
	if !ok || len(vars) == 0 {
		p.WriteString(pad + "-")
		p.value(value, depth)
		return
	}
	inner := &page{}
	inner.vars(vars, depth+1)
	p.WriteString(pad + "- " + strings.TrimPrefix(inner.String(), strings.Repeat("  ", depth+1)))
}

// plain are texts that mean themselves without quotes in every version of YAML.
var plain = regexp.MustCompile(`^[a-z][a-z_]*$`)

// named are names that need no quotes either.
var named = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)

// meaningful are words that YAML 1.1 takes for something else.
var meaningful = map[string]bool{"y": true, "n": true, "yes": true, "no": true, "on": true, "off": true, "true": true, "false": true, "null": true}

func scalar(value any) string {
	switch v := value.(type) {
	case string:
		if plain.MatchString(v) && !meaningful[v] {
			return v
		}
		return quote(v)
	case int:
		return strconv.Itoa(v)
	case bool:
		return strconv.FormatBool(v)
	}
	panic(fmt.Sprintf("ansible: no YAML for %T; this is a bug", value))
}

// key is the name of a variable.
func key(name string) string {
	if named.MatchString(name) && !meaningful[strings.ToLower(name)] {
		return name
	}
	return quote(name)
}

// quote writes a text in double quotes. Go's escapes of texts without control
// characters are YAML's.
func quote(text string) string { return strconv.Quote(text) }
