package gateway

import (
	"regexp"
	"strings"
	"testing"
)

var traceparent = regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`)

func FuzzTraceparent(f *testing.F) {
	f.Add("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	f.Add("00-00000000000000000000000000000000-00f067aa0ba902b7-01")
	f.Add("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	f.Add("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n")
	f.Fuzz(func(t *testing.T, s string) {
		want := traceparent.MatchString(s) && !strings.HasPrefix(s[3:], strings.Repeat("0", 32)) && !strings.HasPrefix(s[36:], strings.Repeat("0", 16))
		if got := validTraceparent(s); got != want {
			t.Fatalf("%q: %v, want %v", s, got, want)
		}
	})
}

func TestConnectionNamesHeaders(t *testing.T) {
	for _, c := range []struct {
		connection []string
		want       bool
	}{
		{nil, false}, {[]string{"close"}, false}, {[]string{"x-hop"}, true}, {[]string{"close, X-Hop "}, true}, {[]string{"a", "b,X-HOP"}, true}, {[]string{"x-hop2"}, false},
	} {
		if got := named(c.connection, "X-Hop"); got != c.want {
			t.Errorf("%q: %v", c.connection, got)
		}
	}
}
