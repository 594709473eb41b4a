package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"strconv"
	"time"

	"paddock.dev/internal/store"
)

// line is one line of the journal: an event that waits to be put into a log
// file, or the decision to make one.
type line struct {
	// Number of the event in the whole record, from 0.
	Number uint64          `json:"n"`
	Entry  json.RawMessage `json:"entry,omitempty"`
	Seal   *seal           `json:"seal,omitempty"`
}

// seal is the decision to make a log file and its digest of all events that
// wait. It is written before either, so that both are made the same way again
// after a crash.
type seal struct {
	Count       int       `json:"count"`
	Start       time.Time `json:"start"`
	End         time.Time `json:"end"`
	Log         string    `json:"log"`
	Digest      string    `json:"digest"`
	Fingerprint string    `json:"fingerprint"`
}

// journal is a file that only grows, each line on the disk before append
// returns.
type journal struct {
	file *os.File
	path string
	size int64
	// broken says why no more can be written.
	broken error
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// openJournal reads the journal. A last line that is torn was never confirmed to
// anybody and is dropped. A line damaged before the end is not ours to judge:
// it and what follows is put aside, and aside names the file.
func openJournal(path string, now time.Time) (j *journal, lines []line, aside string, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		if err = store.WriteFile(path, nil, 0o600); err != nil {
			return nil, nil, "", err
		}
	} else if err != nil {
		return nil, nil, "", err
	}
	lines, good := parseJournal(text)
	if rest := text[good:]; bytes.IndexByte(rest, '\n') >= 0 {
		aside = fmt.Sprintf("%s.damaged-%s", path, now.UTC().Format("20060102T150405Z"))
		if err := store.WriteFile(aside, rest, 0o600); err != nil {
			return nil, nil, "", err
		}
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0o600)
	if err != nil {
		return nil, nil, "", err
	}
	j = &journal{file: file, path: path, size: int64(good)}
	if good < len(text) {
		if err := j.cut(); err != nil {
			_ = file.Close()
			return nil, nil, "", err
		}
	}
	return j, lines, aside, nil
}

// parseJournal reads lines up to the first that is not whole, and says where
// that begins.
func parseJournal(text []byte) (lines []line, good int) {
	for {
		end := bytes.IndexByte(text[good:], '\n')
		if end < 0 {
			return lines, good
		}
		sum, payload, ok := bytes.Cut(text[good:good+end], []byte(" "))
		want, err := strconv.ParseUint(string(sum), 16, 32)
		if !ok || err != nil || len(sum) != 8 || crc32.Checksum(payload, castagnoli) != uint32(want) {
			return lines, good
		}
		var l line
		if json.Unmarshal(payload, &l) != nil || (l.Entry == nil) == (l.Seal == nil) {
			return lines, good
		}
		lines = append(lines, l)
		good += end + 1
	}
}

// append writes a line and waits until it is on the disk.
func (j *journal) append(l line) error {
	if j.broken != nil {
		return j.broken
	}
	payload, err := json.Marshal(l)
	if err != nil {
		return err
	}
	text := fmt.Appendf(nil, "%08x %s\n", crc32.Checksum(payload, castagnoli), payload)
	if _, err = j.file.WriteAt(text, j.size); err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		// What is on the disk now is unknown; the next line may only follow a
		// whole one.
		if again := j.cut(); again != nil {
			j.broken = fmt.Errorf("the audit journal is broken: %w", errors.Join(err, again))
		}
		return fmt.Errorf("write the audit journal: %w", err)
	}
	j.size += int64(len(text))
	return nil
}

// cut drops everything behind the last whole line.
func (j *journal) cut() error {
	if err := j.file.Truncate(j.size); err != nil {
		return err
	}
	return j.file.Sync()
}

// reset empties the journal, when everything in it is in log files.
func (j *journal) reset() error {
	j.size = 0
	return j.cut()
}

func (j *journal) close() error { return j.file.Close() }

// Waiting counts the events of the record in dir that are on the disk and in no
// signed file yet. It may be asked while the record is open.
func Waiting(dir string) (int, error) {
	r := &Record{opt: Options{Dir: dir}}
	text, err := os.ReadFile(journalPath(dir))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	kept, err := os.ReadFile(r.statePath())
	if err != nil {
		return 0, err
	}
	if err := json.Unmarshal(kept, &r.state); err != nil {
		return 0, err
	}
	lines, _ := parseJournal(text)
	n := 0
	for _, l := range lines {
		if l.Seal == nil && l.Number >= r.state.Sealed {
			n++
		}
	}
	return n, nil
}
