package fields

import (
	"encoding/json"
	"iter"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Value is the text of one JSON value that Skip went over without complaint;
// nil is no value at all.
type Value []byte

// IsObject, IsArray and IsString say what a value is.
func (v Value) IsObject() bool { return len(v) > 0 && v[0] == '{' }
func (v Value) IsArray() bool  { return len(v) > 0 && v[0] == '[' }
func (v Value) IsString() bool { return len(v) > 0 && v[0] == '"' }

// Exists says that there is a value and that it is not null.
func (v Value) Exists() bool { return len(v) > 0 && v[0] != 'n' }

// Simple returns the bytes of a string without escapes, without copying them.
func (v Value) Simple() ([]byte, bool) {
	if len(v) < 2 || v[0] != '"' {
		return nil, false
	}
	inner := v[1 : len(v)-1]
	for _, c := range inner {
		if c == '\\' || c >= utf8.RuneSelf {
			return nil, false
		}
	}
	return inner, true
}

// Text is a string without its quotes and escapes, and any other value as it
// is written; null and nothing are empty.
func (v Value) Text() string {
	if !v.Exists() {
		return ""
	}
	if v[0] != '"' {
		return string(v)
	}
	if inner, ok := v.Simple(); ok {
		return string(inner)
	}
	var s string
	if err := json.Unmarshal(v, &s); err != nil {
		return strings.ToValidUTF8(string(v[1:len(v)-1]), "\ufffd")
	}
	return s
}

// Is compares the value's text without making a string of it.
func (v Value) Is(text string) bool {
	if inner, ok := v.Simple(); ok {
		return string(inner) == text
	}
	return v.Exists() && v.Text() == text
}

// Members are the keys, as written between their quotes, and values of an
// object.
func (v Value) Members() iter.Seq2[Value, Value] {
	return func(yield func(Value, Value) bool) {
		if !v.IsObject() {
			return
		}
		for i := Space(v, 1); i < len(v) && v[i] == '"'; {
			end, err := skipString(v, i)
			if err != nil {
				return
			}
			key := v[i:end]
			if i, err = Colon(v, end); err != nil {
				return
			}
			if end, err = Skip(v, i); err != nil || !yield(key, v[i:end]) {
				return
			}
			if i = Space(v, end); i < len(v) && v[i] == ',' {
				i = Space(v, i+1)
			}
		}
	}
}

// Elements are the values of an array.
func (v Value) Elements() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if !v.IsArray() {
			return
		}
		for i := Space(v, 1); i < len(v) && v[i] != ']'; {
			end, err := Skip(v, i)
			if err != nil || !yield(v[i:end]) {
				return
			}
			if i = Space(v, end); i < len(v) && v[i] == ',' {
				i = Space(v, i+1)
			}
		}
	}
}

// Get is the member with this key; the last one counts, as for encoding/json.
func (v Value) Get(key string) (found Value) {
	for k, value := range v.Members() {
		if k.Is(key) {
			found = value
		}
	}
	return found
}

// First is the first element of an array, or nothing.
func (v Value) First() Value {
	for e := range v.Elements() {
		return e
	}
	return nil
}

// Embedded is the JSON inside a string: policies travel as text, sometimes with
// URL escapes. A value that is no such string is returned as it is.
func (v Value) Embedded() Value {
	if len(v) < 4 || v[0] != '"' || v[1] != '{' && v[1] != '[' && v[1] != '%' && v[1] != ' ' && v[1] != '\\' {
		return v
	}
	text := v.Text()
	if strings.HasPrefix(text, "%7B") || strings.HasPrefix(text, "%7b") || strings.HasPrefix(text, "%5B") {
		plain, err := url.QueryUnescape(text)
		if err != nil {
			return v
		}
		text = plain
	}
	inner := []byte(text)
	start := Space(inner, 0)
	if start >= len(inner) || inner[start] != '{' && inner[start] != '[' {
		return v
	}
	end, err := Skip(inner, start)
	if err != nil || Space(inner, end) != len(inner) {
		return v
	}
	return inner[start:end]
}
