package githost

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// ErrNotFound is wrapped when a service, branch or commit does not exist.
var ErrNotFound = errors.New("not found")

// Config of a Host.
type Config struct {
	// Dir holds the repositories, <service>.git each. It is made if needed.
	Dir string
	// Branch that every repository starts with and that is protected from
	// being rewritten or deleted. Default main.
	Branch string
	// OnPush is called once for every ref that a push moved, after it moved.
	// A crash in between loses the call and not the push: ask Branches at the
	// start.
	OnPush func(Push)
	// Reply is the text shown to somebody who pushed, one line per line; it is
	// asked after OnPush. Nil shows nothing.
	Reply func(Push) string
	// Now dates the commits that Seed adds to a repository. Default time.Now.
	Now func() time.Time
	// MaxPush bounds the pack of one push in bytes. Default 1 GiB.
	MaxPush int64
	Logger  *slog.Logger
}

// Host is a directory of git repositories. It is safe for concurrent use.
type Host struct {
	cfg Config
	git git

	mu    sync.Mutex
	locks map[string]*sync.Mutex
}

// serviceName is what a repository may be called: a DNS label, so never a path.
var serviceName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)

// New opens the directory and removes what a killed process left in it. It
// fails when there is no git command.
func New(ctx context.Context, cfg Config) (*Host, error) {
	if cfg.Dir == "" {
		return nil, errors.New("git host: no directory given")
	}
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("git host: %w", err)
	}
	cfg.Dir = dir
	if cfg.Branch == "" {
		cfg.Branch = "main"
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.MaxPush == 0 {
		cfg.MaxPush = 1 << 30
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	g, err := newGit(ctx, filepath.Join(dir, ".home"), cfg)
	if err != nil {
		return nil, fmt.Errorf("git host: %w", err)
	}
	h := &Host{cfg: cfg, git: g, locks: map[string]*sync.Mutex{}}
	if err := h.sweep(); err != nil {
		return nil, fmt.Errorf("git host: clean up %s: %w", dir, err)
	}
	return h, nil
}

// sweep removes the locks and half-received packs of git processes that were
// killed; git would refuse to touch the refs for ever otherwise. Nobody else
// works in the directory when it runs.
func (h *Host) sweep() error {
	return filepath.WalkDir(h.cfg.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		switch {
		case !d.IsDir():
			if strings.HasSuffix(name, ".lock") || strings.HasPrefix(name, "tmp_pack_") || strings.HasPrefix(name, "tmp_idx_") {
				return os.Remove(path)
			}
			return nil
		case strings.HasPrefix(name, "tmp_objdir-"), strings.HasPrefix(name, "incoming-") && filepath.Base(filepath.Dir(path)) == "objects",
			filepath.Dir(path) == h.cfg.Dir && strings.HasPrefix(name, ".new-"):
			if err := os.RemoveAll(path); err != nil {
				return err
			}
			return fs.SkipDir
		case len(name) == 2 && filepath.Base(filepath.Dir(path)) == "objects":
			return fs.SkipDir // thousands of loose objects, none of them a lock
		}
		return nil
	})
}

// repository is the directory of a service's repository, if there is one.
func (h *Host) repository(service string) (string, error) {
	dir, err := h.path(service)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(dir, "HEAD")); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("repository of %s: %w", service, ErrNotFound)
		}
		return "", fmt.Errorf("repository of %s: %w", service, err)
	}
	return dir, nil
}

func (h *Host) path(service string) (string, error) {
	if !serviceName.MatchString(service) {
		return "", fmt.Errorf("repository %q: %w", service, ErrNotFound)
	}
	return filepath.Join(h.cfg.Dir, service+".git"), nil
}

// ensure returns the repository of a service and makes it first if needed.
// The caller holds its lock.
func (h *Host) ensure(ctx context.Context, service string) (string, error) {
	dir, err := h.repository(service)
	if err == nil || !errors.Is(err, ErrNotFound) || !serviceName.MatchString(service) {
		return dir, err
	}
	// Made aside and renamed, so that a repository is whole or not there.
	fresh, err := os.MkdirTemp(h.cfg.Dir, ".new-")
	if err != nil {
		return "", fmt.Errorf("repository of %s: %w", service, err)
	}
	defer os.RemoveAll(fresh)
	if _, err := h.git.run(ctx, call{args: []string{"init", "--quiet", "--bare", "--template=", "--initial-branch=" + h.cfg.Branch, fresh}}); err != nil {
		return "", fmt.Errorf("repository of %s: %w", service, err)
	}
	// The content of a commit is all of it, whatever its attributes ask to
	// leave out of archives; this file has the last word.
	if err := os.MkdirAll(filepath.Join(fresh, "info"), 0o755); err != nil {
		return "", fmt.Errorf("repository of %s: %w", service, err)
	}
	if err := os.WriteFile(filepath.Join(fresh, "info", "attributes"), []byte("* !export-ignore !export-subst\n"), 0o644); err != nil {
		return "", fmt.Errorf("repository of %s: %w", service, err)
	}
	if dir, err = h.path(service); err != nil {
		return "", err
	}
	if err := os.Rename(fresh, dir); err != nil {
		return "", fmt.Errorf("repository of %s: %w", service, err)
	}
	return dir, nil
}

// lock keeps everybody else from moving refs of one repository. Readers do not
// need it.
func (h *Host) lock(service string) (unlock func()) {
	h.mu.Lock()
	l := h.locks[service]
	if l == nil {
		l = &sync.Mutex{}
		h.locks[service] = l
	}
	h.mu.Unlock()
	l.Lock()
	return l.Unlock
}
