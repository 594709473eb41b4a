package jira

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Call sends one request and returns the status and the body of the answer. A
// path begins with a slash; the body is nil for GET.
type Call func(method, path string, body []byte) (status int, answer []byte, err error)

// Step is what happened to one request.
type Step struct {
	Name string
	// Made is false when the thing was there already.
	Made bool
	ID   string
}

// ErrRefused is the cause when Jira answers with an error.
var ErrRefused = errors.New("jira refuses")

// Apply makes what is not there, in order, and stops at the first error. Applying
// twice makes nothing the second time.
func Apply(requests []Request, call Call) ([]Step, error) {
	known := map[string]Object{}
	var steps []Step
	for _, r := range requests {
		step, err := r.apply(known, call)
		if err != nil {
			return steps, fmt.Errorf("%s: %w", r.Name, err)
		}
		steps = append(steps, step)
	}
	return steps, nil
}

func (r Request) apply(known map[string]Object, call Call) (Step, error) {
	found, err := r.find(known, call)
	if err != nil {
		return Step{}, err
	}
	made := false
	if found == nil {
		if r.Method == "" {
			return Step{}, fmt.Errorf("%w: %s finds nothing", ErrRefused, r.Find.Path)
		}
		if found, err = r.make(known, call); err != nil {
			return Step{}, err
		}
		made = true
	}
	known[r.Name] = found
	id, _ := field(found, r.idField())
	found["id"] = id
	return Step{Name: r.Name, Made: made, ID: text(id)}, nil
}

func (r Request) idField() string {
	if r.Find.ID != "" {
		return r.Find.ID
	}
	return "id"
}

// find returns the thing, or nil when it is not there. Lists come in pages.
func (r Request) find(known map[string]Object, call Call) (Object, error) {
	path, err := fill(r.Find.Path, known)
	if err != nil {
		return nil, err
	}
	for page := path; ; {
		status, answer, err := call("GET", page, nil)
		switch {
		case err != nil:
			return nil, err
		case status == 404:
			return nil, nil
		case status >= 300:
			return nil, refused("GET", page, status, answer)
		}
		var v any
		if err := json.Unmarshal(answer, &v); err != nil {
			return nil, fmt.Errorf("read the answer to %s: %w", page, err)
		}
		whole, _ := v.(Object)
		if len(r.Find.Match) == 0 {
			return whole, nil
		}
		if r.Find.In != "" {
			v = whole[r.Find.In]
		}
		list, _ := v.([]any)
		for _, e := range list {
			thing, ok := e.(Object)
			if ok && r.Find.fits(thing) {
				return thing, nil
			}
		}
		start, _ := whole["startAt"].(float64)
		if last, ok := whole["isLast"].(bool); !ok || last || len(list) == 0 {
			return nil, nil
		}
		page = path + "&startAt=" + strconv.Itoa(int(start)+len(list))
	}
}

func (f Find) fits(thing Object) bool {
	for path, value := range f.Match {
		if have, ok := field(thing, path); !ok || !strings.EqualFold(text(have), value) {
			return false
		}
	}
	_, has := thing[f.Without]
	return !has
}

func (r Request) make(known map[string]Object, call Call) (Object, error) {
	path, err := fill(r.Path, known)
	if err != nil {
		return nil, err
	}
	filled, err := fillIn(r.Body, known)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(filled)
	if err != nil {
		return nil, err
	}
	status, answer, err := call(r.Method, path, body)
	if err != nil {
		return nil, err
	}
	if status >= 300 {
		return nil, refused(r.Method, path, status, answer)
	}
	var said any
	if len(answer) > 0 {
		if err := json.Unmarshal(answer, &said); err != nil {
			return nil, fmt.Errorf("read the answer to %s: %w", path, err)
		}
	}
	thing, _ := said.(Object)
	if _, ok := field(thing, r.idField()); !ok {
		// Some answers are lists, or name only what was made inside of them; the thing
		// itself is looked up.
		found, err := r.find(known, call)
		if err != nil {
			return nil, err
		}
		if found == nil {
			return nil, fmt.Errorf("%w: %s was made and cannot be found", ErrRefused, r.Name)
		}
		return found, nil
	}
	return thing, nil
}

func refused(method, path string, status int, answer []byte) error {
	return fmt.Errorf("%w: %s %s: %d: %s", ErrRefused, method, path, status, strings.TrimSpace(string(answer[:min(len(answer), 500)])))
}

// field is a value inside an object by a path with dots.
func field(thing Object, path string) (any, bool) {
	var v any = thing
	for name := range strings.SplitSeq(path, ".") {
		o, ok := v.(Object)
		if !ok {
			return nil, false
		}
		if v, ok = o[name]; !ok {
			return nil, false
		}
	}
	return v, true
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case nil:
		return ""
	}
	return fmt.Sprint(v)
}

// fillIn is fill for all texts inside a value. A text that is nothing but
// {{#name.field}} becomes a number.
func fillIn(v any, known map[string]Object) (any, error) {
	switch v := v.(type) {
	case string:
		if number, ok := strings.CutPrefix(v, "{{#"); ok {
			s, err := fill("{{"+number, known)
			return json.Number(s), err
		}
		return fill(v, known)
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			filled, err := fillIn(e, known)
			if err != nil {
				return nil, err
			}
			out[i] = filled
		}
		return out, nil
	case Object:
		out := make(Object, len(v))
		for k, e := range v {
			key, err := fill(k, known)
			if err != nil {
				return nil, err
			}
			if out[key], err = fillIn(e, known); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return v, nil
}

// fill puts fields of earlier answers in place.
func fill(s string, known map[string]Object) (string, error) {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "{{")
		b.WriteString(before)
		if !ok {
			return b.String(), nil
		}
		reference, after, ok := strings.Cut(rest, "}}")
		if !ok {
			return "", fmt.Errorf("%q has no end", "{{"+rest)
		}
		name, path, _ := strings.Cut(reference, ".")
		thing, ok := known[name]
		if !ok {
			return "", fmt.Errorf("%s is not known yet", reference)
		}
		v, ok := field(thing, path)
		if !ok {
			return "", fmt.Errorf("%s has no %s", name, path)
		}
		b.WriteString(text(v))
		s = after
	}
}
