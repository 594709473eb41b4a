package rules_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"paddock.dev/internal/prove/rules"
)

var update = flag.Bool("update", false, "rewrite the pages about rules")

const pages = "../../../docs/reference/rules"

// TestPages keeps the reference true: it is made of the rules themselves.
func TestPages(t *testing.T) {
	want := map[string]string{"README.md": index()}
	var order []string
	topics := map[string][]*rules.Rule{}
	for _, r := range rules.All() {
		if topics[r.Topic] == nil {
			order = append(order, r.Topic)
		}
		topics[r.Topic] = append(topics[r.Topic], r)
	}
	for _, topic := range order {
		want[file(topic)] = page(topic, topics[topic])
	}
	for name, text := range want {
		path := filepath.Join(pages, name)
		if *update {
			if err := os.MkdirAll(pages, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("%s is not what the rules say (%v); run: go test ./internal/prove/rules -update", path, err)
		}
	}
	entries, err := os.ReadDir(pages)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, ok := want[e.Name()]; !ok {
			t.Errorf("%s is about no topic; remove it", e.Name())
		}
	}
}

func file(topic string) string {
	return strings.ReplaceAll(strings.ToLower(topic), " ", "-") + ".md"
}

const generated = "<!-- Made from internal/prove/rules. To change it, change the rules and run: go test ./internal/prove/rules -update -->\n\n"

func index() string {
	var b strings.Builder
	b.WriteString("# Rules\n\n" + generated)
	fmt.Fprintf(&b, "`paddock check` looks at a platform file with %d rules. An error ends the command with exit code 1; a\n", len(rules.All()))
	b.WriteString("warning does so with `--strict`. `paddock rules ID` prints one of the sections below.\n\n")
	b.WriteString("A finding that somebody has decided to live with is waived in the file, with a reason and a last day:\n\n")
	b.WriteString("```yaml\nwaivers:\n  - rule: singlestore-no-standby\n    at: store/ledger\n    environment: prod\n    reason: the second cluster is ordered\n    until: 2027-03-31\n```\n")
	last := ""
	for _, r := range rules.All() {
		if r.Topic != last {
			last = r.Topic
			fmt.Fprintf(&b, "\n## [%s](%s)\n\n| rule | severity | what holds when it is kept |\n|---|---|---|\n", last, file(last))
		}
		fmt.Fprintf(&b, "| [%s](%s#%s) | %s | %s |\n", r.ID, file(r.Topic), r.ID, r.Severity, r.Title)
	}
	return b.String()
}

func page(topic string, all []*rules.Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Rules: %s\n\n%s", strings.ToLower(topic[:1])+topic[1:], generated)
	b.WriteString("All rules: [README.md](README.md). The line that a finding points at ends in `# here`.\n")
	for _, r := range all {
		fails, passes := r.Examples()
		fmt.Fprintf(&b, "\n## %s\n\n%s. Severity: %s.\n\n%s\n\nTo fix it: %s\n", r.ID, r.Title, r.Severity, r.Why, lower(r.Fix))
		if r.Source != "" {
			fmt.Fprintf(&b, "\nSource: %s.\n", strings.TrimSuffix(r.Source, "."))
		}
		fmt.Fprintf(&b, "\nFound:\n\n```yaml\n%s```\n\nKept:\n\n```yaml\n%s```\n", fails, passes)
	}
	return b.String()
}

func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }
