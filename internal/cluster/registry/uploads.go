package registry

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// maxUploads bounds the uploads that were begun and not ended; a client that
// was killed never ends its own, and the oldest give way.
const maxUploads = 256

// uploads are the blobs on their way in, one file each.
type uploads struct {
	blobs *blobs

	mu    sync.Mutex
	byID  map[string]*upload
	order []string
}

// upload takes one request at a time; two at once are a client's mistake.
type upload struct {
	mu sync.Mutex
	in *incoming
}

func newUploads(b *blobs) *uploads { return &uploads{blobs: b, byID: map[string]*upload{}} }

// serve answers POST, PATCH, PUT, GET and DELETE of /v2/<repository>/blobs/uploads/<id>.
func (u *uploads) serve(w http.ResponseWriter, r *http.Request, repository, id string) {
	if !repositoryName.MatchString(repository) {
		refuse(w, http.StatusBadRequest, "NAME_INVALID", "not the name of a repository")
		return
	}
	if r.Method == http.MethodPost && id == "" {
		u.post(w, r, repository)
		return
	}
	up := u.find(id)
	if up == nil {
		refuse(w, http.StatusNotFound, "BLOB_UPLOAD_UNKNOWN", "no such upload")
		return
	}
	if !up.mu.TryLock() {
		refuse(w, http.StatusConflict, "BLOB_UPLOAD_INVALID", "this upload has a request under way")
		return
	}
	defer up.mu.Unlock()
	switch r.Method {
	case http.MethodGet:
		progress(w, repository, id, up.in.size, http.StatusNoContent)
	case http.MethodPatch:
		if err := up.take(r); err != nil {
			refuse(w, http.StatusRequestedRangeNotSatisfiable, "BLOB_UPLOAD_INVALID", err.Error())
			return
		}
		progress(w, repository, id, up.in.size, http.StatusAccepted)
	case http.MethodPut:
		if err := up.take(r); err != nil {
			refuse(w, http.StatusRequestedRangeNotSatisfiable, "BLOB_UPLOAD_INVALID", err.Error())
			return
		}
		u.forget(id)
		u.finish(w, r, repository, up.in)
	case http.MethodDelete:
		u.forget(id)
		up.in.abandon()
		w.WriteHeader(http.StatusNoContent)
	default:
		refuse(w, http.StatusMethodNotAllowed, "UNSUPPORTED", "not a request for an upload")
	}
}

// post begins an upload, or takes all of it at once when the digest is given.
func (u *uploads) post(w http.ResponseWriter, r *http.Request, repository string) {
	in, err := u.blobs.begin()
	if err != nil {
		refuse(w, http.StatusInternalServerError, "UNKNOWN", err.Error())
		return
	}
	if r.URL.Query().Get("digest") != "" {
		if _, err := io.Copy(in, r.Body); err != nil {
			in.abandon()
			refuse(w, http.StatusBadRequest, "BLOB_UPLOAD_INVALID", err.Error())
			return
		}
		u.finish(w, r, repository, in)
		return
	}
	id := rand.Text()
	u.mu.Lock()
	u.byID[id] = &upload{in: in}
	u.order = append(u.order, id)
	var oldest string
	if len(u.order) > maxUploads {
		oldest = u.order[0]
	}
	u.mu.Unlock()
	if up := u.find(oldest); up != nil && up.mu.TryLock() {
		u.forget(oldest)
		up.in.abandon()
		up.mu.Unlock()
	}
	progress(w, repository, id, 0, http.StatusAccepted)
}

// take appends the body. A range that does not begin where we are is refused.
func (up *upload) take(r *http.Request) error {
	if stated := r.Header.Get("Content-Range"); stated != "" {
		var from, to int64
		if _, err := fmt.Sscanf(stated, "%d-%d", &from, &to); err != nil || from != up.in.size {
			return fmt.Errorf("the range %q does not begin at %d", stated, up.in.size)
		}
	}
	_, err := io.Copy(up.in, r.Body)
	return err
}

// finish ends an upload, well or not.
func (u *uploads) finish(w http.ResponseWriter, r *http.Request, repository string, in *incoming) {
	defer in.abandon()
	h, err := v1.NewHash(r.URL.Query().Get("digest"))
	if err != nil || h.Algorithm != "sha256" {
		refuse(w, http.StatusBadRequest, "DIGEST_INVALID", "the digest must be sha256:<64 hexadecimal digits>")
		return
	}
	if err := in.finish(h.String()); errors.Is(err, errDigest) {
		refuse(w, http.StatusBadRequest, "DIGEST_INVALID", err.Error())
		return
	} else if err != nil {
		refuse(w, http.StatusInternalServerError, "UNKNOWN", err.Error())
		return
	}
	w.Header().Set("Location", "/v2/"+repository+"/blobs/"+h.String())
	w.Header().Set("Docker-Content-Digest", h.String())
	w.WriteHeader(http.StatusCreated)
}

func (u *uploads) find(id string) *upload {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.byID[id]
}

func (u *uploads) forget(id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.byID, id)
	for i, o := range u.order {
		if o == id {
			u.order = append(u.order[:i], u.order[i+1:]...)
			return
		}
	}
}

func progress(w http.ResponseWriter, repository, id string, size int64, status int) {
	w.Header().Set("Location", "/v2/"+repository+"/blobs/uploads/"+id)
	w.Header().Set("Docker-Upload-UUID", id)
	w.Header().Set("Range", fmt.Sprintf("0-%d", max(size-1, 0)))
	w.WriteHeader(status)
}

// refuse answers with an error as the distribution specification words it.
func refuse(w http.ResponseWriter, status int, code, message string) {
	type problem struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The client is gone if this fails.
	_ = json.NewEncoder(w).Encode(map[string][]problem{"errors": {{code, message}}})
}
