package trail

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"paddock.dev/internal/store"
)

// stateVersion changes when an older state cannot be read as this one.
const stateVersion = 1

// State is what runs proved, so that the next one need not do it again. It is
// trusted: whoever can write it can hide a change from runs without Full.
type State struct {
	Version int `json:"version"`
	// Heads are the last proved digests of each chain.
	Heads map[string]StateHead `json:"heads"`
	// Digests whose log files were all proved, by where they lie.
	Digests map[string]StateDigest `json:"digests"`
}

// StateHead is the end of a chain.
type StateHead struct {
	Key  string    `json:"key"`
	Hash string    `json:"hash"`
	End  time.Time `json:"end"`
}

// StateDigest is a digest's hash, and a hash of names, sizes and times of the
// log files that it names.
type StateDigest struct {
	Hash string `json:"hash"`
	Logs string `json:"logs"`
}

// NewState is the state before the first run.
func NewState() *State {
	return &State{Version: stateVersion, Heads: map[string]StateHead{}, Digests: map[string]StateDigest{}}
}

// ReadState reads a state file; one that does not exist is a new state.
func ReadState(path string) (*State, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return NewState(), nil
	}
	if err != nil {
		return nil, err
	}
	s := NewState()
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("%s is no state of an earlier run: %w", path, err)
	}
	if s.Version != stateVersion || s.Heads == nil || s.Digests == nil {
		return nil, fmt.Errorf("%s is no state of version %d", path, stateVersion)
	}
	return s, nil
}

// Write replaces the state file.
func (s *State) Write(path string) error {
	text, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return err
	}
	return store.WriteFile(path, append(text, '\n'), 0o600)
}

func (c chain) id() string { return c.space + "/" + c.prefix + " " + c.String() }

func (d *digestFile) sumText() string { return hex.EncodeToString(d.sum[:]) }

// stamp is a hash of names, sizes and times of the log files that a digest
// names; empty when one is not there.
func (v *verifier) stamp(d *digestFile) string {
	h := sha256.New()
	for i := range d.Logs {
		l := &d.Logs[i]
		f := v.archive.files[d.refer(l.Bucket, l.Object)]
		if f == nil {
			return ""
		}
		fmt.Fprintf(h, "%s %d %d\n", f.key, f.object.Size, f.object.Modified.UnixNano())
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (d *digestFile) id() string { return d.space + " " + d.key }

func (s *State) knows(d *digestFile, stamp string) bool {
	known, ok := s.Digests[d.id()]
	return ok && stamp != "" && known.Hash == d.sumText() && known.Logs == stamp
}

// learn remembers a digest whose log files are all proved.
func (s *State) learn(d *digestFile, stamp string) {
	if stamp == "" {
		return
	}
	s.Digests[d.id()] = StateDigest{Hash: d.sumText(), Logs: stamp}
}

// advance remembers the end of a chain. It never goes back, so that a chain
// that was cut is noticed by every later run.
func (s *State) advance(c chained) {
	for _, d := range c.digests {
		if !d.proved || d.witness {
			continue
		}
		if head, ok := s.Heads[c.id()]; !ok || d.endTime.After(head.End) {
			s.Heads[c.id()] = StateHead{Key: d.key, Hash: d.sumText(), End: d.endTime}
		}
	}
}
