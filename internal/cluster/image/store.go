package image

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
)

// Config is what a Store needs.
type Config struct {
	Dir string
	// Mirrors are the real addresses of registries, host:port, spoken to over
	// plain HTTP: "registry.paddock.internal" -> "127.0.0.1:5000".
	Mirrors map[string]string
	// Transport reaches registries; nil is the default one.
	Transport http.RoundTripper
	// MaxBytes bounds one unpacked image; 0 is 8 GiB.
	MaxBytes int64
	Logger   *slog.Logger
}

// Image is an image that is on this host.
type Image struct {
	Digest     string   `json:"digest"` // of the manifest: sha256:…
	Size       int64    `json:"size"`   // bytes on disk, unpacked
	Entrypoint []string `json:"entrypoint,omitempty"`
	Cmd        []string `json:"cmd,omitempty"`
	Env        []string `json:"env,omitempty"` // NAME=value
	User       string   `json:"user,omitempty"`
	WorkingDir string   `json:"workingDir,omitempty"`
	Rootfs     string   `json:"-"` // absolute path
}

// Store holds unpacked images.
type Store struct {
	cfg Config

	mu    sync.Mutex
	pulls map[string]*pull // by digest
}

// pull is one that is under way, for everybody who wants the same digest.
type pull struct {
	done    chan struct{}
	image   Image
	err     error
	waiting int
	cancel  context.CancelFunc
}

const (
	configFile = "image.json"
	rootfsDir  = "rootfs"
)

// New opens the store and clears away what an interrupted pull left.
func New(cfg Config) (*Store, error) {
	if cfg.MaxBytes == 0 {
		cfg.MaxBytes = 8 << 30
	}
	if cfg.Transport == nil {
		cfg.Transport = http.DefaultTransport
	}
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, err
	}
	cfg.Dir = dir
	s := &Store{cfg: cfg, pulls: map[string]*pull{}}
	if err := removeTree(s.temporary()); err != nil {
		return nil, fmt.Errorf("image store: %w", err)
	}
	if err := os.MkdirAll(s.temporary(), 0o700); err != nil {
		return nil, fmt.Errorf("image store: %w", err)
	}
	return s, nil
}

func (s *Store) temporary() string { return filepath.Join(s.cfg.Dir, ".pulling") }

func (s *Store) home(digest string) string {
	return filepath.Join(s.cfg.Dir, strings.Replace(digest, ":", "-", 1))
}

// Pull returns the image of a reference and fetches it when it is missing. A
// tag is asked for at the registry each time; a digest, once it is here, never
// again.
func (s *Store) Pull(ctx context.Context, reference string) (Image, error) {
	ref, err := s.parse(reference)
	if err != nil {
		return Image{}, err
	}
	digest, ok := ref.(name.Digest)
	if !ok {
		if digest, err = s.resolve(ctx, ref); err != nil {
			return Image{}, fmt.Errorf("image %s: %w", reference, err)
		}
	}
	image, err := s.once(ctx, digest)
	if err != nil {
		return Image{}, fmt.Errorf("image %s: %w", reference, err)
	}
	return image, nil
}

// Present returns the image of a reference by digest if it is on this host.
func (s *Store) Present(reference string) (Image, bool) {
	ref, err := s.parse(reference)
	if err != nil {
		return Image{}, false
	}
	digest, ok := ref.(name.Digest)
	if !ok {
		return Image{}, false
	}
	image, err := s.open(digest.DigestStr())
	return image, err == nil
}

// parse reads a reference and puts the mirror in the place of the registry.
func (s *Store) parse(reference string) (name.Reference, error) {
	ref, err := name.ParseReference(reference)
	if err != nil {
		return nil, err
	}
	address, ok := s.cfg.Mirrors[ref.Context().RegistryStr()]
	if !ok {
		return ref, nil
	}
	registry, err := name.NewRegistry(address, name.Insecure)
	if err != nil {
		return nil, fmt.Errorf("mirror of %s: %w", ref.Context().RegistryStr(), err)
	}
	repository := ref.Context()
	repository.Registry = registry
	if d, ok := ref.(name.Digest); ok {
		return repository.Digest(d.DigestStr()), nil
	}
	return repository.Tag(ref.Identifier()), nil
}

// once lets one pull of a digest serve all who want it. It is abandoned when
// the last of them has gone.
func (s *Store) once(ctx context.Context, ref name.Digest) (Image, error) {
	digest := ref.DigestStr()
	s.mu.Lock()
	p := s.pulls[digest]
	if p == nil {
		if image, err := s.open(digest); err == nil {
			s.mu.Unlock()
			return image, nil
		}
		pulling, cancel := context.WithCancel(context.WithoutCancel(ctx))
		p = &pull{done: make(chan struct{}), cancel: cancel}
		s.pulls[digest] = p
		go func() {
			defer cancel()
			p.image, p.err = s.fetch(pulling, ref)
			s.mu.Lock()
			if s.pulls[digest] == p {
				delete(s.pulls, digest)
			}
			s.mu.Unlock()
			close(p.done)
		}()
	}
	p.waiting++
	s.mu.Unlock()

	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if p.waiting--; p.waiting == 0 {
			p.cancel()
			if s.pulls[digest] == p {
				delete(s.pulls, digest) // whoever comes now begins anew
			}
		}
	}()
	select {
	case <-p.done:
		return p.image, p.err
	case <-ctx.Done():
		return Image{}, ctx.Err()
	}
}

// open reads an image that is on this host, and notes that it was wanted.
func (s *Store) open(digest string) (Image, error) {
	home := s.home(digest)
	file := filepath.Join(home, configFile)
	data, err := os.ReadFile(file)
	if err != nil {
		return Image{}, err
	}
	var image Image
	if err := json.Unmarshal(data, &image); err != nil {
		return Image{}, fmt.Errorf("%s: %w", file, err)
	}
	image.Rootfs = filepath.Join(home, rootfsDir)
	now := time.Now()
	_ = os.Chtimes(file, now, now) // the sweep looks at it
	return image, nil
}

// Sweep removes images that are not in use and were not wanted since before.
// It returns their digests.
func (s *Store) Sweep(inUse func(digest string) bool, before time.Time) ([]string, error) {
	entries, err := os.ReadDir(s.cfg.Dir)
	if err != nil {
		return nil, err
	}
	var removed []string
	var failed error
	for _, entry := range entries {
		algorithm, hash, ok := strings.Cut(entry.Name(), "-")
		if !ok || algorithm != "sha256" {
			continue
		}
		digest := algorithm + ":" + hash
		gone, err := s.sweep(digest, inUse, before)
		failed = errors.Join(failed, err)
		if gone {
			removed = append(removed, digest)
		}
	}
	return removed, failed
}

func (s *Store) sweep(digest string, inUse func(string) bool, before time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	info, err := os.Stat(filepath.Join(s.home(digest), configFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if err == nil && (inUse(digest) || !info.ModTime().Before(before)) {
		return false, nil
	}
	// Out of sight first: half an image must not look like one.
	aside, err := os.MkdirTemp(s.temporary(), "sweep-")
	if err != nil {
		return false, err
	}
	if err := os.Rename(s.home(digest), filepath.Join(aside, "image")); err != nil {
		return false, err
	}
	return true, removeTree(aside)
}

// removeTree removes a directory also when an image made parts of it read-only.
func removeTree(dir string) error {
	err := os.RemoveAll(dir)
	if err == nil {
		return nil
	}
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			_ = os.Chmod(path, 0o700)
		}
		return nil
	})
	return os.RemoveAll(dir)
}
