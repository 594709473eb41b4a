package routing

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/types"
)

func keyOf(namespace, name string) types.NamespacedName {
	return types.NamespacedName{Namespace: namespace, Name: name}
}

// FuzzMatch compares the table with the plainest reading of the specification:
// every match of every route that takes the request, sorted by the written
// order of criteria. Routes come from a seed, requests from the fuzzer.
func FuzzMatch(f *testing.F) {
	f.Add(uint64(1), "api.example.com", "/v1/bookings/7?q=1", "GET", "1")
	f.Add(uint64(2), "x.dev.example.com:80", "/v1//", "POST", "")
	f.Add(uint64(3), "dev.example.com.localhost", "/", "GET", "2")
	f.Add(uint64(4), "*", "*", "OPTIONS", "")
	f.Add(uint64(5), "[::1]:80", "//v1/../v1", "GET", "")
	f.Fuzz(func(t *testing.T, seed uint64, host, target, method, header string) {
		s := base()
		rng := rand.New(rand.NewPCG(seed, 1))
		pick := func(from ...string) string { return from[rng.IntN(len(from))] }
		for i := range 1 + rng.IntN(5) {
			spec := public
			if h := pick("", "api.example.com", "*.example.com", "*.dev.example.com", "x.dev.example.com"); h != "" {
				spec += "hostnames: ['" + h + "']\n"
			}
			spec += "rules:\n"
			for range 1 + rng.IntN(3) {
				path := pick("{type: PathPrefix, value: /}", "{type: PathPrefix, value: /v1}", "{type: PathPrefix, value: /v1/bookings/}", "{type: Exact, value: /v1}", "{type: Exact, value: /}", "{type: RegularExpression, value: '/v[0-9]'}")
				rest := pick("", ", method: POST", ", headers: [{name: X-A, value: '1'}]", ", queryParams: [{name: q, value: '1'}]")
				spec += "- {matches: [{path: " + path + rest + "}], " + to(pick("a", "b", "c")) + "}\n"
			}
			s.Routes = append(s.Routes, route(t, fmt.Sprint("r", i), rng.IntN(3), spec))
		}
		table, _ := Build(s)
		r := request(method, host, target)
		if header != "" {
			r.Header.Set("X-A", header)
		}
		m, ok := table.Match(r)
		got := "none"
		if ok {
			got = fmt.Sprintf("%s rule %d", m.Rule.Route.Name, m.Rule.Priority)
		}
		h := Hostname(host)
		want := "none"
		if short, ok := strings.CutSuffix(h, ".localhost"); ok && short != "" {
			want = plain(s, short, r.URL, method, header)
		}
		if want == "none" {
			want = plain(s, h, r.URL, method, header)
		}
		if got != want {
			t.Fatalf("%s %q %q: table says %s, the specification %s", method, host, target, got, want)
		}
	})
}

// plain is the oracle of FuzzMatch.
func plain(s Snapshot, host string, u *url.URL, method, header string) string {
	type candidate struct {
		exact, hostLen               int
		kind, path, method           int
		headers, query, age, rule, i int
		route                        string
	}
	var all []candidate
	for i, r := range s.Routes {
		c := candidate{i: i, route: r.Name, age: int(r.CreationTimestamp.Unix())}
		if len(r.Spec.Hostnames) > 0 {
			p := string(r.Spec.Hostnames[0])
			if suffix, ok := strings.CutPrefix(p, "*"); ok {
				if !strings.HasSuffix(host, suffix) || len(host) <= len(suffix) {
					continue
				}
			} else if p != host {
				continue
			} else {
				c.exact = len(p)
			}
			c.hostLen = len(p)
		}
		for j, rule := range r.Spec.Rules {
			m := rule.Matches[0]
			c.rule, c.method, c.headers, c.query = j+1, 0, len(m.Headers), len(m.QueryParams)
			p := *m.Path.Value
			switch *m.Path.Type {
			case "Exact":
				if c.kind, c.path = 0, len(p); u.Path != p {
					continue
				}
			case "RegularExpression":
				if c.kind, c.path = 1, len(p); !regexp.MustCompile("^(?:" + p + ")$").MatchString(u.Path) {
					continue
				}
			default:
				p = strings.TrimRight(p, "/")
				if c.kind, c.path = 2, len(p); u.Path != p && !strings.HasPrefix(u.Path, p+"/") || !strings.HasPrefix(u.Path, "/") {
					continue
				}
			}
			if m.Method != nil {
				if c.method = 1; string(*m.Method) != method {
					continue
				}
			}
			if len(m.Headers) > 0 && header != "1" {
				continue
			}
			if len(m.QueryParams) > 0 && u.Query().Get("q") != "1" {
				continue
			}
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		return "none"
	}
	best := slices.MinFunc(all, func(a, b candidate) int {
		return cmp.Or(b.exact-a.exact, b.hostLen-a.hostLen, a.kind-b.kind, b.path-a.path, b.method-a.method, b.headers-a.headers, b.query-a.query, a.age-b.age, strings.Compare(a.route, b.route), a.rule-b.rule)
	})
	return fmt.Sprintf("%s rule %d", best.route, best.rule)
}
