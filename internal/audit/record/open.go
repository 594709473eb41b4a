package record

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"paddock.dev/internal/audit/merkle"
	"paddock.dev/internal/store"
)

// state is what is in log files, and how the next digest follows the last.
type state struct {
	Version int `json:"version"`
	// Sealed is the number of events in log files.
	Sealed uint64 `json:"sealed"`
	// Began is when the record was made, End when the last digest's time ends.
	Began time.Time `json:"began"`
	End   time.Time `json:"end,omitzero"`
	// Key, Hash and Signature are those of the last digest; empty before the
	// first.
	Key       string `json:"key,omitempty"`
	Hash      string `json:"hash,omitempty"`
	Signature string `json:"signature,omitempty"`
	// Last is the time of the last event.
	Last time.Time `json:"last,omitzero"`
}

// Open opens the record, or makes a new one, and finishes what a crash
// interrupted.
func Open(o Options) (r *Record, err error) {
	if err := os.MkdirAll(Bucket(o.Dir), 0o700); err != nil {
		return nil, err
	}
	for _, dir := range []string{o.Dir, keysDir(o.Dir)} {
		if err := sweep(dir); err != nil {
			return nil, err
		}
	}
	r = &Record{opt: o, clock: clock{now: o.Now}, events: map[id]bool{}}
	if r.keys, err = openKeys(keysDir(o.Dir), o.Now()); err != nil {
		return nil, err
	}
	if err := r.readState(); err != nil {
		return nil, err
	}
	if err := r.readIndex(); err != nil {
		return nil, err
	}
	var lines []line
	var aside string
	if r.journal, lines, aside, err = openJournal(journalPath(o.Dir), o.Now()); err != nil {
		return nil, fmt.Errorf("open the audit journal: %w", err)
	}
	defer func() {
		if err != nil {
			_ = r.journal.close()
		}
	}()
	r.clock.last = r.state.Last
	if err := r.replay(lines); err != nil {
		return nil, err
	}
	if err := r.readHead(); err != nil {
		return nil, err
	}
	return r, r.confess(aside)
}

// sweep removes what writes that were cut short left in a directory: they go by
// a name with a dot until they are whole.
func sweep(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, ".*-*"))
	if err != nil {
		return err
	}
	for _, path := range left {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (r *Record) readState() error {
	text, err := os.ReadFile(r.statePath())
	if errors.Is(err, os.ErrNotExist) {
		r.state = state{Version: 1, Began: r.opt.Now().UTC().Truncate(time.Second)}
		return r.writeState()
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &r.state); err != nil {
		return fmt.Errorf("read %s: %w", r.statePath(), err)
	}
	return nil
}

func (r *Record) writeState() error {
	text, err := json.MarshalIndent(r.state, "", "  ")
	if err != nil {
		return err
	}
	return store.WriteFile(r.statePath(), append(text, '\n'), 0o600)
}

// readIndex knows every event that is in a log file. An index that is missing or
// too short is made again from the files.
func (r *Record) readIndex() error {
	all, ok, err := readIndex(r.indexPath(), r.state.Sealed)
	if err != nil {
		return err
	}
	if !ok {
		if all, err = r.rebuild(); err != nil {
			return fmt.Errorf("make the audit index again: %w", err)
		}
	}
	for _, e := range all {
		r.tree.Append(e.leaf)
		r.events[e.id] = true
	}
	return nil
}

func (r *Record) rebuild() ([]indexed, error) {
	var all []indexed
	err := Entries(context.Background(), Bucket(r.opt.Dir), func(text []byte) error {
		if uint64(len(all)) == r.state.Sealed {
			return nil // a digest that the journal will finish
		}
		i, err := idOf(text)
		if err != nil {
			return err
		}
		all = append(all, indexed{merkle.Leaf(text), i})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if uint64(len(all)) < r.state.Sealed {
		return nil, fmt.Errorf("the log files have %d events of %d; prove the record with paddock audit verify", len(all), r.state.Sealed)
	}
	return all, writeIndex(r.indexPath(), all)
}

func idOf(text []byte) (id, error) {
	var e struct {
		ID string `json:"eventID"`
	}
	if err := json.Unmarshal(text, &e); err != nil {
		return id{}, err
	}
	return parseID(e.ID)
}

// replay takes up the journal's events, and finishes a decision to seal them.
func (r *Record) replay(lines []line) error {
	r.replaying = true
	defer func() { r.replaying = false }()
	for _, l := range lines {
		if l.Seal != nil {
			if len(r.waiting) == 0 {
				continue // it was finished, and only the journal not yet emptied
			}
			if l.Seal.Count != len(r.waiting) {
				return fmt.Errorf("the audit journal decides over %d events and has %d", l.Seal.Count, len(r.waiting))
			}
			if err := r.finish(*l.Seal); err != nil {
				return err
			}
			continue
		}
		if l.Number < r.state.Sealed {
			continue // it is in a log file
		}
		i, err := idOf(l.Entry)
		if err != nil {
			return err
		}
		at, err := timeOf(l.Entry)
		if err != nil {
			return err
		}
		r.waiting = append(r.waiting, waiting{text: l.Entry, id: i, at: at})
		r.events[i] = true
		if at.After(r.clock.last) {
			r.clock.last = at
		}
	}
	if len(r.waiting) == 0 && r.journal.size > 0 {
		return r.journal.reset()
	}
	return nil
}

func timeOf(text []byte) (time.Time, error) {
	var e struct {
		Time time.Time `json:"eventTime"`
	}
	err := json.Unmarshal(text, &e)
	return e.Time, err
}

// readHead makes the head again when the last one is of another state.
func (r *Record) readHead() error {
	if text, err := os.ReadFile(HeadFile(r.opt.Dir)); err == nil {
		if h, err := ParseHead(text); err == nil && h.Size == r.tree.Size() && h.Root == r.tree.Root() && h.Fingerprint == r.keys.fingerprint {
			r.head = h
			return nil
		}
	}
	return r.signHead()
}

func (r *Record) signHead() (err error) {
	at := r.state.End
	if at.IsZero() {
		at = r.state.Began
	}
	if r.head, err = r.keys.head(r.opt.Trail, &r.tree, at); err != nil {
		return err
	}
	text, err := json.MarshalIndent(r.head, "", "  ")
	if err != nil {
		return err
	}
	return store.WriteFile(HeadFile(r.opt.Dir), append(text, '\n'), 0o644)
}

// confess records what the start found wrong with the record itself.
func (r *Record) confess(aside string) error {
	if aside != "" {
		if _, err := r.Append(Event{Name: "SetAsideDamagedJournal", By: "paddock", Service: true, Why: "A line in the middle of the journal was damaged", Parameters: map[string]any{"file": filepath.Base(aside)}}); err != nil {
			return err
		}
	}
	if r.keys.loose {
		if _, err := r.Append(Event{Name: "RestrictSigningKey", By: "paddock", Service: true, Why: "Others could read the signing key", Parameters: map[string]any{"fingerprint": r.keys.fingerprint}}); err != nil {
			return err
		}
	}
	return nil
}
