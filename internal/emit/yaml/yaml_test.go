package yaml_test

import (
	"reflect"
	"testing"

	goccy "github.com/goccy/go-yaml"

	"paddock.dev/internal/emit/yaml"
)

func TestMarshal(t *testing.T) {
	v := yaml.Map{
		{"name", "booking"}, {"on", "yes"}, {"none", yaml.Map{}}, {"expr", "a{b=\"c\"}\n/ d"},
		{"groups", yaml.List{yaml.Map{{"n", 1}, {"m", yaml.Map{{"x", 1.5}}}}, "x: y", yaml.List{"a", true}}},
		{"short", []string{"mon", "tue"}}, {"empty", ""},
	}
	want := `name: booking
"on": "yes"
none: {}
expr: |-
  a{b="c"}
  / d
groups:
  - "n": 1
    m:
      x: 1.5
  - "x: y"
  - - a
    - true
short: [mon, tue]
empty: ""
`
	if got := string(yaml.Marshal(v)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// FuzzText: whatever is written is read back as it was, by a reader that is not
// ours.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", "a", "a: b", "- x", "yes", "0x1f", "1e3", "a\nb", "a\n", "\n", "a\n\n", " a\nb", "#c", "a #b", "{{ $labels.x }}", "é\u2028", "~", "!x", "&a", "*a", "%a", "@a", "a:", "'", "12:30", "2026-01-01", "a\n \nb", "=", "<<", ".5", "---", "..."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range s {
			if r == '\uFFFD' || r == '\r' || r == '\u0085' || r == '\u2028' || r == '\u2029' || r == 0 {
				t.Skip() // not texts of a configuration
			}
		}
		data := yaml.Marshal(yaml.Map{{"k", yaml.List{yaml.Map{{"v", s}}}}})
		var got map[string][]map[string]any
		if err := goccy.Unmarshal(data, &got); err != nil {
			t.Fatalf("%q is written as\n%s\n%v", s, data, err)
		}
		if want := map[string][]map[string]any{"k": {{"v": s}}}; !reflect.DeepEqual(got, want) {
			t.Errorf("%q is read as %q from\n%s", s, got["k"][0]["v"], data)
		}
	})
}

// BenchmarkMarshal writes what most manifests are made of.
func BenchmarkMarshal(b *testing.B) {
	var all yaml.List
	for range 100 {
		all = append(all, yaml.Map{
			{"apiVersion", "apps/v1"}, {"kind", "Deployment"}, {"metadata", yaml.Map{{"name", "booking"}, {"labels", yaml.Map{{"app.kubernetes.io/name", "booking"}}}}},
			{"ports", yaml.List{yaml.Map{{"port", int64(8080)}, {"name", "http"}}}}, {"expr", "sum(rate(x{a=\"b\"}[5m]))"}, {"for", "5m"}, {"cidr", "10.0.0.0/8"}, {"yes", "yes"},
		})
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(yaml.Marshal(all))))
	for b.Loop() {
		yaml.Marshal(all)
	}
}
