package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/compile/kubernetes"
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
	file *spec.File
	// platform as one machine runs it.
	platform *model.Platform
	// text of the file with all that it includes.
	text []byte
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
	file, problems := spec.LoadFile(f.path)
	if file == nil {
		return false, &ProblemsError{problems}
	}
	old, text := f.accepted.Load(), file.Text()
	if old != nil && string(text) == string(old.text) {
		f.accepted.Store(&acceptedFile{file, old.platform, text}) // the same, perhaps in other files
		return false, nil
	}
	if old != nil && old.file.Platform.Name != file.Platform.Name {
		return false, fmt.Errorf("the name changed from %s to %s: a platform keeps its name while it runs", old.file.Platform.Name, file.Platform.Name)
	}
	platform, _ := kubernetes.Local(file.Platform)
	f.accepted.Store(&acceptedFile{file, platform, text})
	return true, nil
}

// stamp changes with the file and with those that it includes.
func (f *platformFile) stamp() (string, error) { return f.accepted.Load().file.Stamp() }

// watchFile takes up changes of the platform file while the platform runs. A
// file with problems changes nothing; they are told once.
func (r *run) watchFile(ctx context.Context) error {
	tick := time.NewTicker(filePoll)
	defer tick.Stop()
	// Nothing was seen yet, so that the first look finds what was changed while
	// the platform started.
	var seen string
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
		now, err := r.file.stamp()
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
