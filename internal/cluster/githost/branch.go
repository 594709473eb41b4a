package githost

import (
	"cmp"
	"context"
	"fmt"
	"time"
)

// CreateBranch makes a branch with one new commit on top of another: the same
// content, a message of its own. Nobody's working tree is involved. The commit
// follows from its arguments alone, so that asking twice gives the same branch;
// a branch of that name which points elsewhere is an error. It is not reported
// as a push.
func (h *Host) CreateBranch(ctx context.Context, service, branch, from, message string) (Commit, error) {
	dir, err := h.repository(service)
	if err != nil {
		return Commit{}, err
	}
	ref, err := branchRef(branch)
	if err != nil {
		return Commit{}, err
	}
	parent, err := h.Commit(ctx, service, from)
	if err != nil {
		return Commit{}, err
	}
	defer h.lock(service)()
	id, err := h.commitTree(ctx, dir, commitment{
		tree: parent.Tree, parent: parent.ID, message: message,
		author: seedIdentity, at: parent.Time.Add(time.Second),
	})
	if err != nil {
		return Commit{}, fmt.Errorf("branch %s of %s: %w", branch, service, err)
	}
	if now, err := h.show(ctx, dir, ref); err == nil && now.ID == id {
		return now, nil
	}
	if err := h.move(ctx, dir, ref, "", id, ""); err != nil {
		return Commit{}, fmt.Errorf("branch %s of %s: %w", branch, service, err)
	}
	return h.show(ctx, dir, id)
}

// DeleteBranch removes a branch; that it is gone already is fine. The branch
// that Config names cannot be deleted.
func (h *Host) DeleteBranch(ctx context.Context, service, branch string) error {
	dir, err := h.repository(service)
	if err != nil {
		return err
	}
	ref, err := branchRef(branch)
	if err != nil {
		return err
	}
	if branch == h.cfg.Branch {
		return fmt.Errorf("branch %s of %s is protected from deletion", branch, service)
	}
	defer h.lock(service)()
	if _, err := h.git.run(ctx, call{dir: dir, args: []string{"update-ref", "-d", ref}}); err != nil {
		return fmt.Errorf("delete branch %s of %s: %w", branch, service, err)
	}
	return nil
}

// identity is somebody who makes a commit.
type identity struct{ name, mail string }

// commitment is a commit about to be made.
type commitment struct {
	tree, parent, message string
	author                identity
	at                    time.Time
}

// commitTree writes the commit object. Objects are named by their content, so
// that nothing changes when it exists already.
func (h *Host) commitTree(ctx context.Context, dir string, c commitment) (string, error) {
	args := []string{"commit-tree", c.tree, "-m", c.message}
	if c.parent != "" {
		args = append(args, "-p", c.parent)
	}
	date := fmt.Sprintf("%d +0000", c.at.Unix())
	return h.git.run(ctx, call{dir: dir, args: args, env: []string{
		"GIT_AUTHOR_NAME=" + c.author.name, "GIT_AUTHOR_EMAIL=" + c.author.mail, "GIT_AUTHOR_DATE=" + date,
		"GIT_COMMITTER_NAME=" + seedName, "GIT_COMMITTER_EMAIL=" + seedMail, "GIT_COMMITTER_DATE=" + date,
	}})
}

// move points a ref at a commit, provided that it still is where we think;
// an empty old value means that it must not exist. By goes into the reflog.
func (h *Host) move(ctx context.Context, dir, ref, old, id, by string) error {
	if old == "" {
		old = "0000000000000000000000000000000000000000"
	}
	_, err := h.git.run(ctx, call{
		dir: dir, args: []string{"update-ref", ref, id, old},
		env: []string{"GIT_COMMITTER_NAME=" + cmp.Or(by, seedName), "GIT_COMMITTER_EMAIL=" + seedMail},
	})
	return err
}
