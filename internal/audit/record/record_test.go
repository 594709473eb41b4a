package record

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"paddock.dev/internal/audit/merkle"
	"paddock.dev/internal/audit/trail"
	"paddock.dev/internal/objects"
)

// hand is a clock that moves when it is told to.
type hand struct{ at time.Time }

func (h *hand) now() time.Time { return h.at }

func newHand() *hand { return &hand{time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)} }

func options(dir string, h *hand) Options {
	return Options{
		Dir: dir, Trail: "kestrel", Account: LocalAccount, Region: LocalRegion, Bucket: LocalBucket,
		Agent: "paddock/test", Now: h.now, Logger: slog.New(slog.DiscardHandler),
	}
}

func open(t *testing.T, dir string, h *hand) *Record {
	t.Helper()
	r, err := Open(options(dir, h))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func add(t *testing.T, r *Record, key string) bool {
	t.Helper()
	added, err := r.Append(Event{Key: key, Name: "PromoteRelease", By: "asha", Why: "ticket <7> & more", Parameters: map[string]any{"release": key}})
	if err != nil {
		t.Fatal(err)
	}
	return added
}

func closed(t *testing.T, r *Record) {
	t.Helper()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

// proved verifies the record as anybody would, and returns what its events are
// about.
func proved(t *testing.T, dir string) []string {
	t.Helper()
	f, err := os.Open(PublicKeys(dir))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	keys, err := trail.ReadKeys(f)
	if err != nil {
		t.Fatal(err)
	}
	store, err := objects.At(t.Context(), Bucket(dir))
	if err != nil {
		t.Fatal(err)
	}
	var about []string
	report, err := trail.Verify(t.Context(), trail.Options{Locations: []trail.Location{{Name: Bucket(dir), Store: store}}, Keys: keys, Now: newHand().at})
	if errors.Is(err, trail.ErrNothing) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	if !report.Proved || len(report.Findings) > 0 {
		t.Errorf("not proved: %+v", report.Findings)
	}
	var tree merkle.Tree
	err = Entries(t.Context(), Bucket(dir), func(text []byte) error {
		tree.Append(merkle.Leaf(text))
		var e struct {
			EventName         string
			RequestParameters struct{ Release string }
		}
		err := json.Unmarshal(text, &e)
		about = append(about, cmp.Or(e.RequestParameters.Release, e.EventName))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("a crash left %q", left)
	}
	_ = filepath.WalkDir(Bucket(dir), func(path string, _ fs.DirEntry, err error) error {
		if strings.HasPrefix(filepath.Base(path), ".") {
			t.Errorf("a crash left %s", path)
		}
		return err
	})
	head := readHead(t, dir)
	if head.Size != tree.Size() || head.Root != tree.Root() || head.Verify(keys) != nil {
		t.Errorf("the head speaks of %d events, there are %d; its signature: %v", head.Size, tree.Size(), head.Verify(keys))
	}
	return about
}

func readHead(t *testing.T, dir string) Head {
	t.Helper()
	text, err := os.ReadFile(HeadFile(dir))
	if err != nil {
		t.Fatal(err)
	}
	h, err := ParseHead(text)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func want(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("the record has %q, want %q", got, want)
	}
}

func TestRecordIsProvable(t *testing.T) {
	dir, h := t.TempDir(), newHand()
	r := open(t, dir, h)
	for i := range 5 {
		h.at = h.at.Add(20 * time.Second)
		add(t, r, fmt.Sprint("a", i))
		if n, err := Waiting(dir); err != nil || n != i%2+1 {
			t.Errorf("%d events wait, %v", n, err)
		}
		if i%2 == 1 {
			if err := r.Seal(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if add(t, r, "a2") || add(t, r, "a4") {
		t.Error("a change is recorded twice")
	}
	closed(t, r)
	want(t, proved(t, dir), "a0", "a1", "a2", "a3", "a4")

	// The next run goes on, and knows what it has.
	r = open(t, dir, h)
	if add(t, r, "a0") || add(t, r, "a4") {
		t.Error("after a restart a change is recorded twice")
	}
	add(t, r, "b0")
	closed(t, r)
	want(t, proved(t, dir), "a0", "a1", "a2", "a3", "a4", "b0")
}

// A record without events is opened and closed without a trace.
func TestNothingHappened(t *testing.T) {
	dir, h := t.TempDir(), newHand()
	closed(t, open(t, dir, h))
	want(t, proved(t, dir))
}

// Time never goes back in the record; that the clock did is noted.
func TestClockGoesBack(t *testing.T) {
	dir, h := t.TempDir(), newHand()
	r := open(t, dir, h)
	add(t, r, "a")
	h.at = h.at.Add(-time.Hour)
	add(t, r, "b")
	if err := r.Seal(); err != nil {
		t.Fatal(err)
	}
	closed(t, r)
	r = open(t, dir, h) // still an hour behind
	add(t, r, "c")
	closed(t, r)
	want(t, proved(t, dir), "a", "b", "c")
	var last time.Time
	var skews []string
	err := Entries(t.Context(), Bucket(dir), func(text []byte) error {
		var e struct {
			EventTime           time.Time
			AdditionalEventData struct{ ClockSkew string }
		}
		if err := json.Unmarshal(text, &e); err != nil {
			return err
		}
		if e.EventTime.Before(last) {
			t.Errorf("%s comes after %s", e.EventTime, last)
		}
		last = e.EventTime
		skews = append(skews, e.AdditionalEventData.ClockSkew)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(skews[:2], []string{"", "-1h0m0s"}) || !strings.HasPrefix(skews[2], "-1h0m") {
		t.Errorf("noted: %q", skews)
	}
}

func TestRotation(t *testing.T) {
	dir, h := t.TempDir(), newHand()
	r := open(t, dir, h)
	add(t, r, "a")
	old := readHead(t, dir).Fingerprint
	h.at = h.at.Add(time.Hour)
	if err := r.Rotate("asha", "yearly"); err != nil {
		t.Fatal(err)
	}
	h.at = h.at.Add(30 * 24 * time.Hour)
	add(t, r, "b")
	closed(t, r)
	want(t, proved(t, dir), "a", "RotateSigningKey", "b")
	if now := readHead(t, dir).Fingerprint; now == old {
		t.Error("the head is signed with the old key")
	}
	pems, err := filepath.Glob(filepath.Join(dir, "keys", "*.pem"))
	if err != nil || len(pems) != 1 || strings.Contains(pems[0], old) {
		t.Errorf("private keys: %q, %v", pems, err)
	}
	if info, err := os.Stat(pems[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the signing key has mode %s, %v", info.Mode(), err)
	}
	keys, err := r.Keys()
	if err != nil || len(keys) != 2 || keys[old].Until.IsZero() {
		t.Errorf("public keys: %+v, %v", keys, err)
	}
}

// A key that others can read is closed to them, and that is recorded.
func TestLooseKey(t *testing.T) {
	dir, h := t.TempDir(), newHand()
	closed(t, open(t, dir, h))
	pems, _ := filepath.Glob(filepath.Join(dir, "keys", "*.pem"))
	if err := os.Chmod(pems[0], 0o644); err != nil {
		t.Fatal(err)
	}
	closed(t, open(t, dir, h))
	want(t, proved(t, dir), "RestrictSigningKey")
	if info, _ := os.Stat(pems[0]); info.Mode().Perm() != 0o600 {
		t.Errorf("the mode is %s", info.Mode())
	}
}

// A head that was published catches a record that was cut or written anew by
// somebody who has the key.
func TestPublishedHeads(t *testing.T) {
	dir, h := t.TempDir(), newHand()
	r := open(t, dir, h)
	add(t, r, "a")
	if err := r.Seal(); err != nil {
		t.Fatal(err)
	}
	early := copyOf(t, dir)
	h.at = h.at.Add(time.Hour)
	add(t, r, "b")
	closed(t, r)
	head := readHead(t, dir)
	keys, err := r.Keys()
	if err != nil {
		t.Fatal(err)
	}
	check := func(dir string, heads map[string]Head) string {
		t.Helper()
		findings, err := CheckHeads(t.Context(), Bucket(dir), keys, heads)
		if err != nil {
			t.Fatal(err)
		}
		var text []string
		for _, f := range findings {
			text = append(text, f.File+": "+f.Detail)
		}
		return strings.Join(text, "\n")
	}
	both := map[string]Head{"env/prod": head, "env/dev": readHead(t, early)}
	if got := check(dir, both); got != "" {
		t.Error(got)
	}
	if got, want := check(early, both), "env/prod: At 2026-11-25 10:00:00Z the record had 2 events; there are 1 now: the last 1 are gone."; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	// The past written anew, with the true key.
	r = open(t, early, h)
	add(t, r, "x")
	closed(t, r)
	want(t, proved(t, early), "a", "x")
	if got := check(early, both); !strings.Contains(got, "they were changed") || strings.Contains(got, "env/dev") {
		t.Error(got)
	}
	forged := head
	forged.Size = 1
	if got := check(dir, map[string]Head{"env/qa": forged}); !strings.Contains(got, "env/qa: The head's signature does not fit.") {
		t.Error(got)
	}
}

func TestProof(t *testing.T) {
	dir, h := t.TempDir(), newHand()
	r := open(t, dir, h)
	add(t, r, "a")
	if err := r.Seal(); err != nil {
		t.Fatal(err)
	}
	old := r.Head()
	for i := range 6 {
		add(t, r, fmt.Sprint(i))
	}
	closed(t, r)
	p, err := Prove(t.Context(), dir, r.Head(), newID("kestrel", "3").String(), &old)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	var again Proof
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	if err := again.Check(); err != nil {
		t.Errorf("a proof that was printed and read again: %v", err)
	}
	again.Entry = strings.Replace(again.Entry, "asha", "vikram", 1)
	if again.Check() == nil {
		t.Error("another entry is proved")
	}
	other := again
	other.Entry, other.Since = p.Entry, &Head{Size: old.Size, Root: merkle.Leaf(nil)}
	if other.Check() == nil {
		t.Error("another past is proved")
	}
	if _, err := Prove(t.Context(), dir, r.Head(), newID("kestrel", "no").String(), nil); err == nil {
		t.Error("an event that is not there is proved")
	}
}

type publisher struct {
	mu   sync.Mutex
	kept []Head
	fail error
}

func (p *publisher) heads() []Head {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.kept)
}

func (p *publisher) Publish(_ context.Context, h Head) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail != nil {
		err := p.fail
		p.fail = nil
		return err
	}
	p.kept = append(p.kept, h)
	return nil
}

// While it runs, the record seals every interval, publishes each head once, and
// rotates its key when asked.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		o := options(dir, newHand())
		o.Now = time.Now
		r, err := Open(o)
		if err != nil {
			t.Fatal(err)
		}
		add(t, r, "a")
		// A killed run left this; the next one signs it at once.
		time.Sleep(Interval)
		if r, err = Open(o); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		p := &publisher{fail: errors.New("the API is away")}
		done := make(chan error)
		go func() { done <- r.Run(ctx, p) }()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if n := len(p.heads()); n != 1 || p.heads()[0].Size != 1 {
			t.Fatalf("published at once: %+v", p.heads())
		}
		add(t, r, "b")
		time.Sleep(Interval - 10*time.Second)
		synctest.Wait()
		if n := len(p.heads()); n != 1 {
			t.Errorf("published before a minute is over: %+v", p.heads())
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if n := len(p.heads()); n != 2 || p.heads()[1].Size != 2 {
			t.Errorf("published after a minute: %+v", p.heads())
		}
		if err := RequestRotation(dir, "asha", "it leaked"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		last := p.heads()[len(p.heads())-1]
		if last.Size != 3 || last.Fingerprint == p.heads()[0].Fingerprint {
			t.Errorf("published after the rotation: %+v", last)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		closed(t, r)
	})
	want(t, proved(t, dir), "a", "b", "RotateSigningKey")
}

func copyOf(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(to, func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".pem") {
			err = os.Chmod(path, 0o600) // CopyFS leaves that to the umask
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}
