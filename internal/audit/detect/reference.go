package detect

import (
	"bytes"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"paddock.dev/internal/audit/search"
)

// sections are the parts of the reference in its order.
var sections = []struct {
	source search.Source
	title  string
}{
	{search.CloudTrail, "AWS CloudTrail"},
	{search.Kubernetes, "Kubernetes"},
	{search.Paddock, "Paddock's own record"},
}

// Reference is the page that explains the rules, in Markdown.
func Reference(rules []*Rule) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "# Detections\n\nThe %d rules of `paddock audit search`, written from the rules themselves "+
		"(`internal/audit/detect/rules`).\nA rule that says nothing about `result` wants what came to pass. "+
		"How to read and write rules is in the\n[guide](../guide/audit-search.md).\n", len(rules))
	for _, s := range sections {
		fmt.Fprintf(&b, "\n## %s\n\n| rule | severity | what | techniques |\n| --- | --- | --- | --- |\n", s.title)
		for _, r := range rules {
			if r.Source == s.source {
				fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s |\n", r.ID, r.ID, r.Severity, r.Title, techniques(r))
			}
		}
		for _, r := range rules {
			if r.Source != s.source {
				continue
			}
			written, err := asWritten(&r.written)
			if err != nil {
				return "", fmt.Errorf("rule %s: %w", r.ID, err)
			}
			fmt.Fprintf(&b, "\n### %s\n\n%s (%s). %s\n\n%s\n\n```yaml\n%s```\n", r.ID, r.Title, r.Severity, r.Why, r.Do, written)
		}
	}
	return b.String(), nil
}

// techniques are links to MITRE ATT&CK.
func techniques(r *Rule) string {
	links := make([]string, len(r.Techniques))
	for i, t := range r.Techniques {
		links[i] = fmt.Sprintf("[%s](https://attack.mitre.org/techniques/%s/)", t, strings.Replace(t, ".", "/", 1))
	}
	return strings.Join(links, ", ")
}

// asWritten is a tree as YAML, without the comments about its examples.
func asWritten(n *yaml.Node) (string, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(bare(n)); err != nil {
		return "", err
	}
	return b.String(), enc.Close()
}

// bare is a copy without comments.
func bare(n *yaml.Node) *yaml.Node {
	c := *n
	c.HeadComment, c.LineComment, c.FootComment = "", "", ""
	c.Content = make([]*yaml.Node, len(n.Content))
	for i, child := range n.Content {
		c.Content[i] = bare(child)
	}
	return &c
}
