package agents

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/goccy/go-yaml"
)

// shared is a file of public sample data, which is not in the repository.
func shared(t *testing.T, name string) []byte {
	t.Helper()
	dir := os.Getenv("PADDOCK_SHARED")
	if dir == "" {
		t.Skip("PADDOCK_SHARED names no directory with sample data")
	}
	data, err := os.ReadFile(filepath.Join(dir, "data", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestCrawlers measures against crawler-user-agents (monperrus, MIT licence):
// every instance in it is a program.
func TestCrawlers(t *testing.T) {
	var list []struct {
		Pattern   string
		Instances []string
	}
	if err := json.Unmarshal(shared(t, "bots/crawler-user-agents.json"), &list); err != nil {
		t.Fatal(err)
	}
	n, missed := 0, 0
	for _, c := range list {
		for _, ua := range c.Instances {
			n++
			if a := Of([]byte(ua)); !a.Kind.Automated() {
				missed++
				t.Logf("missed (%s): %s", a.Kind, ua)
			}
		}
	}
	recall := 1 - float64(missed)/float64(n)
	t.Logf("%d of %d found, %.2f %%", n-missed, n, 100*recall)
	if n < 1000 || recall < 0.99 {
		t.Errorf("recall is %.4f of %d, want 0.99", recall, n)
	}
}

// TestBrowsers measures against the browsers of isbot (Unlicense): none of them
// is a bot.
func TestBrowsers(t *testing.T) {
	var list map[string][]string
	if err := yaml.Unmarshal(shared(t, "bots/isbot-browsers.yml"), &list); err != nil {
		t.Fatal(err)
	}
	n, wrong := 0, 0
	for _, agents := range list {
		for _, ua := range agents {
			n++
			if a := Of([]byte(ua)); a.Kind.Automated() {
				wrong++
				t.Logf("taken for a %s: %s", a.Kind, ua)
			}
		}
	}
	rate := float64(wrong) / float64(n)
	t.Logf("%d of %d wrong, %.2f %%", wrong, n, 100*rate)
	if n < 500 || rate > 0.002 {
		t.Errorf("%.4f of %d browsers are taken for programs, want 0.002 at most", rate, n)
	}
}
