package githost

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Commit is what people want to know of a commit.
type Commit struct {
	// ID is the full object name, 40 hexadecimal digits.
	ID string
	// Tree is the object name of the content: two commits with the same tree
	// hold the same files.
	Tree string
	// Author and Committer as "Name <mail>".
	Author, Committer string
	// Subject is the first line of the message.
	Subject string
	// Time when it was committed, in UTC.
	Time time.Time
	// PushedBy is who moved the branch here, as in Push; only Head knows it.
	PushedBy string
}

// objectName is the only way in which callers name commits: no option, no
// revision syntax.
var objectName = regexp.MustCompile(`^[0-9a-f]{40}([0-9a-f]{24})?$`)

// branchName is a branch that we are willing to name on a command line.
var branchName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$`)

// Head is the commit that a branch points at. The error wraps ErrNotFound when
// there is no such service or branch.
func (h *Host) Head(ctx context.Context, service, branch string) (Commit, error) {
	dir, err := h.repository(service)
	if err != nil {
		return Commit{}, err
	}
	ref, err := branchRef(branch)
	if err != nil {
		return Commit{}, err
	}
	c, err := h.show(ctx, dir, ref)
	if err != nil {
		return Commit{}, fmt.Errorf("branch %s of %s: %w", branch, service, err)
	}
	if c.PushedBy, err = h.pushedBy(ctx, dir, ref, c); err != nil {
		return Commit{}, fmt.Errorf("branch %s of %s: %w", branch, service, err)
	}
	return c, nil
}

// Commit looks one up by its full object name. The error wraps ErrNotFound when
// the repository does not have it.
func (h *Host) Commit(ctx context.Context, service, id string) (Commit, error) {
	dir, err := h.repository(service)
	if err != nil {
		return Commit{}, err
	}
	if !objectName.MatchString(id) {
		return Commit{}, fmt.Errorf("commit %q of %s: %w: not a full object name", id, service, ErrNotFound)
	}
	c, err := h.show(ctx, dir, id)
	if err != nil {
		return Commit{}, fmt.Errorf("commit %s of %s: %w", id, service, err)
	}
	return c, nil
}

// Tree is the object name of a commit's content.
func (h *Host) Tree(ctx context.Context, service, commit string) (string, error) {
	c, err := h.Commit(ctx, service, commit)
	return c.Tree, err
}

// Branches are the heads of a service's branches by name.
func (h *Host) Branches(ctx context.Context, service string) (map[string]string, error) {
	dir, err := h.repository(service)
	if err != nil {
		return nil, err
	}
	refs, err := h.refs(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("branches of %s: %w", service, err)
	}
	branches := map[string]string{}
	for ref, id := range refs {
		if name, ok := strings.CutPrefix(ref, "refs/heads/"); ok {
			branches[name] = id
		}
	}
	return branches, nil
}

// show reads a commit in one run of git. A name that leads nowhere is
// ErrNotFound.
func (h *Host) show(ctx context.Context, dir, name string) (Commit, error) {
	const format = "%H%n%T%n%an <%ae>%n%cn <%ce>%n%ct%n%s"
	id, err := h.git.run(ctx, call{dir: dir, args: []string{"rev-parse", "--quiet", "--verify", name + "^{commit}"}})
	if exited(err, 1) || exited(err, 128) {
		return Commit{}, ErrNotFound
	}
	if err != nil {
		return Commit{}, err
	}
	out, err := h.git.run(ctx, call{dir: dir, args: []string{"log", "-1", "--no-show-signature", "--format=" + format, id, "--"}})
	if err != nil {
		return Commit{}, err
	}
	return parseCommit(out)
}

func parseCommit(out string) (Commit, error) {
	fields := strings.SplitN(out, "\n", 6)
	if len(fields) < 5 {
		return Commit{}, fmt.Errorf("unexpected answer of git log: %q", out)
	}
	seconds, err := strconv.ParseInt(fields[4], 10, 64)
	if err != nil {
		return Commit{}, fmt.Errorf("unexpected date from git log: %w", err)
	}
	c := Commit{ID: fields[0], Tree: fields[1], Author: fields[2], Committer: fields[3], Time: time.Unix(seconds, 0).UTC()}
	if len(fields) == 6 {
		c.Subject, _, _ = strings.Cut(fields[5], "\n")
	}
	return c, nil
}

// refs are the branches and tags of a repository.
func (h *Host) refs(ctx context.Context, dir string) (map[string]string, error) {
	out, err := h.git.run(ctx, call{dir: dir, args: []string{"for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/tags"}})
	if err != nil {
		return nil, err
	}
	refs := map[string]string{}
	for line := range strings.Lines(out) {
		if id, ref, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " "); ok {
			refs[ref] = id
		}
	}
	return refs, nil
}

func branchRef(branch string) (string, error) {
	if !branchName.MatchString(branch) || strings.Contains(branch, "..") || strings.Contains(branch, "//") {
		return "", fmt.Errorf("branch %q: %w", branch, ErrNotFound)
	}
	return "refs/heads/" + branch, nil
}
