package spec

import (
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// builder turns the parser's tree into nodes: places in characters, aliases
// followed, merge keys laid in, and no trace of the parser.
type builder struct {
	*report
	page   page
	offset int // lines before the text that was parsed
	// lenient builders see only a part of the file and say nothing of anchors.
	lenient bool
	// anchors by name; nil while the anchored value itself is being built.
	anchors map[string]*node
	full    bool // the bound on nodes was reported
}

func build(r *report, p page, file *ast.File) (*node, bool) {
	b := &builder{report: r, page: p, anchors: map[string]*node{}}
	root := b.file(file)
	return root, root != nil
}

func (b *builder) file(file *ast.File) *node {
	var root *node
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if root != nil {
			at := span{}
			if doc.Start != nil {
				at = tokenSpan(doc.Start, b.offset)
			}
			p := b.err(idDocuments, at, "The file has more than one document")
			p.Detail = "A line of three dashes begins another document; a platform is one."
			p.Fix = "Remove the line, or move what follows into a file of its own."
			break
		}
		root = b.node(doc.Body)
	}
	return root
}

func (b *builder) node(a ast.Node) *node {
	n := b.value(a)
	if n.at.file == 0 {
		n.at.file = b.reading // aliases have theirs
	}
	if n.size > maxNodes && !b.full {
		b.full = true
		b.err(idTooMany, n.at, "Aliases make this more than %d values", maxNodes).
			Detail = "Aliases of aliases multiply. This may be an attempt to exhaust the reader's memory."
	}
	if b.full {
		return &node{kind: broken, at: n.at, size: 1}
	}
	return n
}

func (b *builder) value(a ast.Node) *node {
	switch a := a.(type) {
	case nil, *ast.CommentGroupNode:
		return &node{kind: null, size: 1}
	case *ast.NullNode:
		return &node{kind: null, at: b.scalarAt(a.Token), size: 1}
	case *ast.MappingNode:
		return b.mapping(a)
	case *ast.MappingValueNode:
		return b.mapping(&ast.MappingNode{Start: a.Start, Values: []*ast.MappingValueNode{a}})
	case *ast.SequenceNode:
		return b.sequence(a)
	case *ast.AnchorNode:
		return b.anchor(a)
	case *ast.AliasNode:
		return b.alias(a)
	case *ast.LiteralNode:
		at := tokenSpan(a.Start, b.offset)
		text := ""
		if a.Value != nil {
			text = a.Value.Value
		}
		return &node{kind: scalar, at: at, text: text, quoted: true, size: 1}
	case *ast.StringNode:
		quoted := a.Token.Type == token.SingleQuoteType || a.Token.Type == token.DoubleQuoteType
		return &node{kind: scalar, at: b.scalarAt(a.Token), text: a.Value, quoted: quoted, size: 1}
	}
	t := a.GetToken() // numbers, booleans and the like: the text as it is written
	return &node{kind: scalar, at: b.scalarAt(t), text: t.Value, size: 1}
}

func (b *builder) scalarAt(t *token.Token) span {
	line := max(1, t.Position.Line+b.offset)
	return b.page.scalarSpan(line, max(1, t.Position.Column), strings.TrimSpace(t.Value))
}

func (b *builder) sequence(a *ast.SequenceNode) *node {
	n := &node{kind: sequence, at: tokenSpan(a.Start, b.offset), size: 1}
	for _, v := range a.Values {
		item := b.glued(v)
		if item == nil || !a.IsFlowStyle {
			item = b.node(v)
		}
		n.items = append(n.items, item)
		n.size += item.size
	}
	b.end(n, a.End)
	return n
}

// glued is an element of [a:b, c:1] as YAML has it: a text with a colon in it.
// Inside braces, the parser takes it for a mapping. It is nil for all else.
func (b *builder) glued(v ast.Node) *node {
	if m, ok := v.(*ast.MappingNode); ok && len(m.Values) == 1 && m.Start == nil || ok && len(m.Values) == 1 && m.Start.Type == token.MappingValueType {
		v = m.Values[0]
	}
	pair, ok := v.(*ast.MappingValueNode)
	if !ok || pair.Start == nil || pair.Start.Type != token.MappingValueType || pair.Key.GetToken() == nil {
		return nil
	}
	key, ok := pair.Key.(*ast.StringNode)
	if !ok || key.Token.Type != token.StringType {
		return nil
	}
	colon, at := tokenSpan(pair.Start, b.offset), tokenSpan(key.Token, b.offset)
	after := b.page.rest(colon.line, colon.column)
	if len(after) < 2 || after[0] != ':' || strings.ContainsRune(" \t,[]{}", rune(after[1])) || at.line != colon.line {
		return nil
	}
	text := b.page.rest(at.line, at.column)
	if end := strings.IndexAny(text, ",]}"); end >= 0 {
		text = text[:end]
	}
	text, _, _ = strings.Cut(text, " #")
	text = strings.TrimRight(text, " \t")
	at.endLine, at.endColumn, at.file = at.line, at.column+len([]rune(text)), b.reading
	return &node{kind: scalar, at: at, text: text, size: 1}
}

func (b *builder) mapping(a *ast.MappingNode) *node {
	n := &node{kind: mapping, size: 1}
	if a.Start != nil {
		n.at = tokenSpan(a.Start, b.offset)
	}
	var merged []entry
	seen := make(map[string]span, len(a.Values))
	for _, v := range a.Values {
		if _, ok := v.Key.(*ast.MergeKeyNode); ok {
			merged = append(merged, b.merge(v)...)
			continue
		}
		key := b.node(v.Key)
		if key.kind != scalar {
			if key.kind != null || v.Key.GetToken() == nil {
				b.err(idFeature, key.at, "A key must be a single word").Fix = "Write key: value."
				continue
			}
			key = &node{kind: scalar, text: v.Key.GetToken().Value, at: key.at}
		}
		if first, ok := seen[key.text]; ok {
			p := b.err(idDuplicate, key.at, "The key %q is there twice", key.text)
			p.Detail = "Only one of them could hold, and readers would not know which."
			p.Fix = "Merge the two, or remove one."
			p.Related = append(p.Related, b.related(first, "the first one"))
			continue
		}
		seen[key.text] = key.at
		if a.IsFlowStyle && !key.quoted {
			b.spaced(v)
		}
		value := b.node(v.Value)
		n.entries = append(n.entries, entry{key.text, key.at, value})
		n.size += 1 + value.size
	}
	for _, e := range merged {
		if _, ok := seen[e.key]; !ok {
			seen[e.key] = e.at
			n.entries = append(n.entries, e)
			n.size += 1 + e.value.size
		}
	}
	if len(n.entries) > 0 && !a.IsFlowStyle {
		n.at = n.entries[0].at
	}
	b.end(n, a.End)
	n.indexed()
	return n
}

// spaced insists on a space after the colon of {key: value}. The parser does
// without, other readers of YAML take all of it for the key.
func (b *builder) spaced(v *ast.MappingValueNode) {
	if v.Start == nil || v.Start.Type != token.MappingValueType {
		return
	}
	at := tokenSpan(v.Start, b.offset)
	rest := b.page.rest(at.line, at.column)
	if strings.HasPrefix(rest, ":") && len(rest) > 1 && !strings.ContainsRune(" \t,}", rune(rest[1])) {
		b.err(idSyntax, at, "There is no space after this colon").Fix = "Write key: value, with a space."
	}
}

// end stretches a flow collection to its closing bracket.
func (b *builder) end(n *node, closing *token.Token) {
	if closing != nil && (closing.Type == token.MappingEndType || closing.Type == token.SequenceEndType) {
		last := tokenSpan(closing, b.offset)
		n.at.endLine, n.at.endColumn = last.endLine, last.endColumn
	}
}

// merge returns the entries that a << key lays below the others.
func (b *builder) merge(v *ast.MappingValueNode) []entry {
	n := b.node(v.Value)
	switch n.kind {
	case mapping:
		return n.entries
	case sequence:
		var all []entry
		for _, item := range n.items {
			all = append(all, item.entries...)
		}
		return all
	case broken:
		return nil
	}
	b.err(idAlias, tokenSpan(v.Key.GetToken(), b.offset), "<< must be followed by an alias of a mapping").
		Fix = "Write for example <<: *common, and &common after the key of the mapping that is meant."
	return nil
}

func (b *builder) anchor(a *ast.AnchorNode) *node {
	name := ""
	if a.Name != nil && a.Name.GetToken() != nil {
		name = a.Name.GetToken().Value
	}
	b.anchors[name] = nil
	n := b.node(a.Value)
	b.anchors[name] = n
	return n
}

func (b *builder) alias(a *ast.AliasNode) *node {
	name, at := "", tokenSpan(a.Start, b.offset)
	if a.Value != nil && a.Value.GetToken() != nil {
		name = a.Value.GetToken().Value
		at.endColumn = at.column + 1 + len([]rune(name))
	}
	n, known := b.anchors[name]
	switch {
	case n != nil:
		return n
	case b.lenient:
	case known:
		b.err(idAlias, at, "The alias *%s stands inside the value that it names", name).
			Detail = "The value would contain itself without end."
	default:
		b.err(idAlias, at, "There is no anchor &%s above this alias", name).
			Fix = "Write &" + name + " after the key of the value that is meant, or put a text that begins with * in quotes."
	}
	return &node{kind: broken, at: at, size: 1}
}
