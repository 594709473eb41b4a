package applier

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"paddock.dev/internal/diag"
)

// Engine is terraform, or tofu, which has the same commands.
type Engine struct {
	path, version string
	env           []string
}

// oldest version whose S3 backend locks without a table ("Backend Type: s3",
// Terraform documentation), and that has write-only arguments.
var oldest = map[string][2]int{"terraform": {1, 11}, "tofu": {1, 11}}

// Find looks for the program, or for terraform and then tofu on the path of the
// environment when it is not named.
func Find(ctx context.Context, name string, env []string) (*Engine, error) {
	wanted := []string{"terraform", "tofu"}
	if name != "" {
		wanted = []string{name}
	}
	for _, w := range wanted {
		found := lookPath(w, env)
		if found == "" {
			continue
		}
		e := &Engine{path: found, env: append(append([]string{}, env...), "TF_IN_AUTOMATION=1", "TF_INPUT=0", "CHECKPOINT_DISABLE=1")}
		return e, e.readVersion(ctx)
	}
	return nil, diag.Problem{
		Severity: diag.Error, ID: "no-terraform", Summary: fmt.Sprintf("There is no %s on the PATH", strings.Join(wanted, " and no ")),
		Detail: "What is rendered is applied by Terraform or OpenTofu, which you install and keep up to date yourself.",
		Fix:    "Install one of them (version 1.11 or later), or name it: --engine /path/to/tofu",
	}
}

// lookPath is exec.LookPath in a given environment.
func lookPath(name string, env []string) string {
	executable := func(p string) bool {
		info, err := os.Stat(p)
		return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
	}
	if strings.ContainsRune(name, filepath.Separator) {
		if abs, err := filepath.Abs(name); err == nil && executable(abs) {
			return abs
		}
		return ""
	}
	for i := len(env) - 1; i >= 0; i-- {
		value, ok := strings.CutPrefix(env[i], "PATH=")
		if !ok {
			continue
		}
		for _, dir := range filepath.SplitList(value) {
			if p := filepath.Join(dir, name); filepath.IsAbs(p) && executable(p) {
				return p
			}
		}
		return ""
	}
	return ""
}

// Name is the program and its version, such as terraform 1.14.3.
func (e *Engine) Name() string { return strings.TrimSpace(filepath.Base(e.path) + " " + e.version) }

func (e *Engine) readVersion(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, e.path, "version", "-json")
	cmd.Env = e.env
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("ask %s for its version: %w", e.path, err)
	}
	var v struct {
		Version string `json:"terraform_version"`
	}
	if err := json.Unmarshal(answer(out), &v); err != nil || v.Version == "" {
		return fmt.Errorf("ask %s for its version: %q is no answer", e.path, strings.TrimSpace(string(out)))
	}
	e.version = v.Version
	least, ok := oldest[filepath.Base(e.path)]
	parts := strings.SplitN(v.Version, ".", 3)
	if !ok || len(parts) < 2 {
		return nil
	}
	major, err1 := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	if cmp.Or(err1, err2) == nil && cmp.Or(cmp.Compare(major, least[0]), cmp.Compare(minor, least[1])) < 0 {
		return diag.Problem{
			Severity: diag.Error, ID: "old-terraform", Summary: fmt.Sprintf("%s is too old", e.Name()),
			Detail: "States are locked in S3 itself, and secrets are handed over without being kept: both came with 1.11.",
			Fix:    "Install version 1.11 or later.",
		}
	}
	return nil
}

// run runs a command in a root and writes what it says to a log. When the context
// ends, the program is not told: it finishes, so that no half-made thing and no
// lock stay behind. It has a process group of its own, so that a Ctrl-C of the
// terminal does not reach it either.
func (e *Engine) run(dir string, log io.Writer, args ...string) (int, error) {
	cmd := exec.Command(e.path, args...)
	cmd.Dir, cmd.Env = dir, e.env
	apart(cmd)
	var tail tailBuffer
	cmd.Stdout, cmd.Stderr = io.MultiWriter(log, &tail), io.MultiWriter(log, &tail)
	fmt.Fprintf(log, "\n$ %s %s\n", filepath.Base(e.path), strings.Join(args, " "))
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), &runError{args: args, dir: dir, code: exit.ExitCode(), output: tail.String()}
	}
	return 0, err
}

// output is run for a command whose answer is wanted.
func (e *Engine) output(dir string, args ...string) ([]byte, error) {
	cmd := exec.Command(e.path, args...)
	cmd.Dir, cmd.Env = dir, e.env
	apart(cmd)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return nil, &runError{args: args, dir: dir, output: complaint.String()}
	}
	return answer(out.Bytes()), nil
}

// answer is the JSON of an output. Warnings about the program's own configuration
// come before it on the same stream.
func answer(out []byte) []byte {
	if i := bytes.Index(out, []byte("\n{")); i >= 0 && !bytes.HasPrefix(out, []byte("{")) {
		return out[i+1:]
	}
	return out
}

// runError keeps what the program said.
type runError struct {
	args   []string
	dir    string
	code   int
	output string
}

func (e *runError) Error() string {
	return fmt.Sprintf("%s in %s failed", e.args[0], e.dir)
}

// tailBuffer keeps the last lines of an output.
type tailBuffer struct{ data []byte }

const tailBytes = 4000

func (t *tailBuffer) Write(p []byte) (int, error) {
	t.data = append(t.data, p...)
	if len(t.data) > 2*tailBytes {
		t.data = append([]byte{}, t.data[len(t.data)-tailBytes:]...)
	}
	return len(p), nil
}

func (t *tailBuffer) String() string {
	text := string(t.data)
	if len(text) > tailBytes {
		_, text, _ = strings.Cut(text[len(text)-tailBytes:], "\n")
	}
	return strings.TrimSpace(text)
}
