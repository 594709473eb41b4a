package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
	"paddock.dev/internal/spec"
)

// filePoll is how often the platform file is looked at for changes.
const filePoll = time.Second

// platformFile is the file as it was last accepted.
type platformFile struct {
	path     string
	accepted atomic.Pointer[acceptedFile]
}

type acceptedFile struct {
	platform *model.Platform
	text     []byte
}

// ProblemsError carries what is wrong with a platform file.
type ProblemsError struct{ Problems []diag.Problem }

func (e *ProblemsError) Error() string {
	if len(e.Problems) == 1 {
		return e.Problems[0].Error()
	}
	return fmt.Sprintf("%s (and %d more problems)", e.Problems[0].Error(), len(e.Problems)-1)
}

// readPlatformFile reads a file that must be right.
func readPlatformFile(path string) (*platformFile, error) {
	f := &platformFile{path: path}
	if _, err := f.reload(); err != nil {
		return nil, err
	}
	return f, nil
}

// Platform as it was last accepted. Values are never changed: each reload makes
// new ones.
func (f *platformFile) Platform() *model.Platform { return f.accepted.Load().platform }

func (f *platformFile) text() []byte { return f.accepted.Load().text }

// reload accepts the file if its text is new and right.
func (f *platformFile) reload() (changed bool, err error) {
	text, err := os.ReadFile(f.path)
	if err == nil && f.accepted.Load() != nil && string(text) == string(f.text()) {
		return false, nil
	}
	platform, problems := spec.Load(f.path)
	for _, p := range problems {
		if p.Severity == diag.Error {
			return false, &ProblemsError{problems}
		}
	}
	if err != nil {
		return false, err
	}
	if old := f.accepted.Load(); old != nil && old.platform.Name != platform.Name {
		return false, fmt.Errorf("the name changed from %s to %s: a platform keeps its name while it runs", old.platform.Name, platform.Name)
	}
	f.accepted.Store(&acceptedFile{platform, text})
	return true, nil
}

// watchFile takes up changes of the platform file while the platform runs. A
// file with problems changes nothing; they are told once.
func (r *run) watchFile(ctx context.Context) error {
	tick := time.NewTicker(filePoll)
	defer tick.Stop()
	// Nothing was seen yet, so that the first look finds what was changed while
	// the platform started.
	var seen fileStamp
	recorded := true
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if !recorded {
			recorded = r.recordPlatform(ctx) == nil
		}
		now, err := stamp(r.file.path)
		if err != nil || now == seen {
			continue // an editor may be replacing it; the next look tells
		}
		seen = now
		changed, err := r.file.reload()
		if err != nil {
			r.logger.Warn("the changed platform file is not accepted", "error", err)
			r.Say(fmt.Sprintf("%s was changed, and is not accepted: %v", filepath.Base(r.file.path), err))
			continue
		}
		if !changed {
			continue
		}
		if err := r.recordPlatform(ctx); err != nil {
			r.logger.Error("record the platform file", "error", err)
			recorded = false // the API may be restarting; the commands read it there
		}
		if err := r.seed(ctx); err != nil {
			r.logger.Error("read the sources", "error", err)
			r.Say("the sources cannot be read: " + err.Error())
		}
		r.delivery.Notify()
		r.logger.Info("the changed platform file is accepted", "digest", digest(r.file.text()))
		r.Say(filepath.Base(r.file.path) + " was changed, and is accepted")
	}
}

// fileStamp tells two versions of a file apart without reading them.
type fileStamp struct {
	changed time.Time
	size    int64
}

func stamp(path string) (fileStamp, error) {
	info, err := os.Stat(path)
	if err != nil {
		return fileStamp{}, err
	}
	return fileStamp{info.ModTime(), info.Size()}, nil
}

// recordPlatform keeps the accepted file in the API, with who brought it.
func (r *run) recordPlatform(ctx context.Context) error {
	p := &v1.Platform{ObjectMeta: metav1.ObjectMeta{Namespace: v1.SystemNamespace, Name: r.file.Platform().Name}}
	want := v1.PlatformSpec{Path: r.file.path, Digest: digest(r.file.text()), File: string(r.file.text()), AppliedBy: r.By}
	err := r.client.Get(ctx, client.ObjectKeyFromObject(p), p)
	switch {
	case apierrors.IsNotFound(err):
		p.Spec = want
		err = r.client.Create(ctx, p)
	case err == nil && p.Spec != want:
		p.Spec = want
		err = r.client.Update(ctx, p)
	}
	if err != nil {
		return fmt.Errorf("record the platform: %w", err)
	}
	return nil
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}
