package githost

import (
	"cmp"
	"context"
	"slices"
	"strings"
)

// Push is one ref that somebody moved.
type Push struct {
	Service string
	// Ref such as refs/heads/main or refs/tags/v2.
	Ref string
	// Old and New object names; empty when the ref was made or deleted.
	Old, New string
	// By is the pusher: the name given with basic authentication, else the
	// header X-Paddock-User, else the committer of the new commit.
	By string
}

// Branch that was pushed; empty for a tag.
func (p Push) Branch() string {
	name, ok := strings.CutPrefix(p.Ref, "refs/heads/")
	if !ok {
		return ""
	}
	return name
}

// moved lists the differences of two states of a repository's refs, by name.
func moved(service string, before, after map[string]string) []Push {
	var pushes []Push
	for ref, id := range after {
		if before[ref] != id {
			pushes = append(pushes, Push{Service: service, Ref: ref, Old: before[ref], New: id})
		}
	}
	for ref, id := range before {
		if after[ref] == "" {
			pushes = append(pushes, Push{Service: service, Ref: ref, Old: id})
		}
	}
	slices.SortFunc(pushes, func(a, b Push) int { return cmp.Compare(a.Ref, b.Ref) })
	return pushes
}

// unnamed is in the reflog when the pusher gave no name.
const unnamed = "(committer)"

// pushedBy reads from the reflog who moved a ref to where it is.
func (h *Host) pushedBy(ctx context.Context, dir, ref string, c Commit) (string, error) {
	by, err := h.git.run(ctx, call{dir: dir, args: []string{"reflog", "show", "-1", "--format=%H %gn", ref, "--"}})
	if err != nil {
		return "", err
	}
	id, by, _ := strings.Cut(by, " ")
	if id != c.ID || by == "" || by == unnamed {
		by, _, _ = strings.Cut(c.Committer, " <")
	}
	return by, nil
}

// attribute fills in who pushed.
func (h *Host) attribute(ctx context.Context, dir, claimed string, pushes []Push) {
	for i := range pushes {
		p := &pushes[i]
		p.By = claimed
		if p.By == "" && p.New != "" {
			if c, err := h.show(ctx, dir, p.New); err == nil {
				p.By, _, _ = strings.Cut(c.Committer, " <")
			}
		}
	}
}
