package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// State is what a supervisor tells the commands that want to reach it.
type State struct {
	// Name of the platform.
	Name string `json:"name"`
	// Process is the supervisor's.
	Process
	// Gateway and Console are addresses such as 127.0.0.1:8080.
	Gateway string `json:"gateway"`
	Console string `json:"console"`
	// APIServer is a URL such as https://127.0.0.1:6443.
	APIServer string `json:"apiserver"`
	// File is the absolute path of the platform file.
	File      string    `json:"file"`
	StartedAt time.Time `json:"startedAt"`
}

// WriteState records the supervisor's state, readable by its owner only.
func (l Layout) WriteState(s State) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("encode state: %w", err)
	}
	return WriteFile(l.State(), append(data, '\n'), 0o600)
}

// ReadState returns the recorded state; ok is false when there is none. Whether
// the supervisor still lives is s.Process.Alive.
func (l Layout) ReadState() (s State, ok bool, err error) {
	data, err := os.ReadFile(l.State())
	if errors.Is(err, os.ErrNotExist) {
		return State{}, false, nil
	}
	if err != nil {
		return State{}, false, err
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return State{}, false, fmt.Errorf("read %s: %w", l.State(), err)
	}
	return s, true, nil
}

// RemoveState forgets the state, as a supervisor does when it stops.
func (l Layout) RemoveState() error {
	if err := os.Remove(l.State()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
