package spec

import "paddock.dev/internal/addr"

// reason tells which default gave a key its value.
type reason struct{ key, rule string }

// places remember how values were resolved: the blocks of every environment in
// the words of the file, and the rules behind the values that nobody wrote.
type places struct {
	// top are the rules of keys outside services and stores.
	top map[string]string
	// blocks are *v1.ServiceBlock and *v1.StoreBlock.
	blocks map[placeKey]resolved
}

type placeKey struct {
	environment string
	address     addr.Address
}

type resolved struct {
	block   any
	reasons []reason
}

func (p *places) add(environment string, a addr.Address, block any, reasons []reason) {
	if p.blocks == nil {
		p.blocks = map[placeKey]resolved{}
	}
	p.blocks[placeKey{environment, a}] = resolved{block, reasons}
}

// because notes the rule of a key outside services and stores.
func (s *resolver) because(key, rule string) {
	if s.places.top == nil {
		s.places.top = map[string]string{}
	}
	s.places.top[key] = rule
}

// why notes the rule of a key of the block that is being resolved.
func (s *resolver) why(key, rule string) { s.reasons = append(s.reasons, reason{key, rule}) }
