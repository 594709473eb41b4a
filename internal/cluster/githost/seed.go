package githost

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// SeedOutcome says what Seed found and did.
type SeedOutcome string

const (
	// SeedCreated made the repository's first commit.
	SeedCreated SeedOutcome = "created"
	// SeedUnchanged found the directory as it was seeded or pushed.
	SeedUnchanged SeedOutcome = "unchanged"
	// SeedUpdated added a commit: the directory changed since the last time,
	// and nobody pushed in between.
	SeedUpdated SeedOutcome = "updated"
	// SeedDiverged did nothing: the directory changed, but the branch was moved
	// on by pushes, which count for more.
	SeedDiverged SeedOutcome = "diverged"
)

// Seeded is the result of Seed.
type Seeded struct {
	Outcome SeedOutcome
	// Head is the branch after the call.
	Head Commit
}

// Who makes the commits that no person makes.
const (
	seedName = "Paddock"
	seedMail = "paddock@localhost"
)

var seedIdentity = identity{seedName, seedMail}

// seedEpoch dates every first commit, so that the same files give the same
// commit on every machine.
var seedEpoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// seedRef remembers the commit that was seeded last.
const seedRef = "refs/paddock/seed"

// emptyTree is the object name of a directory without files.
const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

// Seed brings the files of a directory into a service's repository, ignoring
// what .gitignore files name, also those above it when the directory lies in
// somebody's git repository; their history stays theirs. The first commit
// depends on the files alone. A later call adds a commit by author (a plain
// name; empty for Paddock itself) if the files changed, unless the branch was
// moved by a push since.
func (h *Host) Seed(ctx context.Context, service, dir, author string) (Seeded, error) {
	s, err := h.seed(ctx, service, dir, author)
	if err != nil {
		return Seeded{}, fmt.Errorf("seed %s from %s: %w", service, dir, err)
	}
	return s, nil
}

func (h *Host) seed(ctx context.Context, service, dir, author string) (Seeded, error) {
	if _, err := h.path(service); err != nil {
		return Seeded{}, err
	}
	defer h.lock(service)()
	source, err := filepath.Abs(dir)
	if err != nil {
		return Seeded{}, err
	}
	if info, err := os.Stat(source); err != nil {
		return Seeded{}, err
	} else if !info.IsDir() {
		return Seeded{}, errors.New("not a directory")
	}
	repo, err := h.ensure(ctx, service)
	if err != nil {
		return Seeded{}, err
	}
	tree, err := h.writeTree(ctx, repo, source)
	if err != nil {
		return Seeded{}, err
	}
	if tree == emptyTree {
		return Seeded{}, errors.New("no files to commit: the directory is empty, or .gitignore names everything in it")
	}
	main := "refs/heads/" + h.cfg.Branch
	head, err := h.optional(ctx, repo, main)
	if err != nil {
		return Seeded{}, err
	}
	last, err := h.optional(ctx, repo, seedRef)
	if err != nil {
		return Seeded{}, err
	}
	if last.ID != "" && last.ID != head.ID {
		// The mark is set before the branch: a crash in between is completed
		// here.
		if parent, err := h.parent(ctx, repo, last.ID); err != nil {
			return Seeded{}, err
		} else if parent == head.ID {
			if err := h.move(ctx, repo, main, head.ID, last.ID, author); err != nil {
				return Seeded{}, err
			}
			head = last
		}
	}
	next := commitment{tree: tree, parent: head.ID, author: seedIdentity}
	outcome := SeedUpdated
	switch {
	case head.ID == "":
		outcome = SeedCreated
		next.at, next.message = seedEpoch, "working tree of "+service
	case head.Tree == tree, last.Tree == tree:
		return Seeded{Outcome: SeedUnchanged, Head: head}, nil
	case last.ID != head.ID:
		return Seeded{Outcome: SeedDiverged, Head: head}, nil
	default:
		next.at, next.message = h.cfg.Now(), "working tree of "+filepath.Base(source)
		if author != "" {
			next.author = identity{author, strings.ReplaceAll(author, " ", ".") + "@localhost"}
		}
	}
	id, err := h.commitTree(ctx, repo, next)
	if err != nil {
		return Seeded{}, err
	}
	if err := h.move(ctx, repo, seedRef, last.ID, id, author); err != nil {
		return Seeded{}, err
	}
	if err := h.move(ctx, repo, main, head.ID, id, author); err != nil {
		return Seeded{}, err
	}
	seeded, err := h.show(ctx, repo, id)
	return Seeded{Outcome: outcome, Head: seeded}, err
}

// writeTree stores the files of a directory as git would commit them.
func (h *Host) writeTree(ctx context.Context, repo, source string) (string, error) {
	index, err := os.MkdirTemp(h.cfg.Dir, ".new-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(index)
	c := call{env: []string{"GIT_DIR=" + repo, "GIT_INDEX_FILE=" + filepath.Join(index, "index")}}
	git := func(dir string, args ...string) (string, error) {
		c.dir, c.args = dir, args
		return h.git.run(ctx, c)
	}
	top, prefix := worktree(source)
	if prefix != "." {
		// Ignored as a whole from above means that it is somebody's scratch
		// space; then only its own .gitignore files count.
		_, err := git(top, "--work-tree="+top, "check-ignore", "--quiet", "--", prefix)
		if err == nil {
			top, prefix = source, "."
		} else if !exited(err, 1) {
			return "", err
		}
	}
	if _, err := git(top, "--work-tree="+top, "add", "--all", "--", prefix); err != nil {
		return "", err
	}
	listed, err := git(top, "ls-files", "--stage")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(listed) {
		if strings.HasPrefix(line, "160000 ") {
			_, path, _ := strings.Cut(strings.TrimSpace(line), "\t")
			return "", fmt.Errorf("%s is a git repository of its own; its files would be missing. Remove its .git, or name it in .gitignore", path)
		}
	}
	if prefix == "." || listed == "" {
		return git(top, "write-tree")
	}
	return git(top, "write-tree", "--prefix="+filepath.ToSlash(prefix)+"/")
}

// worktree is the git working tree that a directory lies in, and the way down
// from there; the directory itself if there is none.
func worktree(dir string) (top, prefix string) {
	for top = dir; ; top = filepath.Dir(top) {
		if _, err := os.Lstat(filepath.Join(top, ".git")); err == nil {
			if rel, err := filepath.Rel(top, dir); err == nil {
				return top, rel
			}
		}
		if filepath.Dir(top) == top {
			return dir, "."
		}
	}
}

// optional is show for a ref that may not exist.
func (h *Host) optional(ctx context.Context, dir, ref string) (Commit, error) {
	c, err := h.show(ctx, dir, ref)
	if errors.Is(err, ErrNotFound) {
		return Commit{}, nil
	}
	return c, err
}

// parent of a commit, empty for the first.
func (h *Host) parent(ctx context.Context, dir, id string) (string, error) {
	out, err := h.git.run(ctx, call{dir: dir, args: []string{"rev-list", "--max-count=1", "--parents", id}})
	if err != nil {
		return "", err
	}
	fields := strings.Fields(out)
	if len(fields) < 2 {
		return "", nil
	}
	return fields[1], nil
}
