package spec

import "github.com/goccy/go-yaml/token"

// bracket is a [ or { that was opened, and where.
type bracket struct {
	text string
	at   span
}

// guard looks at the tokens before the parser does. The parser is recursive and
// knows more of YAML than a platform file needs, so depth, the width of blocks
// and the parts of YAML that nobody misses are refused here. It returns the
// brackets that were never closed, and whether parsing may go on.
func guard(r *report, tokens token.Tokens, offset int) (open []bracket, ok bool) {
	type level struct{ column, entries int }
	var blocks []level
	flow := []int{0} // entries of each open bracket; the first is the ground
	refused := map[token.Type]bool{}
	ok = true
	for i, t := range tokens {
		at := tokenSpan(t, offset)
		entryOf := func(column int) int {
			if len(open) > 0 {
				flow[len(flow)-1]++
				return flow[len(flow)-1]
			}
			for len(blocks) > 0 && blocks[len(blocks)-1].column > column {
				blocks = blocks[:len(blocks)-1]
			}
			if len(blocks) == 0 || blocks[len(blocks)-1].column < column {
				blocks = append(blocks, level{column: column})
			}
			blocks[len(blocks)-1].entries++
			return blocks[len(blocks)-1].entries
		}
		entries := 0
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			open = append(open, bracket{t.Value, at})
			flow = append(flow, 0)
		case token.MappingEndType, token.SequenceEndType:
			if len(open) > 0 {
				open, flow = open[:len(open)-1], flow[:len(flow)-1]
			}
		case token.CollectEntryType:
			entries = entryOf(0)
		case token.SequenceEntryType:
			entries = entryOf(t.Position.Column)
		case token.MappingValueType:
			if i > 0 {
				entries = entryOf(tokens[i-1].Position.Column)
			}
		case token.TagType, token.MappingKeyType, token.DirectiveType:
			ok = false
			if !refused[t.Type] {
				refused[t.Type] = true
				refuse(r, t, at)
			}
		}
		if len(open)+len(blocks) > maxDepth {
			r.err(idTooDeep, at, "Blocks are nested more than %d deep", maxDepth).
				Detail = "A platform file needs about ten levels."
			return open, false
		}
		if entries > maxEntries {
			r.err(idTooMany, at, "One block has more than %d entries", maxEntries).
				Detail = "This may be the wrong file."
			return open, false
		}
		if i > maxNodes {
			r.err(idTooMany, at, "The file has more than %d values", maxNodes).
				Detail = "This may be the wrong file."
			return open, false
		}
	}
	return open, ok
}

// refuse reports a part of YAML that platform files do without.
func refuse(r *report, t *token.Token, at span) {
	switch t.Type {
	case token.TagType:
		p := r.err(idFeature, at, "Tags such as %s are not used in a platform file", t.Value)
		p.Fix = "Leave it out; every key already knows its type. A text that begins with ! needs quotes."
	case token.MappingKeyType:
		p := r.err(idFeature, at, "Keys that begin with ? are not used in a platform file")
		p.Fix = "Write key: value."
	case token.DirectiveType:
		p := r.err(idFeature, at, "Lines that begin with %% are not used in a platform file")
		p.Fix = "Leave the line out."
	}
}

func tokenSpan(t *token.Token, offset int) span {
	line, column := max(1, t.Position.Line+offset), max(1, t.Position.Column)
	return spanOf(line, column, line, column+max(1, len([]rune(t.Value))))
}
