package githost

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// git runs the git command away from the configuration of the machine and of
// the person who started us.
type git struct {
	command string
	env     []string
}

// call is one run of git.
type call struct {
	args  []string
	dir   string
	env   []string
	stdin io.Reader
	// stdout takes the output instead of the result of run.
	stdout io.Writer
}

// newGit finds the command and writes the only configuration that it reads.
func newGit(ctx context.Context, home string, cfg Config) (git, error) {
	command, err := exec.LookPath("git")
	if err != nil {
		return git{}, errors.New("no git command found in PATH; install git (Debian: apt-get install git) and start again")
	}
	if err := os.MkdirAll(home, 0o755); err != nil {
		return git{}, err
	}
	g := git{command: command, env: []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + home,
		"XDG_CONFIG_HOME=" + home,
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_ATTR_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0",
		"LC_ALL=C",
		"TZ=UTC",
	}}
	if err := os.WriteFile(filepath.Join(home, ".gitconfig"), []byte(configuration(cfg)), 0o644); err != nil {
		return git{}, err
	}
	if _, err := g.run(ctx, call{args: []string{"version"}}); err != nil {
		return git{}, err
	}
	return g, nil
}

// configuration for every repository. Changing it here changes repositories
// that exist already, which a file in each of them would not.
func configuration(cfg Config) string {
	return fmt.Sprintf(`# Written by paddock at every start.
[safe]
	# Repositories may belong to another user: the first start ran with sudo.
	directory = *
[user]
	name = %s
	email = %s
[core]
	autocrlf = false
	fileMode = true
	quotePath = false
	# The reflog of a branch says who pushed it.
	logAllRefUpdates = true
	hooksPath = /dev/null
[advice]
	addEmbeddedRepo = false
[gc]
	# No process of git outlives the request that started it.
	auto = 0
	autoDetach = false
[receive]
	autogc = false
	denyDeleteCurrent = refuse
	fsckObjects = true
	maxInputSize = %d
[transfer]
	# Our own marks, such as the commit that was seeded last.
	hideRefs = refs/paddock
[uploadpack]
	allowFilter = true
`, seedName, seedMail, cfg.MaxPush)
}

// command prepares a run. Its whole process group ends with the context:
// politely first, because git removes its lock files then.
func (g git) cmd(ctx context.Context, c call) *exec.Cmd {
	cmd := exec.CommandContext(ctx, g.command, c.args...)
	cmd.Dir = c.dir
	cmd.Env = append(append([]string{}, g.env...), c.env...)
	cmd.Stdin = c.stdin
	cmd.Stdout = c.stdout
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// run returns what git printed, without the line end.
func (g git) run(ctx context.Context, c call) (string, error) {
	cmd := g.cmd(ctx, c)
	var out, stderr bytes.Buffer
	if cmd.Stdout == nil {
		cmd.Stdout = &out
	}
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return "", &gitError{args: c.args, stderr: strings.TrimSpace(stderr.String()), err: err}
	}
	return strings.TrimRight(out.String(), "\n"), nil
}

// gitError is a run of git that failed: something that can be pasted, and what
// git said about it.
type gitError struct {
	args   []string
	stderr string
	err    error
}

func (e *gitError) Error() string {
	said := e.stderr
	if said == "" {
		said = e.err.Error()
	}
	return fmt.Sprintf("git %s: %s", strings.Join(e.args, " "), said)
}

func (e *gitError) Unwrap() error { return e.err }

// exited says that git ran and answered with that code.
func exited(err error, code int) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) && exit.ExitCode() == code
}
