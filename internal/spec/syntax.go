package spec

import (
	"errors"
	"strings"

	yaml "github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"

	"paddock.dev/internal/diag"
)

// parseTree turns prepared text into a tree. When the text is not YAML it is
// read again one top-level block at a time, so that a slip in one block hides
// nothing in the others; whole is false then, and what is missing from the tree
// means nothing.
func parseTree(r *report, text string) (root *node, whole bool) {
	lines := newPage(text)
	mark := len(r.problems)
	file, ok := parseYAML(r, text, 0)
	if ok {
		return build(r, lines, file)
	}
	first := r.problems[mark:]
	for _, p := range first {
		if p.ID != idSyntax && p.ID != idTab {
			return nil, false // refused by the guard: not a matter of one block
		}
	}
	r.problems = r.problems[:mark]
	root = &node{kind: mapping, at: spanOf(1, 1, 1, 1), size: 1}
	for _, c := range chunks(lines) {
		file, ok := parseYAML(r, c.text, c.offset)
		if !ok {
			continue
		}
		b := &builder{report: r, page: lines, offset: c.offset, lenient: true, anchors: map[string]*node{}}
		if n := b.file(file); n != nil && n.kind == mapping {
			root.entries = append(root.entries, n.entries...)
		}
	}
	if len(r.problems) == mark {
		r.problems = append(r.problems, first...) // every block is well by itself
	}
	return root, false
}

// chunk is a top-level block of the text and how many lines stand before it.
type chunk struct {
	text   string
	offset int
}

// chunks cuts the text before every line that begins with a key.
func chunks(p page) []chunk {
	var all []chunk
	start := 0
	for i, line := range p.lines {
		if i > start && startsKey(line) {
			all = append(all, chunk{strings.Join(p.lines[start:i], "\n") + "\n", start})
			start = i
		}
	}
	return append(all, chunk{strings.Join(p.lines[start:], "\n") + "\n", start})
}

func startsKey(line string) bool {
	if line == "" {
		return false
	}
	c := line[0] | 0x20
	return c >= 'a' && c <= 'z' || line[0] == '"' || line[0] == '\'' || line[0] == '_'
}

// parseYAML runs the YAML parser behind the guard and explains what it finds.
func parseYAML(r *report, text string, offset int) (*ast.File, bool) {
	tokens := lexer.Tokenize(text)
	open, ok := guard(r, tokens, offset)
	if !ok {
		return nil, false
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err == nil {
		return file, true
	}
	at := spanOf(offset+1, 1, offset+1, 2)
	message := "it cannot be parsed"
	// Its Error method prints an excerpt, in quadratic time; only the message
	// and the place are of use.
	if e, ok := errors.AsType[yaml.Error](err); ok {
		message = e.GetMessage()
		if t := e.GetToken(); t != nil {
			at = tokenSpan(t, offset)
		}
	}
	explain(r, newPage(text), at, offset, message, open)
	return nil, false
}

// explain turns the parser's message into one that says what to change.
func explain(r *report, lines page, at span, offset int, message string, open []bracket) {
	if tab, ok := leadingTab(lines, at.line-offset); ok {
		tab.line += offset
		tab.endLine += offset
		r.err(idTab, tab, "A tab stands where spaces must stand").
			Fix = "Indent with two spaces for each level."
		return
	}
	line := lines.rest(at.line-offset, 1)
	// An end after the line's own end helps nobody.
	at.endLine, at.endColumn = at.line, min(at.endColumn, max(at.column+1, len([]rune(line))+1))
	syntax := func(summary, detail, fix string) *diag.Problem {
		p := r.err(idSyntax, at, "%s", summary)
		p.Detail, p.Fix = detail, fix
		return p
	}
	before := strings.TrimRight(string([]rune(line)[:min(at.column-1, len([]rune(line)))]), " \t")
	switch {
	case strings.HasSuffix(before, `"`) || strings.HasSuffix(before, "'"):
		syntax("Something stands after a closing quote", "",
			"Put the whole text in quotes. Inside 'single quotes' a quote is written twice, inside \"double quotes\" with \\ before it.")
	case strings.HasPrefix(lines.rest(at.line-offset, at.column), "]") || strings.HasPrefix(lines.rest(at.line-offset, at.column), "}"):
		syntax("This bracket closes nothing", "", "Remove it, or write the one that opens.")
	case (strings.Contains(message, "must be specified") || strings.Contains(message, "end token")) && len(open) > 0:
		b := open[len(open)-1]
		noticed := at
		at = b.at
		p := syntax("A "+b.text+" is never closed", "", "Write the "+closing(b.text)+" that belongs to it, with commas between the values.")
		if noticed.line != at.line {
			p.Related = append(p.Related, r.related(noticed, "noticed here"))
		}
	case strings.Contains(message, "must be specified"):
		syntax("Values between brackets have no comma between them", "", "Separate them with commas.")
	case strings.Contains(message, "could not find end character"):
		syntax("A text in quotes is never closed", "", "Write the same quote at its end.")
	case strings.Contains(message, "mapping value is not allowed") && !strings.Contains(lines.rest(at.line-offset, at.column), ": "):
		// The value went on below: what follows it looks like a key.
		if next, ok := lines.below(at.line - offset); ok {
			next.line, next.endLine = next.line+offset, next.endLine+offset
			at = next
		}
		syntax("This line is indented further than the one above, which has a value already",
			"YAML reads it as more of that value.", "Give it the indentation of its neighbours.")
	case strings.Contains(message, "mapping value is not allowed"):
		syntax("A second colon in one value, or a line that is indented too far",
			"YAML reads \": \" as the end of a key, and a line that is indented more than the one above as a part of it.",
			"Put a text with a colon in quotes, or give the line the indentation of its neighbours.")
	case strings.Contains(message, "reserved character") || strings.Contains(message, "cannot start any token"):
		syntax("A text that begins with a special character has no quotes", "", "Put it in quotes.")
	case strings.Contains(message, "non-map value") || strings.Contains(message, "unexpected key name") || strings.Contains(message, "not found ':'") || strings.Contains(message, "value is not allowed in this context"):
		syntax("This line is not \"key: value\", or its indentation fits no line above", "",
			"Write a colon and a space after the key, and indent it like its neighbours.")
	default:
		syntax("This is not YAML: "+message, "", "Check brackets, quotes, colons and the indentation of this line and the one above.")
	}
}

func closing(bracket string) string {
	if bracket == "{" {
		return "}"
	}
	return "]"
}

// leadingTab finds a tab in the indentation of the line or of one of its
// neighbours, where the parser may first have stumbled.
func leadingTab(p page, line int) (span, bool) {
	for _, l := range []int{line, line + 1, line - 1} {
		text := p.rest(l, 1)
		body := strings.TrimLeft(text, " \t")
		indent := text[:len(text)-len(body)]
		if i := strings.IndexByte(indent, '\t'); i >= 0 && body != "" {
			return spanOf(l, i+1, l, len(indent)+1), true
		}
	}
	return span{}, false
}
