package record

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"paddock.dev/internal/audit/merkle"
	"paddock.dev/internal/audit/trail"
)

// Head is a signed statement about the whole record: so many events, with this
// root. Whoever keeps one notices when the record loses or changes an event.
type Head struct {
	// Trail is the record's name.
	Trail string      `json:"trail"`
	Size  uint64      `json:"size"`
	Root  merkle.Hash `json:"root"`
	Time  time.Time   `json:"time"`
	// Fingerprint names the key that Signature, in hexadecimal, is made with.
	Fingerprint string `json:"fingerprint"`
	Signature   string `json:"signature"`
}

// Publisher keeps heads where whoever can change the record cannot.
type Publisher interface {
	Publish(ctx context.Context, head Head) error
}

func (h Head) stringToSign() string {
	return fmt.Sprintf("paddock.dev audit head v1\n%s\n%d\n%s\n%s\n%s\n", h.Trail, h.Size, h.Root, h.Time.UTC().Format(time.RFC3339), h.Fingerprint)
}

// Verify checks the head's signature.
func (h Head) Verify(keys trail.Keys) error {
	key, ok := keys[h.Fingerprint]
	if !ok {
		return fmt.Errorf("the head is signed for the key %s, which is not among the keys", h.Fingerprint)
	}
	raw, err := hex.DecodeString(h.Signature)
	if err != nil {
		return fmt.Errorf("the head's signature is not hexadecimal: %w", err)
	}
	sum := sha256.Sum256([]byte(h.stringToSign()))
	if rsa.VerifyPKCS1v15(key.Public, crypto.SHA256, sum[:], raw) != nil {
		return errors.New("the head's signature does not fit")
	}
	return nil
}

// ParseHead reads a head as it is published.
func ParseHead(text []byte) (Head, error) {
	var h Head
	if err := json.Unmarshal(text, &h); err != nil {
		return Head{}, fmt.Errorf("it is no head: %w", err)
	}
	if h.Trail == "" || h.Signature == "" {
		return Head{}, errors.New("it is no head: it has no trail or no signature")
	}
	return h, nil
}

// head signs the state of the tree.
func (k *keyring) head(name string, tree *merkle.Tree, at time.Time) (Head, error) {
	h := Head{Trail: name, Size: tree.Size(), Root: tree.Root(), Time: at.UTC().Truncate(time.Second), Fingerprint: k.fingerprint}
	var err error
	h.Signature, err = k.sign(h.stringToSign())
	return h, err
}

// Where a platform publishes heads: a ConfigMap of this name and label in the
// namespace of each environment, with the head as JSON under this key.
const (
	HeadName  = "paddock-audit-head"
	HeadLabel = "paddock.dev/audit"
	HeadKey   = "head.json"
)
