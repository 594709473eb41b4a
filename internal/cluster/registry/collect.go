package registry

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Collected says what a collection removed.
type Collected struct {
	Blobs int
	Bytes int64
}

// Collect removes the blobs that no manifest names and that nobody pushed or
// asked for since the given time. The time has to leave room for pushes that
// are under way: an hour ago is plenty. Images that are no longer wanted are
// first deleted by their manifests, over HTTP.
func (r *Registry) Collect(before time.Time) (Collected, error) {
	r.collect.Lock()
	defer r.collect.Unlock()
	refs, err := r.refs.all()
	if err != nil {
		return Collected{}, fmt.Errorf("registry: collect: %w", err)
	}
	named := map[string]bool{}
	for _, ref := range refs {
		r.mark(ref.Digest, named)
	}
	entries, err := os.ReadDir(r.blobs.dir)
	if err != nil {
		return Collected{}, fmt.Errorf("registry: collect: %w", err)
	}
	var gone Collected
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return gone, fmt.Errorf("registry: collect: %w", err)
		}
		if named["sha256:"+e.Name()] || !info.ModTime().Before(before) {
			continue
		}
		if err := os.Remove(filepath.Join(r.blobs.dir, e.Name())); err != nil {
			return gone, fmt.Errorf("registry: collect: %w", err)
		}
		gone.Blobs++
		gone.Bytes += info.Size()
	}
	return gone, nil
}

// mark notes a manifest and all below it.
func (r *Registry) mark(digest string, named map[string]bool) {
	if named[digest] {
		return
	}
	named[digest] = true
	manifest, err := r.blobs.read(digest, maxManifest)
	if err != nil {
		return // a layer, or damaged: then it names nothing
	}
	for _, child := range children(manifest) {
		r.mark(child, named)
	}
}
