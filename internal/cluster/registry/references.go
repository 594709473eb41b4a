package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// reference is a name for a manifest: a tag, or its digest.
type reference struct {
	Repository string `json:"repository"`
	Name       string `json:"name"`
	Digest     string `json:"digest"`
	MediaType  string `json:"mediaType"`
}

// references are one small file each, replaced by a rename.
type references struct{ dir, staging string }

func (r *references) path(repository, name string) string {
	return filepath.Join(r.dir, url.PathEscape(repository), url.PathEscape(name)+".json")
}

func (r *references) put(ref reference) error {
	content, err := json.Marshal(ref)
	if err != nil {
		return err
	}
	path := r.path(ref.Repository, ref.Name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(r.staging, "ref-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err := f.Write(content); err != nil {
		f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func (r *references) get(repository, name string) (ref reference, ok bool) {
	if !repositoryName.MatchString(repository) {
		return reference{}, false
	}
	content, err := os.ReadFile(r.path(repository, name))
	return ref, err == nil && json.Unmarshal(content, &ref) == nil
}

func (r *references) remove(repository, name string) error {
	err := os.Remove(r.path(repository, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// all references, in the order of their files. A file that makes no sense, as
// after a power cut, is skipped: what it named has to be pushed again.
func (r *references) all() ([]reference, error) {
	var refs []reference
	err := filepath.WalkDir(r.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".json") {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var ref reference
		if json.Unmarshal(content, &ref) == nil && r.path(ref.Repository, ref.Name) == path {
			refs = append(refs, ref)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read references: %w", err)
	}
	return refs, nil
}
