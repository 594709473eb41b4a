package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	ggcr "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Config of a Registry.
type Config struct {
	// Dir holds blobs, references and unfinished uploads. It is made if needed.
	Dir    string
	Logger *slog.Logger
	// Now is the clock by which unused blobs age. Default time.Now.
	Now func() time.Time
}

// Registry answers under /v2/. It is safe for concurrent use.
type Registry struct {
	logger  *slog.Logger
	blobs   *blobs
	refs    *references
	uploads *uploads
	reading http.Handler

	// collect keeps Collect from removing what a manifest is about to name.
	collect sync.RWMutex
}

// Repository and reference as the distribution specification has them.
var (
	repositoryName = regexp.MustCompile(`^[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$`)
	tagName        = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)
)

// New opens a directory: unfinished uploads are thrown away, manifests whose
// bytes are still the right ones are offered again.
func New(cfg Config) (*Registry, error) {
	if cfg.Dir == "" {
		return nil, errors.New("registry: no directory given")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	staging := filepath.Join(cfg.Dir, "uploads")
	if err := os.RemoveAll(staging); err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	for _, dir := range []string{staging, filepath.Join(cfg.Dir, "blobs", "sha256"), filepath.Join(cfg.Dir, "refs")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("registry: %w", err)
		}
	}
	b := &blobs{dir: filepath.Join(cfg.Dir, "blobs", "sha256"), staging: staging, now: cfg.Now}
	r := &Registry{
		logger:  cfg.Logger,
		blobs:   b,
		refs:    &references{dir: filepath.Join(cfg.Dir, "refs"), staging: staging},
		uploads: newUploads(b),
		reading: ggcr.New(ggcr.WithBlobHandler(b), ggcr.WithReferrersSupport(true), ggcr.Logger(log.New(io.Discard, "", 0))),
	}
	if err := r.replay(); err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	return r, nil
}

// replay puts the stored manifests into the library's tables. An index names
// its manifests, which have to be there before it: what fails is tried again as
// long as something else succeeds.
func (r *Registry) replay() error {
	refs, err := r.refs.all()
	if err != nil {
		return err
	}
	for len(refs) > 0 {
		var failed []reference
		for _, ref := range refs {
			manifest, err := r.blobs.read(ref.Digest, maxManifest)
			if errors.Is(err, ggcr.ErrNotFound) {
				r.logger.Warn("a manifest is damaged or gone; push it again", "repository", ref.Repository, "reference", ref.Name, "digest", ref.Digest)
				continue
			}
			if err != nil {
				return err
			}
			if status := r.offer(ref, manifest); status >= 300 {
				failed = append(failed, ref)
			}
		}
		if len(failed) == len(refs) {
			for _, ref := range failed {
				r.logger.Warn("an index names manifests that are gone", "repository", ref.Repository, "reference", ref.Name)
			}
			return nil
		}
		refs = failed
	}
	return nil
}

// ServeHTTP is the registry; mount it at /v2/.
func (r *Registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	path := strings.TrimSuffix(strings.TrimPrefix(req.URL.Path, "/v2/"), "/")
	if repository, name, ok := cutLast(path, "/manifests/"); ok {
		switch req.Method {
		case http.MethodHead:
			// Clients ask this in order not to push what is here already: a
			// manifest without all of its image is not here.
			if ref, ok := r.refs.get(repository, name); ok && !r.Has(req.Context(), ref.Digest) {
				w.WriteHeader(http.StatusNotFound)
				return
			}
		case http.MethodPut:
			r.putManifest(w, req, repository, name)
			return
		case http.MethodDelete:
			r.deleteManifest(w, req, repository, name)
			return
		}
	}
	if repository, id, ok := cutLast(path+"/", "/blobs/uploads/"); ok {
		r.uploads.serve(w, req, repository, strings.TrimSuffix(id, "/"))
		return
	}
	if _, _, ok := cutLast(path, "/blobs/"); ok && req.Method == http.MethodDelete {
		refuse(w, http.StatusMethodNotAllowed, "UNSUPPORTED", "blobs go when nothing names them any more")
		return
	}
	r.reading.ServeHTTP(w, req)
}

// Has says whether the blob or manifest with that digest (sha256:<hex>) is here
// with all that it names, every byte in place.
func (r *Registry) Has(ctx context.Context, digest string) bool {
	h, err := v1.NewHash(digest)
	if err != nil {
		return false
	}
	if _, err := r.blobs.Stat(ctx, "", h); err != nil {
		return false
	}
	manifest, err := r.blobs.read(digest, maxManifest)
	if err != nil {
		return !errors.Is(err, ggcr.ErrNotFound) // too large to be a manifest
	}
	for _, child := range children(manifest) {
		if !r.Has(ctx, child) {
			return false
		}
	}
	return true
}

// cutLast cuts around the last separator: repositories may contain the word.
func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+len(sep):], true
}
