package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A look at the lock holds it for an instant; Acquire waits for that.
const (
	looks    = 10
	lookTime = 10 * time.Millisecond
)

// Holder is who holds a lock.
type Holder struct {
	Process
	Since time.Time `json:"since"`
}

// HeldError says that somebody else holds the lock.
type HeldError struct {
	Path string
	// Holder is the zero value when the holder has not signed yet.
	Holder Holder
}

func (e *HeldError) Error() string {
	if e.Holder.PID == 0 {
		return fmt.Sprintf("%s is held by another process", e.Path)
	}
	return fmt.Sprintf("%s is held by process %d since %s", e.Path, e.Holder.PID, e.Holder.Since.Format(time.RFC3339))
}

// Lock is held until Release, or until the process ends in any way.
type Lock struct{ file *os.File }

// Acquire takes the platform's lock and signs it, without waiting. It makes the
// directory. The error is a *HeldError when another process has it.
func (l Layout) Acquire(now time.Time) (*Lock, error) {
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(l.Lock(), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	for look := 0; errors.Is(err, unix.EWOULDBLOCK) && look < looks; look++ {
		time.Sleep(lookTime) // somebody may only be looking who holds it
		err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	}
	if err != nil {
		defer file.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			holder, _ := readHolder(file) // an unsigned lock is held all the same
			return nil, &HeldError{Path: l.Lock(), Holder: holder}
		}
		return nil, fmt.Errorf("lock %s: %w", l.Lock(), err)
	}
	if err := sign(file, now); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("sign %s: %w", l.Lock(), err)
	}
	return &Lock{file}, nil
}

// Release gives the lock back. The file stays: removing it would let two
// processes hold two different files of the same name.
func (k *Lock) Release() error { return k.file.Close() }

// Holder returns who holds the platform's lock now; held is false when nobody
// does.
func (l Layout) Holder() (holder Holder, held bool, err error) {
	file, err := os.Open(l.Lock())
	if errors.Is(err, os.ErrNotExist) {
		return Holder{}, false, nil
	}
	if err != nil {
		return Holder{}, false, err
	}
	defer file.Close()
	// A shared lock does not disturb others who only look, and Acquire tries
	// again for longer than a look takes.
	switch err := unix.Flock(int(file.Fd()), unix.LOCK_SH|unix.LOCK_NB); {
	case err == nil:
		return Holder{}, false, nil
	case !errors.Is(err, unix.EWOULDBLOCK):
		return Holder{}, false, fmt.Errorf("look at %s: %w", l.Lock(), err)
	}
	holder, _ = readHolder(file)
	return holder, true, nil
}

// sign writes the caller's name over that of an earlier holder.
func sign(file *os.File, now time.Time) error {
	self, err := Self()
	if err != nil {
		return err
	}
	data, err := json.Marshal(Holder{Process: self, Since: now})
	if err != nil {
		return err
	}
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err = file.WriteAt(append(data, '\n'), 0)
	return err
}

func readHolder(file *os.File) (Holder, error) {
	var h Holder
	data, err := io.ReadAll(io.NewSectionReader(file, 0, 4096))
	if err != nil {
		return h, err
	}
	err = json.Unmarshal(data, &h)
	return h, err
}
