package routing

import (
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/types"
)

// Table says where requests go. The zero value has no routes.
type Table struct {
	Backends  []Backend
	listeners hostMap[*listener]
	services  map[types.NamespacedName]*serviceRoutes
}

// Match is what a request matched.
type Match struct {
	Rule *Rule
	// Prefix is the path prefix that matched, without a trailing slash; empty
	// for "/" and for other kinds of path matches.
	Prefix string
}

// listener is what is attached to the listeners with one hostname.
type listener struct{ hosts hostMap[*paths] }

// serviceRoutes is what is attached to one Service.
type serviceRoutes struct {
	declared []int32          // the Service's own ports
	ports    map[int32]*paths // routes of a port, with those of every port
	every    *paths           // routes that name no port
	all      *paths
}

// localSuffix lets curl and browsers reach any host without DNS: names below
// .localhost are the loopback address by RFC 6761.
const localSuffix = ".localhost"

// Match finds the rule for a request that came to the gateway's listener.
func (t *Table) Match(r *http.Request) (Match, bool) {
	host := Hostname(r.Host)
	if short, ok := strings.CutSuffix(host, localSuffix); ok && short != "" {
		if m, ok := t.match(short, r); ok {
			return m, true
		}
	}
	return t.match(host, r)
}

func (t *Table) match(host string, r *http.Request) (m Match, found bool) {
	q := &query{r: r}
	// Listeners are isolated: the most specific one that takes the host decides
	// alone. Among its routes a more specific host goes first, and when none of
	// its rules takes the request the next host gets its turn.
	t.listeners.each(host, func(l *listener) bool {
		l.hosts.each(host, func(p *paths) bool {
			m, found = p.match(q)
			return found
		})
		return true
	})
	return m, found
}

// HasService reports whether a route has the Service as its parent.
func (t *Table) HasService(name types.NamespacedName) bool {
	_, ok := t.services[name]
	return ok
}

// MatchService finds the rule for a request to a Service's own address. Port is
// the Service port it came to; when the Service has no such port, as in front
// of a relay, the routes of all its ports are looked at.
func (t *Table) MatchService(name types.NamespacedName, port int32, r *http.Request) (Match, bool) {
	s := t.services[name]
	if s == nil {
		return Match{}, false
	}
	p := s.ports[port]
	if p == nil {
		p = s.all
		for _, d := range s.declared {
			if d == port {
				p = s.every
			}
		}
	}
	return p.match(&query{r: r})
}

// Hostname is the name in a Host header: lower case, without port and final
// dot.
func Hostname(host string) string {
	if strings.HasPrefix(host, "[") {
		if h, _, err := net.SplitHostPort(host); err == nil {
			return h
		}
		return strings.Trim(host, "[]")
	}
	if i := strings.IndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// hostMap finds values by the host patterns of Gateway API: a name, a wildcard
// "*.example.com" that stands for one or more labels, or "" for every host.
type hostMap[T any] struct {
	exact  map[string]T
	suffix map[string]T // ".example.com"
	every  *T
}

// at returns the place of a pattern, filling it on first use.
func (m *hostMap[T]) at(pattern string, fresh func() T) T {
	if pattern == "" {
		if m.every == nil {
			v := fresh()
			m.every = &v
		}
		return *m.every
	}
	in, key := &m.exact, strings.ToLower(pattern)
	if s, ok := strings.CutPrefix(key, "*"); ok {
		in, key = &m.suffix, s
	}
	if *in == nil {
		*in = map[string]T{}
	}
	v, ok := (*in)[key]
	if !ok {
		v = fresh()
		(*in)[key] = v
	}
	return v
}

// each visits the values whose pattern covers host, the most specific first,
// until f returns true.
func (m *hostMap[T]) each(host string, f func(T) bool) {
	if v, ok := m.exact[host]; ok && f(v) {
		return
	}
	if len(m.suffix) > 0 {
		for i := 1; i < len(host); i++ {
			if host[i] != '.' {
				continue
			}
			if v, ok := m.suffix[host[i:]]; ok && f(v) {
				return
			}
		}
	}
	if m.every != nil {
		f(*m.every)
	}
}

// paths holds the entries of one host by path, each list in order of
// precedence.
type paths struct {
	exact   map[string][]*entry
	regex   []*entry
	prefix  map[string][]*entry // without trailing slash: "" is "/"
	longest int                 // of the prefixes
}

func (p *paths) match(q *query) (Match, bool) {
	if p == nil {
		return Match{}, false
	}
	path := q.r.URL.Path
	for _, e := range p.exact[path] {
		if e.rest(q) {
			return Match{Rule: e.rule}, true
		}
	}
	for _, e := range p.regex {
		if e.pattern.MatchString(path) && e.rest(q) {
			return Match{Rule: e.rule}, true
		}
	}
	if path == "" || path[0] != '/' {
		return Match{}, false // "*" and authority forms have no path to match
	}
	// Candidates end before a slash or at the end. Those longer than any prefix
	// are skipped without hashing them, so a long path costs nothing.
	for end := len(path); end >= 0; end = strings.LastIndexByte(path[:end], '/') {
		if end > p.longest {
			continue
		}
		for _, e := range p.prefix[path[:end]] {
			if e.rest(q) {
				return Match{Rule: e.rule, Prefix: e.path}, true
			}
		}
		if end == 0 {
			break
		}
	}
	return Match{}, false
}

// query is a request whose query string is parsed at most once.
type query struct {
	r      *http.Request
	values url.Values
	parsed bool
}

func (q *query) first(name string) (string, bool) {
	if !q.parsed {
		q.values, q.parsed = q.r.URL.Query(), true
	}
	v, ok := q.values[name]
	if !ok {
		return "", false
	}
	return v[0], true
}

func (q *query) header(name string) (string, bool) {
	if name == "Host" {
		return q.r.Host, true
	}
	v := q.r.Header[name]
	switch len(v) {
	case 0:
		return "", false
	case 1:
		return v[0], true
	}
	return strings.Join(v, ","), true // RFC 9110, 5.2
}

// value is a header or query parameter that must match.
type value struct {
	name, want string
	pattern    *regexp.Regexp // instead of want
}

func (v value) matches(got string, ok bool) bool {
	if !ok {
		return false
	}
	if v.pattern != nil {
		return v.pattern.MatchString(got)
	}
	return got == v.want
}
