package terraform

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// runbook is a document of Systems Manager as far as its rules go ("Data
// elements and parameters", AWS Systems Manager User Guide).
type runbook struct {
	SchemaVersion string `yaml:"schemaVersion"`
	Description   string `yaml:"description"`
	AssumeRole    string `yaml:"assumeRole"`
	Parameters    map[string]struct {
		Type, Description, Default string
		AllowedValues              []string `yaml:"allowedValues"`
		AllowedPattern             string   `yaml:"allowedPattern"`
	} `yaml:"parameters"`
	MainSteps []struct {
		Name, Action   string
		OnFailure      string `yaml:"onFailure"`
		NextStep       string `yaml:"nextStep"`
		IsEnd          bool   `yaml:"isEnd"`
		IsCritical     *bool  `yaml:"isCritical"`
		MaxAttempts    int    `yaml:"maxAttempts"`
		TimeoutSeconds int    `yaml:"timeoutSeconds"`
		Inputs         map[string]any
		Outputs        []struct {
			Name     string `yaml:"Name"`
			Selector string `yaml:"Selector"`
			Type     string `yaml:"Type"`
		}
	} `yaml:"mainSteps"`
}

// required are the inputs without which an action does nothing.
var required = map[string][]string{
	"aws:approve": {"Approvers", "NotificationArn"}, "aws:branch": {"Choices"}, "aws:executeAutomation": {"DocumentName"},
	"aws:executeAwsApi": {"Service", "Api"}, "aws:executeScript": {"Runtime", "Handler", "Script"}, "aws:executeStateMachine": {"stateMachineArn"},
	"aws:assertAwsResourceProperty": {"Service", "Api", "PropertySelector", "DesiredValues"}, "aws:waitForAwsResourceProperty": {"Service", "Api", "PropertySelector", "DesiredValues"},
	"aws:runCommand": {"DocumentName", "InstanceIds"}, "aws:sleep": {"Duration"},
}

// changing are the calls that change something: no rehearsal may come to them.
var changing = regexp.MustCompile(`^(Update|Promote|Failover|Create|Delete|Modify|Start|Stop)`)

// render evaluates a template as templatefile does.
func renderDocument(t *testing.T, name string, data []byte, values map[string]cty.Value) runbook {
	t.Helper()
	e, diags := hclsyntax.ParseTemplate(data, name, hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("%s: %s", name, diags)
	}
	replace := function.New(&function.Spec{
		Params: []function.Parameter{{Name: "in", Type: cty.String}, {Name: "what", Type: cty.String}, {Name: "by", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return stdlib.RegexReplace(args[0], cty.StringVal(strings.Trim(args[1].AsString(), "/")), args[2])
		},
	})
	v, diags := e.Value(&hcl.EvalContext{Variables: values, Functions: map[string]function.Function{
		"jsonencode": stdlib.JSONEncodeFunc, "keys": stdlib.KeysFunc, "length": stdlib.LengthFunc, "replace": replace, "title": stdlib.TitleFunc,
	}})
	if diags.HasErrors() {
		t.Fatalf("%s: %s", name, diags)
	}
	var r runbook
	if err := yaml.UnmarshalWithOptions([]byte(v.AsString()), &r, yaml.Strict()); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, v.AsString())
	}
	return r
}

func TestRunbooks(t *testing.T) {
	files, err := module("recovery-runbook")
	if err != nil {
		t.Fatal(err)
	}
	text, list := cty.StringVal, func(s ...string) cty.Value {
		var all []cty.Value
		for _, x := range s {
			all = append(all, cty.StringVal(x))
		}
		return cty.TupleVal(all)
	}
	store := func(wave int64, name, engine string) cty.Value {
		return cty.ObjectVal(map[string]cty.Value{"address": text("store/" + name), "wave": cty.NumberIntVal(wave), "name": text(name), "thing": text(name), "document": text("shop-prod-recovery-" + engine)})
	}
	cluster := func(name string) cty.Value {
		return cty.ObjectVal(map[string]cty.Value{"cluster": text(name), "node_group": text("system"), "nodes": cty.NumberIntVal(6)})
	}
	values := map[string]cty.Value{
		"role": text("arn:aws:iam::111111111111:role/shop"), "environment": text("prod"), "region": text("ap-southeast-1"), "secrets": text("shop/prod"),
		"rto_minutes": cty.NumberIntVal(60), "approvals": cty.NumberIntVal(2), "approvers": list("arn:a", "arn:b"), "topic": text("arn:topic"), "vault": text("shop-prod"),
		"machine": text("arn:machine"), "names": text("Route 53 sends the names."), "deep": list("https://www.shop.example/healthz/deep"),
		"clusters": cty.MapVal(map[string]cty.Value{"apps": cluster("shop-prod-apps"), "card-data": cluster("shop-prod-card")}),
		"stores":   cty.TupleVal([]cty.Value{store(1, "mongo-core", "mongodb"), store(1, "kafka", "kafka"), store(2, "ledger", "rds")}),
	}
	documents := map[string]runbook{}
	for _, f := range files {
		if path.Base(path.Dir(f.Path)) == "documents" {
			name := strings.TrimSuffix(path.Base(f.Path), ".yaml")
			documents[name] = renderDocument(t, name, f.Data, values)
		}
	}
	if got, want := slices.Sorted(maps.Keys(documents)), []string{"failover", "kafka", "mongodb", "rds", "singlestore", "valkey"}; !slices.Equal(got, want) {
		t.Fatalf("documents are %v", got)
	}
	for name, r := range documents {
		checkRunbook(t, name, r)
		if name != "failover" && (!strings.Contains(r.Description, "The way back") || slices.Sorted(maps.Keys(r.Parameters))[1] != "Thing") {
			t.Errorf("%s: a document of an engine takes a Thing, and says how the way back is gone", name)
		}
	}
	// Stores are promoted in the order of their waves, after clusters grow and
	// before services are waited for.
	var order []string
	for _, s := range documents["failover"].MainSteps {
		order = append(order, s.Name)
	}
	last := -1
	for _, want := range []string{"AskPeople", "LookApps", "LookCarddata", "GrowApps", "GrowCarddata", "PromoteMongocore", "PromoteKafka", "PromoteLedger", "Serve", "AskTheNames", "SayDone"} {
		at := slices.Index(order, want)
		if at <= last {
			t.Errorf("%s is at %d in %v", want, at, order)
		}
		last = at
	}
	// Without clusters, and without stores, it is a document still.
	values["clusters"], values["stores"] = cty.MapValEmpty(cluster("x").Type()), cty.EmptyTupleVal
	for _, f := range files {
		if path.Base(f.Path) == "failover.yaml" {
			checkRunbook(t, "failover of little", renderDocument(t, "failover", f.Data, values))
		}
	}
}

var reference = regexp.MustCompile(`\{\{\s*([^{}\s]+)\s*\}\}`)

func checkRunbook(t *testing.T, name string, r runbook) {
	t.Helper()
	wrong := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s: %s", name, fmt.Sprintf(format, args...))
	}
	if r.SchemaVersion != "0.3" || r.AssumeRole == "" || r.Description == "" || len(r.MainSteps) == 0 || len(r.MainSteps) > 100 {
		wrong("schema %q, role %q, %d steps", r.SchemaVersion, r.AssumeRole, len(r.MainSteps))
	}
	if p := r.Parameters["Rehearsal"]; p.Default != "yes" || !slices.Equal(p.AllowedValues, []string{"yes", "no"}) {
		wrong("a rehearsal is what happens unless somebody says otherwise: %+v", p)
	}
	for key, p := range r.Parameters {
		if p.Description == "" || p.Type == "" || p.AllowedPattern == "" && p.AllowedValues == nil {
			wrong("anything may stand in the parameter %s", key)
		}
	}
	at, outputs := map[string]int{}, map[string]bool{}
	for i, s := range r.MainSteps {
		if _, twice := at[s.Name]; twice || !regexp.MustCompile(`^[a-zA-Z0-9_]{3,128}$`).MatchString(s.Name) {
			wrong("the step %q has another's name, or none", s.Name)
		}
		at[s.Name] = i
	}
	for _, s := range r.MainSteps {
		want, known := required[s.Action]
		if !known {
			wrong("%s: %q is no action", s.Name, s.Action)
		}
		for _, input := range want {
			if s.Inputs[input] == nil {
				wrong("%s has no %s", s.Name, input)
			}
		}
		// A branch that finds no way is an error of the document.
		goes, jump := strings.CutPrefix(s.OnFailure, "step:")
		switch {
		case s.Action == "aws:branch" && s.OnFailure != "":
			wrong("%s: a branch knows no onFailure", s.Name)
		case s.Action != "aws:branch" && s.OnFailure != "Abort" && s.OnFailure != "Continue" && !jump:
			wrong("%s says not what happens when it fails: %q", s.Name, s.OnFailure)
		case s.OnFailure == "Continue" && (s.IsCritical == nil || *s.IsCritical):
			wrong("%s goes on after a failure that counts", s.Name)
		}
		next := []string{s.NextStep}
		if jump {
			next = append(next, goes)
		}
		if s.Action == "aws:branch" {
			choices, _ := s.Inputs["Choices"].([]any)
			for _, c := range choices {
				m, _ := c.(map[string]any)
				next = append(next, fmt.Sprint(m["NextStep"]))
			}
			next = append(next, fmt.Sprint(s.Inputs["Default"]))
		}
		for _, n := range next {
			if _, ok := at[n]; n != "" && !ok {
				wrong("%s goes to %q, which is no step", s.Name, n)
			} else if n != "" && at[n] <= at[s.Name] {
				wrong("%s goes back to %s", s.Name, n)
			}
		}
		// What is used was given, or came out of a step before.
		data, err := yaml.Marshal(s.Inputs)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range reference.FindAllStringSubmatch(string(data), -1) {
			_, parameter := r.Parameters[m[1]]
			if !parameter && !outputs[m[1]] && m[1] != "automation:EXECUTION_ID" {
				wrong("%s uses %s, which nobody gives", s.Name, m[0])
			}
		}
		for _, o := range s.Outputs {
			if o.Selector == "" || o.Type == "" {
				wrong("%s gives out %q without a selector or a type", s.Name, o.Name)
			}
			outputs[s.Name+"."+o.Name] = true
		}
	}
	// A rehearsal takes every branch's other way: no step on it changes anything.
	for i := 0; i < len(r.MainSteps); {
		s := r.MainSteps[i]
		if api, _ := s.Inputs["Api"].(string); changing.MatchString(api) || s.Action == "aws:executeStateMachine" || s.Action == "aws:runCommand" && s.Name != "Look" {
			wrong("a rehearsal comes to %s", s.Name)
		}
		if s.Action == "aws:executeAutomation" {
			given, _ := s.Inputs["RuntimeParameters"].(map[string]any)
			if fmt.Sprint(given["Rehearsal"]) != "[{{ Rehearsal }}]" {
				wrong("%s does not say that it is a rehearsal", s.Name)
			}
		}
		if s.IsEnd {
			return
		}
		i++
		if s.Action == "aws:branch" {
			i = at[fmt.Sprint(s.Inputs["Default"])]
		} else if s.NextStep != "" {
			i = at[s.NextStep]
		}
	}
	wrong("a rehearsal never ends")
}
