package registry

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// maxManifest is the size that every registry accepts at least, in bytes.
const maxManifest = 4 << 20

// putManifest stores a manifest before anybody can ask for it: first its bytes,
// then the name, then the tables in memory. It may only name what is here.
func (r *Registry) putManifest(w http.ResponseWriter, req *http.Request, repository, name string) {
	if !repositoryName.MatchString(repository) {
		refuse(w, http.StatusBadRequest, "NAME_INVALID", "not the name of a repository")
		return
	}
	content, err := io.ReadAll(io.LimitReader(req.Body, maxManifest+1))
	if err != nil {
		refuse(w, http.StatusBadRequest, "MANIFEST_INVALID", err.Error())
		return
	}
	if len(content) > maxManifest {
		refuse(w, http.StatusRequestEntityTooLarge, "MANIFEST_INVALID", "a manifest has at most 4 MiB")
		return
	}
	if !json.Valid(content) {
		refuse(w, http.StatusBadRequest, "MANIFEST_INVALID", "a manifest is JSON")
		return
	}
	r.collect.RLock()
	defer r.collect.RUnlock()
	for _, child := range children(content) {
		h, err := v1.NewHash(child)
		if err == nil {
			_, err = r.blobs.Stat(req.Context(), repository, h)
		}
		if err != nil {
			refuse(w, http.StatusBadRequest, "MANIFEST_BLOB_UNKNOWN", child+": "+err.Error())
			return
		}
	}
	digest, _, err := v1.SHA256(bytes.NewReader(content))
	if err != nil {
		refuse(w, http.StatusInternalServerError, "UNKNOWN", err.Error())
		return
	}
	if strings.Contains(name, ":") && name != digest.String() {
		refuse(w, http.StatusBadRequest, "DIGEST_INVALID", "the manifest has the digest "+digest.String())
		return
	}
	if !strings.Contains(name, ":") && !tagName.MatchString(name) {
		refuse(w, http.StatusBadRequest, "TAG_INVALID", "not a tag")
		return
	}
	if _, err := r.blobs.add(content); err != nil {
		refuse(w, http.StatusInternalServerError, "UNKNOWN", err.Error())
		return
	}
	ref := reference{Repository: repository, Name: name, Digest: digest.String(), MediaType: req.Header.Get("Content-Type")}
	if err := r.refs.put(ref); err != nil {
		refuse(w, http.StatusInternalServerError, "UNKNOWN", err.Error())
		return
	}
	if name != ref.Digest {
		// A tag that moves on leaves the manifest reachable by its digest.
		if err := r.refs.put(reference{Repository: repository, Name: ref.Digest, Digest: ref.Digest, MediaType: ref.MediaType}); err != nil {
			refuse(w, http.StatusInternalServerError, "UNKNOWN", err.Error())
			return
		}
	}
	req.Body = io.NopCloser(bytes.NewReader(content))
	w.Header().Set("Location", "/v2/"+repository+"/manifests/"+ref.Digest)
	r.reading.ServeHTTP(w, req)
}

// deleteManifest forgets a name; the blobs go with the next collection.
func (r *Registry) deleteManifest(w http.ResponseWriter, req *http.Request, repository, name string) {
	if !repositoryName.MatchString(repository) || !strings.Contains(name, ":") && !tagName.MatchString(name) {
		refuse(w, http.StatusNotFound, "MANIFEST_UNKNOWN", "no such manifest")
		return
	}
	if err := r.refs.remove(repository, name); err != nil {
		refuse(w, http.StatusInternalServerError, "UNKNOWN", err.Error())
		return
	}
	r.reading.ServeHTTP(w, req)
}

// offer puts a stored manifest into the library's tables.
func (r *Registry) offer(ref reference, manifest []byte) (status int) {
	req, err := http.NewRequest(http.MethodPut, "/v2/"+ref.Repository+"/manifests/"+ref.Name, bytes.NewReader(manifest))
	if err != nil {
		return http.StatusBadRequest
	}
	req.Header.Set("Content-Type", ref.MediaType)
	answer := &statusOnly{header: http.Header{}}
	r.reading.ServeHTTP(answer, req)
	return answer.status
}

// statusOnly is a response that nobody reads.
type statusOnly struct {
	header http.Header
	status int
}

func (s *statusOnly) Header() http.Header         { return s.header }
func (s *statusOnly) WriteHeader(status int)      { s.status = status }
func (s *statusOnly) Write(b []byte) (int, error) { return len(b), nil }

// children are the digests that a manifest or index names and that must be in
// this registry: not the layers that live elsewhere by design, and not the
// subject of a referrer, which may come later.
func children(manifest []byte) []string {
	type descriptor struct {
		Digest string   `json:"digest"`
		URLs   []string `json:"urls"`
	}
	var m struct {
		SchemaVersion int          `json:"schemaVersion"`
		Config        *descriptor  `json:"config"`
		Layers        []descriptor `json:"layers"`
		Manifests     []descriptor `json:"manifests"`
	}
	if json.Unmarshal(manifest, &m) != nil || m.SchemaVersion != 2 {
		return nil
	}
	all := append(append([]descriptor{}, m.Layers...), m.Manifests...)
	if m.Config != nil {
		all = append(all, *m.Config)
	}
	var digests []string
	for _, d := range all {
		if len(d.URLs) == 0 {
			digests = append(digests, d.Digest)
		}
	}
	return digests
}
