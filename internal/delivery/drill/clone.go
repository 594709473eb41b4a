package drill

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Who commits and who answers for it: nobody who reads the history may take a
// drill for a colleague.
const (
	authorName = "paddock drill"
	authorMail = "drill@localhost"
	subject    = "drill: a release that is bad on purpose"
)

// clone is a working copy of the service's repository, and the branch that the
// drill puts its commit on.
type clone struct {
	dir        temp
	repository string
	branch     string
	// pushed says that the branch may be there.
	pushed bool
}

// push puts an empty commit on the branch, as a developer would.
func (c *clone) push(ctx context.Context) (commit string, err error) {
	if _, err := c.git(ctx, "clone", "--quiet", "--depth", "1", c.repository, "."); err != nil {
		return "", err
	}
	if _, err := c.git(ctx, "-c", "commit.gpgSign=false", "commit", "--quiet", "--allow-empty", "-m", subject); err != nil {
		return "", err
	}
	c.pushed = true
	if _, err := c.git(ctx, "push", "--quiet", "origin", "HEAD:refs/heads/"+c.branch); err != nil {
		return "", err
	}
	out, err := c.git(ctx, "rev-parse", "HEAD")
	return strings.TrimSpace(out), err
}

// unpush removes the branch again.
func (c *clone) unpush(ctx context.Context) error {
	if !c.pushed {
		return nil
	}
	_, err := c.git(ctx, "push", "--quiet", "origin", "--delete", "refs/heads/"+c.branch)
	return err
}

func (c *clone) git(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = c.dir.path
	// The variables win over whatever the person has configured or exported.
	cmd.Env = append(os.Environ(), "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME="+authorName, "GIT_AUTHOR_EMAIL="+authorMail, "GIT_COMMITTER_NAME="+authorName, "GIT_COMMITTER_EMAIL="+authorMail)
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("git %s: %w\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return stdout.String(), nil
}
