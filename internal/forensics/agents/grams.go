package agents

import "strings"

// grams is which pairs of neighbouring bytes a text has, hashed into few bits: a
// text without a pair of a word does not have the word, so that most words need
// not be looked for.
type grams [16]uint64

func (g *grams) set(s string) {
	for i := 0; i+1 < len(s); i++ {
		h := gram(s[i], s[i+1])
		g[h>>6] |= 1 << (h & 63)
	}
}

func gram(a, b byte) uint { return (uint(a)*37 + uint(b)*101) & 1023 }

// finder is a piece of text to look for.
type finder struct {
	text  string
	pairs [3]uint16
}

func newFinder(text string) finder {
	f := finder{text: text}
	last := len(text) - 2
	for i, at := range [3]int{0, last, last / 2} {
		if last >= 0 {
			f.pairs[i] = uint16(gram(text[at], text[at+1]))
		}
	}
	return f
}

func finders(words []string) []finder {
	list := make([]finder, len(words))
	for i, w := range words {
		list[i] = newFinder(w)
	}
	return list
}

func (f *finder) in(g *grams, s string) bool {
	for _, h := range f.pairs {
		if len(f.text) > 1 && g[h>>6]>>(h&63)&1 == 0 {
			return false
		}
	}
	return strings.Contains(s, f.text)
}
