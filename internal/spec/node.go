package spec

import (
	"slices"
	"strconv"
	"strings"
)

// span is a piece of the text: from the first character to the one after the
// last. Lines and columns count from 1, columns in characters. file is 0 for the
// file that is read, and else counts those that it includes from 1.
type span struct{ line, column, endLine, endColumn, file int }

func spanOf(line, column, endLine, endColumn int) span {
	return span{line: line, column: column, endLine: endLine, endColumn: endColumn}
}

// before orders places as they are read.
func (at span) before(other span) bool {
	if at.file != other.file {
		return at.file < other.file
	}
	if at.line != other.line {
		return at.line < other.line
	}
	return at.column < other.column
}

type kind uint8

const (
	null kind = iota
	scalar
	sequence
	mapping
	// broken stands where a problem was already reported; readers pass over it.
	broken
)

// node is one value of the file and its place. Nodes are not changed once built:
// an alias and its anchor are the same node.
type node struct {
	kind kind
	at   span
	// text of a scalar, as the file has it apart from quotes.
	text string
	// quoted scalars are text and nothing else.
	quoted  bool
	items   []*node
	entries []entry
	index   map[string]int
	// size counts the nodes below, through aliases, and the node itself.
	size int
}

// entry is one key of a mapping.
type entry struct {
	key   string
	at    span
	value *node
}

// get returns the entry of that key.
func (n *node) get(key string) (entry, bool) {
	if n == nil || n.kind != mapping {
		return entry{}, false
	}
	if n.index != nil {
		i, ok := n.index[key]
		if !ok {
			return entry{}, false
		}
		return n.entries[i], true
	}
	for _, e := range n.entries {
		if e.key == key {
			return e, true
		}
	}
	return entry{}, false
}

// indexed makes get fast on a large mapping that is complete.
func (n *node) indexed() {
	if len(n.entries) < 16 {
		return
	}
	n.index = make(map[string]int, len(n.entries))
	for i, e := range n.entries {
		n.index[e.key] = i
	}
}

// find walks down the keys. It returns the value at their end, or nil, and the
// place to point at: the value, or the key when the value is a mapping, or the
// nearest key above that exists. The short form of a block stands for all values
// in it.
func (n *node) find(keys ...string) (*node, span) {
	at := span{}
	if n != nil {
		at = n.at
	}
	for _, key := range keys {
		if n != nil && (n.kind == scalar || n.kind == sequence) {
			return n, n.at
		}
		e, ok := n.get(key)
		if !ok {
			return nil, at
		}
		n, at = e.value, e.at
	}
	if n != nil && (n.kind == scalar || n.kind == sequence) {
		at = n.at
	}
	return n, at
}

// valueAt is the place that find returns.
func (n *node) valueAt(keys ...string) span {
	_, at := n.find(keys...)
	return at
}

// has reports whether there is such a value.
func (n *node) has(keys ...string) bool {
	v, _ := n.find(keys...)
	return v != nil
}

// keyAt is the place of a key, or of the nearest one above that exists.
func (n *node) keyAt(keys ...string) span {
	last := len(keys) - 1
	parent, at := n.find(keys[:last]...)
	if e, ok := parent.get(keys[last]); ok {
		return e.at
	}
	return at
}

// item is the place of an element of a list, or of the list's key when the list
// was not written as one.
func (n *node) item(i int, keys ...string) span {
	list, at := n.find(keys...)
	if list != nil && list.kind == sequence && i < len(list.items) {
		return list.items[i].at
	}
	return at
}

// entryOf is an element of a list of blocks; nil when it is not there.
func (n *node) entryOf(i int, keys ...string) *node {
	list, _ := n.find(keys...)
	if list == nil || list.kind != sequence || i >= len(list.items) {
		return nil
	}
	return list.items[i]
}

// describe says what was found, for people.
func (n *node) describe() string {
	switch n.kind {
	case null:
		return "nothing"
	case sequence:
		return "a list"
	case mapping:
		if len(n.entries) == 0 {
			return "an empty mapping"
		}
		return "a mapping"
	}
	text := n.text
	if runes := []rune(text); len(runes) > 40 {
		text = string(runes[:39]) + "…"
	}
	text = strings.ReplaceAll(text, "\n", " ")
	switch {
	case n.quoted:
		return "the text \"" + text + "\""
	case isBool(n.text):
		return text
	case isNumber(n.text):
		return "the number " + text
	}
	return "\"" + text + "\""
}

// written is a scalar as it stands in the file, quotes included.
func (n *node) written() string {
	if n.quoted {
		return strconv.Quote(n.text)
	}
	return n.text
}

func isBool(s string) bool {
	return slices.Contains([]string{"true", "false"}, strings.ToLower(s))
}

func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole, frac, _ := strings.Cut(s, ".")
	return whole != "" && strings.Trim(whole+frac, "0123456789") == ""
}
