package detect

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"paddock.dev/internal/audit/search"
)

// maxNesting bounds conditions inside conditions.
const maxNesting = 20

// operators are the words that may stand below a field.
var operators = []string{"equals", "in", "prefix", "suffix", "contains", "glob", "regexp", "cidr", "above", "below", "same", "differs", "lacks", "exists", "some", "not"}

// condition reads all, any and not, and fields with what they must be; the
// entries of one mapping must all hold.
func (d *document) condition(n *yaml.Node, inside bool, depth int) expr {
	if depth > maxNesting {
		d.bad(n, "bad-rule", "conditions are nested too deeply")
		return all{}
	}
	var list all
	entries := d.entries(n, "a condition")
	if len(entries) == 0 && n.Kind == yaml.MappingNode {
		d.bad(n, "bad-rule", "an empty condition would match everything")
	}
	for _, e := range entries {
		switch e.key.Value {
		case "all":
			for _, item := range d.list(e.value, "all") {
				list = append(list, d.condition(item, inside, depth+1))
			}
		case "any":
			var choices either
			for _, item := range d.list(e.value, "any") {
				choices = append(choices, d.condition(item, inside, depth+1))
			}
			list = append(list, choices)
		case "not":
			list = append(list, not{d.condition(e.value, inside, depth+1)})
		default:
			f, problem := parseField(e.key.Value, inside)
			if problem != "" {
				d.bad(e.key, "unknown-field", "%s", problem)
				continue
			}
			list = append(list, d.operand(f, e.value, depth+1))
		}
	}
	if len(list) == 1 {
		return list[0]
	}
	return list
}

// operand reads what a field must be: a value, a list to choose from, or
// operators, which must all hold for one and the same value.
func (d *document) operand(f Field, n *yaml.Node, depth int) expr {
	if n.Kind != yaml.MappingNode {
		return where{f, []test{equals(d.texts(n, f.Text))}}
	}
	if len(n.Content) == 0 {
		d.bad(n, "bad-rule", "%s is compared with nothing; write { exists: true } to want any value", f.Text)
	}
	var list all
	w := where{field: f}
	for _, e := range d.entries(n, f.Text) {
		switch e.key.Value {
		case "exists":
			want, err := strconv.ParseBool(e.value.Value)
			if err != nil {
				d.bad(e.value, "bad-rule", "exists is true or false")
			}
			list = append(list, exists{f, want})
		case "not":
			list = append(list, not{d.operand(f, e.value, depth+1)})
		case "some":
			list = append(list, some{f, d.condition(e.value, true, depth+1)})
		default:
			if t := d.test(e); t != nil {
				w.tests = append(w.tests, t)
			}
		}
	}
	if len(w.tests) > 0 {
		list = append(list, w)
	}
	if len(list) == 1 {
		return list[0]
	}
	return list
}

// test reads one operator on a value.
func (d *document) test(e entry) test {
	name := e.key.Value
	switch name {
	case "above", "below":
		limit, err := strconv.ParseFloat(e.value.Value, 64)
		if err != nil {
			d.bad(e.value, "bad-rule", "%s takes a number", name)
		}
		if name == "above" {
			return compares(limit, func(n, limit float64) bool { return n > limit })
		}
		return compares(limit, func(n, limit float64) bool { return n < limit })
	case "same", "differs":
		return sameAs(d.field(e.value, name), name == "same")
	case "lacks":
		return lacks(d.field(e.value, name))
	case "equals", "in", "prefix", "suffix", "contains", "glob", "regexp", "cidr":
	default:
		d.unknown(e.key, "the operators", operators)
		return nil
	}
	texts := d.texts(e.value, name)
	switch name {
	case "prefix":
		return anyText(texts, strings.HasPrefix)
	case "suffix":
		return anyText(texts, strings.HasSuffix)
	case "contains":
		for i := range texts {
			texts[i] = strings.ToLower(texts[i])
		}
		return anyText(texts, containsFold)
	case "glob":
		return anyText(texts, func(value, pattern string) bool { return search.Glob(pattern, value) })
	case "regexp":
		re, err := regexp.Compile("(?:" + strings.Join(texts, ")|(?:") + ")")
		if err != nil {
			d.bad(e.value, "bad-rule", "regexp: %v", err)
			return nil
		}
		return matchesRegexp(re)
	case "cidr":
		var blocks []netip.Prefix
		for _, text := range texts {
			block, err := netip.ParsePrefix(text)
			if err != nil {
				d.bad(e.value, "bad-rule", "%q is no block of addresses such as 10.0.0.0/8", text)
				continue
			}
			blocks = append(blocks, block.Masked())
		}
		return inBlocks(blocks)
	}
	return equals(texts)
}

// actions are the only ones that can meet a condition; nil when it does not name
// them one by one.
func actions(n *yaml.Node) []string {
	n = resolve(n)
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		value := resolve(n.Content[i+1])
		var found []string
		switch n.Content[i].Value {
		case "action":
			found = literals(value)
		case "any": // each choice must name its own
			for _, choice := range value.Content {
				some := actions(choice)
				if some == nil {
					found = nil
					break
				}
				found = append(found, some...)
			}
		case "all":
			for _, part := range value.Content {
				if found = actions(part); found != nil {
					break
				}
			}
		}
		if found != nil {
			slices.Sort(found)
			return slices.Compact(found)
		}
	}
	return nil
}

// literals are the texts of a value that is compared as it is.
func literals(value *yaml.Node) []string {
	switch value.Kind {
	case yaml.ScalarNode:
		return []string{value.Value}
	case yaml.SequenceNode:
		list := make([]string, len(value.Content))
		for i, item := range value.Content {
			list[i] = resolve(item).Value
		}
		return list
	}
	return nil
}

// mentions says whether a condition speaks about a field anywhere.
func mentions(n *yaml.Node, field string) bool {
	if n == nil {
		return false
	}
	n = resolve(n)
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			if child.Value == field {
				return true
			}
			continue
		}
		if mentions(child, field) {
			return true
		}
	}
	return false
}
