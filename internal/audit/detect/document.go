package detect

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"paddock.dev/internal/diag"
)

// maxFile bounds a rule file: the decoder under it keeps the whole tree.
const maxFile = 1 << 20

// document reads one rule file and collects what is wrong with it.
type document struct {
	file     string
	problems []diag.Problem
}

// pos is the place of a node; of words that stand on one line the end too.
func (d *document) pos(n *yaml.Node) diag.Range {
	r := diag.Range{File: d.file, Line: n.Line, Column: n.Column}
	if n.Kind == yaml.ScalarNode && n.Value != "" && !strings.Contains(n.Value, "\n") && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		width := utf8.RuneCountInString(n.Value)
		if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
			width += 2
		}
		r.EndLine, r.EndColumn = n.Line, n.Column+width
	}
	return r
}

func (d *document) bad(n *yaml.Node, id, format string, args ...any) {
	d.problems = append(d.problems, diag.Problem{Severity: diag.Error, ID: id, Summary: fmt.Sprintf(format, args...), Pos: d.pos(n)})
}

// resolve follows an alias.
func resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// entry is a key of a mapping with its value.
type entry struct{ key, value *yaml.Node }

// entries are the members of a mapping, each key once.
func (d *document) entries(n *yaml.Node, what string) []entry {
	if n.Kind != yaml.MappingNode {
		d.bad(n, "bad-rule", "%s is a mapping of names and values", what)
		return nil
	}
	seen := map[string]bool{}
	var list []entry
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode {
			d.bad(key, "bad-rule", "a key in %s is a word", what)
			continue
		}
		if seen[key.Value] {
			d.bad(key, "duplicate-key", "%s has %q twice", what, key.Value)
			continue
		}
		seen[key.Value] = true
		list = append(list, entry{key, resolve(n.Content[i+1])})
	}
	return list
}

func (d *document) unknown(key *yaml.Node, what string, known []string) {
	d.bad(key, "unknown-key", "There is no %q in %s", key.Value, what)
	p := &d.problems[len(d.problems)-1]
	p.Detail = "The keys here are " + strings.Join(known, ", ") + "."
	if near := diag.Nearest(key.Value, known); len(near) > 0 {
		p.Fix = "Did you mean " + strings.Join(near, " or ") + "?"
	}
}

func (d *document) text(n *yaml.Node, what string) string {
	text := strings.TrimSpace(n.Value)
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || text == "" {
		d.bad(n, "bad-rule", "%s is a text", what)
		return ""
	}
	return text
}

// texts are one text or a list of them.
func (d *document) texts(n *yaml.Node, what string) []string {
	if n.Kind == yaml.ScalarNode {
		return []string{d.scalar(n, what)}
	}
	var list []string
	for _, item := range d.list(n, what) {
		list = append(list, d.scalar(item, what))
	}
	return list
}

// scalar is a value as it is compared: words and numbers as they are written.
func (d *document) scalar(n *yaml.Node, what string) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		d.bad(n, "bad-rule", "%s takes a text, a number, true or false, or a list of them", what)
		return ""
	}
	return n.Value
}

func (d *document) list(n *yaml.Node, what string) []*yaml.Node {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		d.bad(n, "bad-rule", "%s is a list with something in it", what)
		return nil
	}
	items := make([]*yaml.Node, len(n.Content))
	for i, item := range n.Content {
		items[i] = resolve(item)
	}
	return items
}

func (d *document) number(n *yaml.Node, what string, least int) int {
	v, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil || v < least {
		d.bad(n, "bad-rule", "%s is a whole number from %d", what, least)
		return least
	}
	return v
}

func (d *document) duration(n *yaml.Node, what string) time.Duration {
	v, err := time.ParseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil || v <= 0 {
		d.bad(n, "bad-rule", "%s is a time such as 30s, 10m or 24h", what)
		return time.Hour
	}
	return v
}

func (d *document) fields(n *yaml.Node, what string) []Field {
	var list []Field
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = d.list(n, what)
	}
	for _, item := range items {
		list = append(list, d.field(item, what))
	}
	return list
}

func (d *document) field(n *yaml.Node, what string) Field {
	text := d.text(n, what)
	if text == "" {
		return Field{}
	}
	f, problem := parseField(text, false)
	if problem != "" {
		d.bad(n, "unknown-field", "%s: %s", what, problem)
	}
	return f
}
