package detect

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"

	"paddock.dev/internal/audit/search"
	"paddock.dev/internal/diag"
)

var ruleKeys = []string{"id", "title", "severity", "source", "technique", "why", "do", "match", "except", "count", "new", "sequence", "silence", "examples"}

// looks are the keys that say what a rule looks for.
var looks = []string{"match", "except", "count", "new", "sequence", "silence"}

var (
	idForm        = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	techniqueForm = regexp.MustCompile(`^T[0-9]{4}(\.[0-9]{3})?$`)
)

// Parse reads the rules of one file, a list in YAML. Rules with problems are
// left out.
func Parse(file string, text []byte) ([]*Rule, []diag.Problem) {
	d := &document{file: file}
	root := d.tree(text)
	if root == nil {
		return nil, d.problems
	}
	var rules []*Rule
	for _, item := range d.list(root, "a rule file") {
		before := len(d.problems)
		if r := d.rule(item); len(d.problems) == before {
			rules = append(rules, r)
		}
	}
	diag.Sources{file: string(text)}.Excerpt(d.problems)
	return rules, diag.Compact(d.problems)
}

func (d *document) tree(text []byte) *yaml.Node {
	whole := &yaml.Node{Line: 1, Column: 1}
	if len(text) > maxFile {
		d.bad(whole, "too-long", "a rule file has at most %d KiB", maxFile>>10)
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var n yaml.Node
	if err := dec.Decode(&n); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("there is nothing in it")
		}
		d.bad(whole, "bad-yaml", "This is not YAML: %v", err)
		return nil
	}
	var second yaml.Node
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		d.bad(whole, "bad-yaml", "a rule file is one YAML document")
		return nil
	}
	if n.Kind != yaml.DocumentNode || len(n.Content) != 1 {
		d.bad(whole, "bad-yaml", "a rule file is a list of rules")
		return nil
	}
	if aliases(&n) {
		d.bad(whole, "bad-yaml", "a rule file has no aliases")
		return nil
	}
	return n.Content[0]
}

// aliases may nest without end, and a rule has no need of them.
func aliases(n *yaml.Node) bool {
	return n.Kind == yaml.AliasNode || slices.ContainsFunc(n.Content, aliases)
}

func (d *document) rule(n *yaml.Node) *Rule {
	r := &Rule{Pos: d.pos(n), written: yaml.Node{Kind: yaml.MappingNode}}
	given := map[string]bool{}
	var match *yaml.Node
	for _, e := range d.entries(n, "a rule") {
		given[e.key.Value] = true
		if slices.Contains(looks, e.key.Value) {
			r.written.Content = append(r.written.Content, e.key, e.value)
		}
		switch e.key.Value {
		case "id":
			if r.ID = d.text(e.value, "id"); !idForm.MatchString(r.ID) {
				d.bad(e.value, "bad-rule", "id is words in lower case with hyphens between them")
			}
		case "title":
			r.Title = d.text(e.value, "title")
		case "severity":
			if err := r.Severity.UnmarshalText([]byte(e.value.Value)); err != nil {
				d.bad(e.value, "bad-rule", "%v", err)
			}
		case "source":
			r.Source = search.Source(d.text(e.value, "source"))
			if !slices.Contains([]search.Source{search.CloudTrail, search.Kubernetes, search.Paddock}, r.Source) {
				d.bad(e.value, "bad-rule", "source is cloudtrail, kubernetes or paddock")
			}
		case "technique":
			r.Techniques = d.texts(e.value, "technique")
			for _, t := range r.Techniques {
				if !techniqueForm.MatchString(t) {
					d.bad(e.value, "bad-rule", "technique is the id of a MITRE ATT&CK technique, such as T1078.004")
				}
			}
		case "why":
			r.Why = d.text(e.value, "why")
		case "do":
			r.Do = d.text(e.value, "do")
		case "match":
			match = e.value
		case "except":
			for _, item := range d.list(e.value, "except") {
				r.Except = append(r.Except, d.exception(item))
			}
		case "count":
			r.Count = d.count(e.value)
		case "new":
			r.New = d.newValue(e.value)
		case "sequence":
			r.Sequence = d.sequence(e.value)
		case "silence":
			r.Silence = d.silence(e.value)
		case "examples":
			d.examples(r, e.value)
		default:
			d.unknown(e.key, "a rule", ruleKeys)
		}
	}
	for _, key := range []string{"id", "title", "severity", "source", "technique", "why", "do"} {
		if n.Kind == yaml.MappingNode && !given[key] {
			d.bad(n, "missing-key", "The rule has no %s", key)
		}
	}
	d.matching(r, n, match)
	return r
}

// matching reads the condition. A rule that says nothing about results wants
// events that came to pass.
func (d *document) matching(r *Rule, n, match *yaml.Node) {
	over := 0
	for _, is := range []bool{r.Count != nil, r.New != nil, r.Sequence != nil, r.Silence != nil} {
		if is {
			over++
		}
	}
	if over > 1 {
		d.bad(n, "bad-rule", "A rule has one of count, new, sequence and silence")
	}
	switch {
	case match == nil && r.Sequence == nil:
		if n.Kind == yaml.MappingNode {
			d.bad(n, "missing-key", "The rule has no match")
		}
		return
	case match == nil:
		r.match = all{}
		return
	}
	r.match = d.condition(match, false, 0)
	r.actions = actions(match)
	if !mentions(match, "result") && !mentions(match, "error") {
		r.match = all{succeeded, r.match}
	}
}

var succeeded = where{Field{Text: "result"}, []test{equals([]string{string(search.OK), string(search.Started)})}}

func (d *document) exception(n *yaml.Node) (x Exception) {
	x.match = all{}
	for _, e := range d.entries(n, "an exception") {
		switch e.key.Value {
		case "why":
			x.Why = d.text(e.value, "why")
		case "match":
			x.match, x.written = d.condition(e.value, false, 0), e.value
		default:
			d.unknown(e.key, "an exception", []string{"why", "match"})
		}
	}
	if x.Why == "" || x.written == nil {
		d.bad(n, "missing-key", "An exception says why and what it matches")
	}
	return x
}

// Join puts rules together and names those that share an id.
func Join(sets ...[]*Rule) ([]*Rule, []diag.Problem) {
	var problems []diag.Problem
	first := map[string]*Rule{}
	var joined []*Rule
	for _, r := range slices.Concat(sets...) {
		if other := first[r.ID]; other != nil {
			problems = append(problems, diag.Problem{
				Severity: diag.Error, ID: "duplicate-rule", Summary: fmt.Sprintf("There are two rules %q", r.ID), Pos: r.Pos,
				Related: []diag.Related{{Range: other.Pos, Text: "the other one"}},
			})
			continue
		}
		first[r.ID] = r
		joined = append(joined, r)
	}
	return joined, problems
}
