package spec

import (
	"encoding"
	"errors"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/diag"
)

// unit reads a value with a written form of its own.
func (d *decoder) unit(n *node, v reflect.Value, p place) {
	f := v.Interface().(form).Form()
	if !d.is(n, scalar, v.Type(), p) {
		return
	}
	if f.Values != nil {
		if slices.Contains(f.Values, n.text) {
			v.SetString(n.text)
			return
		}
		problem := d.err(idBadValue, n.at, "%s is not %s: %s", n.describe(), f.Noun, p.name())
		problem.Detail = "It is one of " + words(f.Values) + "."
		if near := nearestValue(n.text, f.Values); near != "" {
			problem.Fix = "Write " + p.pair(near)
		}
		return
	}
	err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(n.text))
	if err == nil {
		return
	}
	problem := d.err(idBadValue, n.at, "%s is not %s: %s", n.describe(), f.Noun, p.name())
	var wrong *v1.ValueError
	if !errors.As(err, &wrong) {
		problem.Detail = sentence(err.Error())
		return
	}
	problem.Detail = sentence(wrong.Reason)
	if wrong.Instead != "" {
		problem.Fix = "Write " + wrong.Instead + "."
	} else if better := nearestUnit(n.text, wrong, v.Type()); better != "" {
		problem.Fix = "Write " + better + "."
	} else {
		example := f.Example
		if p.example != "" {
			example = p.example
		}
		problem.Fix = "Write for example " + example + "."
	}
}

// nearestUnit puts the nearest known word into a value, and repairs what else is
// wrong with it; empty when that leads to nothing that could be written.
func nearestUnit(written string, wrong *v1.ValueError, t reflect.Type) string {
	near := nearestValue(wrong.Word, wrong.Known)
	if near == "" {
		return ""
	}
	better := replaceLast(written, wrong.Word, near)
	err := reflect.New(t).Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(better))
	var again *v1.ValueError
	switch {
	case err == nil:
		return better
	case errors.As(err, &again):
		return again.Instead
	}
	return ""
}

// replaceLast puts a word into the place of another one, which values have at
// their end if anywhere twice.
func replaceLast(s, old, new string) string {
	i := strings.LastIndex(s, old)
	if i < 0 {
		return new
	}
	return s[:i] + new + s[i+len(old):]
}

// nearestValue also knows the short and the long names that people use: dev for
// development, golang for go.
func nearestValue(word string, values []string) string {
	if word == "" {
		return ""
	}
	for _, v := range values {
		if len(word) >= 3 && (strings.HasPrefix(v, strings.ToLower(word)) || len(v) >= 2 && strings.HasPrefix(strings.ToLower(word), v)) {
			return v
		}
	}
	if near := diag.Nearest(word, values); len(near) > 0 {
		return near[0]
	}
	if len(values) == 1 {
		return values[0]
	}
	return ""
}

func (d *decoder) number(n *node, v reflect.Value, p place) {
	if !d.is(n, scalar, v.Type(), p) {
		return
	}
	i, err := strconv.ParseInt(n.text, 10, 32)
	if err != nil {
		problem := d.err(idWrongType, n.at, "%s is %s where a whole number belongs", p.subject(), n.describe())
		if p.example != "" {
			problem.Fix = "Write for example:\n" + p.pair(p.example)
		}
		return
	}
	least, most := int64(math.MinInt32), int64(math.MaxInt32)
	if p.least != "" {
		least, _ = strconv.ParseInt(p.least, 10, 64)
	}
	if p.most != "" {
		most, _ = strconv.ParseInt(p.most, 10, 64)
	}
	if i < least || i > most {
		problem := d.err(idBadValue, n.at, "%s cannot be %d", p.subject(), i)
		problem.Detail = "It is a whole number from " + p.least + " to " + p.most + "."
		problem.Fix = "Write for example " + p.pair(p.example) + "."
		return
	}
	v.SetInt(i)
}

// flag reads true and false and no other word: yes and on mean the one in some
// readers of YAML and a text in others.
func (d *decoder) flag(n *node, v reflect.Value, p place) {
	if !d.is(n, scalar, v.Type(), p) {
		return
	}
	if n.text == "true" || n.text == "false" {
		v.SetBool(n.text == "true")
		return
	}
	problem := d.err(idWrongType, n.at, "%s is %s where true or false belongs", p.subject(), n.describe())
	switch strings.ToLower(n.text) {
	case "true", "yes", "on", "y", "1", "enabled":
		problem.Fix = "Write " + p.pair("true") + "."
	case "false", "no", "off", "n", "0", "disabled", "none":
		problem.Fix = "Write " + p.pair("false") + "."
	default:
		problem.Fix = "Write true or false."
	}
}
