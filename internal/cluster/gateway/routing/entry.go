package routing

import (
	"cmp"
	"regexp"
	"slices"
	"time"
)

type pathKind int

// In order of precedence. Gateway API leaves the place of regular expressions
// to the implementation; ours is between the two: they are usually written to
// take something out of a prefix.
const (
	pathExact pathKind = iota
	pathRegex
	pathPrefix
)

// entry is one match of one rule, with all that decides its precedence.
type entry struct {
	rule    *Rule
	kind    pathKind
	path    string // prefixes without trailing slash
	pattern *regexp.Regexp
	method  string
	headers []value
	query   []value

	created time.Time
	route   string // namespace/name
	order   int    // of the match within the route
}

// rest reports whether everything but the path matches.
func (e *entry) rest(q *query) bool {
	if e.method != "" && e.method != q.r.Method {
		return false
	}
	for _, h := range e.headers {
		if !h.matches(q.header(h.name)) {
			return false
		}
	}
	for _, p := range e.query {
		if !p.matches(q.first(p.name)) {
			return false
		}
	}
	return true
}

// precedence orders entries as the specification of HTTPRouteRule.matches does.
func precedence(a, b *entry) int {
	return cmp.Or(
		cmp.Compare(a.kind, b.kind),
		cmp.Compare(len(b.path), len(a.path)),
		cmp.Compare(flag(b.method != ""), flag(a.method != "")),
		cmp.Compare(len(b.headers), len(a.headers)),
		cmp.Compare(len(b.query), len(a.query)),
		a.created.Compare(b.created),
		cmp.Compare(a.route, b.route),
		cmp.Compare(a.order, b.order),
	)
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// index arranges entries for lookup.
func index(entries []*entry) *paths {
	slices.SortStableFunc(entries, precedence)
	p := &paths{exact: map[string][]*entry{}, prefix: map[string][]*entry{}}
	for _, e := range entries {
		switch e.kind {
		case pathExact:
			p.exact[e.path] = append(p.exact[e.path], e)
		case pathRegex:
			p.regex = append(p.regex, e)
		case pathPrefix:
			p.prefix[e.path] = append(p.prefix[e.path], e)
			p.longest = max(p.longest, len(e.path))
		}
	}
	return p
}
