package applier

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// journal is how far a run came. It is written after every step, as a whole.
type journal struct {
	mu   sync.Mutex
	dir  string
	file journalFile
}

type journalFile struct {
	Version int `json:"version"`
	// Engine with which it was done.
	Engine string `json:"engine"`
	// Complete runs are over: the next one begins anew.
	Complete bool `json:"complete"`
	// PlanOnly says that plans were wanted alone, to be applied later as they are.
	PlanOnly bool    `json:"planOnly"`
	Roots    []entry `json:"roots"`
}

// entry is one root.
type entry struct {
	Dir   string `json:"dir"`
	State Step   `json:"state"`
	// Digest of the files that were planned.
	Digest  string `json:"digest"`
	Changes int    `json:"changes"`
	Summary Summary
}

// openJournal reads the journal of a directory, which is made when it is not
// there. A plan holds secrets, so nobody else may read it.
func openJournal(dir, engine string, planOnly bool) (*journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	j := &journal{dir: dir, file: journalFile{Version: 1, Engine: engine, PlanOnly: planOnly}}
	data, err := os.ReadFile(j.path())
	if errors.Is(err, fs.ErrNotExist) {
		return j, nil
	}
	if err != nil {
		return nil, err
	}
	var old journalFile
	if err := json.Unmarshal(data, &old); err != nil || old.Version != 1 {
		return nil, fmt.Errorf("%s cannot be understood; remove it to begin anew", j.path())
	}
	if old.Complete || old.Engine != engine { // plans of another engine cannot be applied
		return j, nil
	}
	for _, e := range old.Roots {
		// A plan that somebody said no to is not kept: the world goes on.
		if e.State == PlanSaved && !old.PlanOnly {
			continue
		}
		j.file.Roots = append(j.file.Roots, e)
	}
	// What goes on after a failure still applies the plans that were saved for it.
	j.file.PlanOnly = planOnly || old.PlanOnly
	return j, nil
}

func (j *journal) path() string { return filepath.Join(j.dir, "progress.json") }

// plan is where the plan of a root is kept, without extension.
func (j *journal) plan(r Root) string {
	return filepath.Join(j.dir, strings.ReplaceAll(r.Name(), "/", "_"))
}

func (j *journal) get(r Root) (entry, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	i := slices.IndexFunc(j.file.Roots, func(e entry) bool { return e.Dir == r.Dir })
	if i < 0 {
		return entry{}, false
	}
	return j.file.Roots[i], true
}

func (j *journal) set(e entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	e.Changes = e.Summary.Changes()
	if i := slices.IndexFunc(j.file.Roots, func(x entry) bool { return x.Dir == e.Dir }); i >= 0 {
		j.file.Roots[i] = e
	} else {
		j.file.Roots = append(j.file.Roots, e)
	}
	return j.write()
}

// finish says that all roots are applied. Their plans are of no use any more.
func (j *journal) finish(roots []Root) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.file.Complete = true
	for _, r := range roots {
		if err := os.Remove(j.plan(r) + ".tfplan"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return j.write()
}

// write replaces the file as a whole: a killed run leaves the one before.
func (j *journal) write() error {
	data, err := json.MarshalIndent(j.file, "", "  ")
	if err != nil {
		return err
	}
	temporary := j.path() + ".new~"
	if err := os.WriteFile(temporary, append(data, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, j.path())
}
