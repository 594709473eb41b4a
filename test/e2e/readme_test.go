package e2e_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Every command of the README is run, in its order, in one directory, by a
// shell. A command that has to wait for what the one before set going is tried
// again for a while, as a person would.
func TestReadme(t *testing.T) {
	for _, address := range []string{"127.0.0.1:8080", "127.0.0.1:8081"} {
		l, err := net.Listen("tcp", address)
		if err != nil {
			if os.Getenv("PADDOCK_TEST_ALL") != "" {
				t.Fatal(err)
			}
			t.Skipf("the README's addresses are taken: %v", err)
		}
		_ = l.Close()
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	p := newPlatform(t, filepath.Join(root, "examples/kestrel"), "kestrel")
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	if err := os.Mkdir(filepath.Join(work, "examples"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Dir(p.file), filepath.Join(work, "examples/kestrel")); err != nil {
		t.Fatal(err)
	}
	p.file = filepath.Join(work, "examples/kestrel/platform.yaml")
	t.Cleanup(func() { _, _ = p.paddock("down") })

	dir := work
	ran := 0
	endTraffic := func() {}
	defer func() { endTraffic() }()
	for _, line := range commands(string(text)) {
		switch {
		case strings.HasPrefix(line, "go "):
			// These are what the other tests of this package, and the command that
			// runs this one, are made of; building them again proves nothing.
			if !strings.Contains(line, "./cmd/paddock") && line != "go test ./..." {
				t.Errorf("the README has a go command that nothing tests: %s", line)
			}
			continue
		case strings.HasPrefix(line, "paddock approve") && strings.Contains(line, "prod"):
			// The canary that follows needs customers.
			endTraffic = p.searchTraffic().end
		case strings.HasPrefix(line, "paddock down"):
			endTraffic()
		}
		p.eventually(line, 90*time.Second, func() error {
			cmd := exec.Command("sh", "-ec", line+"\npwd >&3")
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "PADDOCK_DATA="+p.data, "NO_COLOR=1", "GIT_TERMINAL_PROMPT=0",
				"GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=Dev", "GIT_AUTHOR_EMAIL=dev@kestrelcars.example", "GIT_COMMITTER_NAME=Dev", "GIT_COMMITTER_EMAIL=dev@kestrelcars.example")
			var output bytes.Buffer
			cmd.Stdout, cmd.Stderr = &output, &output
			where, err := os.CreateTemp(t.TempDir(), "pwd")
			if err != nil {
				return err
			}
			defer where.Close()
			cmd.ExtraFiles = []*os.File{where}
			if err := cmd.Run(); err != nil {
				return fmt.Errorf("%w\n%s", err, output.String())
			}
			t.Logf("$ %s\n%s", line, output.String())
			after, err := os.ReadFile(where.Name())
			dir = strings.TrimSpace(string(after)) // a line may end with cd
			return err
		})
		ran++
	}
	if ran < 10 {
		t.Errorf("only %d commands were found in the README; the reading is wrong", ran)
	}
}

// searchTraffic sends what the canary of search is judged by.
func (p *platform) searchTraffic() *traffic {
	return p.trafficTo("api.kestrelcars.example", "/v1/cars?city=bengaluru", 50)
}

// commands are the lines of the fenced blocks that a shell can run, comments
// left out.
func commands(markdown string) []string {
	var found []string
	inside := false
	for line := range strings.Lines(markdown) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "```") {
			inside = !inside
			continue
		}
		line, _, _ = strings.Cut(line, "  #")
		line = strings.TrimSpace(line)
		if !inside || line == "" {
			continue
		}
		switch strings.Fields(line)[0] {
		case "go", "paddock", "git", "curl", "cd":
			found = append(found, line)
		}
	}
	return found
}
