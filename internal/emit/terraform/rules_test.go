package terraform

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// TestRuleTreeIsOfItsFormat holds what the content network is told against the
// frozen format of its rules. Akamai says no such thing before a property is
// changed; an option with a name of its own is dropped in silence.
func TestRuleTreeIsOfItsFormat(t *testing.T) {
	var format struct {
		Format    string
		Behaviors map[string]map[string]any
		Criteria  map[string]map[string]any
	}
	data, err := os.ReadFile("testdata/papi.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &format); err != nil {
		t.Fatal(err)
	}
	var cdn parsed
	for _, m := range parseModules(t) {
		if m.name == "cdn" {
			cdn = m
		}
	}
	cdn.blocks("variable", func(file string, b *hclsyntax.Block) {
		if b.Labels[0] == "rule_format" && cdn.source(b.Body.Attributes["default"].Expr, file) != `"`+format.Format+`"` {
			t.Errorf("rule_format is %s, and testdata knows %s", cdn.source(b.Body.Attributes["default"].Expr, file), format.Format)
		}
	})
	seen := map[string]bool{}
	walk := visitor(func(n hclsyntax.Node) {
		o, ok := n.(*hclsyntax.ObjectConsExpr)
		if !ok {
			return
		}
		name, _ := constant(member(o, "name"))
		options, ok := member(o, "options").(*hclsyntax.ObjectConsExpr)
		if !ok || name == cty.NilVal || name.AsString() == "default" {
			return
		}
		want, ok := format.Behaviors[name.AsString()]
		if !ok {
			want, ok = format.Criteria[name.AsString()]
		}
		if !ok {
			t.Errorf("%s: there is no behavior or criterion %s in testdata/papi.json", o.SrcRange, name.AsString())
			return
		}
		seen[name.AsString()] = true
		for _, item := range options.Items {
			key, _ := constant(item.KeyExpr)
			kind, ok := want[key.AsString()]
			if !ok {
				t.Errorf("%s: %s has no option %s", item.KeyExpr.Range(), name.AsString(), key.AsString())
				continue
			}
			checkOption(t, name.AsString()+"."+key.AsString(), kind, item.ValueExpr)
		}
		for option, kind := range want {
			if kind != "optional" && member(options, option) == nil {
				t.Errorf("%s: %s lacks %s", o.SrcRange, name.AsString(), option)
			}
		}
	})
	if diags := hclsyntax.Walk(cdn.files["rules.tf"], walk); diags.HasErrors() {
		t.Fatal(diags)
	}
	for name := range format.Behaviors {
		if !seen[name] {
			t.Errorf("testdata/papi.json knows %s, which no rule uses", name)
		}
	}
}

var duration = regexp.MustCompile(`^[0-9]+[DdHhMmSs]$`)

// checkOption looks at values that stand there; those that are computed are
// known to the engine alone.
func checkOption(t *testing.T, name string, kind any, e hclsyntax.Expression) {
	t.Helper()
	if _, ok := e.(*hclsyntax.ObjectConsExpr); ok != (kind == "object") {
		t.Errorf("%s: an object where there is none, or the reverse", name)
	}
	v, ok := constant(e)
	if !ok {
		return
	}
	switch kind := kind.(type) {
	case []any:
		if v.Type() != cty.String || !slices.Contains(kind, any(v.AsString())) {
			t.Errorf("%s: %#v is none of %v", name, v, kind)
		}
	case string:
		if types := map[string]cty.Type{"bool": cty.Bool, "number": cty.Number, "text": cty.String, "duration": cty.String}; types[kind] != cty.NilType && v.Type() != types[kind] {
			t.Errorf("%s: %#v is no %s", name, v, kind)
		}
		if kind == "duration" && !duration.MatchString(v.AsString()) {
			t.Errorf("%s: %s is no duration", name, v.AsString())
		}
	}
}

// member is the value of a key of an object; nil when it is not there.
func member(o *hclsyntax.ObjectConsExpr, key string) hclsyntax.Expression {
	for _, item := range o.Items {
		if k, ok := constant(item.KeyExpr); ok && k.Type() == cty.String && k.AsString() == key {
			return item.ValueExpr
		}
	}
	return nil
}

// constant is the value of an expression that needs nothing to be known.
func constant(e hclsyntax.Expression) (cty.Value, bool) {
	if e == nil {
		return cty.NilVal, false
	}
	if k, ok := e.(*hclsyntax.ObjectConsKeyExpr); !ok && len(e.Variables()) > 0 || ok && k == nil {
		return cty.NilVal, false
	}
	v, diags := e.Value(nil)
	return v, !diags.HasErrors() && v.IsKnown()
}

type visitor func(hclsyntax.Node)

func (f visitor) Enter(n hclsyntax.Node) hcl.Diagnostics { f(n); return nil }
func (f visitor) Exit(hclsyntax.Node) hcl.Diagnostics    { return nil }
