package format

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// same compares two texts as the YAML parser reads them: the same values, of the
// same kind, in the same order, and the same comments. It shares nothing with
// the scanner, so that a mistake in one shows.
func same(before, after string) error {
	a, remarksA, err := reading(before)
	if err != nil {
		return err
	}
	b, remarksB, err := reading(after)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(a, b) {
		return fmt.Errorf("the result would read differently")
	}
	if !reflect.DeepEqual(remarksA, remarksB) {
		return fmt.Errorf("the result would lose a comment")
	}
	return nil
}

// reading is a text as a flat list of what it says, and its comments.
func reading(text string) (said, remarks []string, err error) {
	tokens := lexer.Tokenize(text)
	for _, t := range tokens {
		if t.Type == token.CommentType {
			remarks = append(remarks, strings.TrimSpace(t.Value))
		}
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, nil, fmt.Errorf("the text is not YAML")
	}
	for _, doc := range file.Docs {
		said = append(said, "document")
		said = flat(said, doc.Body)
	}
	return said, remarks, nil
}

func flat(said []string, n ast.Node) []string {
	switch n := n.(type) {
	case nil:
		return append(said, "nothing")
	case *ast.MappingNode:
		said = append(said, "mapping")
		for _, v := range n.Values {
			said = flat(flat(said, v.Key), v.Value)
		}
		return append(said, "end")
	case *ast.MappingValueNode:
		return append(flat(flat(append(said, "mapping"), n.Key), n.Value), "end")
	case *ast.SequenceNode:
		said = append(said, "sequence")
		for _, v := range n.Values {
			said = flat(said, v)
		}
		return append(said, "end")
	case *ast.AnchorNode:
		return flat(flat(append(said, "anchor"), n.Name), n.Value)
	case *ast.AliasNode:
		return flat(append(said, "alias"), n.Value)
	case *ast.TagNode:
		return flat(append(said, "tag "+n.Start.Value), n.Value)
	case *ast.MappingKeyNode:
		return flat(append(said, "key"), n.Value)
	case *ast.LiteralNode:
		return append(said, "text "+n.Value.Value)
	case *ast.StringNode:
		if t := n.Token; t.Type == token.SingleQuoteType || t.Type == token.DoubleQuoteType {
			return append(said, "quoted "+n.Value)
		}
		return append(said, "plain "+n.Value)
	case *ast.NullNode:
		return append(said, "nothing")
	}
	if t := n.GetToken(); t != nil {
		return append(said, "plain "+t.Value)
	}
	return append(said, n.Type().String())
}
