package diag

import (
	"slices"
	"strings"
	"unicode"
)

// Nearest returns the candidates that somebody who wrote word may have meant,
// the most likely first and at most three. Two words are near when few
// characters must be inserted, removed, replaced or swapped with their
// neighbour: one for a short word, up to a third of a long one.
func Nearest(word string, candidates []string) []string {
	type match struct {
		text     string
		distance int
	}
	var found []match
	wanted := fold(word)
	for _, c := range candidates {
		if c == word {
			continue
		}
		limit := max(1, min(len(wanted), len(c))/3)
		if d := distance(wanted, fold(c), limit); d <= limit {
			found = append(found, match{c, d})
		}
	}
	slices.SortStableFunc(found, func(a, b match) int {
		if a.distance != b.distance {
			return a.distance - b.distance
		}
		return strings.Compare(a.text, b.text)
	})
	var words []string
	for _, m := range found {
		// A word that is much nearer than the others is the only answer.
		if len(words) == 3 || m.distance > found[0].distance+1 {
			break
		}
		words = append(words, m.text)
	}
	return slices.Compact(words)
}

// fold makes keep_warm, KeepWarm and keep-warm the same word.
func fold(s string) []rune {
	letters := make([]rune, 0, len(s))
	for _, c := range s {
		if c != '-' && c != '_' {
			letters = append(letters, unicode.ToLower(c))
		}
	}
	return letters
}

// distance is the Damerau-Levenshtein distance with adjacent swaps (optimal
// string alignment), or limit+1 as soon as it must be larger than limit.
func distance(a, b []rune, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		smallest := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			smallest = min(smallest, row[j])
		}
		if smallest > limit {
			return limit + 1
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
