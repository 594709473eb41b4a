package trail

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// signatureLimit bounds a .sig file in bytes; an RSA signature of 4096 bits has
// 1024 hexadecimal digits.
const signatureLimit = 64 << 10

// standing is what a digest file says for itself, without the others.
type standing int

const (
	standsAlone   standing = iota // its signature fits
	unreadable                    // it is no digest
	unopened                      // it could not be read
	displaced                     // it belongs elsewhere
	unsigned                      // it has no signature
	unfit                         // its signature does not fit
	unknownSigner                 // nobody gave the key
)

// digestFile is a digest file that was read.
type digestFile struct {
	*file
	*Digest
	sum       [sha256.Size]byte
	signature string
	standing  standing
	// late says that the key was not in use at that time.
	late bool
	err  error

	// What follows when the others are heard; set by judge. kind and why are
	// empty when there is nothing to say.
	proved, recovered bool
	kind              Kind
	why               string
	// witness is read to vouch for the one before it, and not asked itself.
	witness bool
	// fresh says that its log files were proved before and are as they were.
	fresh bool
}

// metadata is what a store may keep beside an object.
type metadata interface{ Metadata() map[string]string }

// read reads a digest file and checks what can be checked of it alone.
func (v *verifier) read(ctx context.Context, f *file) *digestFile {
	d := &digestFile{file: f}
	body, err := f.open(ctx)
	if err != nil {
		d.standing, d.err = unopened, err
		return d
	}
	defer body.Close()
	var generated time.Time
	if m, ok := body.(metadata); ok {
		d.signature = m.Metadata()["signature"]
		generated, _ = time.Parse(time.RFC3339, m.Metadata()["backfill-generation-timestamp"])
	}
	var text bounded
	h, err := unpack(body, &text)
	var corrupt corruptError
	switch {
	case errors.As(err, &corrupt):
		d.standing, d.err = unreadable, err
		return d
	case err != nil:
		d.standing, d.err = unopened, err
		return d
	}
	d.sum = h.all
	if d.Digest, err = parseDigest(text.Bytes()); err != nil {
		d.standing, d.err = unreadable, err
		return d
	}
	if d.signature == "" {
		d.signature = v.sidecar(ctx, f)
	}
	if r := f.refer(d.Bucket, d.Object); r != f.ref {
		d.standing = displaced
		return d
	}
	d.standing = v.signed(d)
	if key, ok := v.Keys[d.Fingerprint]; ok && d.standing == standsAlone {
		signed := d.endTime
		if f.name.backfill {
			// A backfill digest is signed days later; the CLI goes by this time too.
			signed = generated
		}
		d.late = !signed.IsZero() && !key.covers(signed)
	}
	return d
}

// signed checks the signature that is kept with the digest.
func (v *verifier) signed(d *digestFile) standing {
	key, ok := v.Keys[d.Fingerprint]
	switch {
	case !ok:
		return unknownSigner
	case d.signature == "":
		return unsigned
	case d.verify(key.Public, d.sum, d.signature) != nil:
		return unfit
	}
	return standsAlone
}

// sidecar finds the signature of a digest whose store keeps none: in a file of
// the same name with .sig, or in the list that the user gave.
func (v *verifier) sidecar(ctx context.Context, f *file) string {
	if s, ok := v.archive.sidecars[f.ref]; ok {
		if body, err := s.open(ctx); err == nil {
			defer body.Close()
			if text, err := io.ReadAll(io.LimitReader(body, signatureLimit)); err == nil {
				return strings.TrimSpace(string(text))
			}
		}
	}
	for _, name := range []string{f.key, f.show(), f.key[strings.LastIndexByte(f.key, '/')+1:]} {
		if s, ok := v.Signatures[name]; ok {
			return s
		}
	}
	return ""
}

// previous is where the digest before this one lies, if there is one.
func (d *digestFile) previous() (ref, bool) {
	if d.Digest == nil || d.PreviousObject == nil {
		return ref{}, false
	}
	bucket := d.Bucket
	if d.PreviousBucket != nil {
		bucket = *d.PreviousBucket
	}
	return d.refer(bucket, *d.PreviousObject), true
}

// followed reports whether the other digest is the one that this one followed,
// by its content.
func (d *digestFile) followed(other *digestFile) bool {
	return d.PreviousHash == nil || strings.EqualFold(*d.PreviousHash, hex.EncodeToString(other.sum[:]))
}

// chain names the chain that a digest file belongs to.
type chain struct {
	space, prefix, organization string
	account, region             string
	trail, home                 string
	backfill                    bool
}

func (f *file) chain() chain {
	prefix, _ := place(f.key)
	n := f.name
	return chain{f.space, prefix, organization(f.key), n.account, n.region, n.trail, n.home, n.backfill}
}

func (c chain) String() string {
	s := c.account + "/" + c.region + "/" + c.trail
	if c.organization != "" {
		s = c.organization + "/" + s
	}
	if c.backfill {
		s += " (backfill)"
	}
	return s
}

// stream is where log files of a chain lie: those of all trails that deliver to
// one prefix lie together.
type stream struct{ space, prefix, organization, account, region string }

func (f *file) stream() stream {
	prefix, _ := place(f.key)
	return stream{f.space, prefix, organization(f.key), f.name.account, f.name.region}
}

func (c chain) stream() stream {
	return stream{c.space, c.prefix, c.organization, c.account, c.region}
}

func clockTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

func span(from, to time.Time) string {
	return fmt.Sprintf("%s to %s", clockTime(from), clockTime(to))
}
