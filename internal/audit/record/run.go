package record

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	"paddock.dev/internal/store"
)

// poll is how often a request to rotate the key is looked for.
const poll = time.Second

// request asks the process that has the record open for a rotation.
type request struct {
	By  string `json:"by"`
	Why string `json:"why,omitempty"`
}

func requestPath(dir string) string { return filepath.Join(keysDir(dir), "rotate.json") }

// RequestRotation asks whoever has the record open to rotate the signing key. It
// is done when PublicKeys has a new last key.
func RequestRotation(dir, by, why string) error {
	text, err := json.Marshal(request{by, why})
	if err != nil {
		return err
	}
	return store.WriteFile(requestPath(dir), text, 0o600)
}

// Run seals every Interval what waits, publishes heads, and rotates the key when
// somebody asks. It ends when ctx is done; what waits then is left to Close. A
// step that fails is tried again: the events are safe in the journal.
func (r *Record) Run(ctx context.Context, publisher Publisher) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	sealed := r.opt.Now()
	var told string
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		var errs []error
		if now := r.opt.Now(); now.Sub(sealed) >= Interval || r.overdue(now) {
			sealed = now
			errs = append(errs, r.Seal())
		}
		errs = append(errs, r.requested(), r.Publish(ctx, publisher))
		err := errors.Join(errs...)
		switch {
		case err == nil:
			told = ""
		case err.Error() != told && ctx.Err() == nil:
			told = err.Error()
			r.opt.Logger.Warn("the audit record is behind", "error", err)
		}
	}
}

// overdue reports whether an event waits since a run before this one.
func (r *Record) overdue(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.waiting) > 0 && now.Sub(r.waiting[0].at) >= Interval
}

// requested carries out a request to rotate the key.
func (r *Record) requested() error {
	path := requestPath(r.opt.Dir)
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var q request
	if err := json.Unmarshal(text, &q); err != nil || q.By == "" {
		return errors.Join(errors.New("a request to rotate the key that names nobody is dropped"), os.Remove(path))
	}
	// The request goes first: rotating twice for one request is worse than not.
	if err := os.Remove(path); err != nil {
		return err
	}
	return r.Rotate(q.By, q.Why)
}

// Publish brings the head to where heads are kept, if it is not there yet. Only
// one goroutine may publish at a time; Run does while it runs.
func (r *Record) Publish(ctx context.Context, publisher Publisher) error {
	head := r.Head()
	if publisher == nil || head == r.published || head.Size == 0 { // nobody can cut off what is empty
		return nil
	}
	if err := publisher.Publish(ctx, head); err != nil {
		return err
	}
	r.published = head
	return nil
}
