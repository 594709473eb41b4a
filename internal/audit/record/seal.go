package record

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"paddock.dev/internal/audit/merkle"
	"paddock.dev/internal/audit/trail"
	"paddock.dev/internal/store"
)

// Seal puts the events that wait into a log file and signs a digest of it.
// Without any it does nothing.
func (r *Record) Seal() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sealAll()
}

func (r *Record) sealAll() error {
	if r.decided != nil { // an earlier attempt failed half way
		if err := r.finish(*r.decided); err != nil {
			return err
		}
	}
	if len(r.waiting) == 0 {
		return nil
	}
	s := r.decide()
	if err := r.journal.append(line{Number: r.state.Sealed, Seal: &s}); err != nil {
		return err
	}
	r.decided = &s
	return r.finish(s)
}

// decide fixes everything about the next log file and digest that could come out
// otherwise a second time.
func (r *Record) decide() seal {
	start := r.state.End
	if start.IsZero() {
		start = r.state.Began
	}
	// A digest's time is told in seconds, and no two have the same.
	end := r.clock.read().time.Truncate(time.Second)
	if !end.After(start) {
		end = start.Add(time.Second)
	}
	o := r.opt
	sum := sha256.Sum256(logText(r.waiting))
	unique := base32.StdEncoding.EncodeToString(sum[:10])
	return seal{
		Count: len(r.waiting), Start: start, End: end, Fingerprint: r.keys.fingerprint,
		Log:    o.key("CloudTrail", end) + fmt.Sprintf("%s_CloudTrail_%s_%s_%s.json.gz", o.Account, o.Region, end.Format("20060102T1504Z"), unique),
		Digest: o.key("CloudTrail-Digest", end) + fmt.Sprintf("%s_CloudTrail-Digest_%s_%s_%s_%s.json.gz", o.Account, o.Region, o.Trail, o.Region, end.Format("20060102T150405Z")),
	}
}

func (o *Options) key(kind string, end time.Time) string {
	return "AWSLogs/" + o.Account + "/" + kind + "/" + o.Region + "/" + end.Format("2006/01/02") + "/"
}

func logText(events []waiting) []byte {
	var b bytes.Buffer
	b.WriteString(`{"Records":[`)
	for i, e := range events {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(e.text)
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

// finish carries a decision out, from wherever it was interrupted: every step
// replaces what an earlier attempt left, by the same bytes.
func (r *Record) finish(s seal) error {
	if s.Fingerprint != r.keys.fingerprint {
		return fmt.Errorf("the audit journal decided to sign with the key %s, which is gone", s.Fingerprint)
	}
	if s.Count > len(r.waiting) {
		return fmt.Errorf("the audit journal decides over %d events and has %d", s.Count, len(r.waiting))
	}
	events := r.waiting[:s.Count]
	text := logText(events)
	if err := r.write(s.Log, pack(text)); err != nil {
		return err
	}
	digest, sum, signature, err := r.digest(s, events, text)
	if err != nil {
		return err
	}
	// The signature comes first: a digest without one would be a finding.
	if err := r.write(s.Digest+".sig", []byte(signature+"\n")); err != nil {
		return err
	}
	if err := r.write(s.Digest, digest); err != nil {
		return err
	}
	added := make([]indexed, len(events))
	for i, e := range events {
		added[i] = indexed{merkle.Leaf(e.text), e.id}
	}
	if err := extendIndex(r.indexPath(), r.state.Sealed, added); err != nil {
		return err
	}
	before := r.state
	r.state.Sealed += uint64(len(events))
	r.state.End, r.state.Key, r.state.Hash, r.state.Signature = s.End, s.Digest, hex.EncodeToString(sum[:]), signature
	r.state.Last = r.clock.last
	if err := r.writeState(); err != nil {
		r.state = before
		return err
	}
	for _, e := range added {
		r.tree.Append(e.leaf)
	}
	r.waiting = append([]waiting(nil), r.waiting[len(events):]...)
	r.decided = nil
	if err := r.signHead(); err != nil {
		return err
	}
	if r.replaying || len(r.waiting) > 0 {
		return nil // the journal has lines that are needed
	}
	return r.journal.reset()
}

// digest makes a digest file and its signature.
func (r *Record) digest(s seal, events []waiting, text []byte) (file []byte, sum [sha256.Size]byte, signature string, err error) {
	oldest, newest := events[0].at.Format(time.RFC3339), events[len(events)-1].at.Format(time.RFC3339)
	hash := sha256.Sum256(text)
	d := trail.Digest{
		Account: r.opt.Account, Start: s.Start.Format(time.RFC3339), End: s.End.Format(time.RFC3339),
		Bucket: r.opt.Bucket, Object: s.Digest, OldestEventTime: &oldest, NewestEventTime: &newest,
		Fingerprint: s.Fingerprint, SignatureAlgorithm: "SHA256withRSA",
		Logs: []trail.LogFile{{
			Bucket: r.opt.Bucket, Object: s.Log, Hash: hex.EncodeToString(hash[:]), HashAlgorithm: "SHA-256",
			OldestEventTime: oldest, NewestEventTime: newest,
		}},
	}
	if r.state.Key != "" {
		algorithm := "SHA-256"
		d.PreviousBucket, d.PreviousObject = &r.opt.Bucket, &r.state.Key
		d.PreviousHash, d.PreviousHashAlgorithm, d.PreviousSignature = &r.state.Hash, &algorithm, &r.state.Signature
	}
	plain, err := json.Marshal(d)
	if err != nil {
		return nil, sum, "", err
	}
	sum = sha256.Sum256(plain)
	signature, err = r.keys.sign(d.StringToSign(sum))
	return pack(plain), sum, signature, err
}

// pack compresses; the same text gives the same bytes, because the header has no
// time.
func pack(text []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(text) // a buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

// write puts a file into the bucket's folder, and makes sure that after a power
// cut its directories are there too.
func (r *Record) write(key string, data []byte) error {
	path := filepath.Join(Bucket(r.opt.Dir), filepath.FromSlash(key))
	if err := makeDirs(r.opt.Dir, filepath.Dir(path)); err != nil {
		return err
	}
	if err := sweep(filepath.Dir(path)); err != nil {
		return err
	}
	return store.WriteFile(path, data, 0o644)
}

func makeDirs(root, dir string) error {
	if _, err := os.Stat(dir); err == nil || dir == root || !strings.HasPrefix(dir, root) {
		return err
	}
	parent := filepath.Dir(dir)
	if err := makeDirs(root, parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
		return err
	}
	d, err := os.Open(parent)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// Rotate lets a new key sign from now on. The old one signs, as its last, that
// the new one follows it, and is destroyed.
func (r *Record) Rotate(by, why string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	next, err := newKey()
	if err != nil {
		return err
	}
	if _, err := r.append(Event{
		Name: "RotateSigningKey", By: by, Why: why,
		Parameters: map[string]any{"fingerprint": r.keys.fingerprint}, Response: map[string]any{"fingerprint": fingerprint(&next.PublicKey)},
	}); err != nil {
		return err
	}
	if err := r.sealAll(); err != nil {
		return err
	}
	if err := r.keys.adopt(next, r.clock.read().time); err != nil {
		return err
	}
	return r.signHead()
}
