package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// akamaiSchema is what we wrote down of a provider whose schema is not to be had;
// the README beside it says from what.
const akamaiSchema = "internal/emit/terraform/testdata/akamai.json"

// schemas makes the folder that the harness reads: the schemas that stand beside
// it, and ours.
func schemas(offline, work string) (string, error) {
	theirs := cmp.Or(os.Getenv("TFOFFLINE_SCHEMAS"), filepath.Join(filepath.Dir(offline), "..", "..", "schemas"))
	theirs, err := filepath.Abs(theirs)
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(filepath.Join(theirs, "index.json"))
	if err != nil {
		return "", fmt.Errorf("the harness's schemas: %w", err)
	}
	var index map[string]map[string]any
	if err := json.Unmarshal(text, &index); err != nil {
		return "", fmt.Errorf("%s/index.json: %w", theirs, err)
	}
	dir := filepath.Join(work, "schemas")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for name, p := range index {
		file, _ := p["file"].(string)
		data, err := os.ReadFile(filepath.Join(theirs, file))
		if err != nil {
			return "", fmt.Errorf("the schema of %s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), data, 0o644); err != nil {
			return "", err
		}
	}
	akamai, err := os.ReadFile(akamaiSchema)
	if err != nil {
		return "", err
	}
	// The same bytes each time: the harness builds its mirror anew for others.
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(akamai); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "akamai.json.gz"), packed.Bytes(), 0o644); err != nil {
		return "", err
	}
	index["akamai"] = map[string]any{"file": "akamai.json.gz", "source": "registry.terraform.io/akamai/akamai", "version": "9.2.0"}
	text, err = json.MarshalIndent(index, "", "  ")
	if err != nil {
		return "", err
	}
	return dir, os.WriteFile(filepath.Join(dir, "index.json"), text, 0o644)
}

var field = regexp.MustCompile(`([a-z0-9_-]+) = (?:optional\()?(string|number|bool)`)

// answer makes up a value of a variable's type.
func answer(name, kind string) string {
	if strings.HasPrefix(name, "account_") {
		return "111111111199"
	}
	members, ok := strings.CutPrefix(kind, "object({")
	switch {
	case strings.HasPrefix(kind, "map("):
		return "{}"
	case strings.HasPrefix(kind, "list("), strings.HasPrefix(kind, "set("):
		return "[]"
	case !ok:
		return "1"
	}
	var b strings.Builder
	b.WriteByte('{')
	for _, m := range field.FindAllStringSubmatch(members, -1) {
		value := map[string]string{"string": `"1"`, "number": "1", "bool": "true"}[m[2]]
		fmt.Fprintf(&b, " %s = %s,", m[1], value)
	}
	return strings.TrimSuffix(b.String(), ",") + " }"
}
