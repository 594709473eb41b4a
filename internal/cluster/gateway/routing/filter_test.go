package routing

import (
	"net/http"
	"net/url"
	"testing"
)

// TestReplacePrefix has the examples of the specification.
func TestReplacePrefix(t *testing.T) {
	for _, c := range [][4]string{
		{"/foo/bar", "/foo", "/xyz", "/xyz/bar"},
		{"/foo/bar", "/foo", "/xyz/", "/xyz/bar"},
		{"/foo/bar", "/foo/", "/xyz", "/xyz/bar"},
		{"/foo/bar", "/foo/", "/xyz/", "/xyz/bar"},
		{"/foo", "/foo", "/xyz", "/xyz"},
		{"/foo/", "/foo", "/xyz", "/xyz/"},
		{"/foo/bar", "/foo", "", "/bar"},
		{"/foo/", "/foo", "", "/"},
		{"/foo", "/foo", "", "/"},
		{"/foo/", "/foo", "/", "/"},
		{"/foo", "/foo", "/", "/"},
		{"/foo/a%2Fb", "/foo", "/xyz", "/xyz/a%2Fb"},
		{"/f%6Fo/a b", "/foo", "/x y", "/x%20y/a%20b"},
	} {
		s := base()
		s.Routes = append(s.Routes, route(t, "r", 1, public+"rules: [{matches: [{path: {value: "+c[1]+"}}], filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: '"+c[2]+"'}}}], "+to("a")+"}]"))
		table, _ := Build(s)
		u, err := url.Parse(c[0])
		if err != nil {
			t.Fatal(err)
		}
		r := &http.Request{Method: "GET", Host: "h", URL: u}
		m, ok := table.Match(r)
		if !ok {
			t.Errorf("%s does not match %s", c[0], c[1])
			continue
		}
		if got := m.Rule.Rewrite.Path.Apply(u, m.Prefix); got != c[3] {
			t.Errorf("%s with %s -> %q becomes %s, want %s", c[0], c[1], c[2], got, c[3])
		}
	}
}

func TestLocation(t *testing.T) {
	for _, c := range []struct{ filter, host, target, want string }{
		{"{hostname: b.org}", "a.org", "/x?y=1", "http://b.org/x?y=1"},
		{"{}", "a.org:8080", "/x", "http://a.org:8080/x"},
		{"{scheme: https}", "a.org:8080", "/x", "https://a.org/x"},
		{"{scheme: https, port: 8443}", "a.org:8080", "/x", "https://a.org:8443/x"},
		{"{port: 80}", "a.org:8080", "/", "http://a.org/"},
		{"{scheme: http, port: 443}", "a.org", "/", "http://a.org:443/"},
		{"{path: {type: ReplaceFullPath, replaceFullPath: /new}}", "a.org", "/x?y", "http://a.org/new?y"},
		{"{path: {type: ReplacePrefixMatch, replacePrefixMatch: /new}}", "a.org", "/x/y", "http://a.org/new/x/y"},
		{"{}", "[::1]:8080", "/x", "http://[::1]:8080/x"},
		{"{scheme: https}", "[::1]:8080", "/x", "https://[::1]/x"},
	} {
		s := base()
		s.Routes = append(s.Routes, route(t, "r", 1, public+"rules: [{filters: [{type: RequestRedirect, requestRedirect: "+c.filter+"}]}]"))
		table, _ := Build(s)
		r := request("GET", c.host, c.target)
		m, ok := table.Match(r)
		if !ok || m.Rule.Redirect == nil {
			t.Errorf("%s: no redirect", c.filter)
			continue
		}
		if got := m.Rule.Redirect.Location(r, m.Prefix); got != c.want {
			t.Errorf("%s on %s%s: %s, want %s", c.filter, c.host, c.target, got, c.want)
		}
	}
}
