package network

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// ledger says who has which address. It is a file that is replaced as a whole:
// whenever the process dies, the file is the one before a change or the one
// after it.
type ledger struct {
	path string

	Version int `json:"version"`
	// Last address given out; the next one is looked for after it, so that an
	// address rests much longer than it must.
	Last    netip.Addr `json:"last"`
	Entries []entry    `json:"entries"`
}

type entry struct {
	UID       types.UID  `json:"uid"`
	Namespace string     `json:"namespace"`
	Name      string     `json:"name"`
	Address   netip.Addr `json:"address"`
	// Released is when the pod was gone, zero while it is there.
	Released time.Time `json:"released,omitzero"`
}

func openLedger(path string) (*ledger, error) {
	l := &ledger{path: path, Version: 1}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return nil, err
	}
	if err := l.parse(b); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return l, nil
}

func (l *ledger) parse(b []byte) error {
	if err := json.Unmarshal(b, l); err != nil {
		return err
	}
	if l.Version != 1 {
		return fmt.Errorf("version %d is not known", l.Version)
	}
	seen := map[netip.Addr]types.UID{}
	for _, e := range l.Entries {
		if !e.Address.Is4() || e.UID == "" {
			return fmt.Errorf("pod %s/%s has no address or no UID", e.Namespace, e.Name)
		}
		if other, ok := seen[e.Address]; ok {
			return fmt.Errorf("pods %s and %s both have %s", other, e.UID, e.Address)
		}
		seen[e.Address] = e.UID
	}
	return nil
}

func (l *ledger) find(uid types.UID) *entry {
	for i := range l.Entries {
		if l.Entries[i].UID == uid {
			return &l.Entries[i]
		}
	}
	return nil
}

func (l *ledger) drop(which func(*entry) bool) {
	l.Entries = slices.DeleteFunc(l.Entries, func(e entry) bool { return which(&e) })
}

// change applies f to a copy, writes the copy to disk, and makes it the ledger
// only then.
func (l *ledger) change(f func(*ledger)) error {
	next := &ledger{path: l.path, Version: l.Version, Last: l.Last, Entries: slices.Clone(l.Entries)}
	f(next)
	if err := next.write(); err != nil {
		return err
	}
	*l = *next
	return nil
}

func (l *ledger) write() error {
	b, err := json.MarshalIndent(l, "", " ")
	if err != nil {
		return err
	}
	dir := filepath.Dir(l.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(dir, filepath.Base(l.path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // no longer there after the rename
	_, err = tmp.Write(append(b, '\n'))
	if err == nil {
		err = tmp.Sync()
	}
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), l.path)
	}
	return err
}

// Pods says which pod has which address of the API, as the file of a Loopback
// has it; those that are gone are there until their address is given out again.
func Pods(path string) (map[netip.Addr]PodRef, error) {
	l, err := openLedger(path)
	if err != nil {
		return nil, err
	}
	pods := make(map[netip.Addr]PodRef, len(l.Entries))
	for _, e := range l.Entries {
		pods[e.Address] = PodRef{Namespace: e.Namespace, Name: e.Name, UID: e.UID}
	}
	return pods, nil
}
