package cli

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/forensics/flows"
)

// planFile is what --plan reads, YAML or JSON.
type planFile struct {
	Names   []planName    `yaml:"names"`
	Allowed []planAllowed `yaml:"allow"`
}

type planName struct {
	Prefix      string `yaml:"prefix"`
	Name        string `yaml:"name"`
	Environment string `yaml:"environment"`
	Segment     string `yaml:"segment"`
}

type planAllowed struct {
	From string `yaml:"from"`
	To   string `yaml:"to"`
	Port int    `yaml:"port"`
	Why  string `yaml:"why"`
}

// planOf reads the names of addresses and who may talk to whom: from a file that
// says just that, or from a platform file, of which both follow.
func (a *app) planOf(file string) (flows.Plan, error) {
	plan := flows.Plan{Source: file}
	data, err := os.ReadFile(file)
	if err != nil {
		return plan, usage("unreadable-plan", "The plan cannot be read", err.Error())
	}
	if isPlatformFile(data) {
		loaded, err := a.loadGraphFile(file)
		if err != nil {
			return plan, err
		}
		return flowsPlanOf(loaded, file), nil
	}
	bad := func(id string, node ast.Node, summary, fix string) error {
		p := diag.Problem{Severity: diag.Error, ID: id, Summary: summary, Fix: fix, Pos: diag.Range{File: file}}
		if node != nil {
			at := node.GetToken().Position
			p.Pos.Line, p.Pos.Column = at.Line, at.Column
		}
		list := []diag.Problem{p}
		diag.Sources{file: string(data)}.Excerpt(list)
		return inputError{list[0]}
	}
	var raw planFile
	if err := yaml.UnmarshalWithOptions(data, &raw, yaml.Strict()); err != nil {
		p := diag.Problem{Severity: diag.Error, ID: "bad-plan", Summary: "The plan is not as it should be", Detail: err.Error(), Fix: "It has names (prefix, name, environment, segment) and allow (from, to, port, why).", Pos: diag.Range{File: file}}
		var y yaml.Error
		if errors.As(err, &y) {
			p.Detail = y.GetMessage()
			if t := y.GetToken(); t != nil && t.Position != nil {
				p.Pos.Line, p.Pos.Column = t.Position.Line, t.Position.Column
			}
		}
		list := []diag.Problem{p}
		diag.Sources{file: string(data)}.Excerpt(list)
		return plan, inputError{list[0]}
	}
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		return plan, bad("bad-plan", nil, "The plan is not as it should be", err.Error())
	}
	// node is where a value of the plan stands.
	node := func(format string, args ...any) ast.Node {
		path, err := yaml.PathString(fmt.Sprintf(format, args...))
		if err != nil {
			return nil
		}
		n, err := path.FilterFile(tree)
		if err != nil {
			return nil
		}
		return n
	}
	line := func(n ast.Node) int {
		if n == nil {
			return 0
		}
		return n.GetToken().Position.Line
	}
	known := map[string]bool{"": true}
	seen := map[netip.Prefix]bool{}
	for i, n := range raw.Names {
		prefix, err := netip.ParsePrefix(n.Prefix)
		if err != nil {
			a, err := netip.ParseAddr(n.Prefix)
			if err != nil || a.Zone() != "" {
				return plan, bad("bad-prefix", node("$.names[%d].prefix", i), fmt.Sprintf("%q is not a block of addresses", n.Prefix), "Write a block such as 10.40.0.0/16, or an address.")
			}
			prefix = netip.PrefixFrom(a, a.BitLen())
		}
		if n.Name == "" {
			return plan, bad("missing-name", node("$.names[%d].prefix", i), n.Prefix+" has no name", "Add name: what people call it.")
		}
		if seen[prefix.Masked()] {
			return plan, bad("prefix-twice", node("$.names[%d].prefix", i), n.Prefix+" is named twice", "Leave one out.")
		}
		seen[prefix.Masked()] = true
		for _, name := range []string{n.Name, n.Environment, n.Segment, n.Environment + "/" + n.Name} {
			known[name] = true
		}
		plan.Names = append(plan.Names, flows.NamedPrefix{Prefix: prefix.Masked(), Name: n.Name, Environment: n.Environment, Segment: n.Segment, Line: line(node("$.names[%d].prefix", i))})
	}
	for i, w := range raw.Allowed {
		for key, name := range map[string]string{"from": w.From, "to": w.To} {
			if !known[name] {
				fix := "Give addresses this name under names, or write one that is there."
				if near := diag.Nearest(name, keys(known)); len(near) > 0 {
					fix = "Did you mean " + strings.Join(near, " or ") + "?"
				}
				return plan, bad("unknown-name", node("$.allow[%d].%s", i, key), fmt.Sprintf("The plan names nothing %q", name), fix)
			}
		}
		if w.Port < 0 || w.Port > 65535 {
			return plan, bad("bad-port", node("$.allow[%d].port", i), fmt.Sprintf("%d is not a port", w.Port), "Write a number from 1 to 65535, or leave it out for any.")
		}
		plan.Allowed = append(plan.Allowed, flows.Allowance{From: w.From, To: w.To, Port: w.Port, Why: w.Why, Line: line(node("$.allow[%d]", i))})
	}
	return plan, nil
}

// keys are the names in a set, in order.
func keys(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }

// isPlatformFile reports whether the text has the key that says so.
func isPlatformFile(text []byte) bool {
	var marked struct {
		Paddock *string `yaml:"paddock"`
	}
	return yaml.Unmarshal(text, &marked) == nil && marked.Paddock != nil
}
