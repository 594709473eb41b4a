package record

import (
	"errors"
	"os"

	"paddock.dev/internal/audit/merkle"
	"paddock.dev/internal/store"
)

// indexed is an event in the index: its leaf of the tree and its ID, at the
// place of its number. The index can be made again from the log files.
type indexed struct {
	leaf merkle.Hash
	id   id
}

const indexedSize = len(merkle.Hash{}) + len(id{})

// readIndex reads the first n events of the index; ok is false when there are
// fewer.
func readIndex(path string, n uint64) (all []indexed, ok bool, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, n == 0, nil
	}
	if err != nil {
		return nil, false, err
	}
	if uint64(len(text))/uint64(indexedSize) < n {
		return nil, false, nil
	}
	all = make([]indexed, n)
	for i := range all {
		raw := text[i*indexedSize:]
		copy(all[i].leaf[:], raw)
		copy(all[i].id[:], raw[len(merkle.Hash{}):])
	}
	return all, true, nil
}

func encodeIndex(all []indexed) []byte {
	text := make([]byte, 0, len(all)*indexedSize)
	for _, e := range all {
		text = append(text, e.leaf[:]...)
		text = append(text, e.id[:]...)
	}
	return text
}

// extendIndex writes events at their place, over whatever a crash left there.
func extendIndex(path string, at uint64, all []indexed) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	offset := int64(at) * int64(indexedSize)
	if err = f.Truncate(offset); err == nil {
		if _, err = f.WriteAt(encodeIndex(all), offset); err == nil {
			err = f.Sync()
		}
	}
	return errors.Join(err, f.Close())
}

// writeIndex replaces the index.
func writeIndex(path string, all []indexed) error {
	return store.WriteFile(path, encodeIndex(all), 0o600)
}
