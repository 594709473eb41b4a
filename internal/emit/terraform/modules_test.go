package terraform

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

var update = flag.Bool("update", false, "rewrite the modules' pages and the facts about providers")

// parsed is one module, read as HCL.
type parsed struct {
	name  string
	files map[string]*hclsyntax.Body
	text  map[string][]byte
}

func parseModules(t *testing.T) []parsed {
	t.Helper()
	var all []parsed
	for _, name := range Modules() {
		m := parsed{name: name, files: map[string]*hclsyntax.Body{}, text: map[string][]byte{}}
		files, err := module(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if path.Ext(f.Path) != ".tf" {
				continue
			}
			file, diags := hclsyntax.ParseConfig(f.Data, f.Path, hcl.InitialPos)
			if diags.HasErrors() {
				t.Errorf("%s: %s", f.Path, diags)
				continue
			}
			m.files[path.Base(f.Path)] = file.Body.(*hclsyntax.Body)
			m.text[path.Base(f.Path)] = f.Data
		}
		all = append(all, m)
	}
	if len(all) < 20 {
		t.Fatalf("only %d modules were found", len(all))
	}
	return all
}

// blocks visits all blocks of a type in a module, in the order of the files.
func (m parsed) blocks(kind string, visit func(file string, b *hclsyntax.Block)) {
	for _, file := range slices.Sorted(maps.Keys(m.files)) {
		for _, b := range m.files[file].Blocks {
			if b.Type == kind {
				visit(file, b)
			}
		}
	}
}

func (m parsed) source(e hclsyntax.Expression, file string) string {
	r := e.Range()
	return string(m.text[file][r.Start.Byte:r.End.Byte])
}

func TestModulesAreWellFormed(t *testing.T) {
	for _, m := range parseModules(t) {
		for name, data := range m.text {
			if formatted := hclFormat(data); !bytes.Equal(formatted, data) {
				t.Errorf("%s/%s is not laid out as terraform fmt does", m.name, name)
			}
		}
		if m.files["versions.tf"] == nil || m.files["variables.tf"] == nil || m.files["outputs.tf"] == nil || m.files["main.tf"] == nil {
			t.Errorf("%s: a module has main.tf, variables.tf, outputs.tf and versions.tf", m.name)
		}
		m.blocks("variable", func(file string, b *hclsyntax.Block) {
			for _, want := range []string{"type", "description"} {
				if b.Body.Attributes[want] == nil {
					t.Errorf("%s/%s: variable %s has no %s", m.name, file, b.Labels[0], want)
				}
			}
			if file != "variables.tf" {
				t.Errorf("%s: variable %s stands in %s", m.name, b.Labels[0], file)
			}
		})
		m.blocks("output", func(file string, b *hclsyntax.Block) {
			if b.Body.Attributes["description"] == nil {
				t.Errorf("%s/%s: output %s has no description", m.name, file, b.Labels[0])
			}
		})
		if !strings.HasPrefix(string(m.text["main.tf"]), "# ") {
			t.Errorf("%s: main.tf does not begin by saying what the module is", m.name)
		}
	}
}

// What no rule of a module may ever say, whatever its arguments.
func TestModulesAreClosed(t *testing.T) {
	for _, m := range parseModules(t) {
		m.blocks("resource", func(file string, b *hclsyntax.Block) {
			kind, name := b.Labels[0], m.name+"/"+b.Labels[0]+"."+b.Labels[1]
			attribute := func(key string) string {
				if a := b.Body.Attributes[key]; a != nil {
					return m.source(a.Expr, file)
				}
				return ""
			}
			switch kind {
			case "aws_vpc_security_group_ingress_rule":
				if strings.Contains(attribute("cidr_ipv4"), "0.0.0.0/0") {
					t.Errorf("%s is open to the world", name)
				}
				fallthrough
			case "aws_vpc_security_group_egress_rule":
				if attribute("description") == "" || attribute("ip_protocol") == `"-1"` {
					t.Errorf("%s: a rule has a description and a protocol", name)
				}
			case "aws_security_group_rule", "aws_iam_user", "aws_iam_access_key", "aws_vpc_peering_connection", "aws_key_pair":
				t.Errorf("%s: there is no such thing here", name)
			case "aws_cloudwatch_metric_alarm":
				for _, key := range []string{"alarm_actions", "ok_actions", "treat_missing_data", "alarm_description"} {
					if attribute(key) == "" {
						t.Errorf("%s has no %s", name, key)
					}
				}
			case "aws_cloudwatch_log_group":
				if attribute("retention_in_days") == "" {
					t.Errorf("%s keeps its logs for ever", name)
				}
			case "aws_kms_key":
				if attribute("policy") == "" || attribute("deletion_window_in_days") != "30" {
					t.Errorf("%s: a key has a policy and thirty days before it is gone", name)
				}
			case "aws_lb":
				if attribute("internal") == "false" && m.name != "edge-balancer" {
					t.Errorf("%s is public", name)
				}
			case "aws_db_instance":
				if attribute("publicly_accessible") != "false" || attribute("storage_encrypted") != "true" {
					t.Errorf("%s is public or in clear", name)
				}
			case "aws_s3_bucket":
				if attribute("force_destroy") != "false" {
					t.Errorf("%s can be destroyed with what is in it", name)
				}
			}
		})
	}
}

// TestModulePages keeps the README of every module in step with it.
func TestModulePages(t *testing.T) {
	for _, m := range parseModules(t) {
		var b strings.Builder
		fmt.Fprintf(&b, "# %s\n\n%s\n", m.name, intro(m.text["main.tf"]))
		inputs, outputs, resources := 0, 0, map[string]bool{}
		m.blocks("variable", func(file string, v *hclsyntax.Block) {
			if inputs == 0 {
				b.WriteString("\n## Inputs\n\n| name | type | default | what it is |\n|---|---|---|---|\n")
			}
			inputs++
			standard := "**required**"
			if d := v.Body.Attributes["default"]; d != nil {
				standard = "`" + squeeze(m.source(d.Expr, file)) + "`"
			}
			fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s |\n", v.Labels[0], squeeze(m.source(v.Body.Attributes["type"].Expr, file)), standard, literal(m.source(v.Body.Attributes["description"].Expr, file)))
		})
		m.blocks("output", func(file string, v *hclsyntax.Block) {
			if outputs == 0 {
				b.WriteString("\n## Outputs\n\n| name | what it is |\n|---|---|\n")
			}
			outputs++
			fmt.Fprintf(&b, "| `%s` | %s |\n", v.Labels[0], literal(m.source(v.Body.Attributes["description"].Expr, file)))
		})
		m.blocks("resource", func(_ string, r *hclsyntax.Block) { resources[r.Labels[0]] = true })
		if len(resources) > 0 {
			fmt.Fprintf(&b, "\n## Resources\n\n`%s`\n", strings.Join(slices.Sorted(maps.Keys(resources)), "`, `"))
		}
		file := filepath.Join("modules", m.name, "README.md")
		if *update {
			if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		have, err := os.ReadFile(file)
		if err != nil || string(have) != b.String() {
			t.Errorf("%s is not what the module says; go test ./internal/emit/terraform -update", file)
		}
	}
}

// intro is the comment at the top of main.tf.
func intro(main []byte) string {
	var lines []string
	for line := range strings.Lines(string(main)) {
		rest, ok := strings.CutPrefix(line, "# ")
		if !ok {
			break
		}
		lines = append(lines, strings.TrimSpace(rest))
	}
	return strings.Join(lines, "\n")
}

func squeeze(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "|", `\|`)
}

func literal(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.Trim(s, `"`), `\"`, `"`), "|", `\|`)
}

// facts are what a provider's schema says of one block: its arguments and the
// blocks in it.
type facts struct {
	// Required, Optional and Computed arguments; computed ones cannot be set.
	Required, Optional, Computed []string         `json:",omitempty"`
	Blocks                       map[string]facts `json:",omitempty"`
}

const (
	factsFile = "testdata/providers.json.gz"
	// akamaiFile is a schema that no provider printed; testdata/README.md tells
	// where it is from.
	akamaiFile = "testdata/akamai.json"
)

// TestArgumentsExist holds every resource and data source of every module
// against the providers' schemas, without a provider. The facts are a copy of
// what is used of them: aws 6.25.0, and the versions of settings.go.
func TestArgumentsExist(t *testing.T) {
	used := map[string]bool{}
	all := parseModules(t)
	for _, m := range all {
		for _, kind := range []string{"resource", "data"} {
			m.blocks(kind, func(_ string, b *hclsyntax.Block) { used[kind+" "+b.Labels[0]] = true })
		}
	}
	if *update {
		writeFacts(t, used)
	}
	known := readFacts(t)
	for _, m := range all {
		for _, kind := range []string{"resource", "data"} {
			m.blocks(kind, func(file string, b *hclsyntax.Block) {
				if strings.HasPrefix(b.Labels[0], "terraform_") {
					return // of the engine itself
				}
				f, ok := known[kind+" "+b.Labels[0]]
				if !ok {
					t.Errorf("%s/%s: no %s %s is known; PADDOCK_SHARED=… go test -update takes up its facts", m.name, file, kind, b.Labels[0])
					return
				}
				checkBlock(t, m.name+"/"+file+" "+b.Labels[0]+"."+b.Labels[1], f, b.Body, true)
			})
		}
	}
}

// meta are the arguments of Terraform itself.
var meta = []string{"for_each", "count", "provider", "depends_on"}

func checkBlock(t *testing.T, where string, f facts, body *hclsyntax.Body, top bool) {
	t.Helper()
	for name := range body.Attributes {
		if top && slices.Contains(meta, name) {
			continue
		}
		_, block := f.Blocks[name]
		if !slices.Contains(f.Required, name) && !slices.Contains(f.Optional, name) && !block {
			t.Errorf("%s: there is no argument %s", where, name)
		}
	}
	for _, want := range f.Required {
		if body.Attributes[want] == nil {
			t.Errorf("%s: %s is missing", where, want)
		}
	}
	for _, b := range body.Blocks {
		name, inner := b.Type, b.Body
		switch {
		case name == "dynamic":
			name = b.Labels[0]
			for _, content := range b.Body.Blocks {
				if content.Type == "content" {
					inner = content.Body
				}
			}
		case top && (name == "lifecycle" || name == "timeouts" || name == "provisioner"):
			continue
		}
		below, ok := f.Blocks[name]
		if !ok {
			t.Errorf("%s: there is no block %s", where, name)
			continue
		}
		checkBlock(t, where+" "+name, below, inner, false)
	}
}

func readFacts(t *testing.T) map[string]facts {
	t.Helper()
	data, err := os.ReadFile(factsFile)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var known map[string]facts
	if err := json.NewDecoder(r).Decode(&known); err != nil {
		t.Fatal(err)
	}
	akamai, err := os.ReadFile(akamaiFile)
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(known, schemaFacts(t, akamaiFile, akamai))
	return known
}

// schemaFacts are the facts in a document of `terraform providers schema -json`.
func schemaFacts(t *testing.T, name string, data []byte) map[string]facts {
	t.Helper()
	var document struct {
		Providers map[string]struct {
			Resources map[string]struct {
				Block schemaBlock `json:"block"`
			} `json:"resource_schemas"`
			Data map[string]struct {
				Block schemaBlock `json:"block"`
			} `json:"data_source_schemas"`
		} `json:"provider_schemas"`
	}
	if err := json.Unmarshal(data, &document); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	all := map[string]facts{}
	for _, p := range document.Providers {
		for kind, s := range p.Resources {
			all["resource "+kind] = s.Block.facts()
		}
		for kind, s := range p.Data {
			all["data "+kind] = s.Block.facts()
		}
	}
	return all
}

// schemaBlock is a block of `terraform providers schema -json`.
type schemaBlock struct {
	Attributes map[string]struct {
		Required, Optional, Computed bool
	} `json:"attributes"`
	BlockTypes map[string]struct {
		Block schemaBlock `json:"block"`
	} `json:"block_types"`
}

func (b schemaBlock) facts() facts {
	f := facts{}
	for _, name := range slices.Sorted(maps.Keys(b.Attributes)) {
		switch a := b.Attributes[name]; {
		case a.Required:
			f.Required = append(f.Required, name)
		case a.Optional:
			f.Optional = append(f.Optional, name)
		default:
			f.Computed = append(f.Computed, name)
		}
	}
	for name, inner := range b.BlockTypes {
		if f.Blocks == nil {
			f.Blocks = map[string]facts{}
		}
		f.Blocks[name] = inner.Block.facts()
	}
	return f
}

// writeFacts copies what is used from the schemas that PADDOCK_SHARED has.
func writeFacts(t *testing.T, used map[string]bool) {
	t.Helper()
	shared := os.Getenv("PADDOCK_SHARED")
	if shared == "" {
		t.Log("PADDOCK_SHARED is not set: the facts stay as they are")
		return
	}
	known := map[string]facts{}
	files, err := filepath.Glob(filepath.Join(shared, "schemas", "*.json.gz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no schemas: %v", err)
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		r, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(known, schemaFacts(t, name, data))
	}
	maps.DeleteFunc(known, func(kind string, _ facts) bool { return !used[kind] })
	text, err := json.Marshal(known)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(factsFile, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
