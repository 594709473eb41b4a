package fields

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestSkipSaysWhatIsWrong(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{`{"a":1}`, ""},
		{`{}`, ""},
		{`[ ]`, ""},
		{`{"a":[1,-2.5e+3,"x\u00e9\n",null,true,{"b":{}}]}`, ""},
		{`{"a":tru}`, "an unknown word stands here; JSON has true, false and null at byte 6"},
		{`{"a":1,}`, "a key must begin with a quote, not } at byte 8"},
		{`[1,]`, "a value cannot begin with ] at byte 4"},
		{`{"a" 1}`, "a colon must follow a key, not 1 at byte 6"},
		{`{"a":1 "b":2}`, "a comma or } must follow a member, not \" at byte 8"},
		{"{\"a\":\"x\ny\"}", "a control character 0x0a stands in a string at byte 8"},
		{`{"a":"\q"}`, "there is no escape q at byte 8"},
		{`{"a":"\u00zz"}`, "\\u wants four hexadecimal digits, not z at byte 11"},
		{`{"a":01}`, "a comma or } must follow a member, not 1 at byte 7"},
		{`{"a":"b`, ErrShort.Error()},
		{`{"a":`, ErrShort.Error()},
		{`[1, `, ErrShort.Error()},
		{strings.Repeat("[", 501), "nested too deeply at byte 501"},
	} {
		_, err := Skip([]byte(test.text), 0)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.text, got, test.want)
		}
	}
}

func TestPath(t *testing.T) {
	const record = `{
		"a": {"b": "one", "b.c": "dotted", "list": [{"n": 1}, {"n": 2}], "none": null},
		"policy": "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":[\"*\"]}}]}",
		"escaped": "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Deny%22%7D%7D",
		"last": 1, "last": 2
	}`
	for _, test := range []struct {
		path string
		want []string
	}{
		{"a.b", []string{"one"}},
		{"a[b.c]", []string{"dotted"}},
		{"a.list.n", []string{"1", "2"}},
		{"a.list.*.n", []string{"1", "2"}},
		{"a.**.n", []string{"1", "2"}},
		{"a.none", nil},
		{"a.b.c", nil},
		{"policy.Statement.Effect", []string{"Allow"}},
		{"policy.Statement.Principal.**", []string{`{"AWS":["*"]}`, `["*"]`, "*"}},
		{"escaped.Statement.Effect", []string{"Deny"}},
		{"last", []string{"2"}},
	} {
		p, err := ParsePath(test.path)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		p.Each(Value(record), func(v Value) bool { got = append(got, v.Text()); return true })
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.path, got, test.want)
		}
	}
	for _, path := range []string{"", "a.", ".a", "a..b", "a[b", "a[]", "a[b]c", "a[b]."} {
		if p, err := ParsePath(path); err == nil {
			t.Errorf("%q became %q; it is no path", path, p)
		}
	}
}

// FuzzSkip holds the scanner against encoding/json: both accept the same texts,
// and both read the same values from them.
func FuzzSkip(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5,"x"],"b":{"c":null}}`, `"\ud83d\ude00"`, `[[],{}]`, `-0.1e-5`, `{"a":1,}`, "\"\xff\"", ` 1`, `1 `} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		start := Space(text, 0)
		end, err := Skip(text, start)
		ours := err == nil && Space(text, end) == len(text)
		if deep := (*SyntaxError)(nil); errors.As(err, &deep) && deep.Reason == "nested too deeply" {
			return
		}
		if theirs := json.Valid(text); ours != theirs {
			t.Fatalf("%q: ours %v (%v), encoding/json %v", text, ours, err, theirs)
		}
		if !ours {
			return
		}
		v := Value(text[start:end])
		var s string
		if v.IsString() && json.Unmarshal(v, &s) == nil && v.Text() != s {
			t.Fatalf("%q: text %q, want %q", text, v.Text(), s)
		}
		var object map[string]json.RawMessage
		if v.IsObject() && json.Unmarshal(v, &object) == nil {
			for key, want := range object {
				if got := v.Get(key); !bytes.Equal(got, want) {
					t.Fatalf("%q: %q is %q, want %q", text, key, got, want)
				}
			}
		}
		Path{"**", "a", "*"}.Each(v, func(Value) bool { return true })
	})
}

func BenchmarkSkip(b *testing.B) {
	text := []byte(`{"eventVersion":"1.09","userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::123456789012:assumed-role/web/i-0123456789abcdef0","sessionContext":{"attributes":{"mfaAuthenticated":"false"}}},"eventTime":"2026-11-02T09:00:00Z","eventSource":"ec2.amazonaws.com","eventName":"DescribeInstances","requestParameters":{"instancesSet":{},"filterSet":{}},"responseElements":null,"readOnly":true}`)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := Skip(text, 0); err != nil {
			b.Fatal(err)
		}
	}
}
