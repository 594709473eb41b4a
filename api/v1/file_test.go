package v1_test

import (
	"encoding"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"testing"
	"time"

	v1 "paddock.dev/api/v1"
)

// value is what every written form of the file can do.
type value interface {
	encoding.TextUnmarshaler
	encoding.TextMarshaler
	Form() v1.Form
}

func kinds() map[string]func() value {
	return map[string]func() value{
		"duration": func() value { return new(v1.Duration) }, "cpu": func() value { return new(v1.CPU) },
		"bytes": func() value { return new(v1.Bytes) }, "percent": func() value { return new(v1.Percent) },
		"range": func() value { return new(v1.Range) }, "port": func() value { return new(v1.Port) },
		"path": func() value { return new(v1.URLPath) }, "route": func() value { return new(v1.Route) },
		"dir": func() value { return new(v1.Dir) },
	}
}

func TestValues(t *testing.T) {
	for _, c := range []struct{ kind, text, canonical string }{
		{"duration", "15m", "15m"}, {"duration", "90m", "1h30m"}, {"duration", "300ms", "300ms"}, {"duration", "35d", "35d"},
		{"duration", "1h30m5s", "1h30m5s"}, {"duration", "0s", "0s"}, {"duration", "1s500ms", "1s500ms"},
		{"cpu", "250m", "250m"}, {"cpu", "0.5", "500m"}, {"cpu", "2", "2"}, {"cpu", "1500m", "1500m"}, {"cpu", "1000m", "1"},
		{"bytes", "256Mi", "256Mi"}, {"bytes", "1024Mi", "1Gi"}, {"bytes", "200Gi", "200Gi"}, {"bytes", "2Ti", "2Ti"},
		{"percent", "60%", "60%"}, {"percent", "99.9%", "99.9%"}, {"percent", "99.90%", "99.9%"}, {"percent", "0.001%", "0.001%"}, {"percent", "100%", "100%"},
		{"range", "3", "3"}, {"range", "2..20", "2..20"}, {"range", "4..4", "4"},
		{"port", "8443", "8443"}, {"port", "65535", "65535"},
		{"path", "/healthz/live", "/healthz/live"}, {"path", "/", "/"},
		{"route", "api.kestrelcars.example/v1/", "api.kestrelcars.example/v1"}, {"route", "kestrelcars.example", "kestrelcars.example"},
		{"dir", "./services/booking/", "services/booking"}, {"dir", ".", "."},
	} {
		v := kinds()[c.kind]()
		if err := v.UnmarshalText([]byte(c.text)); err != nil {
			t.Errorf("%s %q: %v", c.kind, c.text, err)
			continue
		}
		if got, _ := v.MarshalText(); string(got) != c.canonical {
			t.Errorf("%s %q is written back as %q, want %q", c.kind, c.text, got, c.canonical)
		}
	}
	var d v1.Duration
	if err := d.UnmarshalText([]byte("1d2h")); err != nil || time.Duration(d) != 26*time.Hour {
		t.Errorf("1d2h is %v, %v", time.Duration(d), err)
	}
}

func TestWrongValuesSayWhatToWrite(t *testing.T) {
	for _, c := range []struct{ kind, text, instead string }{
		{"duration", "15", "15s"}, {"duration", "", ""}, {"duration", "5x", ""}, {"duration", "1m1h", ""}, {"duration", "1m1m", ""}, {"duration", "-5m", ""}, {"duration", "9999999d", ""}, {"duration", "1.5h", ""},
		{"cpu", "0", "1m"}, {"cpu", "50%", ""}, {"cpu", "2 cores", ""}, {"cpu", "1.2345", ""}, {"cpu", "2000", ""}, {"cpu", "-1", ""},
		{"bytes", "256", "256Mi"}, {"bytes", "256MB", "256Mi"}, {"bytes", "256m", "256Mi"}, {"bytes", "1G", "1Gi"}, {"bytes", "Mi", ""}, {"bytes", "0Mi", ""}, {"bytes", "99999999999Ti", ""}, {"bytes", "1.5Gi", ""},
		{"percent", "60", "60%"}, {"percent", "101%", ""}, {"percent", "%", ""}, {"percent", "99.9999%", ""}, {"percent", "-1%", ""},
		{"range", "2-20", "2..20"}, {"range", "20..2", "2..20"}, {"range", "2...5", ""}, {"range", "x", ""}, {"range", "-1", ""}, {"range", "1..", ""}, {"range", "", ""},
		{"port", "80", "8080"}, {"port", "443", "8443"}, {"port", "0", ""}, {"port", "70000", ""}, {"port", "http", ""},
		{"path", "healthz", "/healthz"}, {"path", "/a?b", ""}, {"path", "/a//b", "/a/b"}, {"path", "/../x", "/x"}, {"path", "http://x/", ""}, {"path", "/a b", ""},
		{"route", "https://api.example.com/v1", "api.example.com/v1"}, {"route", "api.example.com:443/v1", "api.example.com/v1"}, {"route", "/v1", ""}, {"route", "localhost", ""}, {"route", "API.example.com", "api.example.com"}, {"route", "*.example.com", ""}, {"route", "10.0.0.1/x", ""}, {"route", "a_b.example.com", ""}, {"route", "a..b", ""},
		{"dir", "/abs", ""}, {"dir", "../up", ""}, {"dir", "a/../../up", ""}, {"dir", "https://github.com/x/y", ""}, {"dir", "", ""}, {"dir", `a\b`, ""},
	} {
		err := kinds()[c.kind]().UnmarshalText([]byte(c.text))
		var wrong *v1.ValueError
		if !errors.As(err, &wrong) || wrong.Reason == "" {
			t.Errorf("%s %q: %v, want a ValueError", c.kind, c.text, err)
			continue
		}
		if wrong.Instead != c.instead {
			t.Errorf("%s %q: says to write %q, want %q", c.kind, c.text, wrong.Instead, c.instead)
		}
		// What the message proposes must be right.
		if wrong.Instead != "" {
			if err := kinds()[c.kind]().UnmarshalText([]byte(wrong.Instead)); err != nil {
				t.Errorf("%s %q: proposes %q, and then says %v", c.kind, c.text, wrong.Instead, err)
			}
		}
	}
}

func TestExamplesAreWellWritten(t *testing.T) {
	for name, make := range kinds() {
		if err := make().UnmarshalText([]byte(make().Form().Example)); err != nil {
			t.Errorf("the example of %s: %v", name, err)
		}
	}
}

func FuzzValues(f *testing.F) {
	for _, s := range []string{"15m", "1h30m", "2..20", "99.9%", "256Mi", "0.25", "8443", "api.kestrelcars.example/v1", "./a/b", "/healthz", "9223372036854775807d", "00001"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, make := range kinds() {
			v := make()
			if v.UnmarshalText([]byte(s)) != nil {
				continue
			}
			text, err := v.MarshalText()
			if err != nil {
				t.Fatal(err)
			}
			again := make()
			if err := again.UnmarshalText(text); err != nil {
				t.Fatalf("%s: %q was accepted and written back as %q, which is refused: %v", name, s, text, err)
			}
			if twice, _ := again.MarshalText(); string(twice) != string(text) {
				t.Fatalf("%s: %q becomes %q, then %q", name, s, text, twice)
			}
		}
	})
}

// Schema, explain and the reference page will be made of the comments.
func TestEveryFieldOfTheFileHasAComment(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "file.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	fields := 0
	ast.Inspect(file, func(n ast.Node) bool {
		f, ok := n.(*ast.Field)
		if !ok || f.Tag == nil {
			return true
		}
		fields++
		if f.Doc == nil || f.Doc.Text() == "" {
			t.Errorf("%v has no comment", f.Names)
		}
		return true
	})
	if fields < 30 {
		t.Fatalf("found only %d fields", fields)
	}
}
