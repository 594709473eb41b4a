package record

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"paddock.dev/internal/audit/merkle"
	"paddock.dev/internal/audit/trail"
)

// Interval is how often events are put into a signed file, when there are any.
const Interval = time.Minute

// Options say whose record it is. Account, Region, Trail and Bucket only have to
// look like AWS's.
type Options struct {
	// Dir holds everything. Its bucket folder is laid out as the S3 bucket would
	// be.
	Dir string
	// Trail is the record's name, that of the platform.
	Trail string
	// Account has 12 digits; Region is where the platform runs.
	Account, Region, Bucket string
	// Agent is the program that writes, with its version.
	Agent string
	Now   func() time.Time
	// Logger is told what is published late. Events are told to nobody.
	Logger *slog.Logger
}

// Defaults of a record that lies on the machine where the platform runs.
const (
	LocalAccount = "000000000000"
	LocalRegion  = "local-1"
	LocalBucket  = "paddock-audit"
)

// Dir is the record's directory in a platform's data directory.
func Dir(data string) string { return filepath.Join(data, "audit") }

// Bucket is the folder of a record that `paddock audit verify` reads.
func Bucket(dir string) string { return filepath.Join(dir, "bucket") }

// PublicKeys is the list of the record's public keys.
func PublicKeys(dir string) string { return filepath.Join(keysDir(dir), "public.json") }

// HeadFile is the last signed head.
func HeadFile(dir string) string { return filepath.Join(dir, "head.json") }

func keysDir(dir string) string     { return filepath.Join(dir, "keys") }
func journalPath(dir string) string { return filepath.Join(dir, "journal") }

// Record is an audit record that is open for writing, by one process at a time.
type Record struct {
	opt Options

	mu      sync.Mutex
	keys    *keyring
	clock   clock
	journal *journal
	// waiting are the events that are in the journal and in no log file yet.
	waiting []waiting
	// events are the IDs of all events, those that wait included.
	events map[id]bool
	state  state
	tree   merkle.Tree // over the events in log files
	head   Head
	// decided is a seal that is in the journal and not yet carried out.
	decided *seal
	// replaying says that the journal is being read and must stay as it is.
	replaying bool
	// published is the head that the publisher has; only Run looks at it.
	published Head
}

type waiting struct {
	text []byte
	id   id
	at   time.Time
}

func (r *Record) statePath() string { return filepath.Join(r.opt.Dir, "state.json") }

func (r *Record) indexPath() string { return filepath.Join(r.opt.Dir, "index") }

// Append records an event and returns when it is on the disk. It is false for a
// change that the record has already.
func (r *Record) Append(e Event) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.append(e)
}

func (r *Record) append(e Event) (bool, error) {
	i := newID(r.opt.Trail, e.Key)
	if r.events[i] {
		return false, nil
	}
	at := r.clock.read()
	text, err := r.opt.encode(e, i, at)
	if err != nil {
		return false, fmt.Errorf("encode the event %s: %w", e.Name, err)
	}
	if err := r.journal.append(line{Number: r.state.Sealed + uint64(len(r.waiting)), Entry: text}); err != nil {
		return false, err
	}
	r.waiting = append(r.waiting, waiting{text: text, id: i, at: at.time})
	r.events[i] = true
	return true, nil
}

// Head is the last signed head.
func (r *Record) Head() Head {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.head
}

// Follows reports whether the record begins with the events that an older head
// speaks of. A head that it does not follow shows that the record was cut or
// changed, and must not be replaced by a newer one.
func (r *Record) Follows(h Head) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h.Size > r.tree.Size() {
		return false, nil
	}
	all, ok, err := readIndex(r.indexPath(), h.Size)
	if err != nil || !ok {
		return false, err
	}
	var tree merkle.Tree
	for _, e := range all {
		tree.Append(e.leaf)
	}
	return tree.Root() == h.Root, nil
}

// Keys are the public keys that the record was ever signed with.
func (r *Record) Keys() (trail.Keys, error) { return r.keys.public() }

// Close seals what waits.
func (r *Record) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return errors.Join(r.sealAll(), r.journal.close())
}
